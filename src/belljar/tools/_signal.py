"""How a call learns that nobody waits for its result any more.

A tool that takes a parameter annotated `belljar.AbortSignal` gets one per call. Sync tools run in worker threads,
so the signal belongs to no event loop: any thread may ask, wait or abort.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from belljar.errors import CallAbortedError

AbortCallback = Callable[[str], object]


class AbortSignal:
    """One call's stop sign. It is set once and never cleared."""

    __slots__ = ("_callbacks", "_lock", "_reason", "_set")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = threading.Event()
        self._reason: str | None = None
        self._callbacks: list[AbortCallback] = []

    @property
    def aborted(self) -> bool:
        """Whether the result is unwanted."""
        return self._set.is_set()

    @property
    def reason(self) -> str | None:
        """Why, in words; None while `aborted` is False."""
        return self._reason

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the abort, at most `timeout_s` seconds; returns whether it came. For sync tools."""
        return self._set.wait(timeout_s)

    def throw_if_aborted(self) -> None:
        """Raises CallAbortedError when the call was aborted."""
        if self.aborted:
            raise CallAbortedError(f"the call was aborted: {self._reason}")

    def add_callback(self, callback: AbortCallback) -> None:
        """Call `callback(reason)` once at the abort, in the thread that aborts; at once if it was before."""
        with self._lock:
            if not self._set.is_set():
                self._callbacks.append(callback)
                return
        callback(self._reason or "")

    def abort(self, reason: str) -> None:
        """The host's side. The first reason stays; later calls do nothing.

        Every callback runs, in order, even when one raises; the last exception is raised at the end, with the others as
        its context.
        """
        with self._lock:
            if self._set.is_set():
                return
            self._reason = reason
            self._set.set()
            callbacks, self._callbacks = self._callbacks, []
        with ExitStack() as stack:  # which calls last things first
            for callback in reversed(callbacks):
                stack.callback(callback, reason)
