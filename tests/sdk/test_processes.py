"""Runs in real processes against a real local server: how they end, and what survives when somebody is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from support.place import Place, until

from museion.errors import NotFound
from museion.sdk.localserver import find_or_start
from museion.sdk.rundir import RunDir
from museion.sdk.sync import sync_run, unsent
from museion.sdk.transport import api_path, run_path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("place"))
    yield found
    found.close()


def test_a_run_is_there_when_finish_returns(place: Place) -> None:
    out, err = place.script("""
        import museion as wandb
        run = wandb.init(project="p", id="whole", config={"lr": 0.1})
        for i in range(500):
            wandb.log({"x": i})
        print("to the console")
        print("10%", end="\\r"); print("99%", end="\\r"); print("100%")
        run.finish()
        print(run.name)
    """)
    run = place.run("whole")
    assert (run["state"], run["config"], run["summary"]) == ("finished", {"lr": 0.1}, {"x": 499})
    assert [row["x"] for row in place.rows("whole")] == list(range(500))
    assert out.splitlines()[-1] == run["name"]
    assert "500 rows and 0 artifacts are stored, nothing is left to send." in err
    lines = place.server.request("GET", run_path("me", "p", "whole", "console")).json()["lines"]
    assert [line["text"] for line in lines] == ["to the console", "100%"]
    until(lambda: "packages" in place.run("whole")["metadata"], "the environment is told")
    assert place.run("whole")["metadata"]["python"]


def test_a_redirected_console_has_what_anybody_wrote(place: Place) -> None:
    out, err = place.script(
        """
        import os, subprocess, sys, museion
        run = museion.init(project="p", id="rooted", settings={"console": "redirect"})
        print("python")
        sys.stdout.flush()
        os.system("echo subprocess; echo error >&2")
        os.write(1, b"c library\\n")
        if os.fork() == 0:
            os.write(1, b"child\\n")
            os._exit(0)
        os.wait()
        run.finish()
        print("after")
        """
    )
    assert out.splitlines() == ["python", "subprocess", "c library", "child", "after"]
    assert "error\n" in err
    assert "museion: " in err

    def lines() -> list[str]:
        page = place.server.request("GET", run_path("me", "p", "rooted", "console")).json()
        return [f"{line['stream']}: {line['text']}" for line in page["lines"]]

    until(lambda: len(lines()) == 5, "all lines came")
    assert [line for line in lines() if line.startswith("stdout")] == [
        "stdout: python", "stdout: subprocess", "stdout: c library", "stdout: child",
    ]  # fmt: skip
    assert "stderr: error" in lines()


def test_a_redirected_console_has_the_last_words_of_a_killed_process(place: Place) -> None:
    place.script(
        """
        import os, museion
        run = museion.init(project="p", id="lastwords", settings={"console": "redirect"})
        os.write(2, b"out of memory")
        os.kill(os.getpid(), 9)
        """,
        expect=-9,
    )
    place.over("lastwords")

    def lines() -> list[str]:
        page = place.server.request("GET", run_path("me", "p", "lastwords", "console")).json()
        return [line["text"] for line in page["lines"]]

    until(lambda: lines() == ["out of memory"], "the line came")


@pytest.mark.parametrize(
    ("ending", "code", "state"),
    [
        ("raise ValueError('no')", 1, "failed"),
        ("sys.exit(3)", 3, "failed"),
        ("sys.exit(0)", 0, "finished"),
        ("raise KeyboardInterrupt", -signal.SIGINT, "killed"),
        ("pass", 0, "finished"),
    ],
)
def test_how_a_script_ends_is_how_its_run_ends(place: Place, ending: str, code: int, state: str) -> None:
    name = f"end{abs(code)}{state}{len(ending)}"
    place.script(
        f"""
        import sys, museion
        museion.init(project="p", id="{name}")
        museion.log({{"x": 1}})
        {ending}
        """,
        expect=code,
    )
    run = place.over(name)
    assert (run["state"], run["exit_code"]) == (state, 130 if state == "killed" else code)


def test_sigterm_ends_a_process_as_ever_and_its_run_is_killed(place: Place) -> None:
    process = place.begin("""
        import time, museion
        run = museion.init(project="p", id="terminated", settings={"console": "off"})
        run.log({"x": 1})
        print("ready")
        time.sleep(60)
    """)
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    assert process.wait(30) == -signal.SIGTERM
    run = place.over("terminated")
    assert (run["state"], run["exit_code"], run["summary"]) == ("killed", 143, {"x": 1})


def test_a_wish_to_stop_is_a_keyboard_interrupt(place: Place) -> None:
    process = place.begin("""
        import time, museion
        run = museion.init(project="p", id="stopme", settings={"console": "off"})
        run.log({"x": 1})
        print("ready")
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            print("interrupted")
            raise
    """)
    assert process.stdout is not None
    process.stdout.readline()
    until(lambda: place.state("stopme") == "running", "the run is there")
    place.server.request("POST", run_path("me", "p", "stopme", "stop"))
    assert process.stdout.readline() == "interrupted\n"
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert place.over("stopme")["state"] == "killed"


def test_an_exception_in_a_with_block_fails_the_run_and_goes_on(place: Place) -> None:
    _, err = place.script(
        """
        import museion
        with museion.init(project="p", id="withblock") as run:
            raise RuntimeError("mine")
        """,
        expect=1,
    )
    assert "RuntimeError: mine" in err
    assert place.run("withblock")["state"] == "failed"


def test_without_a_server_a_run_goes_its_way_and_is_synced_later(place: Place) -> None:
    out, err = place.script(
        """
        import time, museion
        began = time.perf_counter()
        run = museion.init(project="p", id="alone", settings={"finish_timeout": 0.5})
        run.log({"x": 1})
        print(time.perf_counter() - began)
        began = time.perf_counter()
        run.finish()
        print(time.perf_counter() - began)
        """,
        MUSEION_BASE_URL="http://127.0.0.1:9",
        MUSEION_API_KEY="k" * 40,
    )
    _begun, finished = map(float, out.split())
    assert 0.4 < finished < 5
    assert "museion sync" in err
    for uploader in place.uploaders():
        uploader.kill()
        uploader.wait()
    assert sync_run(place.folder("alone"), place.server)["done"]
    assert [row["x"] for row in place.rows("alone")] == [1]


def test_a_wrong_key_is_said_at_the_end_and_the_journal_is_kept(place: Place) -> None:
    _, err = place.script(
        """
        import museion
        run = museion.init(project="p", id="wrongkey")
        run.log({"x": 1})
        run.finish()
        """,
        MUSEION_BASE_URL=find_or_start(place.home).url,
        MUSEION_API_KEY="w" * 40,
    )
    assert "museion login" in err
    assert sync_run(place.folder("wrongkey"), place.server)["rows"] == 1


def test_two_processes_with_one_id_write_one_run(place: Place) -> None:
    code = """
        import museion
        run = museion.init(project="p", id="joined", config={{{name!r}: 1}})
        for i in range(300):
            run.log({{{name!r}: i}})
        run.finish()
    """
    both = [place.begin(code.format(name=name)) for name in ("a", "b")]
    for process in both:
        _, err = process.communicate(timeout=90)
        assert process.returncode == 0, err
    run = place.over("joined")
    assert (run["state"], run["config"]) == ("finished", {"a": 1, "b": 1})
    assert [(row["a"], row["b"]) for row in place.rows("joined")] == [(i, i) for i in range(300)]


def test_a_forked_child_is_a_writer_of_its_own(place: Place) -> None:
    place.script("""
        import os, museion
        run = museion.init(project="p", id="forked")
        run.log({"parent": 0})
        if (child := os.fork()) == 0:
            for i in range(100):
                run.log({"child": i}, step=i)
            os._exit(0)
        for i in range(1, 100):
            run.log({"parent": i})
        os.waitpid(child, 0)
        run.finish()
    """)
    until(lambda: len(place.rows("forked")) == 100 and "child" in place.rows("forked")[-1], "the child's rows came")
    assert [(row["parent"], row["child"]) for row in place.rows("forked")] == [(i, i) for i in range(100)]
    assert place.over("forked")["state"] == "finished"


def test_resume_goes_on_at_the_next_step_and_must_and_never_ask_the_server(place: Place) -> None:
    code = """
        import museion
        try:
            run = museion.init(project="p", id="again", resume={resume!r})
        except museion.Error as error:
            print(error.code)
        else:
            run.log({{"x": run.step}})
            run.log({{"x": run.step}})
            run.finish()
            print(run.step, run.resumed)
    """
    said = [place.script(code.format(resume=how))[0].strip() for how in ("must", "never", "never", "must", "allow")]
    assert said == ["run_not_found", "2 False", "run_exists", "4 True", "6 True"]
    assert [row["x"] for row in place.rows("again")] == [0, 1, 2, 3, 4, 5]


def test_a_live_file_is_sent_again_when_it_changed(place: Place) -> None:
    process = place.begin("""
        import sys, museion
        open("live.txt", "w").write("one")
        run = museion.init(project="p", id="live", settings={"console": "off"})
        run.save("live.txt")
        sys.stdin.readline()
        run.finish()
    """)

    def content() -> bytes:
        try:
            return place.server.request("GET", run_path("me", "p", "live", "files", "live.txt")).data
        except NotFound:
            return b""

    until(lambda: content() == b"one", "the file came")
    (place.work / "live.txt").write_text("two, and longer")
    until(lambda: content() == b"two, and longer", "the change came")
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def test_an_offline_run_that_ends_at_once_tells_its_environment(place: Place) -> None:
    place.script("""
        import museion
        museion.init(project="p", id="brief", mode="offline").finish()
    """)
    assert sync_run(place.folder("brief"), place.server)["done"]
    assert place.run("brief")["metadata"]["packages"]
    assert not unsent(RunDir(place.folder("brief")))


def test_an_offline_run_is_observed_too(place: Place) -> None:
    place.script(
        """
        import time, museion
        run = museion.init(project="p", id="watched", mode="offline", settings={"system_interval": 0.2})
        run.log({"x": 1})
        until = time.monotonic() + 60
        while not any(b"system/cpu" in p.read_bytes() for p in run.folder.glob("*-system.journal")):
            assert time.monotonic() < until
            time.sleep(0.05)
        run.finish()
        """
    )
    assert sync_run(place.folder("watched"), place.server)["done"]
    assert place.run("watched")["metadata"]["packages"]
    keys = place.server.request("GET", run_path("me", "p", "watched", "keys")).json()
    assert {"x", "system/cpu"} <= {key["key"] for key in keys}


def test_nothing_secret_leaves(place: Place) -> None:
    (place.work / "train.py").write_text("import museion; museion.init(project='p', id='secrets').finish()")
    done = subprocess.run(
        [sys.executable, "train.py", "--api-key", "hunter2", "--token=hunter2", "--lr", "0.1"],
        cwd=place.work, env=place.env(MY_PASSWORD="hunter2"), capture_output=True, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    until(lambda: "argv" in place.over("secrets")["metadata"], "the environment is told")
    run = place.run("secrets")
    assert "hunter2" not in json.dumps(run)
    assert run["metadata"]["argv"] == ["train.py", "--api-key", "***", "--token=***", "--lr", "0.1"]


def test_the_uploader_leaves_when_all_is_delivered(place: Place) -> None:
    until(lambda: not place.uploaders(), "no uploader is left")
    assert all(not RunDir(p.parent).status.get("error") for p in place.home.glob("runs/*/*/*/status.json"))
    assert place.server.request("GET", api_path("health")).json()["status"] == "ok"
