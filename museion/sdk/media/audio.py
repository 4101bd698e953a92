"""Sounds: from a file as it is, or from samples, written as WAV."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from museion.errors import ValueInvalid
from museion.sdk.media.arrays import as_numpy, is_array
from museion.sdk.media.base import Keeper, Media, Opener, check_caption, existing_file

_EXTENSIONS = (".wav", ".mp3", ".ogg", ".oga", ".flac", ".m4a", ".aac", ".opus", ".webm")
_MAX_CHANNELS = 64


class Audio(Media):
    """One sound.

    Args:
        data_or_path: a file's path, or samples of shape (N,) or (N, channels): floats of -1…1, or integers.
        sample_rate: samples a second; needed for samples.
        caption: shown under it.
    """

    _type = "audio-file"
    _folder = "audio"

    def __init__(self, data_or_path: Any, sample_rate: int | None = None, caption: Any = None) -> None:
        self.caption = check_caption(caption)
        self.sample_rate = sample_rate
        self.duration: float | None = None
        if isinstance(data_or_path, str | Path):
            self._data: bytes | Path = existing_file(data_or_path)
            self._suffix = _check_extension(Path(data_or_path))
        else:
            self._data, self._suffix = self._encode(data_or_path), ".wav"

    def _encode(self, data: Any) -> bytes:
        import numpy as np

        rate = self.sample_rate
        if not isinstance(rate, int) or isinstance(rate, bool) or rate <= 0:
            raise ValueInvalid(f"Samples need a sample_rate in samples a second, not {rate!r}.")
        samples = pcm16(as_numpy(data) if is_array(data) else np.asarray(data))
        self.duration = len(samples) / rate
        return _wav(samples, rate)

    def _content(self) -> bytes | Path:
        return self._data

    def _extension(self) -> str:
        return self._suffix

    def _facts(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        facts = {"caption": self.caption, "sample_rate": self.sample_rate, "duration": self.duration}
        return {name: value for name, value in facts.items() if value is not None}

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Audio:
        found = cls.__new__(cls)
        found.caption, found.sample_rate = body.get("caption"), body.get("sample_rate")
        found.duration, found._suffix = body.get("duration"), Path(body["path"]).suffix
        with opener(body["path"]) as file:
            found._data = file.read()
        return found


def pcm16(samples: Any) -> Any:
    """(N, channels) of little-endian 16-bit integers; ValueInvalid names a shape or type that is no sound."""
    import numpy as np

    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or not 1 <= samples.shape[1] <= _MAX_CHANNELS or samples.dtype.kind not in "iuf":
        raise ValueInvalid(
            f"Samples of shape {samples.shape} and type {samples.dtype} are not a sound.",
            advice="Use (N,) or (N, channels) of floats in -1…1 or of integers.",
        )
    if samples.dtype.kind == "f":
        samples = np.clip(np.nan_to_num(samples), -1, 1) * 32767
    elif samples.dtype == np.uint8:
        samples = (samples.astype(np.int32) - 128) * 256
    elif samples.dtype.itemsize == 4:
        samples = samples.astype(np.int64) >> 16
    return np.clip(samples, -32768, 32767).astype("<i2")


def _wav(samples: Any, rate: int) -> bytes:
    import wave

    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _check_extension(path: Path) -> str:
    if path.suffix.lower() not in _EXTENSIONS:
        raise ValueInvalid(f"{path} is not a sound file.", advice=f"Use one of {' '.join(_EXTENSIONS)}.")
    return path.suffix.lower()
