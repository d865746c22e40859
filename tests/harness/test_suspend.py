"""Runs that wait for a person in no process, and go on in any."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

import belljar
from belljar import Decision, DeferApprover, Harness, Limits, tool
from belljar.errors import JournalError, ReplayDivergedError, RunSuspendedError, UsageError
from belljar.harness import Outcome
from belljar.journal import Journal, Record, seal
from belljar.machine import user_key
from belljar.tools import ApprovalRequest, MaybeAnswer

T = TypeVar("T")
SCRIPT = """
    const seen = await tools.look({at: 1});
    const [first, second, also] = await Promise.all([
        tools.pay({cents: seen}), tools.pay({cents: 5}), tools.look({at: 3}),
    ]);
    const last = await tools.pay({cents: 100});
    return {seen, first, second, also, last, random: Math.random(), now: Date.now() > 0};
"""


class Bank:
    """Tools that remember what was done."""

    def __init__(self) -> None:
        self.log: list[tuple[str, int]] = []

    @tool
    def look(self, at: int) -> int:
        """Twice the number."""
        self.log.append(("look", at))
        return at * 2

    @tool(approval="always")
    def pay(self, cents: int) -> str:
        """Pay."""
        self.log.append(("pay", cents))
        return f"paid {cents}"

    def harness(self, **options: Any) -> Harness:
        return Harness([self.look, self.pay], approver=DeferApprover(), **options)


def with_harness(work: Callable[[Harness], Coroutine[Any, Any, T]], bank: Bank | None = None, **options: Any) -> T:
    async def main() -> T:
        async with (bank or Bank()).harness(**options) as harness:
            return await work(harness)

    return asyncio.run(main())


def suspended(bank: Bank, source: str = SCRIPT, **options: Any) -> Outcome:
    return with_harness(lambda harness: harness.run(source), bank, **options)


def all_approved(outcome: Outcome) -> dict[str, bool]:
    assert outcome.suspension is not None
    return {request.id: True for request in outcome.suspension.pending}


def resumed(bank: Bank, outcome: Outcome, **options: Any) -> Outcome:
    assert outcome.suspension is not None
    state = outcome.suspension.state
    return with_harness(lambda harness: harness.resume(state, all_approved(outcome)), bank, **options)


def test_a_run_is_suspended_when_all_that_is_left_is_a_question() -> None:
    """Everything that can be done is done first; the outcome names the questions, and the model is told to wait."""
    bank = Bank()

    outcome = suspended(bank)

    assert bank.log == [("look", 1), ("look", 3)]
    assert (outcome.ok, outcome.status, outcome.suspension is not None) == (False, "suspended", True)
    assert outcome.suspension is not None
    assert [(r.tool, r.arguments, r.line) for r in outcome.suspension.pending] == [
        ("pay", {"cents": 2}, 4),
        ("pay", {"cents": 5}, 4),
    ]
    assert isinstance(outcome.error, RunSuspendedError)
    assert outcome.error.message == "the run waits for a decision on pay (line 4), pay (line 4)"
    assert "Do not send the script again" in outcome.to_model()


def test_a_run_goes_on_in_another_harness_and_calls_no_tool_twice(engine: str) -> None:
    """Two suspensions, three harnesses; the journal of it all replays to the same bytes."""
    bank = Bank()
    first = suspended(bank, engine=engine)

    second = resumed(bank, first, engine=engine)
    third = resumed(bank, second, engine=engine)

    assert (second.status, third.status) == ("suspended", "done")
    assert bank.log == [("look", 1), ("look", 3), ("pay", 2), ("pay", 5), ("pay", 100)]
    assert third.value | {"random": 0} == {
        "seen": 2, "first": "paid 2", "second": "paid 5", "also": 6, "last": "paid 100", "random": 0, "now": True,
    }  # fmt: skip
    assert belljar.replay(third.journal).sha256 == third.sha256


def test_a_run_that_was_never_suspended_gives_the_same_value(engine: str) -> None:
    """Suspending changes nothing that the script can see, its random numbers included."""
    seed = bytes(32)
    bank = Bank()

    async def at_once() -> Outcome:
        async with Harness([bank.look, bank.pay], approver=belljar.AutoApprover("all"), engine=engine) as harness:
            return await harness.run(SCRIPT, seed=seed)

    first = with_harness(lambda harness: harness.run(SCRIPT, seed=seed), bank, engine=engine)

    assert resumed(bank, resumed(bank, first)).value == asyncio.run(at_once()).value


PROGRAM = """
import asyncio, json, sys
from belljar import DeferApprover, Harness, tool

@tool(approval="always")
def pay(cents: int) -> str:
    with open(sys.argv[1], "a") as file: file.write(f"{cents}\\n")
    return f"paid {cents}"

async def main():
    async with Harness([pay], approver=DeferApprover(), image_key=b"k" * 32) as harness:
        given = json.load(sys.stdin)
        if given is None:
            outcome = await harness.run("return [await tools.pay({cents: 1}), await tools.pay({cents: 2})]")
        else:
            outcome = await harness.resume(given, {request.id: True for request in harness.pending(given)})
        state = outcome.suspension.state if outcome.suspension else None
        print(json.dumps({"state": state, "value": outcome.value}))

asyncio.run(main())
"""


def test_a_state_is_text_that_another_process_goes_on_with(tmp_path: Path) -> None:
    """Three processes share nothing but the state and the key; every payment is made once."""
    state = None
    for _ in range(3):
        done = subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", PROGRAM, str(tmp_path / "paid")],
            input=json.dumps(state), capture_output=True, text=True, check=True,
        )  # fmt: skip
        told = json.loads(done.stdout)
        state = told["state"]

    assert (told["value"], (tmp_path / "paid").read_text()) == (["paid 1", "paid 2"], "1\n2\n")


def test_decisions_are_those_of_any_approver() -> None:
    """Approved, edited, and denied with a reason that the script reads."""
    bank = Bank()
    source = """
        const said = await Promise.allSettled([1, 2, 3].map((cents) => tools.pay({cents})));
        return said.map((one) => one.value ?? one.reason.message);
    """
    outcome = suspended(bank, source)
    assert outcome.suspension is not None
    one, two, three = outcome.suspension.pending
    decisions: dict[str, MaybeAnswer] = {one.id: True, two.id: Decision.edit(two, {"cents": 20}), three.id: "not today"}

    state = outcome.suspension.state
    done = with_harness(lambda harness: harness.resume(state, decisions), bank)

    assert done.value == ["paid 1", "paid 20", "the call of pay was denied: not today"]
    assert bank.log == [("pay", 1), ("pay", 20)]


def test_what_nobody_decided_is_asked_again() -> None:
    """A decision on one of two questions: the other one stays open, under the same id and digest."""
    bank = Bank()
    outcome = suspended(bank, "return await Promise.all([tools.pay({cents: 1}), tools.pay({cents: 2})])")
    assert outcome.suspension is not None
    state = outcome.suspension.state
    one, two = outcome.suspension.pending

    again = with_harness(lambda harness: harness.resume(state, {one.id: True}), bank)

    assert again.suspension is not None
    assert [(r.id, r.digest) for r in again.suspension.pending] == [(two.id, two.digest)]
    assert bank.log == [("pay", 1)]


def test_a_tool_approved_for_the_run_stays_so_after_a_suspension() -> None:
    """The journal knows what was granted."""
    bank = Bank()

    @tool(approval="always")
    def other() -> str:
        """Another tool that asks."""
        return "other"

    source = "await tools.pay({cents: 1}); await tools.other(); return await tools.pay({cents: 2})"

    async def main() -> Outcome:
        async with Harness([bank.pay, other], approver=DeferApprover()) as harness:
            outcome = await harness.run(source)
            while outcome.suspension is not None:
                (request,) = outcome.suspension.pending
                outcome = await harness.resume(
                    outcome.suspension.state, {request.id: Decision.approve_for_run(request)}
                )
            return outcome

    outcome = asyncio.run(main())

    assert (outcome.value, bank.log) == ("paid 2", [("pay", 1), ("pay", 2)])
    assert [r.facts["verdict"] for r in outcome.journal.records if r.type == "approval"] == ["approve_for_run"] * 2


def test_a_question_that_lost_a_race_is_not_waited_for() -> None:
    """The script has its answer from the winner; nobody is asked any more."""
    bank = Bank()
    outcome = suspended(bank, "return await Promise.race([tools.pay({cents: 1}), tools.look({at: 4})])")

    assert (outcome.value, outcome.suspension) == (8, None)


def test_a_question_that_its_own_step_gave_up_is_not_asked() -> None:
    """A call that loses to a value that is there already: nobody sees it, and it is not made."""
    bank = Bank()
    asked: list[Mapping[str, Any]] = []

    class Listening(DeferApprover):
        async def decide(self, request: ApprovalRequest) -> None:
            asked.append(request.arguments)

    source = "await Promise.race([tools.pay({cents: 1}), Promise.resolve(2)]); return await tools.pay({cents: 3})"

    async def main() -> Outcome:
        async with Harness([bank.pay], approver=Listening()) as harness:
            return await harness.run(source)

    outcome = asyncio.run(main())

    assert outcome.suspension is not None
    assert ([request.arguments for request in outcome.suspension.pending], asked) == ([{"cents": 3}], [{"cents": 3}])


def test_what_was_asked_is_not_made_because_its_tool_was_approved_meanwhile() -> None:
    """A tool approved for the run, or a rule that asks no more, answers no question that a person has seen open."""
    bank = Bank()
    outcome = suspended(bank, "return await Promise.allSettled([tools.pay({cents: 1}), tools.pay({cents: 2})])")
    assert outcome.suspension is not None
    one, two = outcome.suspension.pending

    async def main(harness: Harness) -> Outcome:
        assert outcome.suspension is not None
        second = await harness.resume(outcome.suspension.state, {one.id: Decision.approve_for_run(one)})
        assert second.suspension is not None
        assert [request.id for request in second.suspension.pending] == [two.id]
        return await harness.resume(second.suspension.state, {two.id: False})

    done = with_harness(main, bank)

    assert [settled["status"] for settled in done.value] == ["fulfilled", "rejected"]
    assert bank.log == [("pay", 1)]


def test_a_decision_is_on_the_arguments_that_were_shown() -> None:
    """A deployment that names a tool's parameters in another order does not turn round what a person approved."""
    made: list[tuple[str, str]] = []

    @tool(name="move", approval="always")
    def before(source: str, target: str) -> None:
        """Move."""

    @tool(name="move", approval="always")
    def after(target: str, source: str) -> None:
        """Move."""
        made.append((source, target))

    async def main() -> Outcome:
        async with Harness([before], approver=DeferApprover()) as harness:
            outcome = await harness.run("await tools.move('a', 'b')")
        assert outcome.suspension is not None
        async with Harness([after], approver=DeferApprover()) as harness:
            return await harness.resume(outcome.suspension.state, all_approved(outcome))

    outcome = asyncio.run(main())

    assert (outcome.error is not None and outcome.error.message, made) == (
        "the call of move was denied: the decision was made for another call", [],
    )  # fmt: skip


def test_a_tool_that_waits_for_a_person_itself_does_not_suspend_its_caller() -> None:
    """A tool may run scripts of its own; that one of them is suspended is an error like any other of a tool's."""

    @tool
    def nested() -> None:
        """Run something."""
        raise RunSuspendedError("the inner run waits")

    outcome = belljar.run("return await tools.nested()", tools=[nested])

    assert (outcome.status, outcome.suspension) == ("failed", None)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.message) == (
        "ToolExecutionError", "nested failed: RunSuspendedError: the inner run waits",
    )  # fmt: skip


@pytest.mark.parametrize(("answer", "status"), [(True, "done"), (False, "failed"), ("no", "failed"), (3, "failed")])
def test_an_approver_may_answer_in_short(answer: Any, status: str) -> None:
    """As a callback may; what is no answer is a denial."""

    class Short:
        async def decide(self, _: ApprovalRequest) -> Any:
            return answer

    outcome = belljar.run("return await tools.pay({cents: 1})", tools=[Bank().pay], approver=Short())

    assert outcome.status == status


# -- once -------------------------------------------------------------------------------------------------------------


def test_a_state_is_used_once_in_a_harness() -> None:
    """The second resume makes no call and says why."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})")
    assert outcome.suspension is not None
    state = outcome.suspension.state

    async def twice(harness: Harness) -> None:
        await harness.resume(state, all_approved(outcome))
        with pytest.raises(JournalError, match="used up"):
            await harness.resume(state, all_approved(outcome))

    with_harness(twice, bank)

    assert bank.log == [("pay", 1)]


def test_a_state_is_used_once_wherever_the_journals_are_kept(tmp_path: Path) -> None:
    """The journal's file knows that the run went on, also when another harness did it."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})", journal=tmp_path)

    done = resumed(bank, outcome, journal=tmp_path)
    with pytest.raises(JournalError, match="went on since"):
        resumed(bank, outcome, journal=tmp_path)

    assert (done.value, bank.log) == ("paid 1", [("pay", 1)])
    assert belljar.replay(tmp_path / f"{done.run_id}.jsonl").value == "paid 1"


def test_two_processes_cannot_take_up_one_run(tmp_path: Path) -> None:
    """The file is locked for as long as the run goes on."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})", journal=tmp_path)
    other = Journal.load(tmp_path / f"{outcome.run_id}.jsonl")
    other.move_to(other.path or "")

    with pytest.raises(JournalError, match="goes on in another process"):
        resumed(bank, outcome, journal=tmp_path)

    other.close()
    assert resumed(bank, outcome, journal=tmp_path).value == "paid 1"


def test_a_state_travels_to_a_folder_that_has_never_seen_the_run(tmp_path: Path) -> None:
    """The whole journal is written there, so that it is complete."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})")

    done = resumed(bank, outcome, journal=tmp_path)

    assert [record.type for record in Journal.load(tmp_path / f"{done.run_id}.jsonl").records] == [
        "run", "suspend", "approval", "intent", "answer", "settle", "end",
    ]  # fmt: skip


def test_a_suspended_run_is_found_again_by_its_id(tmp_path: Path) -> None:
    """After a restart the folder is all that is left, and all that is needed."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})", journal=tmp_path)

    async def find(harness: Harness) -> Outcome:
        found = harness.suspended(outcome.run_id)
        assert outcome.suspension is not None
        assert found.pending == outcome.suspension.pending
        return await harness.resume(found.state, {found.pending[0].id: True})

    assert with_harness(find, bank, journal=tmp_path).value == "paid 1"
    with pytest.raises(JournalError, match="not suspended"):
        with_harness(lambda harness: as_coroutine(harness.suspended(outcome.run_id)), journal=tmp_path)


async def as_coroutine(value: T) -> T:
    return value


# -- what is refused --------------------------------------------------------------------------------------------------


def test_a_state_that_was_changed_or_sealed_with_another_key_is_refused() -> None:
    """Nobody without the key can put words into the mouths of tools."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})")
    assert outcome.suspension is not None
    state = outcome.suspension.state
    changed = state[:60] + ("A" if state[60] != "A" else "B") + state[61:]

    for bad, options, said in (
        (changed, {}, "does not match its seal"),
        (state[:-4], {}, "does not match its seal"),
        (state, {"image_key": b"another" * 5}, "does not match its seal"),
        ("not a state, é", {}, "not the state of a suspended run"),
        ("", {}, "does not match its seal"),
    ):
        with pytest.raises(JournalError, match=said):
            with_harness(lambda harness, bad=bad: harness.resume(bad, {}), bank, **options)  # type: ignore[misc]
    assert bank.log == []


def test_a_decision_that_nobody_asked_for_is_refused_and_uses_nothing_up() -> None:
    """The error names what the run waits for; the state can still be used."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})")
    assert outcome.suspension is not None
    state = outcome.suspension.state

    async def main(harness: Harness) -> Outcome:
        with pytest.raises(UsageError, match="nobody asked 'other:1'"):
            await harness.resume(state, {"other:1": True})
        other = Decision(verdict="approve", digest="00" * 32)
        for answer in (1, {"verdict": "approve"}, other):
            with pytest.raises(UsageError, match=r"is answered with a bool|was made for another call"):
                await harness.resume(state, dict.fromkeys(all_approved(outcome), answer))  # type: ignore[arg-type]
        return await harness.resume(state, all_approved(outcome))

    assert with_harness(main, bank).value == "paid 1"


def test_a_tool_that_is_gone_when_the_run_goes_on_is_an_error_of_the_call() -> None:
    """A tool that is gone is the script's error, and the call is not made."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: 1})")
    assert outcome.suspension is not None
    state = outcome.suspension.state

    async def without_tools() -> Outcome:
        async with Harness([bank.look], approver=DeferApprover()) as harness:
            return await harness.resume(state, all_approved(outcome))

    gone = asyncio.run(without_tools())

    assert gone.error is not None
    assert (gone.error.code, bank.log) == ("ToolNotFoundError", [])


def test_run_ids_are_no_paths(tmp_path: Path) -> None:
    """An id becomes a file's name, so it cannot leave the folder."""
    for bad in ("../up", "a/b", "", ".hidden", "x" * 129, "nul\0"):
        with pytest.raises(UsageError, match="cannot be a run's id"):
            with_harness(lambda harness, bad=bad: as_coroutine(harness.suspended(bad)), journal=tmp_path)  # type: ignore[misc]
        with pytest.raises(UsageError, match="cannot be a run's id"):
            with_harness(lambda harness, bad=bad: harness.run("1", run_id=bad))  # type: ignore[misc]


def test_a_harness_without_a_folder_finds_no_runs() -> None:
    """The error says what to give it."""
    with pytest.raises(UsageError, match="keeps no journals"):
        with_harness(lambda harness: as_coroutine(harness.suspended("run_1")))


def test_a_suspended_journal_is_not_replayed_as_if_it_had_ended() -> None:
    """The error says what to do first."""
    outcome = suspended(Bank(), "return await tools.pay({cents: 1})")

    with pytest.raises(JournalError, match="ends before the run did") as caught:
        belljar.replay(outcome.journal)
    assert caught.value.hint == "The run is suspended: resume it first."


# -- what goes with it ------------------------------------------------------------------------------------------------


def test_the_time_that_a_run_took_goes_with_it() -> None:
    """The limit is on the whole run, however many processes it takes."""
    bank = Bank()
    outcome = suspended(bank, "await tools.pay({cents: 1}); for (;;) {}", limits=Limits(timeout_ms=150))
    (record,) = [record for record in outcome.journal.records if record.type == "suspend"]

    done = resumed(bank, outcome)

    assert record.facts["spent_ms"] >= 0
    assert done.error is not None
    assert (done.error.code, done.error.message) == ("ScriptTimeoutError", "the script ran longer than 150 ms")
    assert done.figures.duration_ms >= 150


def test_the_budget_of_calls_counts_over_all_processes() -> None:
    """Two calls are two calls, wherever they were made."""
    bank = Bank()
    source = "await tools.pay({cents: 1}); await tools.look({at: 1}); return await tools.look({at: 2})"
    outcome = suspended(bank, source, limits=Limits(tool_calls=2))

    done = resumed(bank, outcome)

    assert done.error is not None
    assert (done.error.code, bank.log) == ("ToolBudgetExceededError", [("pay", 1), ("look", 1)])


def test_console_lines_of_before_are_in_the_outcome_and_not_told_twice() -> None:
    """The outcome is that of the whole run; a listener hears what is new."""
    bank = Bank()
    outcome = suspended(bank, "console.log('before'); await tools.pay({cents: 1}); console.log('after')")
    assert outcome.suspension is not None
    state = outcome.suspension.state
    told: list[str] = []

    def listen(event: Any) -> None:
        told.append(event.name + (f" {event.text}" if event.name == "console" else ""))

    done = with_harness(lambda harness: harness.resume(state, all_approved(outcome), on_event=listen), bank)

    assert [line.text for line in done.console] == ["before", "after"]
    assert told == [
        "script_started", "approval_requested", "approval_resolved", "call_started", "call_finished", "console after",
        "script_finished",
    ]  # fmt: skip


def test_deferred_questions_are_counted() -> None:
    """Statistics tell what was left open."""
    bank = Bank()

    async def main(harness: Harness) -> dict[str, int]:
        outcome = await harness.run("return await tools.pay({cents: 1})")
        assert outcome.suspension is not None
        await harness.resume(outcome.suspension.state, all_approved(outcome))
        return harness.statistics.figures.to_dict()

    figures = with_harness(main, bank)

    assert {name: figures[name] for name in ("requested", "approved", "deferred")} == {
        "requested": 2, "approved": 1, "deferred": 1,
    }  # fmt: skip


def test_a_suspended_outcome_is_plain_data_without_its_state() -> None:
    """What `--json` prints shows a person the question, with arguments redacted."""
    bank = Bank()

    @tool(approval="always")
    def login(password: str) -> None:
        """Log in."""

    async def main() -> Outcome:
        async with Harness([login], approver=DeferApprover()) as harness:
            return await harness.run("await tools.login({password: ['hun', 'ter2'].join('')})")

    outcome = asyncio.run(main())
    data = json.dumps(outcome.to_dict()["suspension"])

    assert bank.log == []
    assert '"tool": "login"' in data
    assert "hunter2" not in data


def test_a_journal_that_the_machine_does_not_come_to_again_stays_suspended(tmp_path: Path) -> None:
    """Where a replay asks something else than the run did, nothing is called and nothing is written down."""
    bank = Bank()
    outcome = suspended(bank, "return await tools.pay({cents: await tools.look({at: 1})})")
    journal = Journal()
    for record in outcome.journal.records:
        facts = dict(record.facts)
        if record.type == "intent":
            facts |= {"arguments": {"at": 9}}
        journal.append(Record(record.type, facts))
    forged = seal(journal, user_key())

    with pytest.raises(ReplayDivergedError, match="asks something else"):
        with_harness(lambda harness: harness.resume(forged, all_approved(outcome)), bank, journal=tmp_path)

    assert bank.log == [("look", 1)]
    assert [r.type for r in Journal.load(tmp_path / f"{outcome.run_id}.jsonl").records][-1] == "suspend"


def test_no_approver_is_shown_a_secret_in_the_script_s_text_or_the_reason() -> None:
    """Values given as secrets are taken out of all that is shown, also where the script or a rule says them."""

    @tool(approval=lambda args: f"uses {args['token']}")
    def use(token: str) -> None:
        """Use a token."""

    async def main() -> Outcome:
        async with Harness([use], approver=DeferApprover(), secrets=["tok-12345678"]) as harness:
            return await harness.run("await tools.use({token: 'tok-12345678'})")

    outcome = asyncio.run(main())
    assert outcome.suspension is not None
    assert "tok-12345678" not in json.dumps(outcome.suspension.to_dict())
    assert outcome.suspension.pending[0].arguments == {"token": "tok-12345678"}
