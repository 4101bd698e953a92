"""From logged to visible: how long until a reader sees what a client sent.

"accepted" is one batch's way to its fsync'd answer. "read" goes on until the curve that another client asks for has
the point; "stream" until the event stream has told of it. The last case is a whole training script: `run.log` → journal
→ uploader → server → event stream.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import house
from house import PROJECT, Server
from paired import paired, report

from museion.history.batch import Row, encode
from museion.history.wire import decode_series


class Stream:
    """The event stream of one run; `seen` holds when each step was first told of."""

    def __init__(self, to: Server, run: str) -> None:
        self.seen: dict[int, float] = {}
        self.news = threading.Condition()
        self.socket = socket.create_connection(("127.0.0.1", to.port))
        head = f"GET {PROJECT}/live?runs={run} HTTP/1.1\r\nHost: 127.0.0.1:{to.port}\r\n"
        head += f"Authorization: Bearer {to.key}\r\n\r\n"
        self.socket.sendall(head.encode())
        self.file = self.socket.makefile("rb")
        while not self.file.readline().startswith(b"data: "):
            pass
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.file:
            if line.startswith(b"data: "):
                now = time.time()
                steps = {step for told in json.loads(line[6:])["points"] for step in told["steps"]}
                with self.news:
                    for step in steps:
                        self.seen.setdefault(step, now)
                    self.news.notify_all()

    def wait(self, step: int) -> float:
        with self.news:
            if not self.news.wait_for(lambda: step in self.seen, 30):
                raise SystemExit(f"step {step} was never told of")
            return self.seen[step]


class Client:
    """Sends one row after another to a run of its own."""

    def __init__(self, to: Server, run: str) -> None:
        self.to, self.run, self.step = to, run, 0
        to.ask("PUT", f"{PROJECT}/runs/{run}", {})

    def send(self) -> float:
        data = encode([Row(self.step, time.time(), {"loss": 1.0 / (self.step + 1)})])
        start = time.time()
        house.send(self.to, [(self.run, [(self.step, data)])], 1)
        self.step += 1
        return start

    def accepted(self) -> float:
        start = self.send()
        return time.time() - start

    def read(self) -> float:
        start = self.send()
        while True:
            found = decode_series(self.to.ask("POST", f"{PROJECT}/series", {"runs": [self.run], "keys": ["loss"]}))
            if found[0].points == self.step:
                return time.time() - start

    def told(self, stream: Stream) -> float:
        start = self.send()
        return stream.wait(self.step - 1) - start


TRAIN = """
import os, sys, time
import museion
with museion.init(project="bench", entity="me", id="train", settings={"console": "off"}) as run:
    time.sleep(1)
    for step in range(int(sys.argv[1])):
        print(step, time.time(), flush=True)
        run.log({"loss": 1.0 / (step + 1)})
        time.sleep(0.02)
"""


def whole_chain(to: Server, calls: int) -> list[float]:
    """Seconds from each call of `log` to its event; the first ones, before the stream is open, are left out."""
    to.ask("PUT", f"{PROJECT}/runs/train", {})
    stream = Stream(to, "train")
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith("MUSEION_")}
        env |= {"MUSEION_HOME": home, "MUSEION_BASE_URL": to.url, "MUSEION_API_KEY": to.key, "MUSEION_SILENT": "1"}
        done = subprocess.run([sys.executable, "-c", TRAIN, str(calls)], env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    logged = {int(step): float(at) for step, at in (line.split() for line in done.stdout.splitlines() if line)}
    return sorted(stream.wait(step) - at for step, at in logged.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--calls", type=int, default=300)
    args = parser.parse_args()
    with house.server() as to:
        one, two, three = (Client(to, name) for name in ("one", "two", "three"))
        stream = Stream(to, "three")
        cases: dict[str, Callable[[], float]] = {
            "accepted": one.accepted,
            "read": two.read,
            "stream": lambda: three.told(stream),
        }
        taken = paired(cases, args.rounds)
        report("a row, from sent to", taken, "accepted", 1e3, "ms")
        delays = whole_chain(to, args.calls)
        p50, p99 = (1e3 * delays[int(len(delays) * share)] for share in (0.5, 0.99))
        print(f"  run.log → event stream, {len(delays)} calls: p50 {p50:.0f} ms, p99 {p99:.0f} ms")


if __name__ == "__main__":
    main()
