"""Runs as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from museion.errors import FileMissing, ValueInvalid
from museion.model.values import from_json, plain_object, to_json
from museion.sdk.api.files import File
from museion.sdk.api.filters import matches, split
from museion.sdk.api.pages import Pages
from museion.sdk.source import ServerSource
from museion.sdk.transport import Transport, project_path, run_path

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact

_ROWS = 10_000
_ORDERS = {"heartbeat_at": "updated_at", "display_name": "name", "createdAt": "created_at"}
_EDITED = ("name", "tags", "notes", "group", "job_type", "config", "summary")


class Run:
    """One run. `name`, `tags`, `notes`, `group`, `config` and `summary` can be edited, followed by `update()`."""

    def __init__(self, transport: Transport, body: Mapping[str, Any]) -> None:
        self._transport = transport
        self._read(body)

    def _read(self, body: Mapping[str, Any]) -> None:
        self._body = dict(body)
        self.entity: str = body["entity"]
        self.project: str = body["project"]
        self.id: str = body["id"]
        self.name: str = body["name"]
        self.tags: list[str] = list(body["tags"])
        self.notes: str | None = body["notes"]
        self.group: str | None = body["group"]
        self.job_type: str | None = body["job_type"]
        self.config: dict[str, Any] = from_json(body["config"])
        self.summary: dict[str, Any] = from_json(body["summary"])
        self.metadata: dict[str, Any] = body["metadata"]
        self._path = run_path(self.entity, self.project, self.id)
        self._was = self._edited()

    @property
    def state(self) -> str:
        """running, finished, failed, crashed, killed or preempting."""
        return str(self._body["state"])

    @property
    def path(self) -> list[str]:
        return [self.entity, self.project, self.id]

    @property
    def url(self) -> str:
        return f"{self._transport.name}/{self.entity}/{self.project}/runs/{self.id}"

    @property
    def created_at(self) -> str:
        """ISO 8601, UTC, as W&B has it."""
        return datetime.fromtimestamp(self._body["created_at"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def number(self) -> int:
        """Runs of a project are counted from 1."""
        return int(self._body["number"])

    @property
    def user(self) -> str | None:
        found: str | None = self._body["user"]
        return found

    @property
    def exit_code(self) -> int | None:
        found: int | None = self._body["exit_code"]
        return found

    @property
    def last_step(self) -> int:
        """The last step of its history; -1 if it has none."""
        keys = self._transport.request("GET", f"{self._path}/keys").json()
        return max((int(key["last_step"]) for key in keys if not key["key"].startswith("system/")), default=-1)

    lastHistoryStep = last_step  # noqa: N815 - W&B's name
    summary_metrics = property(lambda self: self.summary)
    display_name = property(lambda self: self.name)

    def load(self, force: bool = False) -> Run:
        """Read it anew from the server."""
        self._read(self._transport.request("GET", self._path).json())
        return self

    def update(self) -> None:
        """Send what was edited."""
        now, was = self._edited(), self._was
        change: dict[str, Any] = {f: now[f] for f in _EDITED if now[f] != was[f]}
        for field in ("config", "summary"):
            if field in change:
                gone = [key for key in was[field] if key not in now[field]]
                change[field] = {k: v for k, v in now[field].items() if k not in was[field] or was[field][k] != v}
                change[f"remove_{field}"] = gone
        if change:
            self._read(self._transport.request("PUT", self._path, json=change).json())

    save = update

    def delete(self, delete_artifacts: bool = False) -> None:
        """Delete the run; with `delete_artifacts`, the versions it made first."""
        for artifact in self.logged_artifacts() if delete_artifacts else ():
            artifact.delete(delete_aliases=True)
        self._transport.request("DELETE", self._path)

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every row, in order of step; with `keys`, the rows that have all of them, and nothing else in them."""
        start: int | None = min_step or 0
        while start is not None:
            asked = ",".join(keys) if keys else None
            query = {"keys": asked, "start": start, "stop": max_step, "limit": min(page_size, _ROWS)}
            page = self._transport.request("GET", f"{self._path}/history", query=query).json()
            for row in map(from_json, page["rows"]):
                if keys is None:
                    yield row
                elif all(key in row for key in keys):
                    yield {key: row[key] for key in keys}
            start = page["next"]

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """At most `samples` rows, evenly spread, the first and last among them: a pandas frame, or a list of dicts
        where pandas is not wanted or not there. `stream="system"` gives the system metrics."""
        wanted = list(keys) if keys else None
        if stream == "system":
            wanted = wanted or self._system_keys()
        if wanted is not None:
            wanted = list(dict.fromkeys([x_axis, *wanted]))
            rows = list(self._rows_with_any(wanted, x_axis))
        else:
            rows = list(self.scan_history(page_size=_ROWS))
        chosen = _spread(rows, samples)
        if pandas and find_spec("pandas") is not None:
            return import_module("pandas").DataFrame.from_records(chosen)
        return chosen

    def _rows_with_any(self, keys: list[str], x_axis: str) -> Iterator[dict[str, Any]]:
        start: int | None = 0
        named = ",".join(key for key in keys if key not in ("_step", "_timestamp", "_runtime"))
        while start is not None:
            query = {"keys": named or None, "start": start, "limit": _ROWS}
            page = self._transport.request("GET", f"{self._path}/history", query=query).json()
            for row in map(from_json, page["rows"]):
                kept = {key: row[key] for key in keys if key in row}
                if set(kept) - {x_axis}:
                    yield kept
            start = page["next"]

    def _system_keys(self) -> list[str]:
        keys = self._transport.request("GET", f"{self._path}/keys").json()
        return [key["key"] for key in keys if key["key"].startswith("system/")]

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> Pages[File]:
        """Its files; only those called `names`, if given."""
        wanted = None if names is None else set(names)

        def fetch(cursor: str | None) -> tuple[list[File], str | None, int | None]:
            page = self._transport.request("GET", f"{self._path}/files", query={"cursor": cursor}).json()
            found = [File(self._transport, self._path, one) for one in page["files"]]
            if wanted is None:
                return found, page["next"], page["total"]
            return [file for file in found if file.name in wanted], page["next"], None

        return Pages(fetch)

    def file(self, name: str) -> File:
        """The file called `name`; raises FileMissing."""
        for found in self.files([name]):
            return found
        raise FileMissing(f"The run {self.id} has no file {name!r}.", advice="Run.files() lists what it has.")

    def logged_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """The versions it made."""
        return self._artifacts("outputs")

    def used_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """The versions it used."""
        return self._artifacts("inputs")

    def _artifacts(self, which: str) -> list[Artifact]:
        from museion.sdk.artifact import Artifact

        found = self._transport.request("GET", f"{self._path}/artifacts").json()[which]
        return [Artifact._of(ServerSource(self._transport, papers), papers) for papers in found]

    def _edited(self) -> dict[str, Any]:
        now = {field: getattr(self, field) for field in _EDITED}
        now["tags"] = list(self.tags)
        for field in ("config", "summary"):
            now[field] = to_json(plain_object(now[field], field))
        return now

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"


def list_runs(
    transport: Transport,
    entity: str,
    project: str,
    filters: Mapping[str, Any] | None,
    order: str,
    per_page: int,
) -> Pages[Run]:
    """The runs of a project that pass `filters`, in `order` (`-created_at`, `+summary_metrics.loss` …)."""
    query, rest = split(filters)
    sort = _sort(order)

    def fetch(cursor: str | None) -> tuple[list[Run], str | None, int | None]:
        asked = {**query, "sort": sort, "limit": per_page, "cursor": cursor}
        page = transport.request("GET", project_path(entity, project, "runs"), query=asked).json()
        found = [Run(transport, body) for body in page["runs"] if matches(body, rest)]
        return found, page["next"], None if rest else page["total"]

    return Pages(fetch)


def _sort(order: str) -> str:
    sign = "-" if order.startswith("-") else "+"
    name = order.lstrip("+-")
    head, dot, tail = name.partition(".")
    if dot and head in ("config", "summary", "summary_metrics"):
        return f"{sign}{'config' if head == 'config' else 'summary'}.{tail.removesuffix('.value')}"
    if not name or dot:
        raise ValueInvalid(f"Runs cannot be sorted by {order!r}.", advice="Use -created_at or +summary_metrics.loss.")
    return f"{sign}{_ORDERS.get(name, name)}"


def _spread(rows: list[dict[str, Any]], samples: int) -> list[dict[str, Any]]:
    if samples < 1:
        raise ValueInvalid(f"samples is {samples}.", advice="Ask for one row or more.")
    if len(rows) <= samples:
        return rows
    last = len(rows) - 1
    return [rows[round(place * last / max(samples - 1, 1))] for place in range(samples)]
