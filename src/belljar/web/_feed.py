"""The audit log as server-sent events: one look at the store for all who watch, and none while nobody does.

An event's id is the record's number, so a browser that was cut off says where it was and misses nothing. The data names
the event and the run; a page then loads its parts anew.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from belljar.errors import StoreError

if TYPE_CHECKING:
    from belljar.audit import AuditRecord
    from belljar.store import Store

KEEP_ALIVE_S: Final = 15.0
"""A silent connection is taken for dead by proxies after 30 or 60 seconds."""
MAX_WATCHERS: Final = 200
MAX_OF_SESSION: Final = 10
"""A browser has six connections to one server."""
_PAGE: Final = 200
"""Records read at once."""


class Feed:
    """Used from the event loop's thread only."""

    def __init__(self, store: Store, *, poll_s: float) -> None:
        self._store = store
        self._poll_s = poll_s
        self._watchers = 0
        self._seats: Counter[str] = Counter()
        """By session. Taken before a stream begins, so that many at once are counted, too."""
        self._head = 0
        self._moved = asyncio.Condition()
        self._is_closed = False

    def sit_down(self, session: str) -> bool:
        """Take one of the seats there are; False where there is none left, or none for this session."""
        is_free = self._seats.total() < MAX_WATCHERS and self._seats[session] < MAX_OF_SESSION
        self._seats[session] += is_free
        return is_free

    def stand_up(self, session: str) -> None:
        """Give the seat back."""
        self._seats[session] -= 1
        self._seats += Counter()  # without those that are empty

    async def run(self) -> None:
        """Look for new records, until cancelled. A store that is busy or away is looked at again."""
        while not self._is_closed:
            if self._watchers:
                await self._look()
            await asyncio.sleep(self._poll_s)

    async def _look(self) -> None:
        try:
            head, _ = await run_in_threadpool(self._store.audit.head)
        except StoreError:
            return  # the pages that are loaded meanwhile say what is wrong with it
        if head != self._head:
            self._head = head
            await self._wake()

    async def close(self) -> None:
        """End all streams: a server that stops waits for them."""
        self._is_closed = True
        await self._wake()

    async def _wake(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def stream(self, after: int | None, is_live: Callable[[], bool]) -> AsyncGenerator[str, None]:
        """The text of the stream, from the record after `after`; None begins with what comes now."""
        self._watchers += 1
        try:
            seq = after if after is not None else (await run_in_threadpool(self._store.audit.head))[0]
            yield f"retry: 1000\nid: {seq}\n\n"
            while not self._is_closed and is_live():
                records = await run_in_threadpool(self._store.audit.records, seq, _PAGE)
                for record in records:
                    yield _event(record)
                seq = records[-1].seq if records else seq
                if not records and not await self._wait(seq):
                    yield ": still here\n\n"
        finally:
            self._watchers -= 1

    async def _wait(self, seq: int) -> bool:
        """Until there is more than `seq`; False where there was nothing for long."""
        try:
            async with asyncio.timeout(KEEP_ALIVE_S), self._moved:
                await self._moved.wait_for(lambda: self._is_closed or self._head > seq)
        except TimeoutError:
            return False
        return True


def _event(record: AuditRecord) -> str:
    data = json.dumps({"event": record.event, "run": record.run_id}, separators=(",", ":"))
    return f"id: {record.seq}\ndata: {data}\n\n"
