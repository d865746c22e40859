"""A call that got as far as a decision or its tool before this process took its run over, and what becomes of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from belljar.errors import ToolNotFoundError
from belljar.journal import History, Record
from belljar.machine import Call
from belljar.tools._call_info import CallInfo
from belljar.tools._clock import wall_ms
from belljar.tools._fate import Happened, NeverHappened
from belljar.tools._open_call import OpenCall
from belljar.tools._registry import Registry

How: TypeAlias = Literal["do", "decide", "again", "probe", "ask"]
UNKNOWN_REASON: Final = "the process died while this call was on its way: nobody knows whether it took place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """One such call."""

    open_call: OpenCall
    decided: Mapping[str, Any] | None = None
    """A decision that nothing came of yet, as the journal has it."""
    asked: str | None = None
    """Why the tool asked for a decision in the middle of its work."""
    is_with_people: bool = False
    """Whether people were asked whether to make it again, and their word has not come back: then it is theirs."""

    @classmethod
    def of(cls, call: Call, history: History, registry: Registry) -> Returning:
        """Raises the script's error where the tool is gone, or takes no such arguments any more."""
        tool = registry.get(call.tool)
        if tool is None:
            raise ToolNotFoundError(f"there is no tool {call.tool!r}", tool=call.tool)
        intent = history.intents.get(call.id)
        asked = dict(intent["arguments"]) if intent is not None else tool.bind(call.arguments)
        sent, is_unknown = history.attempts.get(call.id, 0), history.is_in_flight(call.id)
        open_call = OpenCall(call=call, tool=tool, asked=asked, kwargs=tool.validate(asked), sent=sent)
        open_call.is_unknown = is_unknown
        open_call.attempt = sent + 1 if is_unknown else max(sent, 1)  # a question keeps its number in each process
        open_call.granted = intent.get("granted") if intent is not None else None
        open_call.is_approved = history.is_approved(call.id)
        return cls(
            open_call=open_call,
            decided=history.unused.get(call.id),
            asked=history.asked.get(call.id),
            is_with_people=call.id in history.waiting,
        )

    @property
    def how(self) -> How:
        """What is done about it: only what may have taken place and may not be repeated is put to a probe or person."""
        if self.decided is not None:
            return "do"
        if self.asked is not None:
            return "decide"
        if self.open_call.tool.idempotent and not self.is_with_people:
            return "again"
        return "probe" if self.open_call.tool.probe is not None else "ask"


def recover_record(returning: Iterable[Returning]) -> Record:
    """What the journal says of a take-over after a crash."""
    unknown = [one for one in returning if one.how in ("again", "probe", "ask")]
    calls = [{"call": one.open_call.id, "tool": one.open_call.tool.name, "how": one.how} for one in unknown]
    return Record("recover", {"calls": calls, "at_ms": wall_ms()})


async def probed(open_call: OpenCall, call: CallInfo) -> Happened | NeverHappened | None:
    """What the tool's probe says; None, too, where it fails: then a person must look."""
    assert open_call.tool.probe is not None
    try:
        said = open_call.tool.probe(dict(open_call.kwargs), call)
        said = await said if inspect.isawaitable(said) else said
    except Exception:  # the probe is the host's code, and one that fails knows nothing
        return None
    return said if isinstance(said, Happened | NeverHappened) else None
