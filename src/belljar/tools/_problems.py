"""What did not fit, in the words of the script's author.

pydantic reports a list of errors, each with a location that mixes keys, indexes and the names of union members. Here
the location is walked along the value itself, so that only true keys and indexes stay; the errors of one place become
one problem; and Python's words (dictionary, tuple, bytes) become JavaScript's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from belljar.audit import is_secret_key
from belljar.errors import ToolValidationError
from belljar.guess import closest

Problem = dict[str, str]

_EXPECTED: Final[Mapping[str, str]] = {
    "bool_parsing": "a boolean",
    "bool_type": "a boolean",
    "bytes_type": "a Uint8Array",
    "dataclass_type": "an object",
    "date_from_datetime_parsing": "a date like 2026-01-31",
    "date_parsing": "a date like 2026-01-31",
    "datetime_from_date_parsing": "a date and time like 2026-01-31T12:00:00Z",
    "datetime_parsing": "a date and time like 2026-01-31T12:00:00Z",
    "decimal_parsing": "a decimal number or its text",
    "decimal_type": "a decimal number or its text",
    "dict_type": "an object",
    "float_parsing": "a number",
    "float_type": "a number",
    "frozen_set_type": "an array",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "an array",
    "mapping_type": "an object",
    "model_attributes_type": "an object",
    "model_type": "an object",
    "none_required": "null",
    "set_type": "an array",
    "string_type": "a string",
    "tuple_type": "an array",
    "uuid_parsing": "a UUID",
    "uuid_type": "a UUID",
}
"""pydantic's error types whose own message speaks of Python."""

_PREVIEW_CHARACTERS: Final = 40


Describe = Callable[[Sequence[str | int], Any], str]
"""What to say of a value that came, given its location."""


def problems_of(
    errors: Iterable[Mapping[str, Any]], value: Any, *, describe: Describe, names: Sequence[str] = ()
) -> list[Problem]:
    """One problem a place, in the order of the errors: `{path, message, input_type}`.

    `errors` are pydantic's, `value` is what was validated, `names` are the keys that its top level may have.
    """
    places: dict[str, list[Mapping[str, Any]]] = {}
    for error in errors:
        places.setdefault(_path(error, value), []).append(error)
    return [_problem(path, found, describe=describe, names=names) for path, found in places.items()]


_TEXT_CHARACTERS: Final = 400

PROBLEMS_SHOWN: Final = 20
"""More say no more."""


def refuse(tool: str, problems: list[Problem], *, what: str, hint: str = "") -> ToolValidationError:
    """The error for the problems; `what` is "arguments" or "result"."""
    more = len(problems) - PROBLEMS_SHOWN
    problems = problems[:PROBLEMS_SHOWN]
    lines = "; ".join(f"{problem['path']} {problem['message']}" for problem in problems)
    if more > 0:
        lines += f"; and {more} more"
    message = f"{tool}: the {what} did not fit: {lines}"
    return ToolValidationError(message, hint=hint, tool=tool, details={"problems": problems})


def python_type(_location: Sequence[str | int], value: Any) -> str:
    """For results: the type's name and never the value, which nobody has decided to show."""
    return f"a Python {type(value).__name__}"


def javascript_value(location: Sequence[str | int], value: Any) -> str:
    """For arguments: the type, and a short value where it is harmless to repeat it to the one who wrote it."""
    kind = javascript_type(value)
    if type(value) not in (bool, int, float, str) or any(is_secret_key(str(step)) for step in location):
        return kind
    text = json.dumps(value)
    return f"{kind} {text}" if len(text) <= _PREVIEW_CHARACTERS else f"{kind} of {len(str(value))} characters"


def javascript_type(value: Any) -> str:
    """`array`, `object`, `Uint8Array`... for JSON data and bytes; the Python type's name for anything else."""
    return _JAVASCRIPT_TYPES.get(type(value), type(value).__name__)


_JAVASCRIPT_TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    bytes: "Uint8Array",
    list: "array",
    tuple: "array",
    dict: "object",
}


def _path(error: Mapping[str, Any], value: Any) -> str:
    """Along true keys and indexes: a step that the value does not have is the name of a union's member."""
    location = error["loc"]
    path = ""
    for position, step in enumerate(location):
        is_missing_key = error["type"] == "missing" and position == len(location) - 1
        if isinstance(step, int) and isinstance(value, (list, tuple)):
            path = f"{path}[{step}]"
            value = value[step] if step < len(value) else None
        elif isinstance(value, Mapping) and (step in value or is_missing_key):
            path = f"{path}.{step}" if path else str(step)
            value = value.get(step)
    return path


def _short(text: str) -> str:
    """A key is the caller's to choose, and may be of any length."""
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}… ({len(text)} characters)"


def _words(error: Mapping[str, Any], names: Sequence[str]) -> str:
    kind = error["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown_key(error["loc"], names)
    if kind in _EXPECTED:
        return f"should be {_EXPECTED[kind]}"
    return _plain_message(str(error["msg"]))


def _unknown_key(location: Sequence[str | int], names: Sequence[str]) -> str:
    known = names if len(location) == 1 else ()
    meant = closest(str(location[-1]), known)
    if meant is not None:
        return f"is not a known key, did you mean {meant}?"
    return f"is not a known key (known: {', '.join(known)})" if known else "is not a known key"


def _plain_message(message: str) -> str:
    for opening in ("Input should", "Value should", "Data should"):
        if message.startswith(opening):
            return "should" + message[len(opening) :]
    return f"is refused: {message.removeprefix('Value error, ')}"


def _problem(path: str, errors: Sequence[Mapping[str, Any]], *, describe: Describe, names: Sequence[str]) -> Problem:
    first = errors[0]
    words = list(dict.fromkeys(_words(error, names) for error in errors))
    if "should be a number" in words:
        words = [each for each in words if each != "should be a whole number"]
    message = " or ".join([words[0], *(later.removeprefix("should be ") for later in words[1:])])
    if first["type"] not in ("missing", "extra_forbidden"):
        message = f"{message}, got {describe(first['loc'], first['input'])}"
    return {"path": _short(path) or "$", "message": _short(message), "input_type": javascript_type(first["input"])}
