"""Boxes in space, given by centre, size and orientation."""

from __future__ import annotations

from itertools import product
from typing import Any

from museion.errors import ValueInvalid


def box3d(
    *,
    center: Any,
    size: Any,
    orientation: Any,
    color: Any,
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """A box for `Object3D.from_point_cloud`.

    Args:
        center: x, y, z.
        size: its lengths along its own axes.
        orientation: the quaternion (r, x, y, z) that turns the axes of the scene into its own; not zero.
        color: red, green, blue, each 0…1.
        label, score: shown with it.

    Raises:
        ValueInvalid: a vector has another length, the quaternion is zero, or a colour is not in 0…1.
    """
    import numpy as np

    middle, lengths = _vector(center, 3, "center"), _vector(size, 3, "size")
    shade = _vector(color, 3, "color")
    if ((shade < 0) | (shade > 1)).any():
        raise ValueInvalid(f"color is {color!r}.", advice="Give red, green and blue, each 0…1.")
    corners = [np.multiply(signs, lengths) / 2 for signs in product((-1, 1), repeat=3)]
    turned = np.array(corners) @ _rotation(_vector(orientation, 4, "orientation")).T + middle
    found: dict[str, Any] = {"corners": turned.tolist(), "color": (shade * 255).round().tolist(), "label": label or ""}
    return found if score is None else {**found, "score": float(score)}


def _rotation(quaternion: Any) -> Any:
    """The 3 × 3 matrix of a quaternion (r, x, y, z) of any length but zero."""
    import numpy as np

    length = float(np.linalg.norm(quaternion))
    if length == 0:
        raise ValueInvalid("The orientation is the quaternion 0.", advice="Use (1, 0, 0, 0) for no rotation.")
    r, x, y, z = quaternion / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - r * z), 2 * (x * z + r * y)],
            [2 * (x * y + r * z), 1 - 2 * (x * x + z * z), 2 * (y * z - r * x)],
            [2 * (x * z - r * y), 2 * (y * z + r * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _vector(value: Any, length: int, name: str) -> Any:
    import numpy as np

    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueInvalid(f"{name} is not numbers.") from None
    if found.shape != (length,) or not np.isfinite(found).all():
        raise ValueInvalid(f"{name} is not {length} finite numbers.")
    return found
