"""A run, as the training process sees it: everything here is a record in a journal on this machine.

Nothing here waits for a network, but `finish` (up to its deadline) and what needs an answer of the server
(`use_artifact`, an artifact's `wait`).
"""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from museion.errors import FileMissing, UsageError, ValueInvalid
from museion.model.paths import check_path
from museion.model.run import RunState
from museion.model.summary import Fold, MetricRule
from museion.model.values import PLAIN
from museion.sdk.axes import Axes
from museion.sdk.config import Config
from museion.sdk.console import ConsoleCapture
from museion.sdk.delivery import Delivery
from museion.sdk.facts import Facts, RunIdentity
from museion.sdk.journal import Keys, Kind
from museion.sdk.mounts import rows_to_hold
from museion.sdk.notice import notice
from museion.sdk.rows import flatten, storable
from museion.sdk.rundir import RunDir, Writer
from museion.sdk.settings import Settings
from museion.sdk.summary import Summary
from museion.sdk.writers import Closed, Lazy, Nowhere, Sink

if TYPE_CHECKING:
    from museion.blobs.staging import Staging
    from museion.sdk.artifact import Artifact
    from museion.sdk.redirect import Redirect
    from museion.sdk.transport import Transport

Json = dict[str, Any]
_now = time.time
_UNENCODABLE = (OverflowError, UnicodeError, TypeError)
WIDE = 32
"""From so many keys a row that comes again and again is written without its keys."""
MAX_WIDE = 64
TERM_PATIENCE = 5.0
"""Seconds that a process which got SIGTERM still waits for its rows to arrive: in a container all ends with it."""
_live: weakref.WeakSet[Run] = weakref.WeakSet()


class Run(Facts):
    """One execution: `log`, `config`, `summary`, artifacts, files. Made by `museion.init`; a context manager."""

    def __init__(
        self,
        identity: RunIdentity,
        settings: Settings,
        folder: RunDir | None,
        writer: Writer | None,
        *,
        tags: Sequence[str] = (),
        notes: str | None = None,
        config: Mapping[str, Any] | None = None,
        step: int = 0,
        started: float = 0.0,
        resumed: bool = False,
    ) -> None:
        self._identity = identity
        self._settings = settings
        self._folder = folder
        self._writer = writer
        self._sink: Sink = writer.journal if writer else Nowhere()
        self._row = self._sink.row
        self._lock = threading.Lock()
        self._fold = Fold()
        self._follow: Callable[[Any], None] = self._fold.values.update
        self._keys: set[str] = set()
        self._wide: dict[Keys, Keys] = {}
        self._axes = Axes(self._fold)
        self._widest: Keys = ()
        self._step = self._first_step = step
        self._started = started or _now()
        self._tags, self._notes, self._named = tuple(tags), notes, identity.name
        self._job_type, self._group = identity.job_type, identity.group
        self._saving: list[tuple[str, str]] = []
        self._live: dict[str, tuple[str, int, int]] = {}
        self._finished = False
        self._delivery = Delivery(folder, settings) if folder and writer else None
        self._console: ConsoleCapture | Redirect | None = None
        self._on_finish: list[Callable[[Run], None]] = []
        self.resumed = resumed
        self._killed = False
        self._preempting = False
        self._alerted: dict[str, float] = {}
        self.config = Config(config, self._config_changed)
        self.summary = Summary(self._fold, self._summary_changed, self._storable)
        _live.add(self)

    # ---- logging ----------------------------------------------------------------------------------------------------

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        """Log values at a step. When it returns, they survive any death of this process.

        Without `step` the row gets the next one; `commit=False` lets the next call add to the same step. A `step` may
        repeat or go back: values of the same key and step replace each other, the last one written is read.
        Nested dicts are joined with dots. Raises ValueInvalid naming the key, StorageFull, UsageError after `finish`.
        """
        known = self._keys
        try:
            for key, value in data.items():
                if type(value) not in PLAIN or key not in known:
                    break
            else:
                if step is None and commit is None:
                    with self._lock:
                        at = self._step
                        self._step = at + 1
                        self._follow(data)
                    try:
                        return self._row(at, _now(), data)
                    except _UNENCODABLE:
                        return self._log_slowly(data, at, False)
                if step is None or type(step) is int:
                    return self._write(data, _now(), step, commit)  # type: ignore[arg-type]
        except AttributeError:
            raise ValueInvalid(f"log() was given a {type(data).__name__}.", advice="Give it a dict.") from None
        return self._log_slowly(data, step, commit)

    def _log_with_axes(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        """`log`, once a metric wants its x axis in every row."""
        Run.log(self, self._axes.fill(data), step, commit)

    def _write(self, values: Json, when: float, step: int | None, commit: bool | None) -> None:
        at = self._place(values, step, commit)
        try:
            self._row(at, when, values)
        except _UNENCODABLE:
            self._row(at, when, {k: self._storable(v, k, at) for k, v in values.items()})

    def _place(self, values: Mapping[str, Any], step: int | None, commit: bool | None) -> int:
        """The step of a row; the summary and the count go on with it."""
        with self._lock:
            at = self._step if step is None else step
            ends = commit or (commit is None and step is None)
            if at >= self._step:
                self._step = at + 1 if ends else at
            self._follow(values)
        return at

    def _log_slowly(self, data: Mapping[str, Any], step: Any, commit: bool | None) -> None:
        if not isinstance(data, Mapping):
            raise ValueInvalid(f"log() was given a {type(data).__name__}.", advice="Give it a dict.")
        at = None if step is None else _whole(step)
        if len(data) >= WIDE and self._log_wide(data, at, commit):
            return
        shown = self._step if at is None else at
        flat = flatten(data)
        when = _moment(flat.pop("_timestamp", None))
        values = {key: self._storable(value, key, shown) for key, value in flat.items()}
        if len(values) < WIDE:
            self._keys.update(k for k in data if k in values)
        elif len(self._wide) < MAX_WIDE and values.keys() == data.keys():
            keys = tuple(data)
            self._wide[keys] = keys
        self._write(values, when, at, commit)

    def _log_wide(self, data: Mapping[str, Any], step: int | None, commit: bool | None) -> bool:
        """A row of many keys that came together before: only its values go into the journal. False if it cannot."""
        keys, values = tuple(data), list(data.values())
        if not {*map(type, values)} <= PLAIN:
            return False
        known: Keys | None = self._widest
        if keys != known:
            if (known := self._wide.get(keys)) is None:
                return False
            self._widest = known
        at = self._place(data, step, commit)
        try:
            self._sink.shaped(at, _now(), known, values)
        except ValueInvalid:
            self._row(at, _now(), {k: self._storable(v, k, at) for k, v in data.items()})
        return True

    def _storable(self, value: Any, key: str, step: int | None = None) -> Any:
        return storable(self, key, value, self._step if step is None else step)

    def define_metric(
        self,
        name: str,
        step_metric: str | MetricRule | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> MetricRule:
        """Say what the summary keeps of a metric (or of a glob, `val/*`), and what its x axis is.

        `summary`: any of min, max, mean, best, last, first, copy, none, joined by commas; `best` follows `goal`. A row
        with the metric and without `step_metric` gets the last value of that, unless `step_sync=False`. Saying more of
        a metric adds to what was said; with `overwrite` it takes its place.
        """
        axis = step_metric.name if isinstance(step_metric, MetricRule) else step_metric
        rule = MetricRule.of(name, axis, summary, goal, bool(hidden), step_sync)
        with self._lock:
            if not overwrite and (older := self._fold.rules.get(name)):
                rule = rule.over(older)
            self._fold.define(rule)
            self._follow = self._fold.row
            self._axes.define()
            if rule.step_sync:
                self.log = self._log_with_axes  # type: ignore[method-assign]  # who needs no axis pays nothing
        self._record("metric", rule.to_json())
        return rule

    def watch(self, models: Any, *arguments: Any, **named: Any) -> None:
        """Log distributions of a PyTorch model's gradients and parameters (museion/sdk/watch.py says how)."""
        from museion.sdk import watch

        watch.watch(self, models, *arguments, **named)

    def unwatch(self, models: Any = None) -> None:
        """Stop what `watch` began, for all models or those given."""
        from museion.sdk import watch

        watch.unwatch(self, models)

    def alert(self, title: str, text: str = "", level: Any = None, wait_duration: Any = None) -> None:
        """Leave a message with the run: `level` is INFO, WARN or ERROR.

        One of the same title within `wait_duration` (seconds or a timedelta, by default a minute) is left out.
        """
        word = str(getattr(level, "value", level) or "INFO").upper()
        if word not in ("INFO", "WARN", "ERROR"):
            raise ValueInvalid(f"The level of an alert is {level!r}.", advice="Use INFO, WARN or ERROR.")
        if not 0 < len(str(title).strip()) <= 200 or len(str(text)) > 10_000:
            raise ValueInvalid("The alert has no title, or too much text.", advice="Up to 200 and 10,000 characters.")
        pause = (
            60.0 if wait_duration is None else float(getattr(wait_duration, "total_seconds", lambda: wait_duration)())
        )
        now = time.monotonic()
        if now - self._alerted.get(str(title), -math.inf) < pause:
            return
        self._alerted[str(title)] = now
        self._record("alert", {"title": str(title), "text": str(text), "level": word})
        notice(f"alert ({word}): {title}", quiet=self._settings.silent)

    def mark_preempting(self) -> None:
        """Say that this process is about to be moved away: the run is to be resumed, not crashed."""
        self._preempting = True
        self._record("run", {"state": RunState.PREEMPTING.value})

    # ---- files and artifacts ----------------------------------------------------------------------------------------

    def save(
        self,
        glob_str: str | os.PathLike[str] | None = None,
        base_path: Any = None,
        policy: str = "live",
        glob: bool = True,
    ) -> list[str]:
        """Keep local files with the run: `now` at once, `live` at once and whenever they change, `end` at the end.

        The name in the run is relative to `base_path`, else the file's own name. Returns those names. With `glob=False`
        the characters `*?[` mean themselves.
        """
        from museion.sdk.saving import matches

        if policy not in ("live", "now", "end"):
            raise ValueInvalid(f"The policy is {policy!r}.", advice="Use 'live', 'now' or 'end'.")
        if glob_str is None:
            return []
        found = matches(os.fspath(glob_str), base_path, self.dir, literal=not glob)
        for name, source in found:
            if policy != "end":
                self._keep_file(name, source)
            if policy != "now" and (name, source) not in self._saving:
                self._saving.append((name, source))
        if policy == "live":
            self._list_live(found)
        return [name for name, _ in found]

    def _list_live(self, found: Iterable[tuple[str, str]]) -> None:
        """Tell the uploader which files to look at again and again."""
        from museion.sdk.live import SUFFIX, look_of
        from museion.sdk.settings import write_private

        self._live |= {name: (source, *look) for name, source in found if (look := look_of(source))}
        if self._writer and self._folder:
            write_private(self._folder.path / f"{self._writer.name}{SUFFIX}", self._live)

    def log_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - W&B's word
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Artifact:
        """Give the run an output. See `museion.sdk.artifacts.log_artifact`."""
        from museion.sdk import artifacts

        return artifacts.log_artifact(self, artifact_or_path, name, type, aliases, tags)

    def upsert_artifact(self, artifact: Artifact, distributed_id: str | None = None, **named: Any) -> Artifact:
        """Add to a version that several runs make together. See `museion.sdk.artifacts.upsert_artifact`."""
        from museion.sdk import artifacts

        return artifacts.upsert_artifact(self, artifact, distributed_id, **named)

    def finish_artifact(self, artifact: Artifact, distributed_id: str | None = None, **named: Any) -> Artifact:
        """Commit what all have added. See `museion.sdk.artifacts.finish_artifact`."""
        from museion.sdk import artifacts

        return artifacts.finish_artifact(self, artifact, distributed_id, **named)

    def link_artifact(
        self, artifact: Artifact, target_path: str, aliases: Sequence[str] | None = None
    ) -> Artifact | None:
        """Link an artifact into a registry. See `museion.sdk.registry.link_artifact`."""
        from museion.sdk import registry

        return registry.link_artifact(self, artifact, target_path, aliases)

    def use_artifact(
        self,
        artifact_or_name: Any,
        type: str | None = None,  # noqa: A002 - W&B's word
        aliases: Sequence[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:
        """Say that the run uses a version, and get it. See `museion.sdk.artifacts.use_artifact`."""
        from museion.sdk import artifacts

        return artifacts.use_artifact(self, artifact_or_name, type, aliases, use_as)

    def log_code(
        self,
        root: Any = ".",
        name: str | None = None,
        include_fn: Callable[..., bool] | None = None,
        exclude_fn: Callable[..., bool] | None = None,
    ) -> Artifact | None:
        """Keep the source files below `root` as an artifact of the type `code`."""
        from museion.sdk import artifacts

        return artifacts.log_code(self, root, name, include_fn, exclude_fn)

    def log_model(self, path: Any, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
        """Log a file or folder as an artifact of the type `model`."""
        from museion.sdk import artifacts

        return artifacts.log_model(self, path, name, aliases)

    def use_model(self, name: str) -> str:
        """Use a model; returns the path of its file or folder."""
        from museion.sdk import artifacts

        return artifacts.use_model(self, name)

    def link_model(
        self, path: Any, registered_model_name: str, name: str | None = None, aliases: Sequence[str] | None = None
    ) -> Artifact:
        """Log a model and link it into a registry."""
        from museion.sdk import artifacts

        return artifacts.link_model(self, path, registered_model_name, name, aliases)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"A run has no {name!r}.")

    # ---- the end ----------------------------------------------------------------------------------------------------

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run and wait, up to the deadline, until the server has everything; then say how it stands.

        `exit_code` other than 0 marks it failed. What is not delivered by then goes on in the background.
        """
        if self._finished:
            return
        self._finished = True
        code = int(exit_code or 0)
        if self._console:
            self._console.stop()
        self._keep_last_files()
        self._record("finish", {"exit_code": code, "state": self._end_state(code).value})
        _live.discard(self)
        self._sink = Closed()
        self._row = self._sink.row
        for told in self._on_finish:
            told(self)
        self._deliver(bool(quiet) or self._settings.silent)

    def _end_state(self, code: int) -> RunState:
        if self._preempting and (code or self._killed):
            return RunState.PREEMPTING
        return RunState.KILLED if self._killed else RunState.FAILED if code else RunState.FINISHED

    def _terminated(self, code: int) -> None:
        """The process is being ended from outside: say so, and give the delivery a moment. No more is safe here."""
        if self._finished or self._writer is None or self._delivery is None:
            return
        self._finished = self._killed = True
        self._record("finish", {"exit_code": code, "state": self._end_state(code).value})
        self._writer.close()
        if self.mode == "online":
            self._delivery.wait(self._writer, min(TERM_PATIENCE, self._settings.finish_timeout))

    def restore(
        self, name: str, run_path: str | None = None, replace: bool = False, root: str | None = None
    ) -> IO[str] | None:
        """Bring back a file of this run, or of the run `run_path`. See `museion.sdk.saving.restore`."""
        from museion.sdk import saving

        return saving.restore(self, name, run_path, replace, root)

    def write_logs(self, text: str) -> None:
        """Add lines to the run's console, as if they had been printed."""
        self._lines("stdout", str(text).splitlines())

    def pin_config_keys(self, keys: Sequence[str] = ()) -> None:
        """Say which keys of the config matter most: kept in the run's metadata as `pinned_config`."""
        self._record("run", {"metadata": {"pinned_config": [str(key) for key in keys]}})

    def join(self, exit_code: int | None = None) -> None:
        """W&B's old word for `finish`."""
        self.finish(exit_code)

    def _deliver(self, quiet: bool) -> None:
        if self._writer is None or self._delivery is None:
            return
        if self.mode == "offline":
            self._delivery.await_observer(self._writer)
        self._writer.close()
        if self.mode == "offline":
            line = f"the run is kept in {self.folder}; `museion sync` sends it."
        else:
            line = self._delivery.wait(self._writer, self._settings.finish_timeout)
        notice(line, quiet=quiet)

    def _keep_last_files(self) -> None:
        for name, source in self._saving:
            if os.path.exists(source):
                self._keep_file(name, source)
        if self._folder:
            root = self._folder.files
            for file in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
                self._keep_file(file.relative_to(root).as_posix(), file)

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._killed = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.finish(exit_code_of(kind, error))

    # ---- for the rooms around it ------------------------------------------------------------------------------------

    def _record(self, kind: str, body: Json) -> None:
        """Write one event to the journal. One that names an artifact lasts, as its bytes do: it may stay here for long,
        and the files it was made of may change."""
        self._sink.append(Kind.EVENT, [kind, _now(), body])
        if kind == "artifact":
            self._sink.sync()

    def _keep_bytes(self, path: str, data: bytes) -> Json:
        """Keep `data` as a file of the run; returns its digest and size."""
        return self._kept(check_path(path), lambda staging: staging.add_bytes(data, holder=self.id))

    def _keep_file(self, path: str, source: str | os.PathLike[str]) -> Json:
        """Keep a local file, as it is now, as a file of the run; returns its digest and size."""
        file = Path(source)
        if not file.is_file():
            raise FileMissing(f"There is no file {file}.")
        return self._kept(check_path(path), lambda staging: staging.add_file(file, holder=self.id))

    def _kept(self, path: str, add: Callable[[Staging], Any]) -> Json:
        recipe = add(self._staging)
        self._record("files", {"files": [{"path": path, "digest": recipe.digest, "size": recipe.size}]})
        return {"digest": recipe.digest, "size": recipe.size}

    @property
    def _staging(self) -> Staging:
        from museion.sdk import local

        return local.staging()

    def _transport(self) -> Transport:
        """To the server of this run; starts the local one if it does not run."""
        if self.mode != "online" or self._delivery is None:
            raise UsageError(f"The run is {self.mode}: it does not speak to a server.")
        return self._delivery.transport()

    def _receipt(self, uid: str, timeout: float | None = None) -> Json:
        """The server's answer to an artifact or input record; raises the error that it stands for."""
        if self._delivery is None:
            raise UsageError(f"The run is {self.mode}: no server answers.")
        return self._delivery.receipt(uid, timeout)

    def _config_changed(self, values: Json, removed: list[str]) -> None:
        self._record("config", {"set": values, "remove": removed})

    def _summary_changed(self, body: Json) -> None:
        self._record("summary", body)

    def _capture_console(self) -> None:
        if self._settings.console == "redirect" and self._folder:
            from museion.sdk.redirect import Redirect

            redirect = Redirect(self._folder.path, self.id)
            if redirect.start():
                self._console = redirect
                return
        self._console = ConsoleCapture(self._lines)
        self._console.start()

    def _lines(self, stream: str, lines: list[str]) -> None:
        when = _now()
        for line in lines:
            self._sink.append(Kind.CONSOLE, [when, stream, line.encode("utf-8", "replace").decode()])

    def _after_fork(self) -> None:
        """In a forked child: a lock and a journal of its own; the parent's stay the parent's."""
        self._lock = threading.Lock()
        if isinstance(self._console, ConsoleCapture):
            self._console.after_fork()
        if self._writer and self._folder and not self._finished:
            self._writer.forget()
            self._writer = None
            self._sink = Lazy(self._child_writer)
            self._row = self._sink.row
        self._delivery = None
        self._saving.clear()

    def _child_writer(self) -> Writer:
        assert self._folder is not None
        held = rows_to_hold(self._folder.path, self._settings.journal_rows)
        writer = Writer(self._folder, {"role": "child", "run": self.id}, _now(), held=held)
        for rule in self._fold.rules.values():
            writer.journal.append(Kind.EVENT, ["metric", _now(), rule.to_json()])
        return writer


def exit_code_of(kind: type[BaseException] | None, error: BaseException | None) -> int:
    """What a process that ends with this exception tells its parent."""
    if kind is None:
        return 0
    if issubclass(kind, SystemExit):
        code = getattr(error, "code", None)
        return code if isinstance(code, int) else int(code is not None)
    return 130 if issubclass(kind, KeyboardInterrupt) else 1


def _whole(step: Any) -> int:
    try:
        number = step.__index__() if hasattr(step, "__index__") else int(step)
    except (TypeError, ValueError):
        raise ValueInvalid(f"The step is {step!r}.", advice="Give a whole number.") from None
    if number != step or not -(2**63) <= number < 2**63:
        raise ValueInvalid(f"The step is {step!r}.", advice="Give a whole number of up to 63 bits.")
    return int(number)


def _moment(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else _now()


def _after_fork_in_child() -> None:
    for run in list(_live):
        run._after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
