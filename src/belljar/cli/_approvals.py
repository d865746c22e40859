"""`belljar approvals`: the questions that runs in a store wait for, and a person's answers.

An answer is bound to the digest of the question that was seen: the one on the screen, or the one that `--digest` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from rich.text import Text

from belljar.cli._approve import can_ask
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode, exit_code_of, worst
from belljar.cli._question import (
    arguments_line,
    ceiling_text,
    decision_facts,
    print_question,
    print_terms,
    question_facts,
    said_yes,
    standing_text,
    verdict_text,
)
from belljar.cli._screen import err, out, print_error, safe, safe_line
from belljar.cli._store import Cell, command, login_name, opened, print_rows, source, span
from belljar.errors import BelljarError, DecisionRefusedError, SerializationError, StoreError, UsageError
from belljar.tools import Ceiling, Decision
from belljar.tools._clock import wall_ms
from belljar.values import from_wire

if TYPE_CHECKING:
    from belljar.store import Question, Standing, Store

Word: TypeAlias = Literal["approve", "approve_for_run", "deny", "respond"]
_INTENTS: Final[Mapping[Word, str]] = {
    "approve": "Approve {}?",
    "approve_for_run": "Approve {}, and later calls of the same tool in the run{}?",
    "deny": "Deny {}?",
    "respond": "It took place: go on with that value instead of making {} again?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the command line said."""

    ids: tuple[str, ...]
    word: Word
    arguments: str | None = None
    """JSON or @FILE: what to make the call with instead."""
    value: str | None = None
    """JSON or @FILE: what a call gave that took place."""
    ceiling: Ceiling | None = None
    reason: str
    login: str | None
    digests: tuple[str, ...]
    is_sure: bool

    def __post_init__(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            raise UsageError("a question is named twice")
        if self.digests and len(self.digests) != len(self.ids):
            raise UsageError("--digest is given once for each ID, in their order")
        if self.arguments is not None and len(self.ids) > 1:
            raise UsageError("--edit is for one call", hint="Answer the others on their own.")
        if self.arguments is not None and self.word != "approve":
            raise UsageError("--edit is for one call, and --for-run for many", hint="Leave out one of the two.")
        if self.ceiling is not None and self.word != "approve_for_run":
            raise UsageError("--calls, --sum-of and --at-most bound an approval for the run", hint="Add --for-run.")


def ceiling_of(calls: int | None, sum_of: str | None, at_most: float | None) -> Ceiling | None:
    """The bound that the options say; None where they say none. Raises UsageError for half a one."""
    if calls is None and sum_of is None and at_most is None:
        return None
    whole = at_most is not None and at_most.is_integer()
    return Ceiling(calls=calls, sum_of=sum_of, at_most=int(at_most) if whole and at_most is not None else at_most)


def list_command(named: str | None, *, every: bool, limit: int, as_json: bool) -> ExitCode:
    """Print open questions, or with `every` the newest of all."""
    one_more = limit + 1
    with opened(named) as store:
        there = store.approvals.find(limit=one_more) if every else store.approvals.open(limit=one_more)
    found = there[:limit]
    if as_json:
        print_json({"ok": True, "approvals": [question_facts(question) for question in found]})
        return ExitCode.FINE
    if not found:
        err().print(Text("no question" if every else "nothing waits for an answer", style="dim"))
        return ExitCode.FINE
    now = wall_ms()
    print_rows(out(), ("question", "state", "asked", "tool", "arguments"), [_row(question, now) for question in found])
    if len(found) < len(there):
        err().print(Text("there are more: --limit shows them", style="dim"))
    return ExitCode.FINE


def _row(question: Question, now: int) -> tuple[Cell, ...]:
    return (
        question.id,
        standing_text(question),
        span(now - question.asked_ms),
        question.tool,
        arguments_line(question),
    )


def show_command(named: str | None, id_: str, *, as_json: bool) -> ExitCode:
    """Print one question. Raises NotInStoreError."""
    with opened(named) as store:
        question = store.approvals.get(id_)
    if as_json:
        print_json({"ok": True, "approval": question_facts(question)})
    else:
        print_question(out(), question)
    return ExitCode.FINE


def answer_command(named: str | None, answer: Answer, *, as_json: bool) -> ExitCode:
    """Record an answer to each question that was named, or to none; FAILED where another one was there before."""
    who = login_name(answer.login)
    with opened(named) as store:
        questions = [store.approvals.get(id_) for id_ in answer.ids]
        decide = _decider(answer, who)
        _check_digests(questions, answer)
        if not _is_meant(questions, answer, decide):
            err().print(Text("nothing was answered", style="yellow"))
            return ExitCode.FAILED
        results = [_vote(store, question, decide(question), who) for question in questions]
        ready = {result.question.run_id for result in results if result.standing and result.standing.decided}
        ways = [_way_on(store, run_id, named) for run_id in sorted(ready)]
    if as_json:
        done = [result.facts() for result in results]
        print_json({"ok": all(result.code is ExitCode.FINE for result in results), "answers": done})
    else:
        _tell(results, ways)
    return worst(result.code for result in results)


def _check_digests(questions: Sequence[Question], answer: Answer) -> None:
    for question, digest in zip(questions, answer.digests, strict=False):
        if question.digest != digest.lower():
            raise DecisionRefusedError(
                f"{question.id} is not the question with the digest {safe_line(digest, limit=80)}",
                hint=f"Look at it again: belljar approvals show {question.id}",
            )


def _is_meant(questions: Sequence[Question], answer: Answer, decide: Callable[[Question], Decision]) -> bool:
    """Whether the questions are those that the person has seen; else they are shown, and what would be decided."""
    if answer.is_sure or answer.digests:
        return True
    if not can_ask():
        raise UsageError(
            "nobody can be asked whether this is the question that was meant: standard input is no terminal",
            hint="Say which one was seen, --digest HEX, or --yes.",
        )
    for question in questions:
        print_question(err(), question)
        print_terms(err(), question, decide(question))
        err().print()
    what = "this call" if len(questions) == 1 else f"these {len(questions)} calls"
    bound = "" if answer.ceiling is None else f", {ceiling_text(answer.ceiling)}"
    return said_yes(_INTENTS[answer.word].format(what, bound))


def _decider(answer: Answer, who: str) -> Callable[[Question], Decision]:
    """What makes the answer to one question. Raises UsageError for what is no JSON, before anything is recorded."""
    arguments = _data("--edit", answer.arguments)
    if arguments is not None and not isinstance(arguments, dict):
        raise UsageError("--edit is no JSON object", hint='For instance: --edit \'{"to": "ada"}\'.')
    value = _data("--value", answer.value)

    def decide(question: Question) -> Decision:
        return Decision(
            verdict=answer.word,
            digest=question.digest,
            arguments=arguments,
            value=value,
            ceiling=answer.ceiling,
            reason=answer.reason,
            who=who,
            at_ms=wall_ms(),
        )

    return decide


def _data(option: str, given: str | None) -> Any:
    if given is None:
        return None
    try:
        return from_wire(Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given)
    except OSError as error:
        raise UsageError(f"{option}: {given[1:]} cannot be read: {error.strerror}") from None
    except (SerializationError, UnicodeDecodeError) as error:
        raise UsageError(f"{option} is no JSON: {error}", hint=f"{option} JSON, or {option} @FILE.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What came of one answer."""

    question: Question
    wanted: Decision
    standing: Standing | None = None
    error: BelljarError | None = None

    @property
    def code(self) -> ExitCode:
        """FAILED where somebody else's other decision holds."""
        if self.standing is None or self.standing.decided is None or self.standing.is_new:
            return exit_code_of(self.error)
        return ExitCode.FINE if self.standing.decided.verdict == self.wanted.verdict else ExitCode.FAILED

    def facts(self) -> dict[str, Any]:
        """Plain JSON data."""
        facts: dict[str, Any] = {"id": self.question.id, "error": self.error.to_dict() if self.error else None}
        if self.standing is None:
            return facts
        state, decided = self.standing.question.state, decision_facts(self.standing.decided)
        return {**facts, "is_new": self.standing.is_new, "state": state, "decision": decided}

    def text(self) -> str:
        """One line for a person."""
        assert self.standing is not None
        about = f"{self.question.id} {self.question.tool}"
        if self.standing.decided is None:
            return f"{about}: {self.wanted.verdict} by {self.wanted.who}; {_missing(self.standing.question)}"
        already = "" if self.standing.is_new else ", decided already"
        return f"{about}: {verdict_text(self.standing.decided)}{already}"


def _missing(question: Question) -> str:
    quorum = question.quorum
    if quorum is None:
        return "not decided"
    voted = {vote.who for vote in question.votes}
    others = ", ".join(name for name in quorum.of if name not in voted)
    return f"{len(voted)} of {quorum.needed} needed, not yet: {others}"


def _vote(store: Store, question: Question, decision: Decision, who: str) -> _Result:
    """One answer. Several questions are answered each on its own: a refusal is told, and the others count."""
    try:
        standing = store.approvals.vote(question.id, decision, who=who, source=source(), now_ms=wall_ms())
    except StoreError as error:
        return _Result(question=question, wanted=decision, error=error)
    return _Result(question=question, wanted=decision, standing=standing)


def _way_on(store: Store, run_id: str, named: str | None) -> str:
    """Who goes on with a run that has its answer: no worker has the tools of a plugin or an agent."""
    run, policy = store.runs.get(run_id), ("--policy", "POLICY.toml")
    if store.runs.request(run_id).manifest_sha256 is None:
        return "goes on with a worker, or: " + command("runs", "resume", run_id, "--tools", "TOOLS.py", store=named)
    if run.agent_id is not None:
        return "goes on with: " + command("agents", "run", "--resume", run.agent_id, *policy, store=named)
    return "goes on with: " + command("plugin", "run", "PLUGIN", "--resume", run_id, *policy, store=named)


def _tell(results: Sequence[_Result], ways: Sequence[str]) -> None:
    for result in results:
        if result.error is not None:
            print_error(err(), result.error)
        else:
            out().print(Text(safe(result.text())))
    for way in ways:
        err().print(Text(safe(way), style="dim"), soft_wrap=True)
