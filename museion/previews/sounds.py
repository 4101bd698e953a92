"""Sounds: what their header says."""

from __future__ import annotations

import wave
from typing import BinaryIO

from museion.previews.answer import Answer
from museion.previews.reading import reading


def preview_wav(file: BinaryIO, path: str) -> Answer:
    """Channels, samples a second, bits, and duration in seconds."""
    with reading("a WAV file"), wave.open(file, "rb") as sound:
        rate, count = sound.getframerate(), sound.getnframes()
        facts = {"channels": sound.getnchannels(), "sample_rate": rate, "bits": 8 * sound.getsampwidth()}
    return {"kind": "audio", "format": "wav", "facts": {**facts, "duration": count / rate if rate else None}}
