"""A run that a W&B client logged offline: `wandb/offline-run-…/`, read without that client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from museion.errors import Corrupt, FileMissing
from museion.sdk.imports.copies import ArtifactCopy, FileCopy, RunCopy
from museion.sdk.imports.datalog import Datalog
from museion.sdk.imports.protobuf import read
from museion.sdk.imports.shapes import RECORD

Json = dict[str, Any]
PIECE = 1 << 20
DEFAULT_PROJECT = "uncategorized"


@dataclass(slots=True)
class _Told:
    """What the records say, gathered in one pass; history and console are counted here and read again later."""

    run: Json = field(default_factory=dict)
    config: Json = field(default_factory=dict)
    summary: Json = field(default_factory=dict)
    metrics: dict[str, Json] = field(default_factory=dict)
    environment: dict[str, Json] = field(default_factory=dict)
    exit: Json | None = None
    rows: int = 0
    last: float | None = None
    artifacts: list[Json] = field(default_factory=list)
    used: list[Json] = field(default_factory=list)
    broken: int = 0


class OfflineRun:
    """One folder with a `run-<id>.wandb` in it; raises Corrupt or FileMissing if it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path if path.is_dir() else path.parent
        logs = [path] if path.is_file() else sorted(path.glob("run-*.wandb"))
        if not logs:
            raise FileMissing(f"There is no run-*.wandb in {path}.", advice="Name a folder that W&B's client made.")
        self._log = logs[0]
        self.skipped = 0
        self._told = self._gather()
        if not self._told.run.get("id"):
            raise Corrupt(f"{self._log} does not say which run it is.", advice="Nothing of it can be imported.")

    @property
    def torn(self) -> int:
        """Records or bytes that could not be read."""
        return self.skipped + self._told.broken

    @property
    def run(self) -> RunCopy:
        """The run, without its artifacts."""
        told, run = self._told, self._told.run
        start = _seconds(run.get("start_time"))
        code = None if told.exit is None else int(told.exit.get("code", 0))
        return RunCopy(
            project=run.get("project") or DEFAULT_PROJECT,
            id=run["id"],
            config=_config_text(told),
            summary=json.dumps(told.summary) if told.summary else None,
            name=run.get("display_name"),
            group=run.get("group"),
            job_type=run.get("job_type"),
            notes=run.get("notes"),
            tags=tuple(run.get("tags", ())),
            sweep=run.get("sweep"),
            created_at=start,
            finished_at=told.last,
            exit_code=code,
            state="crashed" if code is None else "finished" if code == 0 else "failed",
            rows=told.rows,
            history=lambda at: islice(self._history(), at, None),
            events=lambda at: islice(self._events(start or 0.0), at, None),
            console=lambda at: islice(self._console(), at, None),
            files=tuple(self._files()),
        )

    @property
    def entity(self) -> str | None:
        """The entity it was meant for, if it said."""
        return self._told.run.get("entity")

    @property
    def artifacts(self) -> list[ArtifactCopy]:
        """What the run logged, in that order."""
        return [self._artifact(found) for found in self._told.artifacts]

    @property
    def used(self) -> list[str]:
        """Names of the artifacts it used, where it knew them."""
        return [found["name"] for found in self._told.used if found.get("name")]

    # Reading

    def _records(self) -> Iterator[Json]:
        log = Datalog(self._log)
        for data in log.records():
            try:
                yield read(data, RECORD)
            except Corrupt:
                log.skipped += len(data)
        self.skipped = log.skipped

    def _gather(self) -> _Told:
        told = _Told()
        for record in self._records():
            for name, body in record.items():
                if (take := _TAKE.get(name)) is not None:
                    take(told, body)
        return told

    def _history(self) -> Iterator[str]:
        for record in self._records():
            if "history" in record:
                row: Json = {}
                for item in record["history"].get("items", ()):
                    _put(row, _path(item), _plain(item))
                row.setdefault("_step", record["history"].get("step", {}).get("num", 0))
                yield json.dumps(row)

    def _events(self, start: float) -> Iterator[str]:
        for record in self._records():
            if "stats" in record:
                now = _seconds(record["stats"].get("time")) or start
                row = {f"system.{item.get('key')}": _plain(item) for item in record["stats"].get("items", ())}
                yield json.dumps({**row, "_wandb": True, "_timestamp": now, "_runtime": max(0.0, now - start)})

    def _console(self) -> Iterator[str]:
        waiting: dict[int, tuple[float, str]] = {}
        for record in self._records():
            if (said := record.get("output")) is None:
                continue
            stream, now = int(said.get("stream", 0)), _seconds(said.get("time")) or 0.0
            since, text = waiting.pop(stream, (now, ""))
            *whole, rest = (text + said.get("line", "")).split("\n")
            yield from (_line(stream, since, line) for line in whole)
            if rest:
                waiting[stream] = (since if not whole else now, rest)
        yield from (_line(stream, since, rest) for stream, (since, rest) in sorted(waiting.items()))

    def _files(self) -> Iterator[FileCopy]:
        root = self.path / "files"
        for path in sorted(root.rglob("*")):
            if path.is_file():
                name = path.relative_to(root).as_posix()
                yield FileCopy(name, path.stat().st_size, lambda path=path: _pieces(path))  # type: ignore[misc]

    def _artifact(self, found: Json) -> ArtifactCopy:
        entries, places = {}, {}
        for entry in found.get("manifest", {}).get("contents", ()):
            extra = {one["key"]: json.loads(one["value_json"]) for one in entry.get("extra", ())}
            path = entry.pop("path")
            places[path] = entry.pop("local_path", "")
            entries[path] = {**entry, **({"extra": extra} if extra else {})}
            entries[path].setdefault("size", 0) if "ref" not in entry else None
        return ArtifactCopy(
            project=found.get("project") or self._told.run.get("project") or DEFAULT_PROJECT,
            type=found.get("type", ""),
            name=found.get("name", ""),
            digest=found.get("digest", ""),
            entries=entries,
            read=lambda path: _pieces(Path(places.get(path) or "/nowhere")),
            run=self._told.run["id"],
            description=found.get("description"),
            metadata=found.get("metadata"),
            aliases=[alias for alias in found.get("aliases", ()) if alias != "latest"],
            tags=found.get("tags", ()),
            ttl=found.get("ttl"),
            algorithm="MANIFEST_XXH128" if found.get("digest_algorithm", "").endswith("XXH128") else "MANIFEST_MD5",
            client_id=found.get("client_id"),
            sequence_client_id=found.get("sequence_client_id"),
        )


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise FileMissing(f"{path} cannot be read: {error.strerror}.", advice="The client's staging lost it.") from None


def _seconds(stamp: Mapping[str, Any] | None) -> float | None:
    return None if stamp is None else stamp.get("seconds", 0) + stamp.get("nanos", 0) / 1e9


def _line(stream: int, when: float, text: str) -> str:
    shown = text.rstrip("\r").rpartition("\r")[2]
    stamp = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{'' if stream else 'ERROR '}{stamp} {shown}"


def _path(item: Json) -> list[str]:
    return item.get("nested_key") or [item.get("key", "")]


def _plain(item: Json) -> Any:
    for name in ("boolean", "integer", "number", "text"):
        if name in item:
            return item[name]
    text = item.get("value_json") or item.get("json")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text


def _put(target: Json, path: list[str], value: Any) -> None:
    for key in path[:-1]:
        inner = target.get(key)
        target = target.setdefault(key, {}) if isinstance(inner, dict | None) else target
        if not isinstance(inner, dict) and inner is not None:
            return
    target[path[-1]] = value


def _drop(target: Json, path: list[str]) -> None:
    for key in path[:-1]:
        target = target.get(key, {}) if isinstance(target.get(key), dict) else {}
    target.pop(path[-1], None)


# What each record adds


def _change(target: Json, body: Json) -> None:
    for item in body.get("update", ()):
        _put(target, _path(item), _plain(item))
    for item in body.get("remove", ()):
        _drop(target, _path(item))


def _take_run(told: _Told, body: Json) -> None:
    _change(told.config, body.pop("config", {}))
    told.run.update(body)


def _take_metric(told: _Told, body: Json) -> None:
    flags = {name: [int(n) for n, on in body.get(name, {}).items() if on] for name in ("options", "summary")}
    known = {"1": body.get("name"), "2": body.get("glob"), "4": body.get("step_metric")}
    numbers = {"6": flags["options"], "7": flags["summary"], "8": body.get("goal")}
    told.metrics[str(body.get("name") or body.get("glob"))] = {k: v for k, v in (known | numbers).items() if v}


def _take_environment(told: _Told, body: Json) -> None:
    writer = body.pop("writerId", "import")
    if (started := _seconds(body.pop("startedAt", None))) is not None:
        body["startedAt"] = datetime.fromtimestamp(started, UTC).isoformat().replace("+00:00", "Z")
    told.environment.setdefault(writer, {}).update(body)


def _take_history(told: _Told, body: Json) -> None:
    told.rows += 1
    for item in body.get("items", ()):
        if _path(item) == ["_timestamp"] and isinstance(now := _plain(item), int | float):
            told.last = max(told.last or 0.0, float(now))


def _take_exit(told: _Told, body: Json) -> None:
    told.exit = body
    start = _seconds(told.run.get("start_time"))
    if start is not None and body.get("runtime"):
        told.last = max(told.last or 0.0, start + body["runtime"])


_TAKE: dict[str, Callable[[_Told, Any], None]] = {
    "run": _take_run,
    "config": lambda told, body: _change(told.config, body),
    "summary": lambda told, body: _change(told.summary, body),
    "metric": _take_metric,
    "environment": _take_environment,
    "history": _take_history,
    "exit": _take_exit,
    "artifact": lambda told, body: told.artifacts.append(body),
    "use_artifact": lambda told, body: told.used.append(body),
}


def _config_text(told: _Told) -> str:
    """The config as the client would have sent it."""
    hidden = told.config.get("_wandb")
    own = {**(hidden if isinstance(hidden, dict) else {}), "m": list(told.metrics.values()), "t": {}}
    own["e"] = told.environment
    values = {key: {"value": value} for key, value in told.config.items() if key != "_wandb"}
    return json.dumps({**values, "_wandb": {"value": own}})


def offline_runs(paths: Iterable[Path]) -> list[OfflineRun]:
    """The runs in these folders, or in the folders right below them, in the order in which they began."""
    found: list[OfflineRun] = []
    for path in paths:
        logs = [path] if path.is_file() else sorted({*path.glob("run-*.wandb"), *path.glob("*run-*/run-*.wandb")})
        logs += [] if path.is_file() else sorted(path.glob("wandb/*run-*/run-*.wandb"))
        if not logs:
            raise FileMissing(f"There is no run-*.wandb in {path}.", advice="Name a folder that W&B's client made.")
        found += [OfflineRun(log) for log in logs]
    return sorted(found, key=lambda one: (one.run.created_at or 0.0, one.run.id))
