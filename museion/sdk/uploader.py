"""`python -m museion.sdk.uploader <run folder>`: brings a run to the server while it goes on, and after.

One process a run folder (a file lock sees to that). It never gives up on a server that is away, ends when every
writer of the run has ended and all is delivered, and can be killed at any moment: the next one goes on where the
acknowledgements end.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from museion.errors import Corrupt, MuseionError
from museion.sdk.connect import connect, target
from museion.sdk.drain import as_problem, send_file
from museion.sdk.live import LiveFiles
from museion.sdk.rundir import RunDir, is_alive
from museion.sdk.settings import Settings, from_environment, key_of
from museion.sdk.shipping import Shipment, classify
from museion.sdk.transport import Transport

IDLE = (0.02, 0.1)
"""Seconds between two looks at a journal in which nothing happens: from the first, growing to the second."""
LIVE = 0.05
HEARTBEAT = 5.0
LONGEST_WAIT = 15.0
LEAVE = 10.0
"""Seconds an uploader goes on after SIGTERM: it gets that when the whole job ends, and has to deliver its end."""


class Backoff:
    """How long to wait after each failure in a row: doubling, with jitter, up to `LONGEST_WAIT` seconds."""

    def __init__(self, choose: Callable[[], float] = random.random) -> None:
        self._choose = choose
        self._failures = 0

    def failed(self, error: MuseionError | None = None) -> float:
        """Seconds to wait now."""
        self._failures += 1
        wait = min(LONGEST_WAIT, 0.1 * float(1 << min(self._failures - 1, 10))) * (0.5 + self._choose())
        return max(wait, _asked(error))

    def worked(self) -> None:
        self._failures = 0


def _asked(error: MuseionError | None) -> float:
    """The seconds a `Retry-After` header asked for (a number, or a date), up to ten minutes."""
    asked = str(error.details.get("retry_after", "")) if error else ""
    try:
        seconds = float(asked) if asked[:1].isdigit() else _until(asked) if asked else 0.0
    except (TypeError, ValueError):
        seconds = 0.0
    return min(600.0, max(0.0, seconds))


def _until(date: str) -> float:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(date).timestamp() - time.time()


class Uploader:
    """Follows one run folder until its run is over and delivered."""

    def __init__(self, folder: RunDir, settings: Settings, transport: Transport) -> None:
        self.folder = folder
        self.settings = settings
        self.shipment = Shipment(folder, transport, target(settings))
        self._stop = threading.Event()
        self._beaten = time.monotonic()
        self._interrupted = False
        self.leave_at = math.inf
        self._idle = IDLE[0]

    def run(self) -> int:
        """Deliver everything; 0 when it is, 1 when the server refuses us."""
        from museion.sdk.observer import Observer

        self.shipment.look()
        with Observer(self.folder, self.settings.system_interval) as observer:
            blobs = threading.Thread(target=self._deliver_blobs, name="museion-blobs", daemon=True)
            blobs.start()
            try:
                self._deliver_rows(observer.tick)
            finally:
                self._stop.set()
                blobs.join(timeout=5.0)
                self.shipment.save()
        return 1 if self.shipment.stopped else 0

    def asked_to_leave(self, *_: object) -> None:
        """SIGTERM, which a whole job gets at once: send what there is, for as long as `LEAVE` seconds."""
        self.leave_at = min(self.leave_at, time.monotonic() + LEAVE)

    def _deliver_rows(self, tick: Callable[[bool], None]) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            if time.monotonic() > self.leave_at:
                return
            try:
                if self._round(tick):
                    return
                backoff.worked()
            except MuseionError as error:
                self._wait_after("rows", error, backoff)
            except Exception:
                traceback.print_exc()
                self._wait_after("rows", MuseionError("The uploader failed; its log says how."), backoff)

    def _round(self, tick: Callable[[bool], None]) -> bool:
        """One look at everything, rows first; True when all is done."""
        began = time.monotonic()
        self.shipment.look()
        self.shipment.ensure()
        sent = self.shipment.send_rows()
        running = self.shipment.running()
        done = not running and self.shipment.settle()
        self.shipment.errors.pop("rows", None)
        self.shipment.save()
        tick(running)
        self.shipment.look()
        done = done and not self.shipment.waiting()
        self._beat(running)
        self._idle = IDLE[0] if sent or not running else _longer(self._idle)
        if not done and (running or not sent):
            self._stop.wait(max(0.0, (LIVE if sent else self._idle) - (time.monotonic() - began)))
        return done

    def _beat(self, running: bool) -> None:
        """Say now and then that the run lives, and hear whether somebody wants it to stop."""
        now = time.monotonic()
        if not running or now - self._beaten < HEARTBEAT:
            return
        self._beaten = now
        answer = self.shipment.target.transport.request("POST", self.shipment.target.path("heartbeat"))
        if answer.data and answer.json().get("stop") and not self._interrupted:
            self._interrupted = True
            self._interrupt()

    def _interrupt(self) -> None:
        """Ctrl+C for every process of the run on this machine: a KeyboardInterrupt in its main thread."""
        here = os.uname().nodename
        for parcel in self.shipment.parcels.values():
            header = parcel.rows.header
            if parcel.role == "main" and header.get("host") == here and is_alive(parcel.journal):
                with contextlib.suppress(OSError):
                    os.kill(int(header["pid"]), signal.SIGINT)

    def _deliver_blobs(self) -> None:
        backoff = Backoff()
        self.shipment.created.wait()
        live = LiveFiles(self.folder, lambda name, source: send_file(self.shipment.target, name, source))
        while not self._stop.is_set():
            try:
                if not self.shipment.send_blobs():
                    live.tick()
                    self._stop.wait(self._idle)
                backoff.worked()
                self.shipment.errors.pop("blobs", None)
            except MuseionError as error:
                self._wait_after("blobs", error, backoff)
            except Exception:
                traceback.print_exc()
                self._wait_after("blobs", MuseionError("The uploader failed; its log says how."), backoff)

    def _wait_after(self, lane: str, error: MuseionError, backoff: Backoff) -> None:
        """Say what happened, then wait; a refusal that nothing can change ends the delivery."""
        stamp = time.strftime("%FT%TZ", time.gmtime())
        sys.stderr.write(f"{stamp} {lane} {error.code}: {error}\n")
        sys.stderr.flush()
        self.shipment.errors[lane] = str(error)
        if classify(error) == "retry":
            if lane == "rows":
                self.shipment.save()
            self._stop.wait(backoff.failed(error))
            return
        self.shipment.stopped = as_problem(error)
        self._stop.set()
        self.shipment.created.set()


def _longer(wait: float) -> float:
    return min(IDLE[1], wait * 1.2)


def settings_of(folder: RunDir) -> Settings:
    """The settings of a run folder: the server its meta.json names, with the key this user has for it."""
    found = from_environment()
    server = folder.meta.get("server")
    key = found.api_key if server == found.base_url else key_of(found.home, server)
    interval = float(folder.meta.get("system_interval", found.system_interval))
    return replace(found, base_url=server, api_key=key or found.api_key, mode="online", system_interval=interval)


def main(arguments: list[str] | None = None) -> int:
    """Deliver a run folder; 0 if it is delivered or another uploader is at it."""
    (path,) = arguments if arguments is not None else sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = RunDir(Path(path).absolute())
    while True:
        with folder.sole() as mine:
            if not mine:
                return 0
            settings = settings_of(folder)
            uploader = Uploader(folder, settings, connect(settings))
            signal.signal(signal.SIGTERM, uploader.asked_to_leave)
            code = uploader.run()
        if code or uploader.leave_at < math.inf or not _more(folder):
            return code


def _more(folder: RunDir) -> bool:
    """Whether a writer came between our last look and our leaving: it saw us at work and started nobody."""
    settled = {name for name, place in folder.acks.get("writers", {}).items() if place.get("settled")}
    try:
        return any(path.stem not in settled for path in folder.journals() if path.stat().st_size)
    except (OSError, Corrupt):
        return False


if __name__ == "__main__":
    sys.exit(main())
