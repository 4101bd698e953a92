"""A run in its own process: what log, config, summary and the rest take, and what they refuse."""

from __future__ import annotations

import argparse
import errno
import math
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import museion
from museion.errors import FileMissing, NameInvalid, NotFound, PathInvalid, UsageError, ValueInvalid
from museion.sdk import local
from museion.sdk.journal import Kind, records
from museion.sdk.mounts import rows_to_hold
from museion.sdk.run import Run
from museion.sdk.rundir import RunDir, is_alive
from museion.sdk.sync import sync_run

Begin = Callable[..., Run]


def logged(run: Run) -> list[tuple[int, dict[str, Any]]]:
    assert run.folder
    found = [r.value for path in RunDir(run.folder).journals() for r in records(path) if r.kind == Kind.ROW]
    return [(step, values) for step, _, values in found]


def events(run: Run, kind: str) -> list[Any]:
    assert run.folder
    found = [r.value for path in RunDir(run.folder).journals() for r in records(path) if r.kind == Kind.EVENT]
    return [body for name, _, body in found if name == kind]


class Tensor:
    """What torch and jax have in common."""

    def __init__(self, value: Any, shape: tuple[int, ...] = ()) -> None:
        self.value, self.shape = value, shape

    def item(self) -> Any:
        return self.value


# ---- log -------------------------------------------------------------------------------------------------------------


def test_a_row_is_on_disk_when_log_returns(offline: Begin) -> None:
    run = offline()
    run.log({"x": 1})
    assert logged(run) == [(0, {"x": 1})]


def test_steps_count_by_themselves_merge_and_may_go_back(offline: Begin) -> None:
    run = offline()
    run.log({"a": 1})
    run.log({"a": 2}, commit=False)
    run.log({"b": 3})
    run.log({"c": 4}, step=10)
    run.log({"d": 5})
    run.log({"late": 6}, step=3)
    run.log({"e": 7}, step=np.int64(20), commit=True)
    assert [step for step, _ in logged(run)] == [0, 1, 1, 10, 10, 3, 20]
    assert run.step == 21


@pytest.mark.parametrize("step", ["3", 1.5, math.nan, None.__class__, 2**63])
def test_a_step_that_is_no_whole_number_is_refused(offline: Begin, step: Any) -> None:
    with pytest.raises(ValueInvalid, match="step"):
        offline().log({"a": 1}, step=step)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, 1), (2.5, 2.5), (True, True), (None, None), ("é", "é"), (np.float32(0.5), 0.5), (np.int64(3), 3),
        (np.array(2.0), 2.0), (np.array([7]), 7), (np.bool_(True), True), (Tensor(0.25), 0.25), (Tensor(4, (1,)), 4),
        (Fraction(1, 4), 0.25), (2**70, float(2**70)), ([1, 2], [1, 2]), (np.arange(3), [0, 1, 2]),
        ((1, "a"), [1, "a"]),
        (Path("a/b"), "a/b"), (-(2**63), -(2**63)), ({}, {}),
    ],
)  # fmt: skip
def test_what_log_takes_is_kept_plain(offline: Begin, value: Any, kept: Any) -> None:
    run = offline()
    run.log({"x": value})
    ((_, values),) = logged(run)
    assert values == {"x": kept}
    assert type(values["x"]) is type(kept)
    assert run.summary["x"] == kept


def test_nan_infinity_and_nesting(offline: Begin) -> None:
    run = offline()
    run.log({"a": {"b": math.nan, "c": {"d": -math.inf}}, "train/loss": 1})
    ((_, values),) = logged(run)
    assert math.isnan(values.pop("a.b"))
    assert values == {"a.c.d": -math.inf, "train/loss": 1}
    assert run.summary["a"]["c.d"] == -math.inf


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"x": object()}, "'x'.*object"), ({"x": b"1"}, "'x'.*bytes"), ({"x": 1j}, "'x'.*complex"),
        ({"x": {"y": {1, object()}}}, "x.y"), ({3: 1}, "3"), ({"": 1}, "''"), ({"k" * 1025: 1}, "kkk"),
        ({"a\0b": 1}, "a"), ({"\ud800": 1}, "Unicode"), ({"x": "\ud800"}, "'x'"), ({"_step": 1}, "_step"),
        ([("a", 1)], "list"), (None, "NoneType"), ("x", "str"),
    ],
)  # fmt: skip
def test_what_log_refuses_it_names_and_nothing_is_written(offline: Begin, data: Any, named: str) -> None:
    run = offline()
    with pytest.raises(ValueInvalid, match=named):
        run.log(data)
    assert logged(run) == []
    assert run.step == 0


def test_endless_nesting_is_refused(offline: Begin) -> None:
    deep: dict[str, Any] = {}
    deep["again"] = deep
    with pytest.raises(ValueInvalid, match="nested"):
        offline().log(deep)


def test_long_arrays_become_histograms(offline: Begin) -> None:
    run = offline()
    run.log({"weights": np.arange(1000.0)})
    assert logged(run)[0][1]["weights"]["_type"] == "histogram"


def test_threads_lose_nothing_and_share_the_count(offline: Begin) -> None:
    run = offline()
    threads = [threading.Thread(target=lambda n=n: [run.log({f"t{n}": i}) for i in range(500)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = logged(run)
    assert sorted(step for step, _ in found) == list(range(2000))
    for n in range(4):
        assert [v[f"t{n}"] for _, v in found if f"t{n}" in v] == list(range(500))


def test_importing_and_logging_scalars_needs_no_heavy_library(home: Path) -> None:
    import subprocess

    code = (
        "import sys, museion; run = museion.init(project='p', mode='offline'); run.log({'a': 1, 'b': {'c': 2.5}});"
        "run.finish(); print(sorted({'numpy','torch','urllib3','PIL','sqlalchemy','pydantic','rich','asyncio'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_wide_rows_are_kept_whole_whatever_is_in_them(offline: Begin) -> None:
    run = offline()
    wide = {f"k{i}": float(i) for i in range(100)}
    for _ in range(5):
        run.log(wide)
    run.log({**wide, "k3": None}, step=10)
    run.log({**wide, "k3": 2**70, "k4": "text"})
    run.log({**wide, "k3": np.float32(0.5)})
    run.log({**wide, "k3": {"nested": 1}})
    with pytest.raises(ValueInvalid, match=r"'k5'.*bytes"):
        run.log({**wide, "k5": b"x"})
    with pytest.raises(ValueInvalid, match="k5"):
        run.log({**wide, "k5": "\ud800"})
    found = logged(run)
    assert [step for step, _ in found] == [0, 1, 2, 3, 4, 10, 10, 11, 12]
    assert all(values == wide for _, values in found[:5])
    assert [found[n][1]["k3"] for n in (5, 6, 7)] == [None, float(2**70), 0.5]
    assert found[8][1]["k3.nested"] == 1
    assert run.summary["k99"] == 99.0


def test_the_kind_of_file_system_decides_whether_rows_are_kept_back(tmp_path: Path, offline: Begin) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\nhost:/x {tmp_path}/a\\040b nfs4 rw 0 0\nx {tmp_path}/a\\040b/c tmpfs rw 0 0\n"
    )
    (tmp_path / "a b" / "c").mkdir(parents=True)
    assert [rows_to_hold(tmp_path / p, None, str(mounts)) for p in ("", "a b", "a b/c", "a bc")] == [0, 64, 0, 0]
    assert rows_to_hold(tmp_path / "a b", 0, str(mounts)) == 0
    run = offline(settings={"console": "off", "journal_rows": 10})
    for _ in range(12):
        run.log({"x": 1})
    assert len(logged(run)) == 10
    run.finish()
    assert len(logged(run)) == 12


def test_a_moment_of_a_run_is_read_strictly(offline: Begin) -> None:
    for bad in ("abc", "abc?_step=", "abc?_step=-1", "?_step=3", "abc?step=3"):
        with pytest.raises(ValueInvalid, match="_step="):
            offline(fork_from=bad)
    with pytest.raises(UsageError, match="two"):
        offline(fork_from="a?_step=1", resume_from="a?_step=1")
    with pytest.raises(UsageError, match="itself"):
        offline(id="a", fork_from="a?_step=1")
    with pytest.raises(UsageError, match="resume_from"):
        offline(id="b", resume_from="a?_step=1")


def test_alerts_of_one_title_wait_for_one_another(offline: Begin) -> None:
    run = offline()
    run.alert("low", "text", level="warn")
    run.alert("low", "again", level=museion.AlertLevel.ERROR)
    run.alert("low", "now", wait_duration=0)
    run.alert("other", wait_duration=timedelta(hours=1))
    assert [(body["title"], body["level"]) for body in events(run, "alert")] == [
        ("low", "WARN"), ("low", "INFO"), ("other", "INFO"),
    ]  # fmt: skip
    with pytest.raises(ValueInvalid, match="level"):
        run.alert("x", level="loud")


def test_a_run_that_is_preempted_is_not_over(offline: Begin) -> None:
    run = offline()
    run.mark_preempting()
    run.finish(exit_code=1)
    assert events(run, "finish")[0]["state"] == "preempting"
    well = offline()
    well.mark_preempting()
    well.finish()
    assert events(well, "finish")[0]["state"] == "finished"


def test_a_file_is_brought_back(offline: Begin, server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with offline(id="kept") as run:
        Path(run.dir, "deep").mkdir()
        Path(run.dir, "deep", "notes[1].txt").write_text("hello")
        (tmp_path / "work" / "a[1].txt").write_text("brackets")
        assert run.save("a[1].txt", glob=False) == ["a[1].txt"]
    sync_run(run.folder, server)
    monkeypatch.setattr("museion.sdk.connect.connect", lambda settings: Lasting(server))
    with offline() as other:
        with museion.restore("deep/notes[1].txt", "me/p/kept") as file:
            assert file.read() == "hello"
        assert Path(other.dir, "deep/notes[1].txt").exists()
        with pytest.raises(UsageError, match="no run"):
            other.restore("x", "kept")
        with pytest.raises(NotFound):
            other.restore("x", "me/p/kept")
        with pytest.raises(PathInvalid):
            other.restore("../x", "me/p/kept")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/notes[1].txt").write_text("mine")
    for replace, text in ((False, "mine"), (True, "hello")):
        with museion.restore("deep/notes[1].txt", "me/p/kept", replace, str(tmp_path)) as file:
            assert file.read() == text


class Lasting:
    """A transport that outlives who borrows it."""

    def __init__(self, inner: Any) -> None:
        self.request = inner.request

    def close(self) -> None:
        """The test closes it."""


def test_what_a_run_is_can_be_asked_of_it(offline: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_SWEEP_ID", "s1")
    monkeypatch.setenv("WANDB_NAME", "theirs")
    monkeypatch.setenv("MUSEION_NAME", "ours")
    monkeypatch.setenv("WANDB_TAGS", "a,b")
    monkeypatch.setenv("WANDB_JOB_TYPE", "train")
    monkeypatch.setenv("WANDB_RUN_GROUP", "g")
    monkeypatch.setenv("WANDB_NOTES", "n")
    monkeypatch.setenv("WANDB_API_KEY", "never read")
    run = offline(config={"a": {"b": 1}})
    assert (run.name, run.tags, run.job_type, run.group, run.notes) == ("ours", ("a", "b"), "train", "g", "n")
    assert (run.sweep_id, run.sweep_url, run.settings.api_key) == ("s1", None, None)
    assert run.config_static == {"a": {"b": 1}}
    assert (run.starting_step, run.step, run.sync_dir) == (0, 0, str(run.folder))
    assert run.status().sync_items_pending > 0
    assert "offline" in run.to_html()
    assert run.display() is False
    run.pin_config_keys(["a"])
    assert events(run, "run")[-1]["metadata"] == {"pinned_config": ["a"]}
    run.write_logs("one\ntwo")
    assert museion.attach(run_id=run.id) is run
    with pytest.raises(UsageError, match="nobody"):
        museion.attach("nobody")


def test_without_locks_the_process_itself_says_whether_it_lives(
    offline: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr("museion.sdk.rundir.fcntl.lockf", none)
    monkeypatch.setattr("museion.sdk.rundir.fcntl.flock", none)
    run = offline()
    assert run.folder
    folder = RunDir(run.folder)
    (journal,) = folder.journals()
    monkeypatch.setattr("museion.sdk.rundir._mine", {})
    with folder.sole() as mine:
        assert mine
    assert is_alive(journal)
    alive = journal.with_suffix(".alive")
    alive.write_text(f"{2**22 + 1} {os.uname().nodename}")
    assert not is_alive(journal)
    alive.write_text("1 elsewhere")
    assert is_alive(journal)
    os.utime(journal, (0, 0))
    assert not is_alive(journal)


def test_a_run_goes_on_where_no_process_can_be_started(offline: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    monkeypatch.setattr("museion.sdk.delivery.spawn_detached", full)
    run = offline(settings={"console": "off", "system_interval": 5})
    run.log({"x": 1})
    assert logged(run) == [(0, {"x": 1})]


# ---- config ----------------------------------------------------------------------------------------------------------


def test_config_is_a_mapping_with_attributes(offline: Begin) -> None:
    run = offline(config={"lr": np.float32(0.5), "net": {"layers": (1, 2), "act": "relu"}})
    config = run.config
    assert (config.lr, config["lr"], config.net.act, config["net"]["layers"]) == (0.5, 0.5, "relu", [1, 2])
    assert dict(config) == {"lr": 0.5, "net": {"layers": [1, 2], "act": "relu"}}
    assert dict(**config)["lr"] == 0.5
    assert "lr" in config
    assert "nothing" not in config
    assert config.get("nothing", 3) == 3
    assert config.setdefault("seed", 1) == 1
    config.epochs = 5
    config.net.act = "gelu"
    config.update(argparse.Namespace(lr=0.1), more=1)
    del config["more"]
    said = {k: v for body in events(run, "config") for k, v in body["set"].items()}
    assert (said["lr"], said["net"]["act"], said["epochs"], said["seed"]) == (0.1, "gelu", 5, 1)
    assert events(run, "config")[-1]["remove"] == ["more"]
    with pytest.raises(AttributeError):
        _ = config.missing
    with pytest.raises(KeyError):
        _ = config["missing"]


def test_config_from_other_things(offline: Begin, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("lr: 0.1\nnet: {a: [1, 2]}\n")
    (tmp_path / "w.yaml").write_text("lr:\n  value: 0.2\n  desc: null\n")
    (tmp_path / "bad.yaml").write_text("a: [")
    assert offline(reinit=True, config=str(tmp_path / "c.yaml")).config == {"lr": 0.1, "net": {"a": [1, 2]}}
    assert offline(reinit=True, config=tmp_path / "w.yaml").config == {"lr": 0.2}
    assert offline(reinit=True, config=SimpleNamespace(flag_values_dict=lambda: {"a": 1})).config == {"a": 1}
    assert offline(reinit=True, config={"a": 1, "b": 2}, config_exclude_keys=["a"]).config == {"b": 2}
    with pytest.raises(ValueInvalid, match=r"bad\.yaml"):
        offline(reinit=True, config=tmp_path / "bad.yaml")
    with pytest.raises(FileMissing, match=r"no\.yaml"):
        offline(reinit=True, config=tmp_path / "no.yaml")
    with pytest.raises(ValueInvalid, match=r"config\.x"):
        offline(reinit=True, config={"x": object()})


# ---- summary and metrics ---------------------------------------------------------------------------------------------


def test_the_summary_follows_can_be_set_and_obeys_define_metric(offline: Begin) -> None:
    run = offline()
    run.define_metric("val/*", summary="min,max", step_metric="epoch")
    run.define_metric("acc", summary="best", goal="maximize")
    run.define_metric("quiet", summary="none")
    for value in (3.0, 1.0, 2.0):
        run.log({"val/loss": value, "acc": value, "quiet": value, "last": value})
    run.summary["hand"] = Tensor(4)
    run.summary.update({"nested": {"a": np.float64(1.5)}})
    run.summary["nested"]["b"] = 2
    assert dict(run.summary) == {
        "val/loss": {"min": 1.0, "max": 3.0}, "acc": {"best": 3.0}, "last": 2.0,
        "hand": 4, "nested": {"a": 1.5, "b": 2},
    }  # fmt: skip
    del run.summary["hand"]
    assert "hand" not in run.summary
    assert run.summary.get("hand") is None


def test_a_row_without_its_axis_gets_the_last_value_of_it(offline: Begin) -> None:
    run = offline()
    run.define_metric("epoch", hidden=True)
    run.define_metric("val/*", step_metric="epoch")
    run.define_metric("free", step_metric="epoch", step_sync=False)
    run.log({"val/early": 1})
    run.log({"epoch": 1, "train": 0.5})
    run.log({"val/loss": 2})
    run.log({"val/loss": 3, "epoch": 2})
    run.log({"free": 1})
    run.log({"val/acc": 4}, step=9)
    assert [values for _, values in logged(run)] == [
        {"val/early": 1}, {"epoch": 1, "train": 0.5}, {"val/loss": 2, "epoch": 1}, {"val/loss": 3, "epoch": 2},
        {"free": 1}, {"val/acc": 4, "epoch": 2},
    ]  # fmt: skip
    with pytest.raises(ValueInvalid):
        run.log([1])


def test_what_is_said_of_a_metric_adds_up(offline: Begin) -> None:
    run = offline()
    run.define_metric("loss", summary="min")
    rule = run.define_metric("loss", step_metric="epoch", goal="minimize")
    assert (rule.statistics, rule.step_metric, rule.goal) == (("min",), "epoch", "minimize")
    assert run.define_metric("loss", summary="max", overwrite=True).step_metric is None


@pytest.mark.parametrize("bad", [{"summary": "median"}, {"goal": "up"}, {"name": "a*b"}, {"name": ""}])
def test_define_metric_refuses_what_it_does_not_know(offline: Begin, bad: dict[str, str]) -> None:
    with pytest.raises(ValueInvalid):
        offline().define_metric(**{"name": "x", **bad})


# ---- files, the end, modes -------------------------------------------------------------------------------------------


def test_save_keeps_files_under_sensible_names(offline: Begin, tmp_path: Path) -> None:
    for name in ("a.txt", "deep/b.txt"):
        (tmp_path / "work" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "work" / name).write_text(name)
    run = offline()
    assert run.save("*.txt") == ["a.txt"]
    assert run.save("deep/b.txt", policy="now") == ["deep/b.txt"]
    assert run.save(tmp_path / "work/deep/b.txt", base_path=tmp_path / "work/deep") == ["b.txt"]
    assert run.save("nothing*.txt") == []
    with pytest.raises(FileMissing, match=r"missing\.txt"):
        run.save("missing.txt")
    with pytest.raises(ValueInvalid, match="policy"):
        run.save("a.txt", policy="never")


def test_after_finish_nothing_is_taken(offline: Begin) -> None:
    run = offline()
    run.finish()
    run.finish()
    with pytest.raises(UsageError, match="finished"):
        run.log({"x": 1})
    with pytest.raises(UsageError, match="finished"):
        run.config["x"] = 1
    assert museion.run is None


def test_disabled_takes_everything_and_leaves_nothing(home: Path) -> None:
    run = museion.init(project="p", mode="disabled", config={"a": 1})
    run.log({"x": 1, "h": museion.Histogram([1, 2])})
    run.summary["y"] = 2
    assert (run.config.a, run.summary["x"], run.url) == (1, 1, None)
    run.finish()
    assert not (home / "runs").exists()


def test_a_second_init_gives_the_first_run_unless_asked_otherwise(
    offline: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = offline()
    assert offline() is first
    assert offline(reinit="default") is first
    second = offline(reinit="finish_previous")
    assert museion.run is second
    assert events(first, "finish")
    assert offline(reinit="return_previous") is second
    third = offline(reinit="create_new")
    assert museion.run is second
    third.finish()
    assert museion.run is second
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    assert offline() is not second
    assert events(second, "finish")


@pytest.mark.parametrize(
    "bad", [{"project": "a/b"}, {"name": "x" * 129}, {"id": "a:b"}, {"id": "latest"}, {"tags": [""]}, {"group": "a\n"}]
)
def test_bad_names_are_refused_before_anything_is_made(offline: Begin, home: Path, bad: dict[str, Any]) -> None:
    with pytest.raises((NameInvalid, ValueInvalid)):
        offline(**bad)
    assert museion.run is None
    assert not (home / "runs").exists()


def test_titles_are_what_people_write(offline: Begin) -> None:
    run = offline(name="lr=0.1: a/b #2", group="50% of?", job_type="train/eval")
    assert (run.name, run.group, run.job_type) == ("lr=0.1: a/b #2", "50% of?", "train/eval")
    run.name = "again: a/b"
    assert run.name == "again: a/b"


@pytest.mark.parametrize("bad", [{"mode": "fast"}, {"resume": "maybe"}, {"settings": 3}, {"config": 3}])
def test_bad_arguments_are_refused(offline: Begin, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueInvalid):
        offline(**bad)


def test_console_lines_are_captured_and_the_streams_given_back(
    offline: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sys.stdout.write
    run = offline(settings={"console": "wrap"})
    print("one")
    sys.stdout.write("10%\r")
    sys.stdout.write("50%\r100%\n")
    sys.stderr.write("no end")
    run.finish()
    assert sys.stdout.write == before
    assert run.folder
    (path,) = RunDir(run.folder).journals()
    lines = [r.value[1:] for r in records(path) if r.kind == Kind.CONSOLE]
    assert lines == [["stdout", "one"], ["stdout", "100%"], ["stderr", "no end"]]
    assert capsys.readouterr().out == "one\n10%\r50%\r100%\n"


# ---- the module ------------------------------------------------------------------------------------------------------


def test_the_module_has_the_names_it_says() -> None:
    assert museion.__all__ == sorted(museion.__all__)
    assert set(museion.__all__) >= set(
        "init run config summary log log_artifact use_artifact save finish define_metric login Api Artifact Image "
        "Table Histogram Html Audio Video Settings Run errors alert setup teardown".split()
    )
    for name in museion.__all__:
        assert name in ("run",) or getattr(museion, name) is not None


def test_before_init_there_is_no_run() -> None:
    assert museion.run is None
    for call in (lambda: museion.log({"a": 1}), lambda: museion.config["a"], lambda: museion.summary.update({"a": 1})):
        with pytest.raises(UsageError, match="init"):
            call()
    museion.finish()


def test_names_that_are_not_there_say_why(offline: Begin) -> None:
    with pytest.raises(AttributeError, match=r"no 'keras'.*run\.log"):
        _ = museion.keras
    with pytest.raises(UsageError, match="TensorBoard"):
        offline(sync_tensorboard=True)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = museion.nonsense
    with pytest.raises(AttributeError, match="no 'nonsense'"):
        offline().nonsense()


def test_a_logged_artifact_is_on_the_disk_bytes_first_and_waited_for_once(
    offline: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def noted(fd: int) -> None:
        fsync(fd)
        synced.append(Path(os.readlink(f"/proc/self/fd/{fd}")))

    monkeypatch.setattr(os, "fsync", noted)
    run = offline()
    artifact = museion.Artifact("data", type="dataset")
    for number in range(20):
        with artifact.new_file(f"{number}.txt") as file:
            file.write(str(number))
    assert not [path for path in synced if path.parent == local.staging_root() / "packs"]
    run.log_artifact(artifact)
    packs = [path for path in synced if path.parent == local.staging_root() / "packs"]
    journals = [path for path in synced if path.suffix == ".journal"]
    assert len(packs) == len(set(packs)) == 1
    assert journals
    assert synced.index(packs[0]) < synced.index(journals[-1])
