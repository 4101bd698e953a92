"""Files of a run: which ones `run.save` means, and how `run.restore` brings one back."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from museion.errors import FileMissing, PathInvalid, UsageError
from museion.model.paths import check_path

if TYPE_CHECKING:
    from museion.sdk.run import Run


def matches(pattern: str, base_path: Any, default_base: str, *, literal: bool = False) -> list[tuple[str, str]]:
    """(name in the run, local path) of each file that `pattern` names; a folder stands for all in it.

    Names are relative to `base_path`, else to the run's own folder or the working directory where the file lies
    below one of them and the pattern is relative, else the bare file name. With `literal`, `*?[` mean themselves.
    Raises FileMissing if there is nothing.
    """
    hits = glob.glob(glob.escape(pattern) if literal else pattern, recursive=True)
    found = sorted({file for hit in hits for file in _files(Path(hit))})
    if not found and (literal or not glob.has_magic(pattern)):
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


def restore(run: Run | None, name: str, run_path: str | None, replace: bool, root: str | None) -> IO[str] | None:
    """The file `name` of a run, brought into `root` (the active run's folder by default) and opened for reading.

    `run_path` is entity/project/id, by default the active run's. A file that is there stays, unless `replace`. Raises
    NotFound; None if the run is disabled.
    """
    if run is not None and run.disabled:
        return None
    place = Path(root or (run.dir if run else os.getcwd())) / check_path(name)
    if replace or not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        _fetch(run_path or (run.path if run else ""), name, place)
    return place.open()


def _fetch(run: str, name: str, place: Path) -> None:
    from museion.sdk.connect import connect
    from museion.sdk.settings import from_environment
    from museion.sdk.transport import run_path

    parts = run.strip("/").split("/")
    if len(parts) != 3:
        raise UsageError(f"{run!r} is no run.", advice="Write entity/project/run-id.")
    transport = connect(from_environment())
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        reply = transport.request("GET", run_path(*parts, "files", name), stream=True)
        with temporary.open("wb") as file:
            file.writelines(reply.pieces)
        os.replace(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)
        transport.close()
