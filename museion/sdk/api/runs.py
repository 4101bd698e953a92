"""Runs as a reader sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from museion.errors import FileMissing
from museion.model.query.mongo import filter_of, order_of_wandb
from museion.model.query.parser import parse
from museion.model.query.tree import written
from museion.model.values import from_json, plain_object, to_json
from museion.sdk.api import history
from museion.sdk.api.files import File
from museion.sdk.api.pages import Pages
from museion.sdk.source import ServerSource
from museion.sdk.transport import Transport, project_path, run_path

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact

_PAPERS = ("name", "tags", "notes", "group", "job_type")


class Run:
    """One run. Name, tags, notes, group, job type, config and summary can be edited, followed by `update()`.

    `summary.update({...})` sends its entries at once, as in W&B.
    """

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
        self.summary: Summary = Summary(self._send_summary, from_json(body["summary"]))
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
        return _moment(self._body["created_at"])

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

    @property
    def heartbeat_at(self) -> str:
        """The last sign of life: ISO 8601, UTC."""
        return _moment(self._body["heartbeat_at"])

    @property
    def updated_at(self) -> str:
        """ISO 8601, UTC."""
        return _moment(self._body["updated_at"])

    @property
    def archived(self) -> bool:
        return bool(self._body["archived"])

    @property
    def system_metrics(self) -> dict[str, Any]:
        """The last value of each system metric."""
        keys = self._transport.request("GET", f"{self._path}/keys").json()
        return {key["key"]: from_json(key["last"]) for key in keys if key["key"].startswith("system/")}

    @property
    def history_keys(self) -> dict[str, dict[str, Any]]:
        """What is known of each key of its history: kind, count, first and last step, min, max, last."""
        keys = self._transport.request("GET", f"{self._path}/keys").json()
        return {key["key"]: {name: value for name, value in key.items() if name != "key"} for key in keys}

    sweep = None
    """Searches belong to W&B's clients; a run here has none."""
    lastHistoryStep = last_step  # noqa: N815 - W&B's name
    heartbeatAt = heartbeat_at  # noqa: N815 - W&B's name
    summary_metrics = property(lambda self: self.summary)
    display_name = property(lambda self: self.name)
    rawconfig = property(lambda self: self.config)
    username = property(lambda self: self.user)

    def load(self, force: bool = False) -> Run:
        """Read it anew from the server."""
        self._read(self._transport.request("GET", self._path).json())
        return self

    def wait_until_finished(self, timeout: float | None = None, poll: float = 2.0) -> Run:
        """Return when the run is over; raises TimeoutError after `timeout` seconds (None: never)."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.load().state in ("running", "preempting"):
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"The run {self.id} is still {self.state} after {timeout:g} seconds.")
            time.sleep(poll)
        return self

    def update(self) -> None:
        """Send what was edited."""
        now, was = self._edited(), self._was
        papers = {field: now[field] for field in _PAPERS if now[field] != was[field]}
        values: dict[str, Any] = {}
        for field in ("config", "summary"):
            if now[field] != was[field]:
                values[field] = {k: v for k, v in now[field].items() if k not in was[field] or was[field][k] != v}
                values[f"remove_{field}"] = [key for key in was[field] if key not in now[field]]
        body = self._transport.request("PATCH", self._path, json=papers).json() if papers else None
        if values:
            body = self._transport.request("PUT", self._path, json=values).json()
        if body is not None:
            self._read(body)

    save = update

    def _send_summary(self, given: Mapping[str, Any]) -> None:
        self.summary.put(given)
        self.update()

    def delete(self, delete_artifacts: bool = False) -> None:
        """Delete the run, which can be restored for a week; with `delete_artifacts`, also the versions it made that
        have no alias but `latest`."""
        self._transport.request("DELETE", self._path, query={"artifacts": "true"} if delete_artifacts else None)

    def restore(self) -> None:
        """Bring it back from the archive, or after `delete`."""
        self._read(self._transport.request("POST", f"{self._path}/restore").json())

    def archive(self) -> None:
        """Put it out of the way: lists leave it out, nothing is lost."""
        self._read(self._transport.request("POST", f"{self._path}/archive").json())

    def stop(self) -> None:
        """Ask it to stop, which it hears within seconds; raises Conflict if it is over."""
        self._read(self._transport.request("POST", f"{self._path}/stop").json())

    def alerts(self) -> list[dict[str, Any]]:
        """What it said aloud, the last first: title, text, level, created_at."""
        found: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            query = {"before": before, "limit": 1_000}
            page = self._transport.request("GET", f"{self._path}/alerts", query=query).json()
            found += page["alerts"]
            if (before := page["next"]) is None:
                return found

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every row, in order of step; with `keys`, the rows that have all of them, and nothing else in them."""
        rows = history.scan(self._transport, self._path, keys, page_size, min_step, max_step)
        return (_only(row, keys) for row in rows if keys is None or all(key in row for key in keys))

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
        system = stream == "system"
        rows = history.sampled(self._transport, self._path, keys, x_axis, samples, system=system)
        if pandas and find_spec("pandas") is not None:
            return import_module("pandas").DataFrame.from_records(rows)
        return rows

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
        now = {field: getattr(self, field) for field in (*_PAPERS, "config", "summary")}
        now["tags"] = list(self.tags)
        for field in ("config", "summary"):
            now[field] = to_json(plain_object(dict(now[field]), field))
        return now

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"


class Summary(dict[str, Any]):
    """The summary of a run; entries set by hand are sent by `update`, its own or the run's."""

    def __init__(self, send: Callable[[Mapping[str, Any]], None], found: Mapping[str, Any]) -> None:
        super().__init__(found)
        self._send = send

    def put(self, given: Mapping[str, Any]) -> None:
        """Set entries here, without sending them."""
        super().update(given)

    def update(self, *given: Any, **more: Any) -> None:
        """Set entries and send everything that was edited."""
        self._send(dict(*given, **more))


class Runs(Pages[Run]):
    """The runs of a project that pass a filter, fetched a page at a time."""

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: str = "default",  # noqa: A002 - W&B's word
    ) -> Any:
        """The sampled histories of all of them: a list of rows with `run_id`, or a pandas frame (format="pandas")."""
        rows = [
            {**row, "run_id": run.id}
            for run in self
            for row in run.history(samples=samples, keys=keys, x_axis=x_axis, pandas=False)
        ]
        return import_module("pandas").DataFrame.from_records(rows) if format == "pandas" else rows


def list_runs(
    transport: Transport,
    entity: str,
    project: str,
    filters: Mapping[str, Any] | str | None,
    order: str,
    per_page: int,
) -> Runs:
    """The runs of a project that pass `filters`, in `order`; the server filters and sorts. Raises QueryInvalid."""
    tree = parse(filters) if isinstance(filters, str) else filter_of(filters)
    sort = ",".join(map(str, order_of_wandb(order)))
    asked = {"filter": written(tree), "sort": sort, "limit": max(1, min(per_page, 1_000))}

    def fetch(cursor: str | None) -> tuple[list[Run], str | None, int | None]:
        page = transport.request("GET", project_path(entity, project, "runs"), query={**asked, "cursor": cursor}).json()
        return [Run(transport, body) for body in page["runs"]], page["next"], page["total"]

    return Runs(fetch)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _only(row: dict[str, Any], keys: Sequence[str] | None) -> dict[str, Any]:
    return row if keys is None else {key: row[key] for key in keys}
