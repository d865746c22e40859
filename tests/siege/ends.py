"""How attacks may end: the words of the tables, and whether an outcome is one of what a table allows.

An end is the code of an error, or the value that the script returns. A set lists several that are all right, `each`
gives every engine its own. What no table may say is "anything": the model must be able to tell what happened.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from belljar import Outcome

TIME, MEMORY, STACK, RUNTIME = "ScriptTimeoutError", "ScriptMemoryError", "ScriptStackError", "ScriptRuntimeError"
DATA, LARGE = "SerializationError", "ReturnValueTooLargeError"
SYNTAX, BANNED, UNDEFINED = "ScriptSyntaxError", "BannedIdentifierError", "UndefinedNameError"
NO_TOOL = "ToolNotFoundError"
CATCH = "const name = f => { try { return f() } catch (e) { return e.name } }; "

Table: TypeAlias = dict[str, tuple[str, Any]]
"""Name of an attack -> its script, and how it may end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """What each engine makes of an attack, where they may rightly differ."""

    quickjs: Any
    v8: Any


def each(*, quickjs: Any, v8: Any) -> Each:
    """One end, or one set of ends, per engine."""
    return Each(quickjs=quickjs, v8=v8)


def expected_of(allowed: Any, engine: str) -> list[Any]:
    """The ends that `engine` may come to."""
    mine = getattr(allowed, engine) if isinstance(allowed, Each) else allowed
    return list(mine) if isinstance(mine, set) else [mine]


def end_of(outcome: Outcome) -> Any:
    """The code of its error, or its value."""
    return outcome.error.code if outcome.error is not None else outcome.value


def is_one_of(got: Any, expected: list[Any]) -> bool:
    """Whether `got` is an expected end; True is not 1 here."""
    return any(type(one) is type(got) and one == got for one in expected)


_HOST_TEXT: Final = re.compile(
    r"wasm|(?<!on proxy: )\btrap\b|internal/|/work|/tmp/|/home/|/root|0x[0-9a-fA-F]{4}|mini_racer|v8::|JSEval|quickjs|"
    r"Traceback|site-packages|\.py\b|\.js\b|belljar"
)
"""What only the engine or the host could have written. V8's own TypeErrors of a proxy have the word trap, as a word of
the language."""


def host_text_in(outcome: Outcome) -> list[str]:
    """What the model would read of engine or host: the error's text and data, without the script's own line."""
    if outcome.error is None:
        return []
    facts = outcome.error.to_dict() | {"excerpt": ""}
    return [found[0] for found in _HOST_TEXT.finditer(json.dumps(facts) + outcome.summary)]
