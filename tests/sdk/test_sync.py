"""Journals against the real server over real stores: what arrives, what a second time changes, what faults cost."""

from __future__ import annotations

import math
import os
import random
from pathlib import Path
from typing import Any

import pytest
from support.app import KEY, fresh_server

import museion
from museion.errors import Conflict, ServerFault, ServerUnreachable, TooLarge, Unauthenticated
from museion.sdk.rundir import RunDir
from museion.sdk.shipping import Shipment
from museion.sdk.sync import clean, sync, sync_run, waiting
from museion.sdk.transport import run_path


def path(run: Any, *rest: str) -> str:
    return run_path(run.entity, run.project, run.id, *rest)


def there(server: Any, run: Any) -> dict:
    return server.request("GET", path(run)).json()


def rows(server: Any, run: Any) -> list[dict]:
    found, start = [], 0
    while start is not None:
        page = server.request("GET", path(run, "history"), query={"start": start, "limit": 1000}).json()
        found += page["rows"]
        start = page["next"]
    return found


def values(found: list[dict]) -> list[dict]:
    return [{k: v for k, v in row.items() if not k.startswith("_")} for row in found]


def test_an_offline_run_arrives_whole_and_a_second_sync_asks_nothing(offline: Any, server: Any, home: Path) -> None:
    run = offline(job_type="train", group="g", tags=["a"], notes="n", config={"lr": 0.1, "net": {"layers": [1, 2]}})
    for i in range(2500):
        run.log({"loss": 1 / (i + 1), "n": i})
    run.log({"odd": math.nan, "deep": {"a": {"b": 1}}, "text": "x", "yes": True})
    run.summary["best"] = 3
    run.config.update({"lr": 0.2})
    run.finish()
    (report,) = sync(None, server)
    assert (report["rows"], report["done"], report["refused"], report["skipped"]) == (2501, True, [], 0)
    got = there(server, run)
    assert (got["state"], got["exit_code"], got["job_type"], got["group"]) == ("finished", 0, "train", "g")
    assert (got["tags"], got["notes"], got["config"]) == (["a"], "n", {"lr": 0.2, "net": {"layers": [1, 2]}})
    assert got["name"].endswith("-1")
    assert got["summary"] == {
        "loss": 1 / 2500, "n": 2499, "odd": "NaN", "deep.a.b": 1, "text": "x", "yes": True, "best": 3,
    }  # fmt: skip
    stored = rows(server, run)
    assert [row["_step"] for row in stored] == list(range(2501))
    assert values(stored)[:2] == [{"loss": 1.0, "n": 0}, {"loss": 0.5, "n": 1}]
    before, asked = there(server, run), len(server.asked)
    assert sync(None, server) == []
    assert len(server.asked) == asked
    assert sync([run.folder], server)[0]["done"]
    assert there(server, run) == before


def test_syncing_without_the_acknowledgements_still_changes_nothing(offline: Any, server: Any) -> None:
    run = offline()
    for i in range(10):
        run.log({"x": i})
    print("not captured")
    run.finish()
    sync_run(run.folder, server)
    stored, before = rows(server, run), there(server, run)
    (run.folder / "acks.json").unlink()
    sync_run(run.folder, server)
    assert rows(server, run) == stored
    after = there(server, run)
    assert {**after, "updated_at": 0, "heartbeat_at": 0} == {**before, "updated_at": 0, "heartbeat_at": 0}


def test_a_fork_goes_on_from_a_moment_of_another_run(offline: Any, server: Any) -> None:
    parent = offline(id="parent")
    for i in range(10):
        parent.log({"x": i})
    parent.finish()
    fork = offline(id="child", fork_from="parent?_step=4")
    assert (fork.step, fork.resumed) == (5, False)
    fork.log({"x": 50})
    fork.finish()
    assert [report["refused"] for report in sync(None, server)] == [[], []]
    assert [row["x"] for row in values(rows(server, fork))] == [0, 1, 2, 3, 4, 50]
    assert [row["x"] for row in values(rows(server, parent))] == list(range(10))
    assert there(server, fork)["summary"]["x"] == 50


def test_a_rewound_run_goes_on_from_its_own_moment(offline: Any, server: Any) -> None:
    first = offline(id="back")
    for i in range(10):
        first.log({"x": i})
    first.finish()
    again = offline(resume_from="back?_step=3")
    assert (again.id, again.step, again.resumed) == ("back", 4, True)
    again.log({"x": 40})
    again.log({"x": 50})
    again.finish()
    for _ in range(2):
        assert sync_run(again.folder, server)["refused"] == []
        assert [row["x"] for row in values(rows(server, again))] == [0, 1, 2, 3, 40, 50]
        layers = server.request("GET", path(again, "layers")).json()
        assert len(layers) == 2


@pytest.mark.parametrize("seed", range(3))
def test_a_rewind_that_breaks_off_is_done_once(offline: Any, server: Any, seed: int) -> None:
    first = offline(id="shaky")
    for i in range(10):
        first.log({"x": i})
    first.finish()
    again = offline(resume_from="shaky?_step=3")
    for i in range(5):
        again.log({"x": 100 + i})
    again.finish()
    for attempt in range(300):
        try:
            if sync_run(again.folder, Shaky(server, seed * 1000 + attempt))["done"]:
                break
        except (ServerUnreachable, ServerFault):
            continue
    assert [row["x"] for row in values(rows(server, again))] == [0, 1, 2, 3, *range(100, 105)]


def test_a_fork_of_nothing_is_told_and_the_rows_are_kept(offline: Any, server: Any) -> None:
    fork = offline(fork_from="nobody?_step=4")
    fork.log({"x": 1})
    fork.finish()
    report = sync_run(fork.folder, server)
    assert [refusal["what"] for refusal in report["refused"]] == ["fork"]
    assert [row["x"] for row in values(rows(server, fork))] == [1]


def test_alerts_arrive_once(offline: Any, server: Any) -> None:
    run = offline()
    run.alert("low", "accuracy", level="WARN")
    run.alert("high", wait_duration=0)
    run.alert("high", wait_duration=0)
    run.finish()
    for _ in range(2):
        assert sync_run(run.folder, server)["refused"] == []
        (run.folder / "acks.json").unlink()
        alerts = server.request("GET", path(run, "alerts")).json()["alerts"]
        assert [(a["title"], a["text"], a["level"]) for a in alerts] == [
            ("high", "", "info"), ("high", "", "info"), ("low", "accuracy", "warn"),
        ]  # fmt: skip


def test_a_torn_last_record_is_skipped_and_told(offline: Any, server: Any) -> None:
    run = offline()
    for i in range(5):
        run.log({"x": i})
    run._writer.close()
    (journal,) = RunDir(run.folder).journals()
    os.truncate(journal, journal.stat().st_size - 3)
    report = sync_run(run.folder, server)
    assert (report["rows"], report["done"]) == (4, True)
    assert report["skipped"] > 0
    assert there(server, run)["state"] == "crashed"
    run._finished = True
    museion.sdk.session._forget(run)


def test_several_writers_of_one_run_are_one_run(offline: Any, server: Any) -> None:
    first = offline(id="shared", config={"a": 1})
    second = offline(id="shared", config={"b": 2}, reinit="create_new")
    for i in range(20):
        first.log({"x": i})
        second.log({"y": i})
    second.finish(exit_code=3)
    first.finish()
    assert sync_run(first.folder, server)["rows"] == 40
    assert values(rows(server, first)) == [{"x": i, "y": i} for i in range(20)]
    got = there(server, first)
    assert (got["config"], got["state"], got["exit_code"]) == ({"a": 1, "b": 2}, "failed", 3)


def test_media_files_and_artifacts_arrive(offline: Any, server: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with offline() as run:
        run.log({"h": museion.Histogram([1, 2, 3]), "pics": [museion.Image([[0, 255], [255, 0]], caption="c")]})
        run.save(tmp_path / "notes.txt")
        Path(run.dir, "left.bin").write_bytes(b"\0\1")
        artifact = museion.Artifact("data", "dataset")
        with artifact.new_file("a.txt") as file:
            file.write("1")
        run.log_artifact(artifact, aliases=["best"])
    report = sync_run(run.folder, server)
    assert (report["artifacts"], report["refused"], report["done"]) == (1, [], True)
    files = {f["path"]: f for f in server.request("GET", path(run, "files")).json()["files"]}
    assert {"notes.txt", "left.bin"} < files.keys()
    assert server.request("GET", path(run, "files", "left.bin")).data == b"\0\1"
    (picture,) = rows(server, run)[0]["pics"]
    assert picture["caption"] == "c"
    assert picture["path"] in files
    (output,) = server.request("GET", path(run, "artifacts")).json()["outputs"]
    assert (output["version"], set(output["aliases"])) == ("v0", {"best", "latest"})


class Shaky:
    """A transport that breaks off at random, before or after the server got the request."""

    def __init__(self, inner: Any, seed: int) -> None:
        self.name, self._inner, self._dice = inner.name, inner, random.Random(seed)

    def request(self, method: str, path: str, **options: Any) -> Any:
        roll = self._dice.random()
        if roll < 0.25:
            raise ServerUnreachable("down")
        answer = self._inner.request(method, path, **options)
        if roll < 0.5:
            raise ServerFault("broke off")
        return answer

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("seed", range(4))
def test_whatever_breaks_off_nothing_is_lost_or_doubled(
    offline: Any, server: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("museion.sdk.drain.SLICE", 2000)
    run = offline()
    run.define_metric("x", summary="mean")
    for i in range(200):
        run.log({"x": i})
        run._lines("stdout", [f"line {i}"])
    run.finish()
    tries = 0
    while tries < 500:
        tries += 1
        try:
            if sync_run(run.folder, Shaky(server, seed * 1000 + tries))["done"]:
                break
        except (ServerUnreachable, ServerFault):
            continue
    assert values(rows(server, run)) == [{"x": i} for i in range(200)]
    lines = server.request("GET", path(run, "console"), query={"limit": 1000}).json()["lines"]
    assert [line["text"] for line in lines] == [f"line {i}" for i in range(200)]
    got = there(server, run)
    assert got["state"] == "finished"
    assert got["summary"]["x"] == {"mean": 99.5}


def test_a_server_that_takes_only_small_bodies_gets_small_bodies(offline: Any, server: Any) -> None:
    class Small:
        name = server.name

        def request(self, method: str, path: str, **options: Any) -> Any:
            if len(options.get("body") or b"") > 400:
                raise TooLarge("too large")
            return server.request(method, path, **options)

    run = offline()
    for i in range(300):
        run.log({"x": random.random(), "i": i})
    run.finish()
    assert sync_run(run.folder, Small())["refused"] == []
    assert [row["i"] for row in values(rows(server, run))] == list(range(300))


def test_console_and_config_that_are_too_much_do_not_hold_up_the_rest(offline: Any, server: Any) -> None:
    class Small:
        name = server.name

        def request(self, method: str, path: str, **options: Any) -> Any:
            if len(str(options.get("json") or "")) > 500:
                raise TooLarge("too large")
            return server.request(method, path, **options)

    run = offline()
    run._lines("stdout", [f"line {i}" for i in range(50)])
    run._lines("stdout", ["long " * 200, "last"])
    run.finish()
    large = offline()
    large.config["large"] = "x" * 1000
    large.log({"x": 1})
    large.finish()
    assert [refusal["what"] for refusal in sync_run(run.folder, Small())["refused"]] == ["line"]
    lines = server.request("GET", path(run, "console"), query={"limit": 1000}).json()["lines"]
    assert [line["text"] for line in lines] == [*(f"line {i}" for i in range(50)), "", "last"]
    assert [refusal["what"] for refusal in sync_run(large.folder, Small())["refused"]] == ["run"]
    assert values(rows(server, large)) == [{"x": 1}]


def test_a_server_that_forgot_what_it_had_is_told_again(offline: Any, server: Any, tmp_path: Path) -> None:
    run = offline()
    for i in range(10):
        run.log({"x": i})
    assert not sync_run(run.folder, server)["done"], "a run that still runs is sent as far as it is"
    assert there(server, run)["state"] == "running"
    for i in range(10, 20):
        run.log({"x": i})
    run.finish()
    with fresh_server(tmp_path / "other") as empty:
        assert sync_run(run.folder, empty)["done"]
        assert values(rows(empty, run)) == [{"x": i} for i in range(20)]


def test_a_wrong_key_stops_the_sync_and_says_so(offline: Any, server: Any) -> None:
    run = offline()
    run.log({"x": 1})
    run.finish()
    server.key = "wrong"
    with pytest.raises(Unauthenticated):
        sync_run(run.folder, server)
    server.key = KEY
    assert sync_run(run.folder, server)["done"]
    assert values(rows(server, run)) == [{"x": 1}]


def test_what_the_server_refuses_of_an_artifact_does_not_hold_up_the_rest(offline: Any, server: Any) -> None:
    run = offline()
    for kind in ("dataset", "model"):
        run._record("artifact", {"name": "same", "type": kind, "manifest": {"format": 1, "entries": {}}, "uid": kind})
    run.log({"x": 1})
    run.finish()
    report = sync_run(run.folder, server)
    assert report["done"]
    assert [refusal["code"] for refusal in report["refused"]] == ["type_mismatch"]
    assert values(rows(server, run)) == [{"x": 1}]


def test_only_what_the_server_has_whole_is_cleaned_away(offline: Any, server: Any, home: Path) -> None:
    sent, waits, refused = offline(id="sent"), offline(id="waits", reinit="create_new"), None
    for run in (sent, waits):
        run.log({"x": 1})
    sent.finish()
    refused = offline(id="refused", fork_from="nobody?_step=1", reinit="create_new")
    refused.finish()
    for run in (sent, refused):
        sync_run(run.folder, server)
    assert clean(home / "runs") == [sent.folder]
    assert clean(home / "runs") == []
    assert waits.folder.exists()
    assert refused.folder.exists()
    assert not sent.folder.exists()


def test_refusals_are_kept_in_bounds(offline: Any, server: Any) -> None:
    run = offline()
    run.finish()
    shipment = Shipment(RunDir(run.folder), server, "app")
    shipment.look()
    (parcel,) = shipment.parcels.values()
    for _ in range(250):
        parcel.refuse("row", TooLarge("too large"))
    assert len(parcel.place.refused) == 100
    assert parcel.place.refused[-1]["more"] == 151
    shipment.close()


def test_two_cannot_send_one_folder_at_once(offline: Any, server: Any) -> None:
    run = offline()
    run.finish()
    with RunDir(run.folder).sole() as mine:
        assert mine
        with pytest.raises(Conflict, match="sending"):
            sync_run(run.folder, server)


def test_runs_wait_in_the_order_of_their_start(offline: Any, home: Path) -> None:
    begun = [offline(id=name, reinit="create_new") for name in ("zz", "aa", "mm")]
    assert [folder.name for folder in waiting(home / "runs")] == [run.id for run in begun]
