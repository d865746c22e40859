"""What brings slices to workers: a protocol of four verbs, and the two ends of its life.

Rule 1: only a run's id and an ordinal go through an orchestrator; the run is in the store. Rule 2: an orchestrator may
bring a slice twice or not at all. The first is harmless, because the store gives one lease; the second is mended,
because a worker submits again what the store still calls ready.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from belljar.errors import UsageError


@dataclass(frozen=True, slots=True)
class Slice:
    """A run's work from one wait to the next."""

    run_id: str
    ordinal: int
    """From 1: which take of the run this will be."""
    queue: str = field(default="default", kw_only=True, compare=False)
    priority: int = field(default=0, kw_only=True, compare=False)
    """Higher comes first."""

    @property
    def id(self) -> str:
        """The same slice has the same id in every process, so that submitting it twice is one submission."""
        return f"{self.run_id}:{self.ordinal}"

    @classmethod
    def of(cls, id: str, *, queue: str = "default") -> Slice:
        """The slice of an id. Raises UsageError for a text that is none."""
        run_id, colon, ordinal = id.rpartition(":")
        if not (colon and run_id and ordinal.isascii() and ordinal.isdigit()):
            raise UsageError(f"{id!r} is not the id of a slice", hint="Expected RUN_ID:ORDINAL.")
        return cls(run_id, int(ordinal), queue=queue)


Perform: TypeAlias = Callable[[Slice], Awaitable[bool]]
"""Works a slice off, on the event loop that called `start`. False: somebody else has it, or its queue is full."""


class Orchestrator(Protocol):
    """An engine for slices. All methods are called on one event loop."""

    async def start(self, perform: Perform, *, concurrency: int) -> None:
        """Bring slices to `perform` from now on, at most `concurrency` at once."""

    def room(self) -> int:
        """How many slices it is worth to submit now."""

    async def submit(self, slice: Slice) -> None:
        """Have a slice worked off, here or elsewhere."""

    async def heartbeat(self) -> None:
        """Called at every beat of the worker."""

    async def cancel(self, run_id: str) -> None:
        """Forget what is queued of a run that has been cancelled in the store."""

    async def lost(self) -> list[Slice]:
        """Hand over the slices that dead workers held, and list them."""

    async def aclose(self) -> None:
        """Bring nothing more; what runs is left to run."""
