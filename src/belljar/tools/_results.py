"""From what a function returned to plain data for the wire, bytes left as bytes.

The declared return type decides: the value is validated against it and serialised as its JSON Schema says (a Decimal
is a string, a datetime is ISO 8601, an enum is its value, a set is an array). Without a declared type the value's own
type decides.

Still ugly: pydantic's JSON mode turns bytes into text, so a type that may hold bytes is dumped in its Python mode, and
a serializer with `when_used="json"` does not run in there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from belljar.errors import SerializationError
from belljar.tools._contract import Contract
from belljar.tools._problems import problems_of, python_type, refuse
from belljar.values import RefusedError, type_name

_MOST_ITEMS: Final = 100_000
"""Of an iterator, which may be endless. Lists may be longer; their length is their author's doing."""

_MAX_DEPTH: Final = 256
"""Limits.return_depth's largest value; the wire then applies the run's own."""


def encode(contract: Contract, result: Any, *, tool: str) -> Any:
    """None, bool, int, float, str, bytes, lists and dicts with string keys.

    Raises ToolValidationError when the value does not fit the declared type, SerializationError when it is no data.
    Both name the path and the Python type; neither shows the value.
    """
    if isinstance(result, Iterator):
        raise SerializationError(
            f"{tool}: the result is an iterator, which has no end", hint="Return a list.", tool=tool
        )
    fitting = _validated(contract, result, tool)
    try:
        return _dumped(contract, fitting)
    except RefusedError as refused:
        found = refused.to_error()
        message = f"{tool}: {found.message}"
        raise SerializationError(message, hint=found.hint, tool=tool, details=found.details) from None
    except (PydanticSerializationError, ValueError) as error:
        # pydantic's text quotes values, and a serializer's own text may hold anything: the type alone is shown.
        reason = f"its Python {type_name(result)} holds something other than its type declares, or a cycle"
        raise SerializationError(f"{tool}: the result cannot be serialised: {reason}", tool=tool) from error


def _without_own_words(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """The messages of a model's own validators may quote the value, which stays with the host."""
    if error["type"] in ("value_error", "assertion_error"):
        return {**error, "msg": "its own validator says no"}
    return error


def _dumped(contract: Contract, value: Any) -> Any:
    if contract.result_may_hold_bytes:
        return _plain(contract.result.dump_python(value, by_alias=True, warnings="error"), _MAX_DEPTH)
    return contract.result.dump_python(value, mode="json", by_alias=True, warnings="error")


def _validated(contract: Contract, result: Any, tool: str) -> Any:
    try:
        return contract.result.validate_python(result)
    except ValidationError as error:
        errors = [_without_own_words(each) for each in error.errors(include_url=False, include_context=False)]
        problems = problems_of(errors, result, describe=python_type)
        raise refuse(tool, problems, what="result", hint="The tool returned something else than it declares.") from None


# -- a dumped value that may hold bytes -------------------------------------------------------------------------------

_SAME: Final = frozenset({type(None), bool, int, float, str, bytes})


def _plain(value: Any, depth: int) -> Any:
    if type(value) in _SAME:
        return value
    if depth <= 0:
        raise RefusedError("nested too deep, or a cycle")
    if isinstance(value, Mapping):
        return _plain_object(value, depth)
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return _plain_array(value, depth)
    if isinstance(value, Iterator):  # how pydantic dumps what is declared as an Iterable
        return _plain_array(_limited(value), depth)
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else _plain_leaf(value)


def _plain_object(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, item in value.items():
        name = _key_text(key)
        try:
            plain[name] = _plain(item, depth - 1)
        except RefusedError as refused:
            refused.steps.append(name)
            raise
    return plain


def _plain_array(value: Iterable[Any], depth: int) -> list[Any]:
    plain: list[Any] = []
    try:
        for item in value:
            plain.append(_plain(item, depth - 1))
    except RefusedError as refused:
        refused.steps.append(len(plain))
        raise
    return plain


def _limited(items: Iterator[Any]) -> list[Any]:
    listed = list(islice(items, _MOST_ITEMS + 1))
    if len(listed) > _MOST_ITEMS:
        raise RefusedError(f"an iterator gives more than {_MOST_ITEMS:,} items", hint="Return a list.")
    return listed


def _key_text(key: Any) -> str:
    if isinstance(key, (Mapping, tuple, bytes)) or key is None:
        raise RefusedError(f"a key is a Python {type_name(key)}, and JSON keys are strings")
    text = _plain_leaf(key)
    return text if isinstance(text, str) else str(text).lower() if isinstance(text, bool) else str(text)


def _plain_leaf(value: Any) -> Any:
    """An enum is its value; a Decimal, a date, a UUID, a path... is the text that pydantic's JSON mode gives."""
    if isinstance(value, Enum):
        return _plain(value.value, 1)
    try:
        return to_jsonable_python(value)
    except (PydanticSerializationError, ValueError):
        raise RefusedError(f"a Python {type_name(value)} is not data", hint="Return plain data or a model.") from None
