"""The one clock of the machine room: a thread that ends steps which take too long.

Every TICK it looks at the steps that are running. One that is past its deadline gets the interrupt word written into
its memory, which the script's engine reads at every call and loop; and with every tick the WebAssembly engine's epoch
advances, which also ends native loops that never read the word (their stores have an epoch deadline GRACE later).
The thread starts with the first step and sleeps when nothing has run for a while.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

TICK_S = 0.01
GRACE_S = 0.05
"""How long after the interrupt word the epoch ends the step: enough for any loop that does read the word."""
LINGER_S = 1.0
"""How long the thread stays awake with nothing to watch: waking it costs more than a few idle ticks."""
STOP_TIME = 1
STOP_CANCEL = 2


@dataclass(slots=True)
class Watch:
    """One running step. `word` is the interrupt word in the machine's memory."""

    word: ctypes.c_uint32
    started_s: float
    deadline_s: float


class Watchdog:
    """Watches the steps of one engine. `advance` is called once a tick."""

    def __init__(self, advance: Callable[[], None]) -> None:
        self._advance = advance
        self._start_over()
        _watchdogs.add(self)

    def _start_over(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, Watch] = {}
        self._awake = False
        self._idle_since_s = 0.0

    def begin(self, word: ctypes.c_uint32, budget_s: float) -> Watch:
        """Start to watch a step that may take `budget_s`. Every begin needs an end."""
        now = time.monotonic()
        watch = Watch(word, now, now + budget_s)
        with self._lock:
            self._running[id(watch)] = watch
            if not self._awake:
                self._wake()
        return watch

    def end(self, watch: Watch) -> float:
        """Stop watching; after this the word is not written any more. Seconds that the step took."""
        with self._lock:
            del self._running[id(watch)]
            if not self._running:
                self._idle_since_s = time.monotonic()
        return time.monotonic() - watch.started_s

    def interrupt(self, watch: Watch, reason: int) -> bool:
        """Write the word now, unless the step has ended. True where it was written."""
        with self._lock:
            if id(watch) not in self._running:
                return False
            watch.word.value = reason
            watch.deadline_s = 0.0
            return True

    def _wake(self) -> None:
        self._awake = True
        threading.Thread(target=self._watch, name="belljar-watchdog", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(TICK_S)
            self._advance()
            now = time.monotonic()
            with self._lock:
                if not self._running and now - self._idle_since_s > LINGER_S:
                    self._awake = False
                    return
                for watch in self._running.values():
                    if now >= watch.deadline_s and not watch.word.value:
                        watch.word.value = STOP_TIME


def ticks(seconds: float) -> int:
    """Epoch ticks that last at least `seconds` and GRACE_S."""
    return int((seconds + GRACE_S) / TICK_S) + 2


_watchdogs: weakref.WeakSet[Watchdog] = weakref.WeakSet()


def _after_fork() -> None:
    """A child process has its parent's memory and none of its threads."""
    for watchdog in _watchdogs:
        watchdog._start_over()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
