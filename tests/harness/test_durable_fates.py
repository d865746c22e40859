"""What becomes of a call that was on its way when its process died, and of what people decided meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from recovery_support import World, decide, left_behind, types

from belljar import CallInfo, Harness, Limits, Outcome, replay
from belljar.journal import Record
from belljar.store import Store, open_store
from belljar.tools import Ceiling, Decision, DecisionNeeded, Happened, NeverHappened, Tool, tool
from belljar.tools._clock import wall_ms

SOURCE = "try { return await tools.act({n: 1}) } catch (e) { return [e.name, e.message] }"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


class Act:
    """One tool, in as many kinds as there are fates."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, bool]] = []

    async def act(self, n: int, call: CallInfo) -> str:
        """Does something."""
        self.seen.append((n, call.key, call.is_approved))
        return f"did {n}"

    def harness(self, store: Store, **options: Any) -> Harness:
        return Harness([Tool.of(self.act, **options)], store=store)


async def records_of(store: Store, source: str = SOURCE) -> tuple[Record, ...]:
    """The journal of a run that nobody killed."""
    async with Act().harness(store) as harness:
        await harness.run(source, run_id="whole")
    return store.runs.journal("whole").records


async def in_flight(store: Store, path: Path) -> str:
    """A run whose process died after its intent."""
    records = await records_of(store)
    (run_id,) = left_behind(path, records[: types(records).index("intent") + 1])
    return run_id


def events(store: Store, run_id: str) -> list[tuple[str, Any]]:
    """What the audit log has of calls and questions, the first first."""
    found = reversed(store.audit.find(run_id=run_id, limit=100))
    return [(record.event, record.facts["details"].get("how")) for record in found if record.event.startswith("call.")]


def test_an_idempotent_call_is_made_again(store: Store, path: Path) -> None:
    """With the same key, and the audit log has that nobody knew."""

    async def scene() -> None:
        run_id, act = await in_flight(store, path), Act()
        async with act.harness(store, idempotent=True) as harness:
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert outcome.value == "did 1"
        records = store.runs.journal(run_id).records
        intents = [record.facts for record in records if record.type == "intent"]
        assert [intent.get("attempt") for intent in intents] == [None, 2]
        assert [n for n, _, _ in act.seen] == [1]
        assert events(store, run_id) == [
            ("call.intended", None), ("call.unknown", "again"), ("call.intended", None), ("call.done", None),
        ]  # fmt: skip
        assert store.runs.get(run_id).calls == 1

    asyncio.run(scene())


async def _gone(_arguments: dict[str, Any], _call: CallInfo) -> Happened:
    await asyncio.sleep(0)
    return Happened("found it")


def _broken(_arguments: dict[str, Any], _call: CallInfo) -> Happened:
    raise ConnectionError("no such host")


@pytest.mark.parametrize(
    ("probe", "value", "seen"),
    [
        (lambda arguments, call: Happened(f"saw {arguments['n']} of {call.ordinal}"), "saw 1 of 1", 0),
        (lambda _arguments, _call: NeverHappened(), "did 1", 1),
        (_gone, "found it", 0),
    ],
    ids=["happened", "never happened", "asynchronous"],
)
def test_a_probe_says_what_became_of_a_call(
    probe: Callable[..., Any], value: str, seen: int, store: Store, path: Path
) -> None:
    """What it found is the answer; a call that never took place is made; nobody is asked."""

    async def scene() -> None:
        run_id, act = await in_flight(store, path), Act()
        async with act.harness(store, probe=probe) as harness:
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert (outcome.value, len(act.seen)) == (value, seen)
        assert ("call.unknown", "probe") in events(store, run_id)
        assert replay(store.runs.journal(run_id)).value == value

    asyncio.run(scene())


@pytest.mark.parametrize("probe", [lambda _arguments, _call: None, _broken, lambda _arguments, _call: True, None])
def test_where_nobody_can_tell_a_person_is_asked(probe: Callable[..., Any] | None, store: Store, path: Path) -> None:
    """The run is suspended with a question that says why; nothing is called meanwhile."""

    async def scene() -> None:
        run_id, act = await in_flight(store, path), Act()
        async with act.harness(store, **({"probe": probe} if probe else {})) as harness:
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert outcome.status == "suspended"
        (question,) = store.approvals.open(run_id=run_id)
        assert question.request is not None
        assert (question.id, question.request.is_unknown, question.request.arguments) == (
            f"{run_id}:1.2",
            True,
            {"n": 1},
        )
        assert act.seen == []

    asyncio.run(scene())


async def asked(store: Store, path: Path, answer: Callable[[Any], Decision]) -> tuple[Outcome, Act]:
    """A call that nobody knows of, and what somebody said of it."""
    run_id, act = await in_flight(store, path), Act()
    async with act.harness(store) as harness:
        await harness.resume_run(run_id)
        (question,) = store.approvals.open()
        decide(store, question, answer(question.request))
        outcome = await harness.resume_run(run_id)
    assert outcome is not None
    assert store.approvals.get(question.id).state == "used"
    replay(store.runs.journal(run_id))
    return outcome, act


def test_a_call_of_unknown_fate_is_made_again_where_somebody_says_so(store: Store, path: Path) -> None:
    """Once."""
    outcome, act = asyncio.run(asked(store, path, Decision.approve))

    assert (outcome.value, [n for n, _, _ in act.seen]) == ("did 1", [1])


def test_a_call_that_took_place_gives_what_somebody_says(store: Store, path: Path) -> None:
    """The tool is not called."""
    outcome, act = asyncio.run(asked(store, path, lambda request: Decision.respond(request, {"as": "seen"})))

    assert (outcome.value, act.seen) == ({"as": "seen"}, [])


def test_a_call_that_nobody_knows_of_and_nobody_wants_again_is_an_error_of_its_own(store: Store, path: Path) -> None:
    """The script can tell it from a denial; the call's state stays unknown."""
    outcome, act = asyncio.run(asked(store, path, lambda request: Decision.deny(request, "too dear")))

    assert outcome.value == [
        "CallUnknownError", "nobody knows whether the call of act took place, and it is not made again: too dear",
    ]  # fmt: skip
    assert [call.to_dict()["state"] for call in outcome.calls] == ["unknown"]
    assert act.seen == []


def test_a_process_that_dies_again_and_again_asks_each_time(store: Store, path: Path) -> None:
    """Somebody's word to make a call again is for one attempt."""

    async def scene() -> None:
        run_id = await in_flight(store, path)
        for attempt in (2, 3, 4):
            async with Act().harness(store) as harness:
                await harness.resume_run(run_id)
                (question,) = store.approvals.open()
                assert question.request is not None
                assert question.id.rpartition(".")[2] == str(attempt)
                decide(store, question, Decision.approve(question.request))
                await harness.resume_run(run_id)
            records = store.runs.journal(run_id).records
            last = max(n for n, record in enumerate(records) if record.type == "intent")
            (run_id,) = left_behind(path, records[: last + 1])

    asyncio.run(scene())


def test_what_was_decided_while_nobody_ran_is_found(store: Store) -> None:
    """The run was suspended and its process ended; the next one finds the decision, edited arguments and all."""

    async def scene() -> None:
        async with Act().harness(store, approval="always") as harness:
            run_id = (await harness.run(SOURCE)).run_id
        (question,) = store.approvals.open()
        assert question.request is not None
        decide(store, question, Decision.edit(question.request, {"n": 9}))
        assert [ready.id for ready in store.runs.ready(now_ms=wall_ms())] == [run_id]
        act = Act()
        async with act.harness(store, approval="always") as harness:
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert (outcome.value, [n for n, _, _ in act.seen]) == ("did 9", [9])
        assert store.runs.ready(now_ms=wall_ms()) == []

    asyncio.run(scene())


def test_a_question_that_expired_while_nobody_ran_is_a_timeout_in_the_script(store: Store) -> None:
    """The script's own error, when somebody goes on with the run."""

    async def scene() -> None:
        limits = Limits(open_approval_ms=1)
        async with Act().harness(store, approval="always") as harness:
            run_id = (await harness.run(SOURCE, limits=limits)).run_id
            await asyncio.sleep(0.005)
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert outcome.value[0] == "ApprovalTimeoutError"
        assert [question.state for question in store.approvals.find(run_id=run_id)] == ["expired"]

    asyncio.run(scene())


@pytest.mark.parametrize(("after", "made", "waits"), [("approval", [1], [2]), ("intent", [], [1, 2])])
def test_a_ceiling_holds_wherever_a_process_dies(
    after: str, made: list[int], waits: list[int], store: Store, path: Path
) -> None:
    """One call is approved for the run, and a second one beside it is asked about."""
    source = "return await Promise.all([tools.act({n: 1}), tools.act({n: 2})])"

    async def scene() -> None:
        async with Act().harness(store, approval="always") as harness:
            run_id = (await harness.run(source)).run_id
            first = store.approvals.open()[0]
            assert first.request is not None
            decide(store, first, Decision.approve_for_run(first.request, ceiling=Ceiling(calls=1)))
            await harness.resume_run(run_id)
        records = store.runs.journal(run_id).records
        (left,) = left_behind(path, records[: types(records).index(after) + 1])
        act = Act()
        async with act.harness(store, approval="always") as harness:
            outcome = await harness.resume_run(left)
        assert outcome is not None
        assert outcome.status == "suspended"
        assert sorted(question.ordinal for question in store.approvals.open(run_id=left)) == waits
        assert [n for n, _, _ in act.seen] == made

    asyncio.run(scene())


class Asks:
    """A tool that finds out in the middle that somebody must agree."""

    def __init__(self) -> None:
        self.done = 0

    @tool(idempotent=True)
    async def asks(self, n: int, call: CallInfo) -> int:
        """Asks."""
        if not call.is_approved:
            raise DecisionNeeded("it is Friday")
        self.done += 1
        return n


@pytest.mark.parametrize("after", ["intent", "ask"])
def test_a_tool_that_asks_is_asked_about_wherever_a_process_dies(after: str, store: Store, path: Path) -> None:
    """That it is called again is nobody's word. A person is asked what the tool asks, not whether it took place."""

    async def scene() -> None:
        async with Harness([Asks().asks], store=store) as harness:
            await harness.run("return await tools.asks({n: 1})", run_id="whole")
        records = store.runs.journal("whole").records
        (run_id,) = left_behind(path, records[: types(records).index(after) + 1])
        asks = Asks()
        async with Harness([asks.asks], store=store) as harness:
            outcome = await harness.resume_run(run_id)
            assert outcome is not None
            assert outcome.status == "suspended"
            (question,) = store.approvals.open(run_id=run_id)
            assert question.request is not None
            assert (asks.done, question.request.is_unknown, question.request.reason) == (0, False, "it is Friday")
            decide(store, question, Decision.approve(question.request))
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert (outcome.value, asks.done, store.runs.get(run_id).calls) == (1, 1, 1)

    asyncio.run(scene())


def test_a_question_whose_call_was_given_up_is_nobodys(store: Store) -> None:
    """Of two that raced, one was agreed to: the other question is cancelled, and keeps nobody busy."""
    source = "await Promise.race([tools.act({n: 1}), tools.act({n: 2})]); return await tools.act({n: 3})"

    async def scene() -> None:
        async with Act().harness(store, approval="always") as harness:
            run_id = (await harness.run(source)).run_id
            first = store.approvals.open()[0]
            assert first.request is not None
            decide(store, first, Decision.approve(first.request))
            await harness.resume_run(run_id)
        states = {question.ordinal: question.state for question in store.approvals.find(run_id=run_id)}
        assert states == {1: "used", 2: "cancelled", 3: "open"}
        assert store.runs.ready(now_ms=wall_ms()) == []

    asyncio.run(scene())


def test_a_decision_that_came_to_nothing_keeps_nobody_busy(store: Store, path: Path) -> None:
    """Somebody said to make a call again; the probe then knew that it had taken place. The run waits for the next."""
    source = "await tools.act({n: 1}); return await tools.pay({cents: 1})"
    known: list[Happened] = []

    async def scene() -> None:
        act = Tool.of(Act().act, probe=lambda _arguments, _call: known[0] if known else None)
        async with Harness([act, World().pay], store=store) as harness:
            await harness.run(source, run_id="whole")
            (run_id,) = left_behind(path, store.runs.journal("whole").records[:2])
            await harness.resume_run(run_id)
            (question,) = store.approvals.open(run_id=run_id)
            assert question.request is not None
            decide(store, question, Decision.approve(question.request))
            known.append(Happened("seen"))
            await harness.resume_run(run_id)
        states = {question.id: question.state for question in store.approvals.find(run_id=run_id)}
        assert states == {f"{run_id}:1.2": "cancelled", f"{run_id}:2": "open"}
        assert store.runs.ready(now_ms=wall_ms()) == []

    asyncio.run(scene())


@pytest.mark.parametrize("later", [{"idempotent": True}, {"probe": lambda _arguments, _call: NeverHappened()}])
def test_what_people_were_asked_is_theirs_to_say_whatever_is_known_later(
    later: dict[str, Any], store: Store, path: Path
) -> None:
    """Somebody said not to make the call again: a new version of the tool does not make it all the same."""

    async def scene() -> None:
        run_id, act = await in_flight(store, path), Act()
        async with act.harness(store) as harness:
            await harness.resume_run(run_id)
        (question,) = store.approvals.open(run_id=run_id)
        assert question.request is not None
        decide(store, question, Decision.respond(question.request, "it was paid"))
        async with act.harness(store, **later) as harness:
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert (outcome.value, act.seen) == ("it was paid", [])

    asyncio.run(scene())
