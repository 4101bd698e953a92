"""One journal on its way to the server, in two lanes that each keep their own place in it.

The *row lane* sends what is small and wanted now: rows, console lines, config, summary. The *blob lane* sends files
and artifacts, which may take hours. Both read the same file; both only move their place once the server has answered
2xx, so a crash of either side means that something is sent again, and each request is made so that this is no news.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from museion.errors import (
    BlobsMissing,
    MuseionError,
    NotFound,
    RunDeleted,
    RunExists,
    SequenceGap,
    TooLarge,
    ValueInvalid,
)
from museion.model.summary import Fold, MetricRule
from museion.model.values import to_json
from museion.sdk import local
from museion.sdk.journal import JournalReader, Kind, Record
from museion.sdk.rundir import RunDir
from museion.sdk.settings import write_private
from museion.sdk.source import artifacts_path, version_path
from museion.sdk.transport import Transport, run_path

Json = dict[str, Any]
MAX_ROWS = 5_000
MAX_LINES = 5_000
SLICE = 1 << 20
_BLOB_EVENTS = frozenset({"files", "artifact", "input", "link"})


@dataclass
class Place:
    """How far a journal is on the server. `row` and `line` count what was sent of rows and console lines."""

    offset: int = 0
    row: int = 0
    line: int = 0
    blobs: int = 0
    artifacts: int = 0
    skipped: int = 0
    settled: bool = False
    moved: bool = False
    refused: list[Json] = field(default_factory=list)

    @classmethod
    def from_json(cls, body: Json) -> Place:
        return cls(**{name: body[name] for name in cls.__dataclass_fields__ if name in body})


@dataclass(frozen=True)
class Target:
    """The run on the server."""

    transport: Transport
    entity: str
    project: str
    run: str

    def path(self, *rest: str) -> str:
        return run_path(self.entity, self.project, self.run, *rest)


@dataclass
class Batch:
    """What one pass over the journal found, in the shape of requests; `row` and `line` number the first of each."""

    row: int = 0
    line: int = 0
    rows: list[tuple[int, float, Json]] = field(default_factory=list)
    lines: list[tuple[float, str, str]] = field(default_factory=list)
    alerts: list[Json] = field(default_factory=list)
    change: Json = field(default_factory=dict)
    end: int = 0


Refuse = Callable[[str, MuseionError], None]


class RowLane:
    """Rows, console lines and changes of the run itself."""

    def __init__(self, journal: Path, place: Place, target: Target, refused: Refuse) -> None:
        self.place = place
        self.finish: Json | None = None
        self._target = target
        self._refused = refused
        self._reader = JournalReader(journal)
        self.header = self._reader.header()
        self.writer = str(self.header["writer"])
        self._fold = Fold()
        self._max_rows = MAX_ROWS
        self._pending: Batch | None = None
        self._replay()

    def _replay(self) -> None:
        """Read again what was sent before this process began, for the fold to know it."""
        while self._reader.offset < self.place.offset and (records := self._reader.read(SLICE)):
            for record in records:
                if record.end <= self.place.offset:
                    self._take(record, Batch())
        self._fold.take()
        self._reader.offset = self.place.offset
        self._reader.skipped = self.place.skipped

    def step(self, *, final: bool = False) -> bool:
        """Send about the next megabyte; False if there is nothing whole to send. What failed is sent again first."""
        if self._pending is None:
            self._pending = self._next(final)
        if self._pending is None:
            return False
        batch = self._pending
        self._send(batch)
        place = self.place
        place.offset, place.row, place.line = batch.end, batch.row + len(batch.rows), batch.line + len(batch.lines)
        self._pending = None
        return True

    def _next(self, final: bool) -> Batch | None:
        records = self._reader.read(SLICE, final=final)
        self.place.skipped = self._reader.skipped
        if not records:
            self.place.offset = max(self.place.offset, self._reader.offset) if final else self.place.offset
            return None
        batch = Batch(self.place.row, self.place.line, end=self._reader.offset)
        for record in records:
            self._take(record, batch)
        changed, removed = self._fold.take()
        if changed or removed:
            batch.change |= {"summary": changed, "remove_summary": removed}
        return batch

    def rewind(self) -> None:
        """Nothing to do: what failed is kept and sent again."""

    def close(self) -> None:
        self._reader.close()

    # ---- reading ----------------------------------------------------------------------------------------------------

    def _take(self, record: Record, batch: Batch) -> None:
        if record.kind == Kind.ROW:
            step, time, values = record.value
            if not _of_host(values):
                self._fold.row(values)
                self._fold.note(values)
            batch.rows.append((step, time, values))
        elif record.kind == Kind.CONSOLE:
            batch.lines.append(tuple(record.value))
        elif record.kind == Kind.EVENT:
            kind, time, body = record.value
            self._event(kind, time, body, batch, record.end)

    def _event(self, kind: str, time: float, body: Json, batch: Batch, end: int) -> None:
        change = batch.change
        if kind in ("init", "run"):
            merged = {**change.get("metadata", {}), **body.get("metadata", {})}
            change.update(body)
            if merged:
                change["metadata"] = merged
        elif kind == "config":
            _merge(change, "config", "remove_config", body)
        elif kind == "summary":
            self._fold.assign(body.get("set", {}))
            self._fold.remove(body.get("remove", ()))
        elif kind == "metric":
            self._fold.define(MetricRule.from_json(body))
            change["metrics"] = [rule.to_json() for rule in self._fold.rules.values()]
        elif kind == "alert":
            batch.alerts.append(
                {"text": "", **body, "level": str(body["level"]).lower(), "uid": f"{self.writer}:{end}"}
            )
        elif kind == "finish":
            self.finish = {**body, "time": time}

    # ---- sending ----------------------------------------------------------------------------------------------------

    def _send(self, batch: Batch) -> None:
        if batch.change:
            self._put(batch.change)
        for alert in batch.alerts:
            self._alert(alert)
        self._send_rows(batch.rows, batch.row)
        self._send_lines(batch.lines, batch.line)

    def _put(self, change: Json) -> None:
        try:
            put(self._target, change)
        except MuseionError as error:
            refused = permanent(error) or isinstance(error, TooLarge)
            if not refused or isinstance(error, (NotFound, RunDeleted, RunExists)):
                raise
            self._refused("run", error)

    def _alert(self, alert: Json) -> None:
        try:
            self._target.transport.request("POST", self._target.path("alerts"), json=alert)
        except MuseionError as error:
            if not permanent(error):
                raise
            self._refused("alert", error)

    def _send_rows(self, rows: list[tuple[int, float, Json]], seq: int) -> None:
        at = 0
        while at < len(rows):
            part = rows[at : at + self._max_rows]
            try:
                self._post_rows(part, seq + at)
            except TooLarge as error:
                if len(part) > 1:
                    self._max_rows = len(part) // 2
                    continue
                self._refused("row", error)
                self._post_rows([(part[0][0], part[0][1], {})], seq + at)
            at += len(part)

    def _post_rows(self, rows: list[tuple[int, float, Json]], seq: int) -> None:
        from museion.history.batch import Row, encode

        try:
            body = encode([Row(*row) for row in rows])
        except ValueInvalid as error:
            self._post_parts(rows, seq, error)
            return
        self._target.transport.request(
            "POST",
            self._target.path("history"),
            query={"writer": self.writer, "seq": seq},
            body=body,
            headers={"content-type": "application/octet-stream"},
        )

    def _post_parts(self, rows: list[tuple[int, float, Json]], seq: int, error: ValueInvalid) -> None:
        """What the codec does not take at once goes in halves; a value it never takes is left out and told of."""
        if half := len(rows) // 2:
            self._post_rows(rows[:half], seq)
            self._post_rows(rows[half:], seq + half)
            return
        step, time, values = rows[0]
        self._refused("row", error)
        self._post_rows([(step, time, {k: v for k, v in values.items() if _encodes(step, time, k, v)})], seq)

    def _send_lines(self, lines: list[tuple[float, str, str]], first: int) -> None:
        for at in range(0, len(lines), MAX_LINES):
            self._post_lines(lines[at : at + MAX_LINES], first + at)

    def _post_lines(self, lines: list[tuple[float, str, str]], first: int) -> None:
        """Where the server finds it too much: in halves, and of a line alone only its number."""
        body = {"writer": self.writer, "first": first, "lines": [list(line) for line in lines]}
        try:
            self._target.transport.request("POST", self._target.path("console"), json=body)
        except TooLarge as error:
            if half := len(lines) // 2:
                self._post_lines(lines[:half], first)
                self._post_lines(lines[half:], first + half)
            elif lines[0][2]:
                self._refused("line", error)
                self._post_lines([(*lines[0][:2], "")], first)
            else:
                raise

    def recover_from(self, gap: SequenceGap) -> bool:
        """The server knows fewer rows or lines than we thought (an older copy of its data): begin again."""
        if "next_seq" not in gap.details:
            return False
        self.place.offset = self.place.row = self.place.line = 0
        self._fold, self._pending = Fold(), None
        self._reader.offset = 0
        return True


class BlobLane:
    """Files, artifacts and inputs, one after the other, in the order they were recorded."""

    def __init__(self, journal: Path, place: Place, target: Target, folder: RunDir, refused: Refuse) -> None:
        self.place = place
        self._target = target
        self._folder = folder
        self._refused = refused
        self._reader = JournalReader(journal, place.blobs)

    def step(self, *, final: bool = False) -> bool:
        """Send what about the next megabyte of the journal asks for; False if there is nothing whole in it."""
        records = self._reader.read(SLICE, final=final)
        if not records:
            self.place.blobs = max(self.place.blobs, self._reader.offset) if final else self.place.blobs
            return False
        for record in records:
            if record.kind == Kind.EVENT:
                kind, _, body = record.value
                if kind in _BLOB_EVENTS:
                    self._one(kind, body)
            self.place.blobs = record.end
        return True

    def rewind(self) -> None:
        self._reader.offset = self.place.blobs

    def close(self) -> None:
        self._reader.close()

    def _one(self, kind: str, body: Json) -> None:
        try:
            {"files": self._files, "artifact": self._artifact, "input": self._input, "link": self._link}[kind](body)
        except MuseionError as error:
            if not permanent(error):
                raise
            self._refused(kind, error)
            if uid := body.get("uid"):
                write_private(self._folder.receipt(uid), {"problem": as_problem(error)})

    def _files(self, body: Json) -> None:
        send_files(self._target, body["files"])

    def _artifact(self, body: Json) -> None:
        uid = body["uid"]
        if self._folder.receipt(uid).exists():
            self._let_go(body, [])
            return
        entries = body["manifest"].get("entries", {}).values()
        digests = sorted({entry["digest"] for entry in entries if "digest" in entry})
        fields = {k: v for k, v in body.items() if k not in ("uid", "holder", "draft")}
        path = artifacts_path(self._target.path().rpartition("/runs/")[0], body.get("draft"))
        answer = self._commit(path, to_json(fields), digests)
        self.place.artifacts += 1
        write_private(self._folder.receipt(uid), {"answer": answer})
        self._let_go(body, digests)

    def _let_go(self, body: Json, digests: list[str]) -> None:
        """Give the staged bytes back: the server has them. An offline pipeline goes on from the (bounded) cache."""
        staging, cache = local.staging(), local.file_cache()
        if self._folder.meta.get("mode") == "offline":
            for digest in digests:
                if staging.has(digest) and cache.get(digest) is None:
                    cache.put(digest, staging.open(digest))
        if holder := body.get("holder"):
            staging.release(holder)

    def _commit(self, path: str, fields: Json, digests: list[str]) -> Any:
        """Upload, commit; once more if bytes vanished in between."""
        for again in (False, True):
            upload = self._upload(digests) if digests else None
            try:
                answer = self._target.transport.request("POST", path, json={**fields, "upload": upload}).json()
                release_upload(self._target, upload)
                return answer
            except BlobsMissing:
                if again:
                    raise
        raise AssertionError("the second try answers or raises")

    def _input(self, body: Json) -> None:
        fields = {k: body[k] for k in ("artifact", "type", "digest", "step") if body.get(k) is not None}
        answer = self._target.transport.request("POST", self._target.path("inputs"), json=fields).json()
        if uid := body.get("uid"):
            write_private(self._folder.receipt(uid), {"answer": answer})

    def _link(self, body: Json) -> None:
        """A link that was made offline: the version is known by its content, whatever number the server gave it."""
        version = version_path(body, body["digest"].partition(":")[2])
        fields = {"target": body["target"], "aliases": body["aliases"]}
        self._target.transport.request("POST", f"{version}/links", json=fields)

    def _upload(self, digests: list[str]) -> str:
        return upload_to(self._target, digests)


def send_file(target: Target, name: str, source: Path) -> None:
    """Make a local file, as it is now, a file of the run."""
    recipe = local.staging().add_file(source, holder=target.run)
    send_files(target, [{"path": name, "digest": recipe.digest, "size": recipe.size}])


def send_files(target: Target, files: list[Json]) -> None:
    """Send staged content and name it as files of the run; then it is no longer needed here."""
    digests = [file["digest"] for file in files]
    upload = upload_to(target, digests)
    target.transport.request("POST", target.path("files"), json={"upload": upload, "files": files})
    release_upload(target, upload)
    local.staging().drop(digests, holder=target.run)


def upload_to(target: Target, digests: list[str]) -> str:
    """Send staged content; the id of the upload."""
    from museion.sdk.upload import upload

    return upload(target.transport, target.entity, target.project, local.staging(), digests)


def release_upload(target: Target, upload: str | None) -> None:
    """What was sent under it has a name now."""
    from museion.sdk.upload import release

    if upload is not None:
        release(target.transport, target.entity, target.project, upload)


def put(target: Target, change: Json) -> Json:
    """Create or change the run; the server's answer."""
    body: Json = target.transport.request("PUT", target.path(), json=to_json(change)).json()
    return body


def permanent(error: MuseionError) -> bool:
    """Whether the same request can never succeed: a 4xx that is not about timing, load or who asks."""
    status = int(error.details.get("status", error.status))
    return 400 <= status < 500 and status not in (401, 403, 408, 413, 425, 429)


def stopping(error: MuseionError) -> bool:
    """Whether the server refuses us as such, so that going on makes no sense."""
    return int(error.details.get("status", error.status)) in (401, 403)


def as_problem(error: MuseionError) -> Json:
    """An error as the JSON that `delivery.raised` reads back."""
    return {"code": error.code, "message": error.message, "advice": error.advice, "details": to_json(error.details)}


def _merge(change: Json, name: str, removal: str, body: Json) -> None:
    kept = {**change.get(name, {}), **body.get("set", {})}
    removed = [k for k in change.get(removal, []) if k not in body.get("set", {})]
    for key in body.get("remove", ()):
        kept.pop(key, None)
        removed.append(key)
    change[name] = kept
    change[removal] = removed


def _encodes(step: int, time: float, key: str, value: Any) -> bool:
    from museion.history.batch import Row, encode

    try:
        encode([Row(step, time, {key: value})])
    except ValueInvalid:
        return False
    return True


def _of_host(values: dict[str, Any]) -> bool:
    """Whether a row is a sample of the machine: it has no place in the run's summary."""
    return next(iter(values), "").startswith("system/")
