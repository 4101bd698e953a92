"""Pictures: from a file, a PIL image, an array or tensor, a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import is_array, library
from museion.sdk.media.base import Keeper, Media, Opener, check_caption, existing_file
from museion.sdk.media.marks import Masks, check_boxes, check_classes, check_masks
from museion.sdk.media.pixels import pixels

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "bmp": "BMP", "gif": "GIF", "webp": "WEBP", "tiff": "TIFF"}
_PNG_MODES = ("1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA")


class Image(Media):
    """One image.

    Args:
        data_or_path: a file's path; a PIL image; a numpy, torch, jax … array of (H,W), (H,W,C), (C,H,W) or a stack
            (N,C,H,W), with values of 0…1, -1…1 or 0…255 (`museion/sdk/media/pixels.py` says exactly how they are
            read); a matplotlib figure, axes, or `pyplot` itself.
        mode: PIL mode to convert to ("L", "RGB", …).
        caption: shown under the image.
        grouping: kept for W&B scripts; has no effect.
        classes: `[{"id": 0, "name": "cat"}, …]`, the names for boxes and masks.
        boxes: `{"predictions": {"box_data": [{"position": {"minX": …, "maxX": …, "minY": …, "maxY": …},
            "class_id": 0}], "class_labels": {0: "cat"}}}`.
        masks: `{"predictions": {"mask_data": (H,W) of class ids, "class_labels": {…}}}`.
        file_type: "png" (default), "jpg", "webp", "gif", "bmp".
        normalize: stretch float ranges to 0…255.

    Raises:
        ValueInvalid: what was given is not an image; the message names its shape or type.
        FileMissing: there is no such file.
    """

    _type: ClassVar[str] = "image-file"
    _folder: ClassVar[str] = "images"

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: Any = None,
        grouping: int | None = None,
        classes: Any = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        self.caption = check_caption(caption)
        self.grouping = grouping
        self.format = _check_format(file_type)
        self._path: Path | None = None
        self._picture: Picture | None = None
        self._encoded: bytes | None = None
        self._load(data_or_path, mode, file_type, normalize)
        self._classes = check_classes(classes)
        self._boxes = check_boxes(boxes)
        self._masks: Masks = check_masks(masks)

    @property
    def image(self) -> Picture:
        """The picture, as PIL has it."""
        if self._picture is None:
            assert self._path is not None
            self._picture = _open_picture(self._path)
            self._picture.load()
        return self._picture

    def to_data_array(self) -> list[Any]:
        """Pixels as nested lists."""
        import numpy as np

        found: list[Any] = np.asarray(self.image).tolist()
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        same = self.image.size == other.image.size and self.image.mode == other.image.mode
        return same and self.image.tobytes() == other.image.tobytes() and self.caption == other.caption

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Image({self.width}×{self.height} {self.format}, caption={self.caption!r})"

    def _load(self, data: Any, mode: str | None, file_type: str | None, normalize: bool) -> None:
        if isinstance(data, Image):
            data = data.image
        if isinstance(data, str | Path):
            self._load_file(existing_file(data), mode, file_type)
            return
        self._picture = _convert(_picture_of(data, normalize), mode)
        self.width, self.height = self._picture.size

    def _load_file(self, path: Path, mode: str | None, file_type: str | None) -> None:
        picture = _open_picture(path)
        self.width, self.height = picture.size
        kept = (picture.format or "").lower()
        if mode is None and kept in _FORMATS and file_type is None:
            self._path, self.format = path, "jpg" if kept == "jpeg" else kept
            picture.close()
            return
        self._picture = _convert(picture, mode)

    def _content(self) -> bytes | Path:
        if self._path is not None:
            return self._path
        if self._encoded is None:
            self._encoded = encode(self.image, self.format)
        return self._encoded

    def _extension(self) -> str:
        return f".{self.format}"

    def _facts(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        facts: dict[str, Any] = {"width": self.width, "height": self.height, "format": self.format}
        optional = {"caption": self.caption, "classes": self._classes, "boxes": self._boxes}
        facts.update({name: value for name, value in optional.items() if value is not None})
        if self._masks:
            facts["masks"] = {name: mask.keep(keeper, stem, name) for name, mask in self._masks.items()}
        return facts

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Image:
        with opener(body["path"]) as file:
            data = BytesIO(file.read())
        picture = _open_picture(data)
        picture.load()
        found = cls(picture, caption=body.get("caption"), classes=body.get("classes"), boxes=body.get("boxes"))
        found.format, found._encoded = body.get("format", "png"), data.getvalue()
        return found


def encode(picture: Picture, file_type: str) -> bytes:
    """The bytes of `picture`; PNG is packed for speed rather than for the last byte."""
    out = BytesIO()
    if file_type == "png":
        ready = picture if picture.mode in _PNG_MODES else picture.convert("RGB")
        ready.save(out, "PNG", compress_level=1)
    elif file_type == "jpg":
        picture.convert("RGB").save(out, "JPEG", quality=90)
    else:
        picture.save(out, _FORMATS[file_type])
    return out.getvalue()


def _check_format(file_type: str | None) -> str:
    name = (file_type or "png").lower().lstrip(".")
    if name not in _FORMATS:
        raise ValueInvalid(f"Images cannot be written as {file_type!r}.", advice=f"Use one of {', '.join(_FORMATS)}.")
    return "jpg" if name == "jpeg" else name


def _picture_of(data: Any, normalize: bool) -> Picture:
    if library(data) == "PIL":
        copy: Picture = data.copy()
        return copy
    if _is_figure(data):
        return _draw(data)
    if is_array(data) or (isinstance(data, Sequence) and not isinstance(data, bytes)):
        return _from_array(data, normalize)
    raise ValueInvalid(
        f"An image cannot be made from {type(data).__name__}.",
        advice="Give a path, a PIL image, an array or tensor, or a matplotlib figure.",
    )


def _from_array(data: Any, normalize: bool) -> Picture:
    import numpy as np
    from PIL import Image as pil  # noqa: N813 - the module is called Image, and so is our class

    try:
        array = data if is_array(data) else np.asarray(data)
    except ValueError:
        raise ValueInvalid("The lists given as an image differ in length.") from None
    return pil.fromarray(np.array(pixels(array, normalize), order="C", copy=True))


def _is_figure(data: Any) -> bool:
    name = getattr(data, "__name__", "")
    return library(data) == "matplotlib" or name in ("matplotlib.pyplot", "pylab")


def _draw(data: Any) -> Picture:
    if hasattr(data, "gcf"):
        data = data.gcf()
    figure = data if hasattr(data, "savefig") else getattr(data, "figure", None)
    if figure is None:
        raise ValueInvalid(f"An image cannot be made from matplotlib's {type(data).__name__}.")
    out = BytesIO()
    figure.savefig(out, format="png")
    picture = _open_picture(out)
    picture.load()
    return picture


def _open_picture(source: Path | BytesIO) -> Picture:
    from PIL import Image as pil  # noqa: N813
    from PIL import UnidentifiedImageError

    try:
        return pil.open(source)
    except (UnidentifiedImageError, pil.DecompressionBombError, SyntaxError, ValueError, OSError) as error:
        where = source if isinstance(source, Path) else "The data"
        raise ValueInvalid(f"{where} is not an image that can be read: {error}.") from None


def _convert(picture: Picture, mode: str | None) -> Picture:
    if mode is None or picture.mode == mode:
        return picture
    try:
        return picture.convert(mode)
    except (ValueError, KeyError) as error:
        raise ValueInvalid(f"An image of mode {picture.mode} cannot become {mode!r}: {error}.") from None
