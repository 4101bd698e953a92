"""Which files `run.save` means."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Any

from museion.errors import FileMissing, PathInvalid


def matches(pattern: str, base_path: Any, default_base: str) -> list[tuple[str, str]]:
    """(name in the run, local path) of each file that `pattern` names; a folder stands for all in it.

    Names are relative to `base_path`, else to the run's own folder or the working directory where the file lies
    below one of them and the pattern is relative, else the bare file name. Raises FileMissing if there is nothing.
    """
    found = sorted({file for hit in glob.glob(pattern, recursive=True) for file in _files(Path(hit))})
    if not found and not glob.has_magic(pattern):
        raise FileMissing(f"There is no file {pattern}.")
    bases = [Path(base_path)] if base_path is not None else [Path(default_base)]
    if base_path is None and not os.path.isabs(pattern):
        bases.append(Path.cwd())
    return [(_name(file, bases, strict=base_path is not None), str(file.absolute())) for file in found]


def _files(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]


def _name(file: Path, bases: list[Path], *, strict: bool) -> str:
    whole = file.absolute()
    for base in bases:
        if whole.is_relative_to(base.absolute()):
            return whole.relative_to(base.absolute()).as_posix()
    if strict:
        raise PathInvalid(f"{file} is not below {bases[0]}.", advice="Give a base_path that holds it.")
    return file.name
