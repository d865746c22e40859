"""Server-sent events: what a browser that watches is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from web_support import TOKEN, done, new_store

from belljar.audit import AuditEvent
from belljar.errors import StoreBusyError
from belljar.store import Store
from belljar.web import make_app
from belljar.web._feed import MAX_OF_SESSION, MAX_WATCHERS, Feed
from belljar.web._sessions import COOKIE


def tell(store: Store, *actions: str) -> None:
    store.audit.append(*(AuditEvent("run.started", each, actor="a", time_ms=1, run_id="r") for each in actions))


async def texts(stream: AsyncIterator[str], count: int) -> list[str]:
    async with asyncio.timeout(5):
        return [await anext(stream) for _ in range(count)]


def test_who_watches_hears_what_comes_after(tmp_path: Path) -> None:
    """The id is the record's number; a browser that comes back says where it was and misses nothing."""

    async def work(store: Store) -> None:
        feed = Feed(store, poll_s=0.01)
        watching = asyncio.create_task(feed.run())
        stream = feed.stream(None, lambda: True)
        assert await texts(stream, 1) == ["retry: 1000\nid: 1\n\n"]
        await asyncio.to_thread(tell, store, "one", "two")
        event = 'data: {"event":"run.started","run":"r"}\n\n'
        assert await texts(stream, 2) == [f"id: 2\n{event}", f"id: 3\n{event}"]
        back = feed.stream(2, lambda: True)
        assert await texts(back, 2) == ["retry: 1000\nid: 2\n\n", f"id: 3\n{event}"]
        await feed.close()
        assert [text async for text in stream] == []
        await back.aclose()
        await watching

    with new_store(tmp_path) as store:
        tell(store, "zero")
        done(work(store))


def test_a_stream_ends_with_its_session(tmp_path: Path) -> None:
    """Whoever signed out hears no more."""

    async def work(store: Store) -> None:
        feed, is_live = Feed(store, poll_s=0.01), [True, False]
        stream = feed.stream(0, lambda: is_live.pop(0))
        assert [text async for text in stream][1:] == ['id: 1\ndata: {"event":"run.started","run":"r"}\n\n']

    with new_store(tmp_path) as store:
        tell(store, "one")
        done(work(store))


def test_a_quiet_stream_says_that_it_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies close what is silent."""
    monkeypatch.setattr("belljar.web._feed.KEEP_ALIVE_S", 0.01)

    async def work(store: Store) -> None:
        stream = Feed(store, poll_s=0.01).stream(None, lambda: True)
        assert await texts(stream, 2) == ["retry: 1000\nid: 0\n\n", ": still here\n\n"]
        await stream.aclose()

    with new_store(tmp_path) as store:
        done(work(store))


def test_nobody_watches_and_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a store that is busy is looked at again."""
    looks: list[str] = []

    async def work(store: Store) -> None:
        feed = Feed(store, poll_s=0.001)
        watching = asyncio.create_task(feed.run())
        await asyncio.sleep(0.02)
        assert looks == []
        stream = feed.stream(0, lambda: True)
        assert len(await texts(stream, 1)) == 1
        waiting = asyncio.ensure_future(anext(stream))
        async with asyncio.timeout(5):
            while len(looks) < 2:
                await asyncio.sleep(0.001)
        await feed.close()
        with pytest.raises(StopAsyncIteration):
            await waiting
        await watching

    def busy() -> tuple[int, str]:
        looks.append("look")
        raise StoreBusyError("busy")

    with new_store(tmp_path) as store:
        monkeypatch.setattr(store.audit, "head", busy)
        done(work(store))


def test_there_is_room_for_so_many(tmp_path: Path) -> None:
    """In all and for each session; a seat is taken before the stream begins, and who leaves makes room."""
    with new_store(tmp_path) as store:
        feed = Feed(store, poll_s=1)
        names = [f"s{number // MAX_OF_SESSION}" for number in range(MAX_WATCHERS)]
        taken = [feed.sit_down(name) for name in names]
        assert [all(taken), feed.sit_down("new")] == [True, False]
        feed.stand_up("s0")
        assert [feed.sit_down("s1"), feed.sit_down("new"), feed.sit_down("new")] == [False, True, False]
        for name in [*names[1:], "new"]:
            feed.stand_up(name)
        assert feed._seats == {}


def test_a_browser_that_leaves_makes_room(tmp_path: Path) -> None:
    """Also one that never reads the stream; one that watches too much already is told so."""
    with new_store(tmp_path) as store:
        app = make_app(store, token=TOKEN)
        feed, cookie = app.state.console.feed, _cookie(app.state.console)

        def status() -> int:
            headers = [(b"cookie", cookie.encode()), (b"host", b"127.0.0.1")]
            return done(_left_at_once(app, {"type": "http", "method": "GET", "path": "/events", "headers": headers}))

        assert [status() for _ in range(MAX_OF_SESSION + 1)] == [200] * (MAX_OF_SESSION + 1)
        session = app.state.console.sessions.open(cookie.partition("=")[2])
        assert all(feed.sit_down(session.id) for _ in range(MAX_OF_SESSION))
        assert status() == 503


def _cookie(console: Any) -> str:
    return f"{COOKIE}={console.sessions.seal(console.sessions.new('Ann'))}"


async def _left_at_once(app: Starlette, scope: dict[str, Any]) -> int:
    """The status of a request whose browser is gone when the answer comes."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    await app({**scope, "query_string": b"", "raw_path": b"/events", "root_path": "", "scheme": "http"}, receive, send)
    return statuses[0]
