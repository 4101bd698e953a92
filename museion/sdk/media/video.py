"""Moving pictures: from a file as it is, or from frames, written as an animated GIF."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import as_numpy, is_array
from museion.sdk.media.base import Keeper, Media, Opener, check_caption, existing_file
from museion.sdk.media.pixels import to_uint8

_FORMATS = ("gif", "mp4", "webm", "ogg")


class Video(Media):
    """One video.

    Args:
        data_or_path: a file's path (gif, mp4, webm, ogg); bytes in memory, with `format`; or frames of shape
            (T,C,H,W), or (N,T,C,H,W) to be shown side by side, with 1 or 3 channels and values of 0…255 or 0…1.
        caption: shown under it.
        fps: frames a second, for frames; 4 if not given.
        format: of the bytes in memory. Frames are always written as gif.
    """

    _type = "video-file"
    _folder = "videos"
    EXTS = _FORMATS

    def __init__(self, data_or_path: Any, caption: Any = None, fps: float | None = None, format: str | None = None):  # noqa: A002 - W&B's word
        self.caption = check_caption(caption)
        self.fps = fps
        self.width: int | None = None
        self.height: int | None = None
        if isinstance(data_or_path, str | Path):
            self._data: bytes | Path = existing_file(data_or_path)
            self.format = _check_format(Path(data_or_path).suffix)
        elif isinstance(data_or_path, bytes | BytesIO):
            self._data = data_or_path if isinstance(data_or_path, bytes) else data_or_path.getvalue()
            self.format = _check_format(format or "gif")
        else:
            self._data, self.format = self._animate(data_or_path, format), "gif"

    def _animate(self, data: Any, wanted: str | None) -> bytes:
        if wanted not in (None, "gif"):
            raise ValueInvalid(
                f"Frames cannot be written as {wanted!r}.",
                advice="Write the video with a tool of yours, give its path.",
            )
        frames = _frames(data)
        self.height, self.width = frames.shape[1:3]
        self.fps = self.fps or 4
        if self.fps <= 0:
            raise ValueInvalid(f"fps is {self.fps!r}.", advice="Give frames a second, over 0.")
        return _gif(frames, self.fps)

    def _content(self) -> bytes | Path:
        return self._data

    def _extension(self) -> str:
        return f".{self.format}"

    def _facts(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        facts = {"caption": self.caption, "fps": self.fps, "width": self.width, "height": self.height}
        return {name: value for name, value in facts.items() if value is not None}

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Video:
        with opener(body["path"]) as file:
            data = file.read()
        found = cls(data, body.get("caption"), body.get("fps"), Path(body["path"]).suffix)
        found.width, found.height = body.get("width"), body.get("height")
        return found


def _frames(data: Any) -> Any:
    import numpy as np

    array = as_numpy(data) if is_array(data) else np.asarray(data)
    if array.ndim == 5:
        array = np.concatenate(list(array), axis=-1)
    if array.ndim != 4 or array.shape[1] not in (1, 3) or not array.size or array.dtype.kind not in "buif":
        raise ValueInvalid(
            f"An array of shape {array.shape} is not a video.", advice="Use (T,C,H,W) with 1 or 3 channels."
        )
    return to_uint8(np.moveaxis(array, 1, -1))


def _gif(frames: Any, fps: float) -> bytes:
    from PIL import Image as pil  # noqa: N813

    pictures = [pil.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame) for frame in frames]
    out = BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=round(1000 / fps), loop=0)
    return out.getvalue()


def _check_format(name: str) -> str:
    plain = name.lower().lstrip(".")
    if plain not in _FORMATS:
        raise ValueInvalid(f"{name!r} is not a video format.", advice=f"Use one of {', '.join(_FORMATS)}.")
    return plain
