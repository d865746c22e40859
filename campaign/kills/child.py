"""The processes that are killed. One warm process, without a thread, forks a worker whenever it is told to.

    in:  {"url": ..., "witness": ..., "fuse": {"moment": ..., "count": ...} | null}   out: the worker's process id
    in:  "wait"                                                                      out: how the worker ended

A worker works off the store until it is killed, from outside at any time or by its own hand at a chosen moment; or
until SIGTERM asks it to end, and it leaves what it has in the middle.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

import belljar.store._sink as sinks
from belljar import Harness
from belljar.durable import Slice, Worker
from belljar.harness._durable import Leases, StoreImages
from belljar.journal import Line
from belljar.machine import open_machine
from belljar.script import Script
from belljar.store._database import Database
from campaign.kills.hands import Hands
from campaign.kills.witness import Witness

CONCURRENCY: Final = 8
GRACE_S: Final = 0.02
"""How long runs may go on that a worker leaves which was asked to end: many are left in the middle."""


@dataclass(slots=True)
class Fuse:
    """Kills its process when a moment comes for the `count`th time."""

    moment: str
    count: int

    def at(self, moment: str) -> None:
        """A moment has come."""
        if moment == self.moment:
            self.count -= 1
            if self.count == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def install(fuse: Fuse) -> None:
    """Have the fuse hear of the moments in the life of a run."""
    _in_transactions(fuse)
    _around(Leases, "take", fuse, before=None, after="taken")
    _around(StoreImages, "get", fuse, before=None, after="thawed")
    _around(StoreImages, "keep", fuse, before="before keeping an image", after="image kept")


def _in_transactions(fuse: Fuse) -> None:
    """Inside of the transaction that has a record, during its commit, and behind it."""
    names = vars(sinks)
    project, commit = names["project"], Database._commit
    kept: list[str] = []

    def projecting(step: Any, line: Line) -> None:
        project(step, line)
        kept.append(line.record.type)
        fuse.at(f"writing {line.record.type}")

    def committed(self: Database, group: Any) -> None:
        commit(self, group)
        while kept:
            fuse.at(f"written {kept.pop()}")

    def committing(_connection: Connection) -> None:
        if fuse.moment == "committing":
            threading.Thread(target=_soon, args=(fuse,), daemon=True).start()

    names["project"] = projecting
    Database._commit = committed  # type: ignore[method-assign]  # a moment of this process only
    event.listen(Engine, "commit", committing)


def _soon(fuse: Fuse) -> None:
    """From another thread, while the disk is busy: a commit takes some milliseconds."""
    time.sleep(0.0005)
    fuse.at("committing")


def _around(owner: type, name: str, fuse: Fuse, *, before: str | None, after: str) -> None:
    method = getattr(owner, name)

    def sync(*arguments: Any, **options: Any) -> Any:
        if before is not None:
            fuse.at(before)
        value = method(*arguments, **options)
        fuse.at(after)
        return value

    async def waiting(*arguments: Any, **options: Any) -> Any:
        value = await method(*arguments, **options)
        fuse.at(after)
        return value

    setattr(owner, name, waiting if asyncio.iscoroutinefunction(method) else sync)


def work(order: dict[str, Any]) -> None:
    """The life of one worker."""
    fuse = Fuse(**(order["fuse"] or {"moment": "never", "count": 0}))
    install(fuse)
    hands = Hands(Witness(Path(order["witness"])), fuse.at)
    asyncio.run(_work_off(hands, order["url"]))


async def _work_off(hands: Hands, url: str) -> None:
    async with Harness(hands.tools(), store=url, type_checker=None) as harness:
        worker = Worker(harness, concurrency=CONCURRENCY, grace_s=GRACE_S, on_slice=_told)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()


def _told(slice: Slice | None, result: object) -> None:
    """Trouble goes to the log of the round."""
    if isinstance(result, Exception):
        print(slice, repr(result), file=sys.stderr, flush=True)


def warm_up() -> None:
    """Load all that a worker needs: the guest, its first step."""
    machine = open_machine()
    machine.start(Script(source="return 1", sha256="", code="return 1"), tools=())
    machine.close()


def _forked(life: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)  # the conversation is the parent's
        try:
            life()
        except BaseException:  # whatever it was, nothing of the parent's is to be unwound here
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    return pid


def main() -> None:
    """Serve until the input ends."""
    warm_up()
    pid = 0
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order == "wait":
            print(os.waitpid(pid, 0)[1], flush=True)
            continue
        pid = _forked(lambda given=order: work(given))  # type: ignore[misc]  # bound per order
        print(pid, flush=True)


if __name__ == "__main__":
    main()
