"""Things in space: point clouds with boxes and arrows, and model files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import as_numpy, is_array
from museion.sdk.media.base import Keeper, check_caption
from museion.sdk.media.modelled import FileOfKind

MAX_POINTS = 3_000_000
_WIDTHS = {3: "x y z", 4: "x y z category", 6: "x y z r g b"}
_CLOUDS = ("lidar/beta",)


class Object3D(FileOfKind):
    """One thing in space.

    Args:
        data_or_path: the path of a model file (`.obj .gltf .glb .babylon .stl .pts.json`), or an open one with
            `file_type`; points as an array (N, 3 | 4 | 6) of x y z, x y z category, or x y z r g b (0…255); or a scene,
            `{"type": "lidar/beta", "points": …, "boxes": [{"corners": 8 × [x, y, z], "label": …, "color": [r, g, b],
            "score": …}], "vectors": [{"start": [x, y, z], "end": …}]}`.
        caption: shown under it.

    Raises:
        ValueInvalid: the message names the shape or the field that is wrong.
    """

    _type = "object3D-file"
    _folder = "object3D"
    _NOUN = "a model in space"
    _ENDINGS = (".pts.json", ".obj", ".gltf", ".glb", ".babylon", ".stl")
    SUPPORTED_TYPES = frozenset(ending[1:] for ending in _ENDINGS)
    SUPPORTED_POINT_CLOUD_TYPES = frozenset(_CLOUDS)

    def __init__(self, data_or_path: Any, caption: Any = None, *, file_type: str | None = None, **ignored: Any) -> None:
        if isinstance(data_or_path, Mapping):
            self._hold(_scene(data_or_path), caption)
        elif is_array(data_or_path) or (isinstance(data_or_path, Sequence) and not isinstance(data_or_path, str)):
            self._hold(_points(data_or_path), caption)
        else:
            self._load(data_or_path, file_type, caption)

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None) -> Self:
        """From a model file."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Self:
        """From points (N, 3 | 4 | 6)."""
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Mapping[str, Any]] = (),
        vectors: Sequence[Mapping[str, Any]] | None = None,
        point_cloud_type: str = "lidar/beta",
    ) -> Self:
        """From points, boxes and arrows."""
        return cls({"type": point_cloud_type, "points": points, "boxes": boxes, "vectors": vectors or ()})

    def _hold(self, body: Any, caption: Any) -> None:
        self.caption = check_caption(caption)
        self._ending = ".pts.json"
        self._data = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        self._count = len(body["points"] if isinstance(body, dict) else body)

    def _facts(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        count = getattr(self, "_count", None)
        return {**super()._facts(keeper, stem), **({} if count is None else {"points": count})}


def _points(data: Any, where: str = "The points") -> list[list[float]]:
    import numpy as np

    try:
        array = as_numpy(data) if is_array(data) else np.asarray(data, dtype=float)
    except (ValueError, TypeError):
        raise ValueInvalid(f"{where} are not an array of numbers.") from None
    if array.size == 0:
        return []
    if array.ndim != 2 or array.shape[1] not in _WIDTHS or array.dtype.kind not in "buif":
        known = ", ".join(f"(N, {width}): {what}" for width, what in _WIDTHS.items())
        raise ValueInvalid(f"{where} have the shape {array.shape}.", advice=f"Use {known}.")
    if len(array) > MAX_POINTS:
        raise ValueInvalid(f"{where} are {len(array):,}, more than {MAX_POINTS:,}.", advice="Log a sample of them.")
    if not np.isfinite(array).all():
        raise ValueInvalid(f"{where} have coordinates that are not finite.", advice="Leave those points out.")
    found: list[list[float]] = array.tolist()
    return found


def _scene(scene: Mapping[str, Any]) -> dict[str, Any]:
    kind = scene.get("type", _CLOUDS[0])
    if kind not in _CLOUDS:
        raise ValueInvalid(f"The scene's type is {kind!r}.", advice=f"Use {' or '.join(_CLOUDS)}.")
    return {
        "type": kind,
        "points": _points(scene.get("points", ())),
        "boxes": [_box(box, f"boxes[{i}]") for i, box in enumerate(scene.get("boxes") or ())],
        "vectors": [_vector(arrow, f"vectors[{i}]") for i, arrow in enumerate(scene.get("vectors") or ())],
    }


def _box(box: Mapping[str, Any], where: str) -> dict[str, Any]:
    corners = _triples(box.get("corners"), 8, f"{where}.corners")
    found: dict[str, Any] = {"corners": corners, "label": str(box.get("label", ""))}
    found["color"] = _triples([box.get("color", (255, 255, 255))], 1, f"{where}.color")[0]
    if box.get("score") is not None:
        found["score"] = float(box["score"])
    return found


def _vector(arrow: Mapping[str, Any], where: str) -> dict[str, Any]:
    start, end = _triples([arrow.get("start"), arrow.get("end")], 2, where)
    found: dict[str, Any] = {"start": start, "end": end}
    if arrow.get("color") is not None:
        found["color"] = _triples([arrow["color"]], 1, f"{where}.color")[0]
    return found


def _triples(value: Any, count: int, where: str) -> list[list[float]]:
    try:
        found = [[float(number) for number in triple] for triple in value]
    except (TypeError, ValueError):
        found = []
    if len(found) != count or any(len(triple) != 3 for triple in found):
        raise ValueInvalid(f"{where} is not {count} × [x, y, z].")
    return found
