"""The training process's view of its uploader: start it, ask how far it is, wait for its receipts."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from museion.errors import MuseionError, ServerFault, ServerUnreachable, every_error
from museion.sdk.journal import SUFFIX
from museion.sdk.localserver import find_or_start
from museion.sdk.notice import notice
from museion.sdk.processes import lives, spawn_detached
from museion.sdk.rundir import RunDir, Writer, read_json
from museion.sdk.settings import Settings

if TYPE_CHECKING:
    from museion.sdk.transport import Transport

Json = dict[str, Any]
_POLL = 0.01
_RESTART_AFTER = 2.0
_OBSERVER_START = 2.0


class Delivery:
    """Belongs to one run folder of an online run."""

    def __init__(self, folder: RunDir, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._made: Transport | None = None
        self._url: str | None = None
        self._complained = False
        self._observer = 0

    def base_url(self) -> str:
        """The server's URL; starts the local server if it does not run."""
        if self._url is None:
            self._url = self._settings.base_url or find_or_start(self._settings.home).url
        return self._url

    def transport(self) -> Transport:
        if self._made is None:
            from museion.sdk.connect import connect

            self._made = connect(self._settings)
        return self._made

    def start_uploader(self) -> int:
        """Spawn one; where one is at work already, the new one leaves at once. Returns its process id."""
        return self._start("uploader")

    def start_observer(self) -> None:
        """Spawn what describes and samples the machine of an offline run."""
        self._observer = self._start("observer")

    def await_observer(self, writer: Writer) -> None:
        """Let the observer of a run that ends at once begin: it describes only what still lives."""
        deadline = time.monotonic() + _OBSERVER_START
        begun = self._folder.path / f"{writer.name}-system{SUFFIX}"
        while self._observer and time.monotonic() < deadline and lives(self._observer) and not begun.exists():
            time.sleep(_POLL)

    def _start(self, what: str) -> int:
        env = {**os.environ, "MUSEION_HOME": str(self._settings.home)}
        if self._settings.base_url and self._settings.api_key:
            env["MUSEION_API_KEY"] = self._settings.api_key
        log = os.open(self._folder.path / f"{what}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            return spawn_detached([sys.executable, "-m", f"museion.sdk.{what}", str(self._folder.path)], log, env=env)
        except OSError as error:  # no more processes, no more memory: the run goes on, and is sent later
            self._complain(f"the {what} could not be started ({error}); `museion sync` sends the run.")
            return 0
        finally:
            os.close(log)

    def _complain(self, text: str) -> None:
        notice(text, quiet=self._complained or self._settings.silent)
        self._complained = True

    def keep_uploader(self) -> None:
        """Spawn one if none is at work: it may have been killed."""
        with self._folder.sole() as nobody:
            pass
        if nobody:
            self.start_uploader()

    def status(self, writer: Writer) -> Json:
        """What the uploader last said, with `bytes_left` of the journal and `done` when all of it is on the server."""
        said = self._folder.status
        mine = said.get("writers", {}).get(writer.name, {})
        left = max(0, writer.journal.size - int(mine.get("offset", 0)))
        return {**said, **mine, "bytes_left": left, "done": bool(mine.get("done"))}

    def wait(self, writer: Writer, timeout: float) -> str:
        """Wait until all is on the server, the server refused some of it, or the time is over; say which."""
        deadline = time.monotonic() + timeout
        check = time.monotonic() + _RESTART_AFTER
        while True:
            status = self.status(writer)
            if status["done"] or status.get("stopped") or time.monotonic() >= deadline:
                return _line(status, self._folder)
            if time.monotonic() > check:
                self.keep_uploader()
                check = time.monotonic() + _RESTART_AFTER
            time.sleep(_POLL)

    def receipt(self, uid: str, timeout: float | None) -> Json:
        """The answer to the record `uid`; raises the error it stands for, or ServerUnreachable after `timeout`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        check = time.monotonic() + _RESTART_AFTER
        path = self._folder.receipt(uid)
        while (body := read_json(path)) is None:
            if deadline is not None and time.monotonic() >= deadline:
                raise ServerUnreachable("The server has not answered yet.", advice=self._why_not())
            if stopped := self._folder.status.get("stopped"):
                raise raised(stopped)
            if time.monotonic() > check:
                self.keep_uploader()
                check = time.monotonic() + _RESTART_AFTER
            time.sleep(_POLL)
        if "problem" in body:
            raise raised(body["problem"])
        answer: Json = body["answer"]
        return answer

    def _why_not(self) -> str:
        error = self._folder.status.get("error")
        return f"The last error was: {error}" if error else "The uploader goes on in the background."


def raised(body: Json) -> MuseionError:
    """The error that a kept problem stands for."""
    kind = every_error().get(str(body.get("code")), ServerFault)
    return kind(str(body.get("message", "")), advice=body.get("advice") or None, **(body.get("details") or {}))


def _line(status: Json, folder: RunDir) -> str:
    """The receipt, for a person."""
    counts = f"{status.get('rows', 0):,} rows and {status.get('artifacts', 0)} artifacts are stored"
    refused = status.get("refused") or []
    if status["done"] and not refused:
        return f"{counts}, nothing is left to send."
    if refused or status.get("stopped"):
        last = (refused or [status["stopped"]])[-1]
        why = f"{last.get('message', '')} {last.get('advice', '')}".strip()
        return f"{counts}; the server refused {max(1, len(refused))}: {why} The journal is kept in {folder.path}."
    error = f" ({status['error']})" if status.get("error") else ""
    return (
        f"{counts}, {status['bytes_left']:,} bytes of the journal are left{error}. "
        f"They go on in the background; `museion sync {folder.path}` sends them too."
    )
