"""Changes, as they happen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from support.server import PROJECT, Site, make_run

from museion.server.events import Bell
from museion.server.routes import projects


class Listener:
    """An event stream, spoken to as a server speaks to an app: ASGI, no threads."""

    def __init__(self, site: Site, since: int = 0, role: str = "viewer") -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{PROJECT}/events",
            "raw_path": f"{PROJECT}/events".encode(),
            "query_string": f"since={since}".encode(),
            "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {site.keys[role]}".encode())],
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "http_version": "1.1",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
        }
        self.task = asyncio.create_task(site.app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status.set_result(message["status"])
        elif message.get("body"):
            self.heard.put_nowait(message["body"])

    async def changes(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            text = (await asyncio.wait_for(self.heard.get(), 20)).decode()
            if "data: " in text:
                yield json.loads(text.split("data: ")[1])


async def _live(site: Site) -> None:
    listener = Listener(site)
    assert await listener.status == 200
    changes = listener.changes()
    assert (await anext(changes))["runs"] == ["aaaaaaaa"]
    await asyncio.to_thread(make_run, site.client("member"), "bbbbbbbb")
    site.app.state.context.bell.ring()
    news = await anext(changes)
    assert news["runs"] == ["bbbbbbbb"]
    site.app.state.context.bell.stop()
    await asyncio.wait_for(listener.task, 10)


def test_a_listener_hears_what_was_and_what_comes_and_is_let_go(site: Site) -> None:
    make_run(site.client("member"))
    asyncio.run(_live(site))


async def _whose(site: Site) -> tuple[int, int]:
    stranger, unreadable = Listener(site, role="stranger"), Listener(site, since=0)
    await asyncio.wait_for(stranger.task, 10)
    await asyncio.wait_for(unreadable.task, 10)
    return await stranger.status, await unreadable.status


def test_listening_needs_leave_and_a_project(site: Site) -> None:
    assert asyncio.run(_whose(site)) == (403, 404)


def test_a_cursor_that_is_none_is_told(site: Site) -> None:
    make_run(site.client("member"))
    answer = site.client("member").get(f"{PROJECT}/events", params={"since": "-1"})
    assert (answer.status_code, answer.json()["code"]) == (400, "value_invalid")


async def _heartbeat(site: Site) -> bytes:
    context = site.app.state.context
    news = projects.changes_since(site.stores, "ada", "digits", 0)
    stream = projects._events(context, "ada", "digits", news.cursor, news)
    await anext(stream)
    return await asyncio.wait_for(anext(stream), 10)


def test_silence_is_filled_with_heartbeats(site: Site, monkeypatch: Any) -> None:
    make_run(site.client("member"))
    monkeypatch.setattr(projects, "HEARTBEAT", 0.01)
    monkeypatch.setattr(projects, "LOOK_AGAIN", 0.01)
    assert asyncio.run(_heartbeat(site)).startswith(b":")


async def _bell() -> list[str]:
    bell, order = Bell(), []

    async def wait(name: str) -> None:
        await bell.wait(20)
        order.append(name)

    tasks = [asyncio.create_task(wait(name)) for name in "ab"]
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.gather(*tasks)
    bell.stop()
    await bell.wait(20)
    await bell.pause(20)
    return order


def test_a_bell_wakes_all_and_never_holds_after_it_stopped() -> None:
    assert sorted(asyncio.run(_bell())) == ["a", "b"]
