"""Distributions, small enough to travel inline."""

from __future__ import annotations

from typing import Any

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import as_numpy, is_array
from museion.sdk.media.base import Keeper, Media, Opener

MAX_BINS = 512


class Histogram(Media):
    """How many values fall into each bin.

    Args:
        sequence: values of any shape; those that are not finite are left out, and counted in the JSON.
        np_histogram: what `numpy.histogram` gives, `(counts, edges)`, in place of `sequence`.
        num_bins: at most 512.
    """

    _type = "histogram"
    MAX_LENGTH = MAX_BINS

    def __init__(self, sequence: Any = None, np_histogram: Any = None, num_bins: int = 64) -> None:
        self._not_finite = 0
        if np_histogram is not None:
            self.histogram, self.bins = _given(np_histogram)
        elif sequence is not None:
            self.histogram, self.bins = self._count(sequence, num_bins)
        else:
            raise ValueInvalid("A histogram needs a sequence or np_histogram=(counts, edges).")

    def __repr__(self) -> str:
        return f"Histogram({len(self.histogram)} bins, {sum(self.histogram)} values)"

    def _count(self, sequence: Any, num_bins: int) -> tuple[list[float], list[float]]:
        import numpy as np

        _check_bins(num_bins)
        values = (as_numpy(sequence) if is_array(sequence) else _numbers(sequence)).ravel()
        if values.dtype.kind not in "buif":
            raise ValueInvalid(f"A histogram cannot be made from values of type {values.dtype}.")
        values = values.astype(np.float64)
        finite = values[np.isfinite(values)]
        self._not_finite = int(values.size - finite.size)
        counts, edges = np.histogram(finite, bins=num_bins)
        return counts.tolist(), edges.tolist()

    def _keep_as(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        body: dict[str, Any] = {"_type": self._type, "bins": self.bins, "values": self.histogram}
        return {**body, "not_finite": self._not_finite} if self._not_finite else body

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Histogram:
        found = cls(np_histogram=(body["values"], body["bins"]))
        found._not_finite = int(body.get("not_finite", 0))
        return found


def _numbers(sequence: Any) -> Any:
    import numpy as np

    try:
        return np.asarray(list(sequence) if not hasattr(sequence, "__array__") else sequence)
    except (ValueError, TypeError):
        raise ValueInvalid(f"A histogram cannot be made from {type(sequence).__name__}.") from None


def _check_bins(count: object) -> None:
    if not isinstance(count, int) or not 1 <= count <= MAX_BINS:
        raise ValueInvalid(f"A histogram has 1 to {MAX_BINS} bins, not {count!r}.")


def _given(np_histogram: Any) -> tuple[list[float], list[float]]:
    try:
        counts, edges = (list(as_numpy(part).tolist()) for part in np_histogram)
    except (TypeError, ValueError):
        raise ValueInvalid("np_histogram is not a pair (counts, edges).") from None
    _check_bins(len(counts))
    if len(edges) != len(counts) + 1:
        raise ValueInvalid(f"A histogram of {len(counts)} bins has {len(counts) + 1} edges, not {len(edges)}.")
    return counts, edges
