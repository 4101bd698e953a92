"""Media: pictures, tables, sounds, figures, things in space. Each is loaded when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from museion.errors import ValueInvalid

if TYPE_CHECKING:
    from museion.sdk.media.audio import Audio
    from museion.sdk.media.base import Media, Opener
    from museion.sdk.media.boxes import box3d
    from museion.sdk.media.histogram import Histogram
    from museion.sdk.media.html import Html
    from museion.sdk.media.image import Image
    from museion.sdk.media.joined import JoinedTable
    from museion.sdk.media.marks import Classes
    from museion.sdk.media.molecule import Molecule
    from museion.sdk.media.object3d import Object3D
    from museion.sdk.media.plot import Plot
    from museion.sdk.media.plotly import Plotly
    from museion.sdk.media.table import Table
    from museion.sdk.media.video import Video

__all__ = [
    "Audio",
    "Classes",
    "Histogram",
    "Html",
    "Image",
    "JoinedTable",
    "Molecule",
    "Object3D",
    "Plot",
    "Plotly",
    "Table",
    "Video",
    "as_media",
    "box3d",
    "from_json",
]

_TYPES = {
    "image-file": "Image",
    "table-file": "Table",
    "joined-table": "JoinedTable",
    "histogram": "Histogram",
    "html-file": "Html",
    "audio-file": "Audio",
    "video-file": "Video",
    "plotly-file": "Plotly",
    "plot": "Plot",
    "object3D-file": "Object3D",
    "molecule-file": "Molecule",
}
_FILES = {"JoinedTable": "joined"}
_OTHERS = {"Classes": "marks", "box3d": "boxes"}


def __getattr__(name: str) -> Any:
    if name in _TYPES.values():
        return getattr(import_module(f"{__name__}.{_FILES.get(name, name.lower())}"), name)
    if name in _OTHERS:
        return getattr(import_module(f"{__name__}.{_OTHERS[name]}"), name)
    raise AttributeError(f"museion.sdk.media has no {name}")


def as_media(value: Any) -> Media | None:
    """`value` as a media object, or None if it is not one: pictures of PIL and matplotlib become images, figures
    of Plotly stay what they are, pandas frames become tables. Costs one look at the type's module for anything else."""
    if hasattr(type(value), "_keep_as"):
        found: Media = value
        return found
    home = type(value).__module__.partition(".")[0]
    if home == "PIL" or (home == "matplotlib" and (hasattr(value, "savefig") or hasattr(value, "figure"))):
        from museion.sdk.media.image import Image

        return Image(value)
    if home == "plotly":
        from museion.sdk.media.plotly import Plotly, is_figure

        return Plotly(value) if is_figure(value) else None
    if home == "pandas" and hasattr(value, "itertuples"):
        from museion.sdk.media.table import Table

        return Table(dataframe=value, allow_mixed_types=True)
    return None


def from_json(body: dict[str, Any], opener: Opener) -> Media:
    """The media object that stands as `body` in a history or an artifact; `opener` gives the bytes at a path."""
    name = _TYPES.get(str(body.get("_type")))
    if name is None:
        raise ValueInvalid(f"{body.get('_type')!r} is not a kind of media.")
    found: Media = __getattr__(name)._from_json(body, opener)
    return found
