"""What the integrations with agent frameworks share: their tools as belljar's, and runs that wait for a person.

A run that waits is told to the framework as plain JSON, to be kept wherever the framework keeps its own state:

    {"run_id": "run_1f...", "pending": [the questions, as an approver sees them], "state": "sealed text"}

It goes on, in any process, with decisions by the question's id:

    true | false | "why not" | {"approve": bool, "arguments": {...}, "reason": "..."} | {"result": anything}

`arguments` replace those of the call, all of them (what is shown is redacted and cut), and are validated again;
`result` answers in the tool's place. What is left open is asked again. The questions that were shown are compared with
those in the state, so nobody approves another call than the one that is made.

A state is used once: by this process as long as it lives, and by all processes where the harness options name one
`journal` folder for them. Without a common folder two processes that are both given the same old state both go on with
it; then only the tools can tell, by the id of their call, `RUN_ID:ORDINAL`, which is the same in both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from belljar.errors import HostError, JournalError, UsageError
from belljar.harness import Harness, Outcome
from belljar.integrations._script_run import Ask, FrameworkTool, Run
from belljar.tools import AnyTool, ApprovalRequest

RUN_TYPESCRIPT: Final = "run_typescript"
"""The one tool that the model sees instead of those that its scripts call."""

DESCRIPTION: Final = (
    "Run a script, TypeScript that calls the tools which the instructions declare, and get back what it returns."
)
"""Short: many models of OpenAI refuse a description above 1,024 characters. The rules are `Scripts.prompt`."""

CODE_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "The script: the body of an async function, in TypeScript."}
    },
    "required": ["code"],
    "additionalProperties": False,
}


class Scripts:
    """Runs the scripts of one agent, each on a harness of its own: the tools change from call to call."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """`options` are those of `Harness` but `mcp`, whose servers belong to the framework; they are tried out here.

        Without an approver every question is left to the framework.
        """
        if "mcp" in options:
            raise UsageError("MCP servers are given to the framework", hint="Its tools are behind the script then.")
        self._options = options
        self._used: dict[bytes, object] = {}
        self._told: tuple[list[AnyTool], str] = ([], Run(()).harness(options).prompt(form="tool"))

    def prompt(self, tools: Iterable[FrameworkTool]) -> str:
        """What the model's instructions say of `run_typescript`: the rules, and declarations of the tools."""
        run = Run(tools)
        if run.tools != self._told[0]:
            self._told = (run.tools, run.harness(self._options).prompt(form="tool"))
        return self._told[1]

    async def run(self, tools: Iterable[FrameworkTool], source: str, *, ask: Ask | None = None) -> Outcome:
        """A new run. `ask` answers questions at once, or leaves them; where the options name no approver."""
        run = Run(tools, ask)
        async with run.harness(self._options) as harness:
            return await run.outcome(harness.run(source))

    async def resume(
        self, tools: Iterable[FrameworkTool], waits: Any, decisions: Mapping[str, Any], *, ask: Ask | None = None
    ) -> Outcome:
        """Go on with a run that waits, as `waiting` told.

        Raises JournalError for a state that was changed or used, UsageError for decisions that are none.
        """
        run = Run(tools, ask)
        async with run.harness(self._options) as harness:
            state, pending = _opened(harness, waits)
            answers = {request.id: run.answer(request, decisions.get(request.id)) for request in pending}
            if unknown := decisions.keys() - answers.keys():
                raise UsageError(f"nobody asked {min(unknown)!r}", hint=f"The run waits for: {', '.join(answers)}.")
            used = hashlib.sha256(state.encode()).digest()
            mine = object()
            if self._used.setdefault(used, mine) is not mine:  # one step, for agents that run in several threads
                raise JournalError("the run went on since; this state of it is used up")
            given = {id_: answer for id_, answer in answers.items() if answer is not None}
            try:
                return await run.outcome(harness.resume(state, given))
            except HostError:  # nothing was done with the state, or its file in the journal folder knows better
                del self._used[used]
                raise


def waiting(outcome: Outcome) -> dict[str, Any]:
    """A suspended run as JSON data."""
    assert outcome.suspension is not None
    return {**outcome.suspension.to_dict(), "state": outcome.suspension.state}


def decisions_on(waits: Any) -> dict[str, Any]:
    """The `"decisions"` beside the state of a run that waits, call by call; else its one `"decision"`, on all.

    A denial of all comes first.
    """
    match waits:
        case {"decision": True, "decisions": dict() as decisions}:
            return decisions
        case {"decision": {"arguments": dict()}, "pending": list() as shown} if len(shown) != 1:
            hint = 'Give "decisions", call by call.'
            raise UsageError(f"{len(shown)} calls wait, and the changed arguments are of one", hint=hint)
        case {"decision": decision, "pending": list() as shown}:
            return {question["id"]: decision for question in shown}
    return {}


def _opened(harness: Harness, waits: Any) -> tuple[str, Sequence[ApprovalRequest]]:
    """State and questions of a run that waits. Raises JournalError where other questions were shown."""
    match waits:
        case {"state": str() as state, "pending": list() as shown}:
            pending = harness.pending(state)
        case _:
            raise UsageError("this is not what a suspended run left", hint="Give back its metadata unchanged.")
    if _text([request.to_dict() for request in pending]) != _text(shown):
        raise JournalError("the questions that were shown are not those of the run", hint="Show them again.")
    return state, pending


def _text(questions: list[Any]) -> str:
    return json.dumps(questions, sort_keys=True)
