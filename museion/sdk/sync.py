"""Send runs that wait on this machine: logged offline, or cut off before everything was delivered."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from museion.errors import Conflict
from museion.sdk.connect import LOCAL, LocalTransport
from museion.sdk.rundir import RunDir, read_json
from museion.sdk.shipping import Shipment, ship
from museion.sdk.transport import Transport

Json = dict[str, Any]


def waiting(runs: Path) -> list[Path]:
    """Run folders below `runs` with something that no server has acknowledged yet, in the order of their start."""
    found = [meta.parent for meta in runs.glob("*/*/*/meta.json") if unsent(RunDir(meta.parent))]
    return sorted(found, key=_started)


def unsent(folder: RunDir) -> bool:
    """Whether a journal of the folder is not known to be on a server to its end."""
    writers = folder.acks.get("writers", {})
    return any(not writers.get(path.stem, {}).get("settled") for path in folder.journals())


def clean(runs: Path) -> list[Path]:
    """Remove the folders below `runs` whose runs are over and on the server as a whole; returns them.

    Artifacts and files are not in these folders but in the staging area, which lets go of what was sent by itself.
    """
    gone = []
    for meta in runs.glob("*/*/*/meta.json"):
        folder = RunDir(meta.parent)
        if unsent(folder) or not folder.journals() or _refused(folder):
            continue
        with folder.sole() as mine:
            if mine and not unsent(folder) and not folder.running():
                shutil.rmtree(folder.path)
                gone.append(folder.path)
    return gone


def _refused(folder: RunDir) -> bool:
    """Whether the server did not take something: then the journal is the only place where that is."""
    return any(place.get("refused") or place.get("skipped") for place in folder.acks.get("writers", {}).values())


def _started(folder: Path) -> tuple[float, str]:
    meta = read_json(folder / "meta.json") or {}
    return float(meta.get("started") or 0.0), str(folder)


def sync(
    paths: Iterable[Path | str] | None,
    transport: Transport,
    *,
    runs: Path | None = None,
    progress: Callable[[Json], None] = lambda report: None,
) -> list[Json]:
    """Send run folders (all that wait below `runs` if `paths` is None), in the order in which the runs began.

    Doing it again sends nothing and changes nothing. Returns one report a run, see `sync_run`.
    """
    if paths is None:
        from museion.sdk.settings import from_environment

        chosen = waiting(runs or from_environment().runs)
    else:
        chosen = sorted({Path(path).absolute() for path in paths}, key=_started)
    reports = []
    for path in chosen:
        reports.append(sync_run(path, transport))
        progress(reports[-1])
    return reports


def sync_run(path: Path | str, transport: Transport | None) -> Json:
    """Send one run folder: `run`, `rows`, `artifacts`, `skipped` (torn bytes), `done`, and what was `refused`.

    Raises what the server answers if it cannot go on; Conflict if an uploader is at work on the folder.
    """
    folder = RunDir(Path(path).absolute())
    if transport is None:
        raise Conflict("There is no server to send to.")
    with folder.sole() as mine:
        if not mine:
            raise Conflict(f"An uploader is sending {folder.path} now.", advice="Wait for it, or look at its log.")
        shipment = Shipment(folder, transport, server_word(transport))
        try:
            done = ship(shipment)
        finally:
            shipment.save()
            shipment.close()
    return _report(folder, shipment, done)


def server_word(transport: Transport) -> str:
    """The word under which acknowledgements are kept: the local server is one, whatever its port."""
    return LOCAL if isinstance(transport, LocalTransport) else transport.name


def _report(folder: RunDir, shipment: Shipment, done: bool) -> Json:
    places = [parcel.place for parcel in shipment.parcels.values()]
    meta = folder.meta
    return {
        "run": f"{meta['entity']}/{meta['project']}/{meta['id']}",
        "name": shipment.name,
        "rows": sum(place.row for place in places),
        "artifacts": sum(place.artifacts for place in places),
        "skipped": sum(place.skipped for place in places),
        "refused": [refusal for place in places for refusal in place.refused],
        "done": done,
    }
