"""A journal is enough to run a script again: the same bytes, no tool, and every difference is named."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support import QUICK, Witness, add, boom, echo, hang

import belljar
from belljar import Harness, Journal, Limits, tool
from belljar.errors import JournalError, ReplayDivergedError
from belljar.journal import Record

SCRIPTS = {
    "value": "return {b: [1, 2.5, 'é'], a: null}",
    "nothing": "const a = 1",
    "bytes": "return await tools.echo({value: new Uint8Array([0, 255])})",
    "calls": (
        "const a = await tools.add({a: 1, b: 2}); "
        "return await Promise.all([tools.add({a, b: 1}), tools.echo({value: {a}})])"
    ),
    "failing tool": "try { await tools.boom({message: 'x'}) } catch (e) { return [e.message, e.code] }",
    "failing script": "await tools.add({a: 1, b: 1})\nthrow new Error('mine')",
    "failing call": "await tools.boom({message: 'not mine'})",
    "wrong arguments": "await tools.add({a: 'x'})",
    "memory": "await tools.add({a: 1, b: 1}); const a = []; while (true) a.push('x'.repeat(1e5) + a.length)",
    "stack": "const f = (): any => f(); await tools.add({a: 1, b: 1}); f()",
    "too large": "return 'x'.repeat(200_000)",
    "no data": "return {f() {}}",
    "random and clock": (
        "const a = [Math.random(), Date.now()]; await tools.add({a: 1, b: 1}); return [...a, Math.random(), Date.now()]"
    ),
    "clock in arguments": "return await tools.echo({value: [Date.now(), Math.random()]})",
    "console": "for (let i = 0; i < 300; i++) console.log(i); return await tools.add({a: 1, b: 1})",
    "budget": "for (let n = 0; ; n++) await tools.add({a: n, b: n})",
    "orphan": "tools.hang(); return await tools.add({a: 1, b: 1})",
    "race": "return await Promise.race([tools.hang(), tools.add({a: 1, b: 2})])",
    "any": "return await Promise.any([tools.boom({}), tools.add({a: 1, b: 2}), tools.hang()])",
    "settled": "return (await Promise.allSettled([tools.boom({}), tools.add({a: 1, b: 2})])).map(s => s.status)",
    "syntax": "return (",
    "unknown tool": "await tools.nope({})",
    "context": "return [context.model, context.scriptId, context.sandbox]",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_replay_gives_the_same_bytes(name: str) -> None:
    """Value or error, canonical JSON and digest are those of the run; also from the text of the journal alone."""
    outcome = belljar.run(SCRIPTS[name], tools=[add, echo, boom, hang], limits=Limits(memory_mb=24, grace_ms=20))
    for journal in (outcome.journal, Journal.parse(outcome.journal.text().encode())):
        again = belljar.replay(journal)
        assert (again.canonical_json, again.sha256, again.ok) == (outcome.canonical_json, outcome.sha256, outcome.ok)
        assert (again.value, again.returned) == (outcome.value, outcome.returned)


@pytest.mark.parametrize(
    "source", ["for (;;) ;", "await tools.hang()", "await tools.add({a: 1, b: 1}); for (;;) Math.max(1)"]
)
def test_a_run_that_the_clock_ended_replays_to_the_same_end(source: str) -> None:
    """The clock need not run out again: the recorded end is the answer."""
    outcome = belljar.run(source, tools=[add, hang], limits=QUICK)
    assert outcome.error is not None
    assert outcome.error.code == "ScriptTimeoutError"
    assert belljar.replay(outcome.journal).sha256 == outcome.sha256


def test_a_replay_is_not_bound_by_the_clock() -> None:
    """A slower computer replays what a faster one ran: fuel and memory bound a replay, not the wall clock."""
    source = "await tools.add({a: 1, b: 1}); let n = 0; for (let i = 0; i < 200_000; i++) n += Math.max(i, 1); return n"
    outcome = belljar.run(source, tools=[add])
    limits = outcome.journal.records[0].facts["limits"] | {"timeout_ms": 2, "fuel": 10_000_000_000}
    again = belljar.replay(edited(outcome.journal, "run", limits=limits))
    assert again.canonical_json == outcome.canonical_json


def test_a_replay_calls_no_tool_and_asks_nobody() -> None:
    """Effects happen once."""
    witness = Witness()
    outcome = belljar.run("await tools.note({text: 'once'}); return 1", tools=[witness.note])
    belljar.replay(outcome.journal)
    belljar.replay(outcome.journal)
    assert witness.log == ["once"]


RACY = """
const order = []
const run = async (n) => { const got = await tools.race({n}); order.push(got); return got }
const first = await Promise.race([run(1), run(2), run(3)])
const all = await Promise.all([run(4), run(5), run(6)])
return [first, all, order]
"""


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_the_order_of_answers_is_recorded_and_replayed(order: tuple[int, int, int]) -> None:
    """Whichever call answers first: races and orders come out in the replay as they did in the run."""

    @tool
    async def race(n: int) -> int:
        """Answers after as many turns of the loop as its place says."""
        for _ in range(order[(n - 1) % 3] * 200):
            await asyncio.sleep(0)
        return n

    outcome = belljar.run(RACY, tools=[race])
    assert outcome.value[0] == order.index(1) + 1
    assert belljar.replay(outcome.journal).sha256 == outcome.sha256


def test_runs_with_the_same_inputs_have_the_same_bytes() -> None:
    """Seed, clock and answers make the run: two runs of the same agree to the last record but for times and ids."""
    source = "return [Math.random(), Math.random(), await tools.add({a: 1, b: 2})]"
    one, two = (belljar.run(source, tools=[add], seed=b"s", run_id="r") for _ in range(2))
    assert (one.canonical_json, one.sha256) == (two.canonical_json, two.sha256)
    assert one.figures.fuel == two.figures.fuel
    other = belljar.run(source, tools=[add], seed=b"t", run_id="r")
    assert other.sha256 != one.sha256


def test_a_frozen_run_has_the_outcome_of_one_that_was_not() -> None:
    """Freezing while a call is pending changes neither value nor digest, and the journal replays as ever."""

    @tool
    async def slow() -> str:
        """Longer than the wait before a freeze."""
        await asyncio.sleep(0.03)
        return "late"

    source = "const r = Math.random(); return [r, await tools.slow(), Math.random()]"
    kept, frozen = (
        belljar.run(source, tools=[slow], seed=b"x", limits=Limits(freeze_after_ms=wait_ms)) for wait_ms in (10_000, 0)
    )
    assert frozen.canonical_json == kept.canonical_json
    assert belljar.replay(frozen.journal).canonical_json == kept.canonical_json


# -- what differs is named --------------------------------------------------------------------------------------------


def edited(journal: Journal, kind: str, number: int = 0, **facts: Any) -> Journal:
    """A journal with right hashes in which one record has other facts: what a forger or another version would leave."""
    records = list(journal.records)
    at = [n for n, record in enumerate(records) if record.type == kind][number]
    records[at] = Record(kind, {**records[at].facts, **facts})
    made = Journal()
    made.append(*records)
    return made


def test_another_question_is_named_with_its_ordinal_and_both_questions() -> None:
    """The script asks for something else than the journal holds."""
    journal = belljar.run("await tools.add({a: 1, b: 1}); return await tools.add({a: 2, b: 2})", tools=[add]).journal
    with pytest.raises(ReplayDivergedError) as caught:
        belljar.replay(edited(journal, "intent", 1, asked=[{"a": 9, "b": 9}]))
    assert caught.value.details == {"ordinal": 2, "run": 'add[{"a":9,"b":9}]', "replay": 'add[{"a":2,"b":2}]'}


def test_another_tool_is_named() -> None:
    """The same arguments for another tool are another question."""
    journal = belljar.run("return await tools.add({a: 1, b: 1})", tools=[add]).journal
    with pytest.raises(ReplayDivergedError) as caught:
        belljar.replay(edited(journal, "intent", tool="subtract"))
    assert caught.value.details["ordinal"] == 1


def test_another_script_is_named() -> None:
    """A script that was changed after the run diverges where it first asks something else."""
    journal = belljar.run("return await tools.add({a: 1, b: 1})", tools=[add]).journal
    with pytest.raises(ReplayDivergedError, match="call 1 asks something else"):
        belljar.replay(edited(journal, "run", source="return await tools.add({a: 1, b: 2})"))
    with pytest.raises(ReplayDivergedError):
        belljar.replay(edited(journal, "run", source="return 1"))
    with pytest.raises(ReplayDivergedError):
        belljar.replay(
            edited(journal, "run", source="await tools.add({a: 1, b: 1}); return await tools.add({a: 1, b: 1})")
        )


def test_another_end_is_named() -> None:
    """The recorded digest is compared with that of the replay, so an edited value or answer is found."""
    journal = belljar.run("return await tools.add({a: 1, b: 1})", tools=[add]).journal
    with pytest.raises(ReplayDivergedError, match="ended otherwise"):
        belljar.replay(edited(journal, "answer", value=3))


def test_a_journal_without_the_settled_answer_cannot_be_replayed() -> None:
    """JournalError that names the call."""
    journal = belljar.run("return await tools.add({a: 1, b: 1})", tools=[add]).journal
    made = Journal()
    made.append(*[record for record in journal.records if record.type != "answer"])
    with pytest.raises(JournalError, match="settles call 1 but has no answer"):
        belljar.replay(made)


def test_every_prefix_of_a_journal_is_a_journal_error_and_no_guess() -> None:
    """Without an end there is nothing to compare with."""
    text = belljar.run(SCRIPTS["calls"], tools=[add, echo]).journal.text()
    lines = text.encode().splitlines(keepends=True)
    for count in range(1, len(lines)):
        with pytest.raises(JournalError, match="ends before the run did"):
            belljar.replay(Journal.parse(b"".join(lines[:count])))


def test_many_runs_at_once_replay_each_for_itself() -> None:
    """Journals of runs that went on together do not mix."""

    async def runs() -> list[belljar.Outcome]:
        async with Harness([add, echo]) as harness:
            sources = [
                f"const r = await tools.add({{a: {n}, b: Math.random()}}); return await tools.echo({{value: r}})"
                for n in range(20)
            ]
            return await asyncio.gather(*(harness.run(source) for source in sources))

    for outcome in asyncio.run(runs()):
        assert belljar.replay(outcome.journal).sha256 == outcome.sha256
