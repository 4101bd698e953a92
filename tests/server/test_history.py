"""History over HTTP: options of curves, keys of many runs, forks, rewinds, layers, files; and batches that are none."""

from __future__ import annotations

import asyncio
import io
import json
import math
import struct
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.server import PROJECT, Site, TestClient, make_run

from museion.history.batch import Row, encode
from museion.history.wire import decode_series
from museion.server.routes import live

RUN = f"{PROJECT}/runs/aaaaaaaa"


def log(client: TestClient, rows: list[Row], run: str = "aaaaaaaa", seq: int = 0) -> Any:
    return client.post(f"{PROJECT}/runs/{run}/history", params={"writer": "w", "seq": seq}, content=encode(rows))


def line(count: int, first: int = 0) -> list[Row]:
    return [Row(i, 100.0 + i, {"loss": float(i), "note": f"s{i}"}) for i in range(first, first + count)]


def curves(client: TestClient, **body: Any) -> Any:
    answer = client.post(f"{PROJECT}/series", json=body)
    assert answer.status_code == 200, answer.text
    return decode_series(answer.content)


def test_curves_take_options(member: TestClient) -> None:
    for run in ("aaaaaaaa", "bbbbbbbb"):
        make_run(member, run)
        log(member, line(4), run)
    smoothed = curves(member, runs=["aaaaaaaa"], keys=["loss"], smoothing={"kind": "mean", "strength": 3})
    assert smoothed[0].layout == "raw_smooth"
    assert smoothed[0].columns["smooth"].tolist() == [0.5, 1.0, 2.0, 2.5]
    cut = curves(member, runs=["aaaaaaaa"], keys=["loss"], outliers="percentile")
    assert (cut[0].excluded, cut[0].columns["y"].tolist()) == (2, [1.0, 2.0])
    band = curves(member, keys=["loss"], groups={"g": ["aaaaaaaa", "bbbbbbbb"]}, band="stderr")
    assert (band[0].run, band[0].layout, band[0].columns["runs"].tolist()) == ("g", "band", [2.0] * 4)


@pytest.mark.parametrize(
    "odd",
    [
        {"smoothing": {"kind": "ema", "strength": 1.0}},
        {"smoothing": {"kind": "loess", "strength": 1}},
        {"outliers": "all"},
        {"band": "std", "groups": {"g": ["r"] * 10_001}},
        {"layer": -1},
        {"layer": 1},
    ],
)
def test_options_that_cannot_be_are_refused(member: TestClient, odd: dict[str, Any]) -> None:
    make_run(member)
    answer = member.post(f"{PROJECT}/series", json={"runs": ["aaaaaaaa"], "keys": ["loss"], **odd})
    assert 400 <= answer.status_code < 500, answer.text


def test_keys_of_many_runs_in_one_request(member: TestClient) -> None:
    make_run(member)
    log(member, line(3))
    found = member.post(f"{PROJECT}/keys", json={}).json()
    assert [(each["key"], each["kind"], each["runs"]) for each in found] == [
        ("loss", "number", 1),
        ("note", "value", 1),
    ]
    assert member.post(f"{PROJECT}/keys", json={"runs": ["zzzzzzzz"]}).json() == []


def test_fork_rewind_and_layers(member: TestClient) -> None:
    make_run(member)
    log(member, line(6))
    child = member.post(f"{PROJECT}/runs/bbbbbbbb/fork", json={"parent": "aaaaaaaa", "step": 2}).json()
    assert (child["forked_from"], child["forked_at"], child["summary"]["loss"]) == ("aaaaaaaa", 2, 2.0)
    assert len(member.get(f"{PROJECT}/runs/bbbbbbbb/history").json()["rows"]) == 3
    assert member.post(f"{RUN}/rewind", json={"step": 1}).json()["rewound_to"] == 1
    assert len(member.get(f"{RUN}/history").json()["rows"]) == 2
    assert len(member.get(f"{RUN}/history", params={"layer": 0}).json()["rows"]) == 6
    assert member.get(f"{RUN}/keys", params={"layer": 0}).json()[0]["count"] == 6
    assert member.get(f"{RUN}/layers").json()[1] == {
        "layer": 1,
        "spans": [{"run": "aaaaaaaa", "stop": 1}, {"run": "aaaaaaaa", "stop": None}],
    }
    assert member.get(f"{RUN}/history", params={"layer": 2}).status_code == 404


@pytest.mark.parametrize(("kind", "begin"), [("parquet", b"PAR1"), ("arrow", b"\xff\xff\xff\xff"), ("csv", b'"_step"')])
def test_history_leaves_as_a_file(member: TestClient, kind: str, begin: bytes) -> None:
    make_run(member)
    log(member, line(3))
    answer = member.get(f"{RUN}/export", params={"format": kind})
    assert answer.content.startswith(begin)
    assert "digits-aaaaaaaa." in answer.headers["content-disposition"]
    whole = member.get(f"{PROJECT}/export", params={"format": kind, "runs": "aaaaaaaa", "keys": "loss"})
    assert whole.status_code == 200
    assert member.get(f"{RUN}/export", params={"format": "xlsx"}).status_code in (400, 422)
    assert member.get(f"{PROJECT}/runs/zzzzzzzz/export").status_code == 404


def test_parquet_has_the_columns(member: TestClient) -> None:
    from pyarrow import parquet

    make_run(member)
    log(member, line(3))
    table = parquet.read_table(io.BytesIO(member.get(f"{RUN}/export").content))
    assert table.column_names == ["_step", "_timestamp", "_runtime", "loss", "note"]
    assert table["note"].to_pylist() == ["s0", "s1", "s2"]


GOOD = encode(line(5))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_malformed_batches_are_refused_and_never_poison_a_run(member: TestClient, data: st.DataObject) -> None:
    """Bytes changed at random, half of them under a checksum made right: 2xx or 4xx, and the run reads on."""
    make_run(member)
    bad = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 5))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    bad = bad[: data.draw(st.integers(0, len(bad)))] if data.draw(st.booleans()) else bad
    if len(bad) > 12 and data.draw(st.booleans()):
        bad[8:12] = struct.pack("<I", zlib.crc32(bad[12:]))
    seq = data.draw(st.sampled_from(["0", "1", "-1", "x", "", str(2**53), str(2**70), "0.5"]))
    answer = member.post(f"{RUN}/history", params={"writer": "f", "seq": seq}, content=bytes(bad))
    assert answer.status_code < 500
    for path in ("history", "keys", "export?format=csv"):
        assert member.get(f"{RUN}/{path}").status_code == 200
    curves(member, runs=["aaaaaaaa"], keys=["loss"])


async def _heard(site: Site) -> list[dict[str, Any]]:
    member = site.client("member")
    followed = live._Followed(site.app.state.context, "ada", "digits", ["aaaaaaaa", "gone"], None)
    stream = live._events(followed, await followed.news(None))
    texts = [await anext(stream)]
    waiting = asyncio.create_task(anext(stream))
    rows = [Row(0, 5.0, {"loss": math.nan, "note": ["x"]}), Row(1, 6.0, {"loss": 0.5, "system/cpu": 1.0})]
    await asyncio.to_thread(log, member, rows)
    texts.append(await asyncio.wait_for(waiting, 20))
    site.app.state.context.bell.stop()
    return [json.loads(text.decode().split("data: ")[1]) for text in texts]


def test_points_are_heard_as_they_come(site: Site) -> None:
    make_run(site.client("member"))
    first, second = asyncio.run(_heard(site))
    assert first["points"] == []
    assert second["cursor"] > first["cursor"]
    assert second["points"] == [
        {"run": "aaaaaaaa", "key": "loss", "steps": [0, 1], "times": [5.0, 6.0], "values": ["NaN", 0.5]},
        {"run": "aaaaaaaa", "key": "note", "steps": [0], "times": [5.0], "values": [["x"]]},
        {"run": "aaaaaaaa", "key": "system/cpu", "steps": [1], "times": [6.0], "values": [1.0]},
    ]


def test_following_asks_for_a_project_a_cursor_and_not_too_many(member: TestClient) -> None:
    make_run(member)
    assert member.get(f"{PROJECT}/live", params={"runs": "a", "since": "x"}).json()["code"] == "value_invalid"
    assert member.get(f"{PROJECT}/live", params={"runs": ",".join(["r"] * 1001)}).status_code == 413
    assert member.get("/api/v1/projects/ada/nothing/live", params={"runs": "a"}).status_code == 404
