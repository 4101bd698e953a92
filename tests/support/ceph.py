"""A private S3 server: Ceph's gateway over a monitor and a storage daemon that keeps all in memory. Starts in seconds.

The programs are Debian's, unpacked by `requirements/ceph.sh` into a folder that git ignores.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

HOME = Path(__file__).parents[2] / "scratch" / "ceph" / "root"
KEY, SECRET = "AKTEST", "SKTEST"
PATIENCE = 60.0
_LIB = HOME / "usr/lib/x86_64-linux-gnu"
_CONFIG = """
[global]
fsid = {fsid}
mon initial members = a
mon host = v1:127.0.0.1:{mon}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = {folder}
pid file = {folder}/$name.pid
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
plugin dir = {home}/usr/lib/ceph
erasure code dir = {lib}/ceph/erasure-code
osd class dir = {lib}/rados-classes
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 1
mon max pg per osd = 1000
mon tick interval = 1
paxos propose interval = 0.05
paxos min wait = 0.01
rgw rados pool pg num min = 4
rgw zonegroup root pool = .rgw.root
[mon.a]
mon data = {folder}/mon
mon addr = 127.0.0.1:{mon}
[osd]
osd objectstore = memstore
memstore device bytes = 2147483648
osd data = {folder}/osd
osd memory target = 939524096
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw dynamic resharding = false
rgw enable usage log = false
rgw thread pool size = 32
rgw dns name = 127.0.0.1
"""


@dataclass
class Gateway:
    """Where the server is, and who may use it."""

    endpoint: str
    key: str = KEY
    secret: str = SECRET


def why_not() -> str | None:
    """The reason for which no Ceph can be started here; None if one can."""
    if not (HOME / "usr/bin/radosgw").exists():
        return f"{HOME} has no radosgw: run requirements/ceph.sh"
    return None


@dataclass
class _Cluster:
    folder: Path
    port: int
    mon: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def env(self) -> dict[str, str]:
        libraries = ":".join(map(str, (_LIB, _LIB / "ceph", HOME / "lib/x86_64-linux-gnu", HOME / "usr/lib/ceph")))
        return {**os.environ, "LD_LIBRARY_PATH": libraries, "PYTHONPATH": str(HOME / "usr/lib/python3/dist-packages")}

    def run(self, program: str, *args: str | Path, config: bool = True) -> subprocess.CompletedProcess[bytes]:
        chosen = ["-c", str(self.folder / "ceph.conf")] if config else []
        command = [HOME / "usr/bin" / program, *chosen, *map(str, args)]
        if program == "ceph":  # a Python script, made for the system's own Python
            command.insert(0, Path("/usr/bin/python3"))
        return subprocess.run(command, env=self.env(), cwd=self.folder, capture_output=True, timeout=60, check=False)

    def spawn(self, program: str, *args: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{program}.out").open("ab")
        command = [HOME / "usr/bin" / program, "-c", self.folder / "ceph.conf", *args, "-f"]
        with log:
            process = subprocess.Popen(
                command, env=self.env(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def start(self) -> None:
        fsid = str(uuid.uuid4())
        for name in ("mon", "osd"):
            (self.folder / name).mkdir()
        config = _CONFIG.format(fsid=fsid, mon=self.mon, port=self.port, folder=self.folder, home=HOME, lib=_LIB)
        (self.folder / "ceph.conf").write_text(config)
        monitors = self.folder / "monmap"
        place = f"[v1:127.0.0.1:{self.mon}]"
        self.must("monmaptool", "--create", "--addv", "a", place, "--fsid", fsid, monitors, config=False)
        self.must("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--keyring", "/dev/null")
        self.spawn("ceph-mon", "-i", "a")
        self.until(lambda: self.run("ceph", "-s").returncode == 0)
        disk = str(uuid.uuid4())
        self.must("ceph", "osd", "new", disk)
        self.must("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self.until(self.storage_runs)
        self.spawn("radosgw", "-n", "client.rgw")
        self.until(self.answers)
        person = ("--uid", "t", "--display-name", "t", "--access-key", KEY, "--secret", SECRET)
        self.must("radosgw-admin", "-n", "client.rgw", "user", "create", *person)

    def must(self, program: str, *args: str | Path, config: bool = True) -> None:
        done = self.run(program, *args, config=config)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {(done.stdout + done.stderr).decode(errors='replace')}")

    def storage_runs(self) -> bool:
        """The daemon loses a race at its start now and then ("wrong fsid"): then it is started again."""
        process = self.spawn("ceph-osd", "-i", "0")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.4)
        return process.poll() is None

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    @staticmethod
    def until(true: object) -> None:
        assert callable(true)
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                raise RuntimeError("Ceph did not start in time.")
            time.sleep(0.1)

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A running server with one user."""
    folder = Path(tempfile.mkdtemp(prefix="museion-ceph-", dir="/tmp"))
    cluster = _Cluster(folder, free_port(), free_port())
    try:
        cluster.start()
        yield Gateway(f"http://127.0.0.1:{cluster.port}")
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def make_bucket(found: Gateway, name: str) -> None:
    """Create a bucket, signed as S3 wants it (obstore has no call for that)."""
    from datetime import UTC
    from urllib.request import Request

    url = signed_url(found.endpoint, name, datetime.now(UTC), found)
    with urlopen(Request(url, method="PUT"), timeout=30) as answer:
        assert answer.status == 200


def signed_url(endpoint: str, path: str, moment: datetime, found: Gateway | None = None) -> str:
    """A URL to PUT `path` by for five minutes, as somebody signs it whose clock says `moment`."""
    import hashlib
    import hmac
    from urllib.parse import urlencode

    key, secret = (found.key, found.secret) if found else (KEY, SECRET)
    day, host = moment.strftime("%Y%m%d"), endpoint.removeprefix("http://")
    scope = f"{day}/us-east-1/s3/aws4_request"
    asked = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{key}/{scope}",
        "X-Amz-Date": moment.strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
    }
    request = f"PUT\n/{path}\n{urlencode(asked)}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    parts = ("AWS4-HMAC-SHA256", asked["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest())
    seal = f"AWS4{secret}".encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        seal = hmac.digest(seal, part.encode(), "sha256")
    signature = hmac.digest(seal, "\n".join(parts).encode(), "sha256").hex()
    return f"{endpoint}/{path}?{urlencode(asked)}&X-Amz-Signature={signature}"
