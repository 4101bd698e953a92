"""What is drawn over an image: boxes, masks, and the classes they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from museion.errors import ValueInvalid
from museion.model.values import plain
from museion.sdk.media.arrays import as_numpy
from museion.sdk.media.base import Keeper, existing_file, keep, safe_key

_CORNERS = {"minX", "maxX", "minY", "maxY"}
_CENTRE = {"middle", "width", "height"}


@dataclass(frozen=True, slots=True)
class Mask:
    """One class id for each pixel, as an 8-bit grey PNG."""

    content: bytes | Path
    labels: dict[str, Any] | None

    def keep(self, keeper: Keeper, stem: str, name: str) -> dict[str, Any]:
        """Leave the PNG with `keeper`; gives its JSON."""
        kept = keep(keeper, f"images/mask/{safe_key(name)}", stem, self.content, ".png")
        return kept if self.labels is None else {**kept, "class_labels": self.labels}


Masks = dict[str, Mask]


class Classes:
    """The names of classes, `[{"id": 0, "name": "cat"}, …]`, for images."""

    def __init__(self, class_set: Any) -> None:
        self._class_set = check_classes(class_set) or []


def check_classes(classes: Any) -> list[dict[str, Any]] | None:
    """`[{"id": 0, "name": "cat"}]`, or None."""
    if classes is None:
        return None
    listed = plain(list(classes._class_set if isinstance(classes, Classes) else classes), "classes")
    if not all(isinstance(one, dict) and {"id", "name"} <= set(one) for one in listed):
        raise ValueInvalid("The classes of an image need an id and a name each.")
    found: list[dict[str, Any]] = listed
    return found


def check_boxes(boxes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The boxes as plain JSON; ValueInvalid says which one is wrong."""
    if not boxes:
        return None
    found: dict[str, Any] = plain(dict(boxes), "boxes")
    for group, body in found.items():
        for place, box in enumerate(_box_data(group, body)):
            _check_box(f"boxes.{group}[{place}]", box)
    return found


def check_masks(masks: Mapping[str, Any] | None) -> Masks:
    """Each mask's PNG, by name."""
    return {str(name): _mask(str(name), body) for name, body in (masks or {}).items()}


def _box_data(group: str, body: Any) -> list[Any]:
    data = body.get("box_data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise ValueInvalid(f"boxes.{group} has no list box_data.")
    return data


def _check_box(where: str, box: Any) -> None:
    position = box.get("position") if isinstance(box, dict) else None
    if not isinstance(position, dict) or set(position) not in (_CORNERS, _CENTRE):
        raise ValueInvalid(f"{where} has no position.", advice="Give minX, maxX, minY, maxY or middle, width, height.")


def _mask(name: str, body: Any) -> Mask:
    if not isinstance(body, Mapping) or not ({"mask_data", "path"} & set(body)):
        raise ValueInvalid(f"The mask {name!r} has neither mask_data nor path.")
    labels = plain(dict(body["class_labels"]), f"masks.{name}.class_labels") if body.get("class_labels") else None
    if "path" in body:
        return Mask(existing_file(body["path"]), labels)
    return Mask(_mask_png(name, body["mask_data"]), labels)


def _mask_png(name: str, data: Any) -> bytes:
    import numpy as np
    from PIL import Image as pil  # noqa: N813

    array = as_numpy(data).squeeze()
    if array.ndim != 2 or array.dtype.kind not in "bui":
        raise ValueInvalid(f"The mask {name!r} has shape {array.shape} and type {array.dtype}.", advice="Use (H,W).")
    if array.size and (array.min() < 0 or array.max() > 255):
        raise ValueInvalid(f"The mask {name!r} has class ids outside 0…255.")
    out = BytesIO()
    pil.fromarray(array.astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()
