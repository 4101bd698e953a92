"""How a script that never calls `finish` ends its run: at the end of the interpreter, with the right exit code."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, NoReturn

from museion.sdk import session
from museion.sdk.run import exit_code_of


class _Ending:
    """What is known of how this process will end."""

    def __init__(self) -> None:
        self.pid = 0
        self.code = 0
        self.killed = False
        self._excepthook: Any = None
        self._exit: Any = None

    def watch(self) -> None:
        """Install the hooks, once a process."""
        if self.pid == os.getpid():
            return
        if self.pid == 0:
            self._excepthook, sys.excepthook = sys.excepthook, self._on_exception
            self._exit, sys.exit = sys.exit, self._on_exit
        self.pid = os.getpid()
        atexit.register(self._at_end)
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_term)

    def _on_term(self, number: int, frame: FrameType | None) -> None:
        """Write down how the runs end, then end as the signal would have: a forked child ends alone."""
        if self.pid == os.getpid():
            for run in session.every():
                with contextlib.suppress(Exception):
                    run._terminated(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self.code = exit_code_of(kind, error)
        self.killed = issubclass(kind, KeyboardInterrupt)
        self._excepthook(kind, error, trace)

    def _on_exit(self, status: Any = None) -> NoReturn:
        self.code = exit_code_of(SystemExit, SystemExit(status))
        raise SystemExit(status)

    def _at_end(self) -> None:
        if self.pid != os.getpid():
            return
        for run in session.every():
            run._killed = self.killed
            run.finish(self.code)


_ending = _Ending()


def watch() -> None:
    """See to it that active runs are finished when the interpreter ends."""
    _ending.watch()
