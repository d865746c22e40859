"""The pulse of a job: a thread that keeps the job's lease, and notices when it is somebody else's, or nobody's.

A thread, because the event loop may be busy: a lease that is not renewed is taken away. It looks a few times a second,
which is one read of one row, so that a stop is heard of long before a second has passed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from belljar.errors import LeaseLostError, NotInStoreError, StoreError
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.store import AgentLease, Store

POLL_S: Final = 0.2
"""Between two looks. A look is one read, about 0.2 ms."""
_BEATS: Final = 3
"""In the time after which a worker is dead."""


class Beat:
    """Runs from `start` to `close`."""

    def __init__(self, store: Store, lease: AgentLease, on_lost: Callable[[], None]) -> None:
        """`on_lost` is called once, in this thread, when the lease is lost; then the thread ends."""
        self._store = store
        self._lease = lease
        self._on_lost = on_lost
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"belljar {lease.agent_id}", daemon=True)
        self._beat_s = self._heard_s = time.monotonic()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """End. More than once is harmless; waits for a look that goes on."""
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(POLL_S):
            if not self._is_kept():
                self._on_lost()
                return

    def _is_kept(self) -> bool:
        """Whether the lease is ours, as far as one can see. A store that cannot be read is believed in for a while."""
        try:
            self._look()
        except (LeaseLostError, NotInStoreError):
            return False
        except StoreError:
            return time.monotonic() - self._heard_s < self._store.dead_after_ms / 1000
        self._heard_s = time.monotonic()
        return True

    def _look(self) -> None:
        if time.monotonic() - self._beat_s >= self._store.dead_after_ms / 1000 / _BEATS:
            self._beat_s = time.monotonic()
            self._store.workers.beat(wall_ms())
            self._store.agents.beat(self._lease, now_ms=wall_ms())
        row = self._store.agents.get(self._lease.agent_id)
        if (row.state, row.owner, row.epoch) != ("running", self._lease.worker, self._lease.epoch):
            raise LeaseLostError(f"agent {row.id!r} is no longer this worker's", details={"agent": row.id})
