"""A run folder on its way to the server: all its journals, the acknowledgements, and how the run ended.

Shared by the uploader, which follows a folder while it grows, and by `sync`, which sends what is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from museion.errors import Corrupt, MuseionError, SequenceGap
from museion.model.run import RunState
from museion.sdk.drain import BlobLane, Place, RowLane, Target, as_problem, permanent, put, stopping
from museion.sdk.journal import JournalReader, Kind
from museion.sdk.rundir import RunDir, is_alive
from museion.sdk.settings import write_private
from museion.sdk.transport import Transport

Json = dict[str, Any]
MAX_REFUSED = 100
_ORDER = (RunState.FINISHED, RunState.KILLED, RunState.FAILED, RunState.PREEMPTING, RunState.CRASHED)


class Parcel:
    """One journal with its two lanes."""

    def __init__(self, journal: Path, place: Place, target: Target, folder: RunDir) -> None:
        self.journal = journal
        self.place = place
        self.rows = RowLane(journal, place, target, self.refuse)
        self.blobs = BlobLane(journal, place, target, folder, self.refuse)
        self.name = self.rows.writer
        self.role = str(self.rows.header.get("role", "main"))
        self.ended = False

    @property
    def moves(self) -> tuple[str, Json] | None:
        """`fork` or `rewind` and what to ask for, if the writer began with one that is not done yet; else None."""
        header = self.rows.header
        kind = next((kind for kind in ("fork", "rewind") if kind in header), None)
        return (kind, header[kind]) if kind and not self.place.moved else None

    @property
    def sent(self) -> bool:
        """Whether all rows in the file are on the server."""
        return self.place.offset >= self.size

    def refuse(self, what: str, error: MuseionError) -> None:
        """Remember what the server does not take: the first `MAX_REFUSED` in full, of the others how many there are."""
        kept = self.place.refused
        if len(kept) < MAX_REFUSED:
            kept.append({"what": what, **as_problem(error)})
        else:
            more = int(kept[-1].get("more", 1)) + 1
            kept[-1] = {"what": what, **as_problem(error), "more": more}

    @property
    def size(self) -> int:
        return self.journal.stat().st_size

    @property
    def empty(self) -> bool:
        """Whether all that is in the file is on the server."""
        size = self.size
        return self.place.offset >= size and self.place.blobs >= size

    def close(self) -> None:
        self.rows.close()
        self.blobs.close()


class Shipment:
    """Drains a run folder into one server. `send_rows` and `send_blobs` may be called from two threads."""

    def __init__(self, folder: RunDir, transport: Transport, server: str) -> None:
        self.folder = folder
        meta = folder.meta
        self.target = Target(transport, meta["entity"], meta["project"], meta["id"])
        self.parcels: dict[str, Parcel] = {}
        self.created = threading.Event()
        self.name: str | None = folder.status.get("name")
        self.errors: dict[str, str] = {}
        self.stopped: Json | None = None
        self.unreadable: list[str] = []
        self._server = server
        acks = folder.acks
        self._places: Json = acks.get("writers", {}) if acks.get("server") == server else {}
        self._lock = threading.Lock()
        self._said: Json = {}

    def look(self) -> None:
        """Take up journals that are new in the folder."""
        for path in self.folder.journals():
            if path.stem in self.parcels or str(path) in self.unreadable:
                continue
            try:
                place = Place.from_json(self._places.get(path.stem, {}))
                self.parcels[path.stem] = Parcel(path, place, self.target, self.folder)
            except Corrupt as error:
                if not is_alive(path):
                    self.unreadable.append(str(path))
                    self.errors["journal"] = str(error)

    def ensure(self) -> None:
        """Make the run on the server, if this process has not seen it there; learn its name."""
        if not self.created.is_set():
            fresh = [parcel for parcel in self._open() if parcel.place.offset == 0]
            change = next((first for parcel in fresh if (first := _first_change(parcel.journal))), {})
            self.name = str(put(self.target, change)["name"])
            self.created.set()

    def waiting(self) -> bool:
        """Whether a journal is not known to be on the server to its end."""
        return bool(self._open())

    def send_rows(self) -> bool:
        """One round over the row lanes; False if there was nothing to send."""
        sent = False
        for parcel in self._open():
            ended = self._has_ended(parcel)
            if (move := parcel.moves) is None or self._move(parcel, *move):
                sent = self._step(parcel.rows, ended) or sent
            parcel.ended = ended
        return sent

    def _move(self, parcel: Parcel, kind: str, body: Json) -> bool:
        """Fork or rewind the run as the writer asked, before its first row and after all that was written before it.

        That it is done is written down before a row follows: a second rewind would hide the rows after the first.
        """
        if any(other.name < parcel.name and not other.sent for other in self._open()):
            return False
        try:
            self.target.transport.request("POST", self.target.path(kind), json=body)
        except MuseionError as error:
            if not permanent(error):
                raise
            parcel.refuse(kind, error)
        parcel.place.moved = True
        self.save()
        return True

    def send_blobs(self) -> bool:
        """One round over the blob lanes; False if there was nothing to send."""
        sent = False
        for parcel in self._open():
            sent = self._step(parcel.blobs, parcel.ended) or sent
        return sent

    def _open(self) -> list[Parcel]:
        return [parcel for parcel in list(self.parcels.values()) if not parcel.place.settled]

    def _step(self, lane: RowLane | BlobLane, final: bool) -> bool:
        try:
            return lane.step(final=final)
        except SequenceGap as gap:
            if isinstance(lane, RowLane) and lane.recover_from(gap):
                return True
            raise
        except MuseionError:
            lane.rewind()
            raise

    def _has_ended(self, parcel: Parcel) -> bool:
        """Asked before reading, so that what was written last is read after."""
        return parcel.ended or not is_alive(parcel.journal)

    def running(self) -> bool:
        """Whether a process of the run still lives."""
        return any(parcel.role == "main" and not parcel.ended for parcel in self._open())

    def settle(self) -> bool:
        """Tell the server how the run ended, once every process that began it has; True if nothing is left to do.

        What looks at the run from outside (the machine's samples, the console) and forked children may go on then.
        """
        waiting = self._open()
        mains = [parcel for parcel in waiting if parcel.role == "main"]
        done = [parcel for parcel in waiting if parcel.ended and parcel.empty]
        if any(parcel not in done for parcel in mains):
            return False
        if mains:
            self._end(mains)
        for parcel in done:
            parcel.place.settled = True
        return len(done) == len(waiting)

    def _end(self, mains: list[Parcel]) -> None:
        ends = [end_of(parcel) for parcel in mains]
        put(self.target, max(ends, key=lambda end: _ORDER.index(RunState(end["state"]))))

    # ---- what is kept and said --------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write down how far everything is; cheap when nothing changed."""
        with self._lock:
            writers = {name: _place_json(parcel.place) for name, parcel in self.parcels.items()}
            writers = {**self._places, **writers}
            said = {
                "name": self.name,
                "error": next(iter(self.errors.values()), None),
                "stopped": self.stopped,
                "writers": writers,
            }
            if said == self._said:
                return
            self._said = said
            write_private(self.folder.path / "acks.json", {"server": self._server, "writers": writers})
            write_private(self.folder.path / "status.json", {**said, "writers": self._shown(writers)})

    def _shown(self, writers: Json) -> Json:
        return {
            name: {
                "offset": min(place["offset"], place["blobs"]),
                "rows": place["row"],
                "lines": place["line"],
                "artifacts": place["artifacts"],
                "refused": place["refused"],
                "skipped": place["skipped"],
                "done": place["settled"] or self._delivered(name),
            }
            for name, place in writers.items()
        }

    def _delivered(self, name: str) -> bool:
        """A writer that finished is done once its records are stored, though others still write to the run."""
        parcel = self.parcels.get(name)
        others = [p for p in self._open() if p.name != name and p.role == "main" and not p.ended]
        return bool(parcel and others and parcel.rows.finish and parcel.empty)

    def close(self) -> None:
        for parcel in self.parcels.values():
            parcel.close()


def ship(shipment: Shipment, said: Callable[[], None] = lambda: None, *, patience: float = 5.0) -> bool:
    """Send everything that is there, rows first; True if the run is settled. Raises what the server answers.

    Whoever still describes the machine of a run that is over is waited for, `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        shipment.look()
        if not shipment.waiting():
            return True
        shipment.ensure()
        while shipment.send_rows() or shipment.send_blobs():
            shipment.save()
            said()
        done = shipment.settle()
        shipment.save()
        if done or shipment.running() or time.monotonic() > deadline:
            return done
        time.sleep(0.05)


def end_of(parcel: Parcel) -> Json:
    """State, exit code and time of a writer's end: what it said, or that it fell silent."""
    said = parcel.rows.finish
    if said is None:
        return {"state": RunState.CRASHED.value, "finished_at": parcel.journal.stat().st_mtime}
    if said["state"] == RunState.PREEMPTING:
        return {"state": said["state"], "exit_code": said["exit_code"]}
    return {"state": said["state"], "exit_code": said["exit_code"], "finished_at": said["time"]}


def classify(error: MuseionError) -> str:
    """`stop` for what ends the delivery, `refused` for what can never succeed, else `retry`."""
    if stopping(error):
        return "stop"
    return "refused" if permanent(error) else "retry"


def _first_change(journal: Path) -> Json | None:
    """What `init` wrote at the beginning of a journal."""
    reader = JournalReader(journal)
    try:
        for record in reader.read(1 << 20):
            if record.kind == Kind.EVENT and record.value[0] == "init":
                change: Json = record.value[2]
                return change
    finally:
        reader.close()
    return None


def _place_json(place: Place) -> Json:
    return {name: getattr(place, name) for name in Place.__dataclass_fields__}
