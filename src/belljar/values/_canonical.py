"""Canonical JSON: RFC 8785 (JCS) for plain data, so that equal values have equal bytes and equal hashes.

Plain data is None, bool, int, float, str, list, tuple and dict with string keys (subclasses count as what they extend).
Anything else is refused with its path, never coerced: a digest of something that was changed on the way is worthless.
"""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any, Final

from belljar.values._number import number_text, safe_integer
from belljar.values._refusal import RefusedError, type_name

MAX_DEPTH: Final = 320
"""Deepest nesting: the 256 that Limits.return_depth allows, and room for the envelopes that are put around values. It
keeps well below CPython's default recursion limit of 1,000; a level takes one frame here, hence no helper between."""


def canonical_json(value: Any, *, depth: int = MAX_DEPTH) -> str:
    """The one JSON text of `value` after RFC 8785; encode it as UTF-8 for hashing.

    Raises SerializationError, with `details["path"]` like `$.a[3].b`, for integers beyond ±(2^53 - 1), NaN and
    infinities, lone surrogates, keys that are no strings, other types, and nesting deeper than `depth`.
    """
    try:
        return (_WRITERS.get(type(value)) or _writer_of_subclass(value))(value, depth)
    except RefusedError as refused:
        raise refused.to_error() from None


def _string(value: str, _depth: int) -> str:
    if not value.isascii():
        _refuse_lone_surrogate(value)
    return encode_basestring(value)


def _refuse_lone_surrogate(value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RefusedError(f"the string has a lone surrogate at character {error.start}") from None


def _array(value: Any, depth: int) -> str:
    if depth <= 0:
        raise RefusedError("nested too deep, or a cycle")
    parts: list[str] = []
    try:
        for item in value:
            parts.append((_WRITERS.get(type(item)) or _writer_of_subclass(item))(item, depth - 1))
    except RefusedError as refused:
        refused.steps.append(len(parts))  # what is written so far counts the items before the refused one
        raise
    return f"[{','.join(parts)}]"


def _object(value: Any, depth: int) -> str:
    if depth <= 0:
        raise RefusedError("nested too deep, or a cycle")
    parts: list[str] = []
    for key in _sorted_keys(value):
        try:
            item = value[key]
            text = (_WRITERS.get(type(item)) or _writer_of_subclass(item))(item, depth - 1)
            parts.append(f"{_string(key, 0)}:{text}")
        except RefusedError as refused:
            refused.steps.append(key)
            raise
    return f"{{{','.join(parts)}}}"


def _sorted_keys(value: dict[Any, Any]) -> list[str]:
    for key in value:
        if not isinstance(key, str):
            raise RefusedError(f"a key is a Python {type_name(key)}, and JSON keys are strings")
    if all(map(str.isascii, value)):
        return sorted(value)
    # RFC 8785, 3.2.3: by UTF-16 code units. A lone surrogate passes here and is refused where it is written.
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


_WRITERS: Final[dict[type, Callable[[Any, int], str]]] = {
    str: _string,
    int: lambda value, _: repr(safe_integer(value)),
    float: lambda value, _: number_text(value),
    bool: lambda value, _: "true" if value else "false",
    type(None): lambda _value, _: "null",
    dict: _object,
    list: _array,
    tuple: _array,
}


def _writer_of_subclass(value: Any) -> Callable[[Any, int], str]:
    for kind in (str, int, float, dict, list, tuple):
        if isinstance(value, kind):
            return _WRITERS[kind]
    raise RefusedError(f"a Python {type_name(value)} is not plain JSON data")
