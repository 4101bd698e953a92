"""What the server does by itself."""

from __future__ import annotations

import asyncio
import logging

import pytest
from support.server import PROJECT, Site, commit, make_run

from museion.blobs import account
from museion.server import background


def test_runs_that_fell_silent_have_crashed_and_may_come_back(site: Site) -> None:
    client = site.client("member")
    make_run(client, "aaaaaaaa")
    make_run(client, "bbbbbbbb", state="finished")
    site.clock.now += 200
    make_run(client, "cccccccc")
    site.clock.now += 200
    background.notice_crashes(site.app.state.context)
    states = {r["id"]: r["state"] for r in client.get(f"{PROJECT}/runs").json()["runs"]}
    assert states == {"aaaaaaaa": "crashed", "bbbbbbbb": "finished", "cccccccc": "running"}
    client.post(f"{PROJECT}/runs/aaaaaaaa/heartbeat")
    assert client.get(f"{PROJECT}/runs/aaaaaaaa").json()["state"] == "running"


def test_bytes_are_counted_before_anybody_asks(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.client("member")
    make_run(client)
    commit(client, "data", {"a": b"content"})
    counting = background.Counting(site.app.state.context)
    counting.count()
    with site.stores.catalog.reading() as rows:
        assert account.total(rows.connection) == len(b"content")
    monkeypatch.setattr(background, "count_bytes", lambda stores: pytest.fail("nothing has changed"))
    counting.count()


async def _twice() -> int:
    done, again = 0, asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        nonlocal done
        done += 1
        if done == 2:
            loop.call_soon_threadsafe(again.set)
        raise OSError("the disk is away")

    task = asyncio.create_task(background.every(0.001, "working", work))
    await asyncio.wait_for(again.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return done


def test_a_job_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert asyncio.run(_twice()) >= 2
    assert "working failed" in caplog.text
    assert "the disk is away" in caplog.text


def test_the_app_starts_its_jobs_and_lets_go_of_them(site: Site) -> None:
    with site.client() as client:
        assert client.get("/api/v1/health").status_code == 200
    assert site.app.state.context.bell.stopped
