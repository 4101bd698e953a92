"""Arrays of any library as numpy arrays, by the name of their type's module: nothing is imported that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_LIBRARIES = ("torch", "jax", "jaxlib", "tensorflow", "cupy", "mlx")


def library(value: object) -> str:
    """The top-level module that the type of `value` comes from, such as `torch` or `numpy`."""
    return type(value).__module__.partition(".")[0]


def is_array(value: object) -> bool:
    """Whether `as_numpy` can read `value`: a numpy array or scalar, or a tensor of a library we know."""
    home = library(value)
    if home == "numpy":
        return hasattr(value, "dtype")
    return home in _LIBRARIES and hasattr(value, "shape") and hasattr(value, "dtype")


def as_numpy(value: Any) -> np.ndarray[Any, Any]:
    """A numpy array with the values of `value`: off the graph, off the device, half floats widened."""
    import numpy as np

    home = library(value)
    if home == "torch":
        value = value.detach().cpu()
        if str(value.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2"):
            value = value.float()
        return np.asarray(value.numpy())
    if home == "cupy":
        return np.asarray(value.get())
    if home in ("jax", "jaxlib") and "bfloat16" in str(value.dtype):
        value = value.astype("float32")
    return np.asarray(value)
