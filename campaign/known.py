"""The differences of the engines that are known: what is left out of two traces so that they agree.

Each name stands in docs/engines.md with its reason. These are the names with a rule: it leaves something out of every
event, and all the rest must agree. Other names of docs/engines.md may change anything in a script that meets them; the
grammar fuzzer writes no such scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final, TypeAlias

from campaign.trace import ENGINES_OWN, Event, Trace

Rule: TypeAlias = Callable[[Event], Event]

_PLACED: Final = {"call": 4, "console": 3}
_CODE, _MESSAGE, _LINE, _COLUMN = 1, 2, 3, 4


def _without(event: Event, *places: int) -> Event:
    return tuple(None if at in places else fact for at, fact in enumerate(event))


def _is_engines(event: Event) -> bool:
    return event[0] == "error" and (event[_MESSAGE] in ENGINES_OWN or event[_CODE] == "ScriptStackError")


def _column_of_error(event: Event) -> Event:
    return _without(event, _COLUMN) if _is_engines(event) else event


def _column_of_call(event: Event) -> Event:
    return _without(event, _PLACED[event[0]] + 1) if event[0] in _PLACED else event


def _place_of(*codes: str) -> Rule:
    def rule(event: Event) -> Event:
        is_meant = event[0] == "error" and event[_CODE] in codes
        return _without(event, _LINE, _COLUMN) if is_meant else event

    return rule


def _place_of_thrown(event: Event) -> Event:
    is_thrown = event[0] == "error" and event[_CODE] == "ScriptRuntimeError" and not _is_engines(event)
    return _without(event, _LINE, _COLUMN) if is_thrown else event


def _place_of_aggregate(event: Event) -> Event:
    is_meant = event[0] == "error" and event[_MESSAGE] == "AggregateError"
    return _without(event, _LINE, _COLUMN) if is_meant else event


RULES: Final[Mapping[str, Rule]] = {
    "column of an error": _column_of_error,
    "column of a call": _column_of_call,
    "place of a syntax error": _place_of("ScriptSyntaxError"),
    "place of a stop": _place_of("ScriptTimeoutError", "ScriptMemoryError"),
    "place of a thrown value": _place_of_thrown,
    "place of an AggregateError": _place_of_aggregate,
}


def relaxed(trace: Trace, name: str) -> Trace:
    """`trace` without what the difference of this name is about."""
    rule = RULES[name]
    return tuple(rule(event) for event in trace)


def explained(left: Trace, right: Trace) -> tuple[str, ...] | None:
    """The fewest names of RULES under which two traces agree, () where they agree anyway, None where no names do."""
    for count in range(3):
        for names in combinations(RULES, count):
            if _under(left, names) == _under(right, names):
                return names
    return None


def _under(trace: Trace, names: tuple[str, ...]) -> Trace:
    for name in names:
        trace = relaxed(trace, name)
    return trace
