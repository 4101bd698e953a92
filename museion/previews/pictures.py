"""Pictures: their facts, and small ones made of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any, BinaryIO

from museion.errors import TooLarge
from museion.previews.answer import Answer
from museion.previews.reading import reading

MAX_PIXELS = 100_000_000
WIDTHS = (64, 128, 256, 512, 1024)
"""Widths of small pictures; what is asked for is rounded up to one of them."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "ICO", "PPM")


def preview_image(file: BinaryIO, path: str) -> Answer:
    """Width, height, mode, frames."""
    picture = _open(file)
    facts = {"width": picture.width, "height": picture.height, "mode": picture.mode}
    facts["frames"] = int(getattr(picture, "n_frames", 1))
    return {"kind": "image", "format": str(picture.format).lower(), "facts": facts}


def thumbnail(file: BinaryIO, width: int) -> bytes:
    """The picture at most `width` pixels wide and as many high, as WebP; the first frame of a moving one.

    Raises Corrupt if it is no picture, TooLarge if it has more than 100 million pixels.
    """
    from PIL import ImageOps

    picture = _open(file)
    with reading("a whole picture"):
        picture.draft("RGB", (width, width))
        picture = ImageOps.exif_transpose(picture)
        picture.thumbnail((width, width))
        clear = "A" in picture.getbands() or "transparency" in picture.info
        out = BytesIO()
        picture.convert("RGBA" if clear else "RGB").save(out, "WEBP", quality=80, method=2)
        return out.getvalue()


def _open(file: BinaryIO) -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # ours is checked below, and says more
    with reading("a picture"):
        picture = Image.open(file, formats=_FORMATS)
    if picture.width * picture.height > MAX_PIXELS:
        message = f"The picture has {picture.width} × {picture.height} pixels."
        raise TooLarge(message, advice="Download it to look at it.")
    return picture
