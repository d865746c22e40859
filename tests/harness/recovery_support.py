"""Runs of a process that died: the first records of a journal, in a store, held by a worker that is no more."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from belljar import CallInfo, Harness, Outcome
from belljar.harness._durable import StoreImages
from belljar.journal import History, Journal, Record, advance, limits_of
from belljar.machine import open_machine
from belljar.store import Lease, Question, RunRequest, Store, open_store
from belljar.tools import AnyTool, Decision, DecisionNeeded, Happened, NeverHappened, Tool, tool
from belljar.tools._clock import wall_ms
from belljar.values import from_wire, to_wire

_numbers = itertools.count(1)


@dataclass(slots=True)
class World:
    """Tools whose effects are counted by run and call; some have taken place before the test begins."""

    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def tools(self) -> list[AnyTool]:
        """All of them."""
        return [self.look, self.post, Tool.of(self.find, probe=self._probe), self.pay, self.asks, self.fails, self.hang]

    def _note(self, call: CallInfo) -> None:
        self.seen[call.run_id, call.ordinal] += 1

    def _probe(self, arguments: dict[str, Any], call: CallInfo) -> Happened | NeverHappened:
        return Happened(arguments["n"] * 3) if self.seen[call.run_id, call.ordinal] else NeverHappened()

    @tool(idempotent=True)
    async def look(self, n: int, call: CallInfo) -> int:
        """May be called again."""
        self._note(call)
        return n * 2

    @tool
    async def post(self, n: int, call: CallInfo) -> str:
        """Must not be called twice."""
        self._note(call)
        return f"posted {n}"

    @tool
    async def find(self, n: int, call: CallInfo) -> int:
        """Must not be called twice, and can be looked up."""
        self._note(call)
        return n * 3

    @tool(approval="always")
    async def pay(self, cents: int, call: CallInfo) -> str:
        """Somebody must agree."""
        self._note(call)
        return f"paid {cents}"

    @tool(idempotent=True)
    async def asks(self, n: int, call: CallInfo) -> int:
        """Finds out in the middle that somebody must agree."""
        if not call.is_approved:
            raise DecisionNeeded("it is Friday")
        self._note(call)
        return n + 1

    @tool(idempotent=True)
    async def hang(self) -> None:
        """Never answers, and stops when it is told to."""
        await asyncio.Event().wait()

    @tool(idempotent=True)
    async def fails(self, n: int) -> None:
        """Fails."""
        raise ValueError(f"no {n}")

    def harness(self, store: Store, **options: Any) -> Harness:
        """One that has these tools."""
        return Harness(self.tools(), store=store, **options)


GIVEN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "post": lambda n: f"posted {n}",
    "pay": lambda cents: f"paid {cents}",
    "asks": lambda n: n + 1,
}
"""What a tool gave, where somebody sees that its call took place."""


def answered(question: Question, world: World) -> Decision:
    """Whoever is asked agrees; of a call that may have taken place, says what the world shows."""
    request = question.request
    assert request is not None
    if request.is_unknown and world.seen[question.run_id, question.ordinal]:
        return Decision.respond(request, GIVEN[question.tool](next(iter(request.arguments.values()))))
    return Decision.approve(request)


def decide(store: Store, question: Question, decision: Decision, *, who: str = "ann") -> None:
    """One person's word."""
    store.approvals.vote(question.id, decision, who=who, source="test", now_ms=wall_ms())


async def finished(harness: Harness, run_id: str, world: World) -> Outcome:
    """The outcome of a run after everybody has answered."""
    assert harness.store is not None
    outcome = await harness.resume_run(run_id)
    while outcome is not None and outcome.status == "suspended":
        for question in harness.store.approvals.open(run_id=run_id):
            decide(harness.store, question, answered(question, world))
        outcome = await harness.resume_run(run_id)
    assert outcome is not None
    return outcome


Image = Callable[[Store, Lease, Sequence[Record]], None]


def left_behind(path: Path, *journals: Sequence[Record], image: Image | None = None) -> list[str]:
    """New runs in the store at `path`, by id: their process died after these records. `image` puts one there."""
    with open_store(path, worker=f"gone:{next(_numbers)}:x") as store:
        return [_left(store, records, image) for records in journals]


def _left(store: Store, records: Sequence[Record], image: Image | None) -> str:
    run_id = f"left-{next(_numbers)}"
    lease = store.runs.begin(_request(records), run_id=run_id, now_ms=wall_ms())
    journal = Journal(sink=store.sink(lease))
    renamed = _renamed(records, run_id)
    for record in renamed:
        lease = _written(store, lease, journal, record)
    journal.close()
    if image is not None:
        image(store, lease, renamed)
    return run_id


def _written(store: Store, lease: Lease, journal: Journal, record: Record) -> Lease:
    """A run that is suspended was taken again, as otherwise no records could follow."""
    journal.append(record)
    if record.type != "suspend":
        return lease
    journal.close()
    taken = store.runs.take(lease.run_id, now_ms=wall_ms())
    assert taken is not None
    journal.go_on_in(store.sink(taken))
    return taken


def _request(records: Sequence[Record]) -> RunRequest:
    facts = records[0].facts
    named = {name: facts[name] for name in ("source", "profile", "context", "seed", "engine")}
    return RunRequest(**named, limits=asdict(limits_of(facts)))


def _renamed(records: Sequence[Record], run_id: str) -> list[Record]:
    """The same journal of another run."""
    old = records[0].facts["run_id"]
    texts = (to_wire(dict(record.facts), depth=64).replace(f'"{old}', f'"{run_id}') for record in records)
    return [Record(record.type, from_wire(text)) for record, text in zip(records, texts, strict=True)]


def keep_image(
    store: Store, lease: Lease, records: Sequence[Record], *, key: bytes | None = None, run_id: str | None = None
) -> None:
    """The image of the run's machine after the last step that its journal has; sealed with another key, or for a run
    of another id, where one is given."""
    history = History(records)
    machine = open_machine(limits=limits_of(history.run), profile=history.run["profile"])
    try:
        advance(machine, history)
        step = len(history.settles)
        sealed = StoreImages(store, replace(lease, run_id=run_id or lease.run_id), key)._key_at(step)
        store.images.put(lease, step, machine.freeze(key=sealed))
    finally:
        machine.close()


def types(records: Iterable[Record]) -> list[str]:
    """What kinds of records there are."""
    return [record.type for record in records]
