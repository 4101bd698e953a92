"""What is around a run: settings, the local server, the transport, the environment, the console, the machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion.errors import ArtifactNotFound, MuseionError, ServerFault, ServerUnreachable, TooLarge, UsageError
from museion.sdk import environment, localserver, processes, settings
from museion.sdk.console import CUT, Bound, LineBuffer
from museion.sdk.environment import packages
from museion.sdk.module import login
from museion.sdk.system import Sampler
from museion.sdk.transport import HttpTransport, run_path
from museion.sdk.uploader import LONGEST_WAIT, Backoff

# ---- settings --------------------------------------------------------------------------------------------------------


def test_an_argument_beats_the_environment_which_beats_the_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.from_environment().project is None
    monkeypatch.setenv("MUSEION_PROJECT", "env")
    monkeypatch.setenv("MUSEION_FINISH_TIMEOUT", "2.5")
    monkeypatch.setenv("WANDB_PROJECT", "not heard")
    monkeypatch.setenv("WANDB_BASE_URL", "https://not.read")
    found = settings.from_environment()
    assert (found.project, found.finish_timeout, found.home, found.base_url) == ("env", 2.5, home, None)
    monkeypatch.delenv("MUSEION_PROJECT")
    assert settings.from_environment().project == "not heard"
    assert settings.changed(found, {"project": "arg", "x_only_in_wandb": 1}).project == "arg"


def test_a_key_is_kept_for_its_url_where_only_this_user_reads_it(home: Path) -> None:
    assert login(key="k1", host="https://museion.example/")
    assert settings.key_of(home, "https://museion.example") == "k1"
    assert settings.key_of(home, "https://other.example") is None
    assert stat.S_IMODE((home / "credentials.json").stat().st_mode) == 0o600
    assert "k1" not in repr(settings.changed(settings.from_environment(), {"api_key": "k1"}))
    (home / "credentials.json").write_text("{")
    with pytest.raises(UsageError, match=r"credentials\.json"):
        settings.credentials(home)


# ---- the local server ------------------------------------------------------------------------------------------------


def test_many_that_need_a_server_at_once_get_the_same_one(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from museion.sdk.localserver import find_or_start;"
        "s = find_or_start(Path(sys.argv[1])); print(s.url, s.pid, s.key)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", code, str(home)], capture_output=True, text=True, env=env, check=True, timeout=60
        ).stdout

    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(start, range(4)))
    server = localserver.find(home)
    assert server is not None
    try:
        assert said == {f"{server.url} {server.pid} {server.key}\n"}
        assert stat.S_IMODE((home / "server.json").stat().st_mode) == 0o600
        assert HttpTransport(server.url, None).request("GET", "/api/v1/health").json()["status"] == "ok"
    finally:
        os.kill(server.pid, 9)


def test_what_server_json_says_of_a_dead_or_broken_server_is_not_believed(home: Path) -> None:
    home.mkdir()
    assert localserver.find(home) is None
    (home / "server.json").write_text("{")
    assert localserver.find(home) is None
    dead = {"url": "http://127.0.0.1:9", "pid": os.getpid(), "key": "k", "version": "0"}
    (home / "server.json").write_text(json.dumps(dead))
    assert localserver.find(home) is None
    assert not processes.lives(0)
    assert processes.lives(os.getpid())


# ---- the transport ---------------------------------------------------------------------------------------------------


@pytest.fixture
def answering() -> Any:
    """A server that answers whatever the test puts in `answer`: (status, headers, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = site.answer  # type: ignore[attr-defined]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    site = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.shutdown()
    thread.join()
    site.server_close()


def ask(site: Any, status: int, body: bytes, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    site.answer = (status, {"Content-Length": str(len(body)), **sent}, body)
    transport = HttpTransport(f"http://127.0.0.1:{site.server_port}", "k")
    try:
        return transport.request("GET", "/api/v1/x")
    finally:
        transport.close()


def test_a_problem_becomes_the_error_it_names(answering: Any) -> None:
    problem = {"code": "artifact_not_found", "message": "no", "advice": "do", "details": {"a": 1}, "request": "r"}
    with pytest.raises(ArtifactNotFound) as caught:
        ask(answering, 404, json.dumps(problem).encode(), Retry_After="3")
    assert (str(caught.value), caught.value.details["a"], caught.value.details["retry_after"]) == ("no do", 1, "3")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, b"<html>bad gateway", ServerFault),
        (413, b"", TooLarge),
        (418, b'{"code": "new", "message": "?"}', MuseionError),
    ],
)
def test_what_is_no_problem_of_ours_is_still_an_error_of_ours(
    answering: Any, status: int, body: bytes, kind: type[MuseionError]
) -> None:
    with pytest.raises(kind) as caught:
        ask(answering, status, body)
    assert caught.value.details["status"] == status


def test_a_broken_answer_and_no_answer_are_unreachable(answering: Any) -> None:
    answering.answer = (200, {"Content-Length": "10"}, b"short")
    transport = HttpTransport(f"http://127.0.0.1:{answering.server_port}", "k")
    with pytest.raises(ServerUnreachable):
        transport.request("GET", "/api/v1/x")
    with pytest.raises(ServerUnreachable):
        b"".join(transport.request("GET", "/api/v1/x", stream=True).pieces)
    transport.close()
    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1:9"):
        HttpTransport("http://127.0.0.1:9", None).request("GET", "/api/v1/x")
    with pytest.raises(ServerFault, match="JSON"):
        ask(answering, 200, b"<html>").json()


def test_paths_are_quoted_once() -> None:
    assert run_path("me", "a b", "r", "files", "x/é%.txt") == "/api/v1/projects/me/a%20b/runs/r/files/x/%C3%A9%25.txt"


def test_waits_double_up_to_a_limit_and_obey_the_server() -> None:
    backoff = Backoff(lambda: 0.5)
    waits = [backoff.failed() for _ in range(12)]
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == LONGEST_WAIT
    assert backoff.failed(MuseionError("slow", retry_after="40")) == 40
    assert backoff.failed(MuseionError("slow", retry_after="Mon, 1 Jan")) == LONGEST_WAIT
    assert backoff.failed(MuseionError("slow", retry_after="Fri, 01 Jan 2100 00:00:00 GMT")) == 600
    backoff.worked()
    assert backoff.failed() == 0.1


# ---- the environment -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["t.py", "--api-key=s3", "--lr=1"], ["t.py", "--api-key=***", "--lr=1"]),
        (["t.py", "--password", "s3", "--lr", "1"], ["t.py", "--password", "***", "--lr", "1"]),
        (["t.py", "--auth", "--lr", "1"], ["t.py", "--auth", "--lr", "1"]),
        (["t.py", "WANDB_API_KEY=s3"], ["t.py", "WANDB_API_KEY=***"]),
        (["t.py", "postgres://me:s3@host/db"], ["t.py", "postgres://***@host/db"]),
        (["t.py", "monkey", "keyboard.txt"], ["t.py", "monkey", "keyboard.txt"]),
    ],
)
def test_secrets_in_the_command_line_are_hidden(given: list[str], shown: list[str]) -> None:
    assert environment.redacted(given) == shown


def test_git_is_described_without_credentials(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "trunk")
    (tmp_path / "a.py").write_text("one\n")
    git("add", "a.py")
    git("commit", "-qm", "first")
    git("remote", "add", "origin", "https://me:s3cret@example.org/x.git")
    state, patch = environment.git_state(str(tmp_path))
    assert (state["branch"], state["remote"], state["dirty"], patch) == (
        "trunk", "https://example.org/x.git", False, b"",
    )  # fmt: skip
    (tmp_path / "a.py").write_text("two\n")
    state, patch = environment.git_state(str(tmp_path))
    assert state["dirty"]
    assert b"+two" in patch
    assert environment.git_state("/") == ({}, b"")


# ---- the console and the machine -------------------------------------------------------------------------------------


@given(st.lists(st.text(alphabet="ab\n\r", max_size=8), max_size=12))
def test_lines_are_the_same_however_the_text_is_cut(parts: list[str]) -> None:
    def lines(pieces: list[str]) -> list[str]:
        buffer = LineBuffer()
        return [line for piece in pieces for line in buffer.feed(piece)] + buffer.flush()

    assert lines(parts) == lines(["".join(parts)])


def test_a_progress_bar_is_one_line() -> None:
    buffer = LineBuffer()
    assert [line for i in range(1000) for line in buffer.feed(f"\r{i}/999 [bar]")] == []
    assert buffer.feed("\nnext\r\n") == ["999/999 [bar]", "next"]
    assert buffer.flush() == []


def test_bars_above_one_another_are_as_many_lines_as_bars() -> None:
    buffer, lines = LineBuffer(), []
    lines += buffer.feed("before\n")
    for outer in range(5):
        lines += buffer.feed(f"\r\x1b[32mouter\x1b[0m {outer + 1}/5")
        for inner in range(50):
            lines += buffer.feed("\n")
            lines += buffer.feed(f"\rinner {inner + 1}/50\x1b")
            lines += buffer.feed("[A")
    lines += buffer.feed("\n\nafter\n") + buffer.flush()
    assert len(lines) <= 5
    assert lines[0] == "before"
    assert lines[-2:] == ["inner 50/50", "after"]
    assert "\x1b[32mouter\x1b[0m 5/5" in lines


def test_a_line_that_is_erased_is_not_kept() -> None:
    buffer = LineBuffer()
    assert buffer.feed("working\r\x1b[2Kdone\n\x1b[1mbold\x1b[0m\n") == ["done", "\x1b[1mbold\x1b[0m"]
    assert buffer.feed("bar\r   \r") == []
    assert buffer.flush() == []


def test_the_console_of_a_process_is_bounded() -> None:
    bound = Bound(10)
    assert bound.take(["1234", "56"]) == ["1234", "56"]
    assert bound.take(["7890"]) == [CUT]
    assert bound.take(["more"]) == []


def test_a_sample_has_what_every_machine_has() -> None:
    sampler = Sampler(os.getpid())
    sampler.sample()
    got = sampler.sample()
    assert {"system/cpu", "system/memory", "system/disk", "system/proc.memory.mb"} <= got.keys()
    assert all(type(value) is float for value in got.values())
    assert 0 < got["system/memory"] < 100
    assert "system/proc.cpu" not in Sampler(2**22 + 1).sample()


def test_packages_are_those_that_are_installed() -> None:
    found = packages()
    assert found["numpy"] == version("numpy")
    assert found["museion"] == version("museion")
    assert set(found) == {str(each.metadata["Name"]) for each in distributions()}
    assert list(found) == sorted(found, key=str.lower)
