"""Arrays → 8-bit pixels.

Shapes taken: (H,W), (H,W,C), (C,H,W) with C of 1 to 4, and stacks (N,C,H,W) or (N,H,W,C), of which one image is shown
as it is and more as a grid of eight columns. Where both readings are possible, torch tensors are read as channels
first and the rest as channels last.

Values taken: bool (False black, True white); uint8 as it is; other integers clipped to 0…255, but uint16 with values
over 255 scaled down from its 65,535; floats of 0…1 and of -1…1 stretched to 0…255, other floats clipped to 0…255. NaN
becomes black.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import as_numpy, library

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

CHANNELS = (1, 2, 3, 4)
MAX_PIXELS = 178_956_970
GRID_COLUMNS = 8
GRID_GAP = 2


def pixels(value: Any, normalize: bool = True) -> Array:
    """(H,W) or (H,W,C) of uint8; ValueInvalid names the shape or the type that cannot be an image."""
    array = as_numpy(value)
    if array.dtype.kind not in "buif":
        raise ValueInvalid(f"An image cannot be made from values of type {array.dtype}.", advice="Use numbers.")
    first = library(value) == "torch"
    return _without_single_channel(to_uint8(arrange(array, first), normalize))


def arrange(array: Array, channels_first: bool) -> Array:
    """(H,W,C), whatever the order and the number of dimensions were."""
    if not array.size:
        raise _wrong_shape(array)
    if array.ndim == 2:
        return array[:, :, None]
    if array.ndim == 3:
        return _channels_last(array, channels_first)
    if array.ndim == 4:
        return _grid([_channels_last(image, channels_first, array) for image in array])
    raise _wrong_shape(array)


def to_uint8(array: Array, normalize: bool = True) -> Array:
    """Values in 0…255, by the rules at the top of this file."""
    import numpy as np

    if array.size > MAX_PIXELS * 4:
        raise ValueInvalid(f"An image of shape {array.shape} is too large.", advice="Log a smaller one.")
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "f":
        array = np.nan_to_num(array.astype(np.float32, copy=False), nan=0.0, posinf=255.0, neginf=0.0)
        return np.clip(_stretch(array) if normalize else array, 0, 255).round().astype(np.uint8)
    if normalize and array.dtype == np.uint16 and array.max() > 255:
        return (array // 257).astype(np.uint8)
    return np.clip(array, 0, 255).astype(np.uint8)


def _stretch(array: Array) -> Array:
    low, high = float(array.min()), float(array.max())
    if low >= 0 and high <= 1:
        return array * 255
    if low >= -1 and high <= 1:
        return (array + 1) * 127.5
    return array


def _channels_last(image: Array, channels_first: bool, whole: Array | None = None) -> Array:
    import numpy as np

    shape = image.shape
    first, last = shape[0] in CHANNELS, shape[-1] in CHANNELS
    if first and (channels_first or not last):
        return np.moveaxis(image, 0, -1)
    if last:
        return image
    raise _wrong_shape(image if whole is None else whole)


def _grid(images: list[Array]) -> Array:
    import numpy as np

    if len(images) == 1:
        return images[0]
    height, width, channels = images[0].shape
    columns = min(GRID_COLUMNS, len(images))
    rows = -(-len(images) // columns)
    tall, wide = height + GRID_GAP, width + GRID_GAP
    sheet = np.zeros((rows * tall + GRID_GAP, columns * wide + GRID_GAP, channels), images[0].dtype)
    for place, image in enumerate(images):
        top, left = (place // columns) * tall + GRID_GAP, (place % columns) * wide + GRID_GAP
        sheet[top : top + height, left : left + width] = image
    return sheet


def _without_single_channel(array: Array) -> Array:
    return array[:, :, 0] if array.shape[2] == 1 else array


def _wrong_shape(array: Array) -> ValueInvalid:
    return ValueInvalid(
        f"An array of shape {tuple(array.shape)} is not an image.",
        advice="Use (H,W), (H,W,C), (C,H,W) or a stack (N,C,H,W), with 1 to 4 channels.",
    )
