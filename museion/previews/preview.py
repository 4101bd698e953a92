"""Which preview a file gets: by the ending of its name, and text or bytes if that says nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO

from museion.errors import Corrupt, TooLarge
from museion.previews.answer import Answer
from museion.previews.source import Source, opened

VERSION = 2
"""Counts changes of what previews answer: kept ones of another version are made again."""

_BY_ENDING: tuple[tuple[str, str, str], ...] = (
    (".json .geojson .ipynb .webmanifest", "documents", "preview_json"),
    (".csv .tsv", "delimited", "preview_csv"),
    (".jsonl .ndjson", "delimited", "preview_jsonl"),
    (".parquet .pq", "columnar", "preview_parquet"),
    (".arrow .feather .ipc", "columnar", "preview_arrow"),
    (".png .jpg .jpeg .gif .webp .bmp .tif .tiff .ico", "pictures", "preview_image"),
    (".wav", "sounds", "preview_wav"),
    (".safetensors", "tensors", "preview_safetensors"),
    (".npy", "tensors", "preview_npy"),
    (".npz", "tensors", "preview_npz"),
    (".pt .pth .ckpt .bin", "checkpoints", "preview_checkpoint"),
    (".pkl .pickle .joblib", "pickles", "preview_pickle"),
    (".zip .whl .jar", "archives", "preview_zip"),
    (".tar .tgz .tar.gz .tar.bz2 .tar.xz", "archives", "preview_tar"),
)


def preview(source: Source, path: str) -> Answer:
    """What the file holds. A file that is not what its name says is shown as text or bytes, with the `problem`."""
    try:
        return _parser(path)(opened(source), path)
    except (Corrupt, TooLarge) as error:
        problem = str(error)
    except MemoryError:
        problem = "A preview of this file would take too much memory."
    shown = _text()(opened(source), path)
    return {**shown, "problem": problem}


def _parser(path: str) -> Callable[[BinaryIO, str], Answer]:
    lowered = path.lower()
    for endings, room, name in _BY_ENDING:
        if lowered.endswith(tuple(endings.split())):
            found: Callable[[BinaryIO, str], Answer] = getattr(import_module(f"museion.previews.{room}"), name)
            return found
    return _text()


def _text() -> Callable[[BinaryIO, str], Answer]:
    from museion.previews.texts import preview_text

    return preview_text
