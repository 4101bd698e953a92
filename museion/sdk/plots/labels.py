"""What a classifier said and what was true, checked and as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import as_numpy, is_array

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def flat(values: Any, name: str) -> list[Any]:
    """`values` as a list: (N,)."""
    found = as_numpy(values).tolist() if is_array(values) else list(values)
    if any(isinstance(value, list | tuple) for value in found):
        raise ValueInvalid(f"{name} has more than one dimension.", advice="Give one label for each example.")
    return found


def scores(values: Any, count: int, name: str) -> Array:
    """Probabilities as (N, classes) of float64; (N,) is read as the probability of the second of two classes."""
    import numpy as np

    try:
        found = np.asarray(as_numpy(values) if is_array(values) else list(values), dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueInvalid(f"{name} are not numbers of one shape.") from None
    if found.ndim == 1:
        found = np.stack([1 - found, found], axis=1)
    if found.ndim != 2 or len(found) != count:
        raise ValueInvalid(f"{name} have the shape {found.shape}.", advice=f"Use ({count}, classes).")
    if not np.isfinite(found).all():
        raise ValueInvalid(f"{name} have values that are not finite.")
    return found


def known(y_true: Sequence[Any], width: int) -> list[Any]:
    """The class that each column of probabilities stands for: the sorted labels if there are as many of them, else
    0, 1, 2, …"""
    found = sorted(set(y_true), key=lambda label: (isinstance(label, str), label))
    return found if len(found) == width else list(range(width))


def named(label: Any, place: int, labels: Sequence[Any] | None) -> str:
    """What to call a class."""
    return str(labels[place]) if labels is not None and place < len(labels) else str(label)
