"""JSON: RFC 8785's own vectors and ES6 numbers, json-canon, and the parsing cases of JSONTestSuite.

A subject parses a text strictly and writes it after RFC 8785. A text with a number that the sealed profile does not
have is not expressible, unless the suite wants it refused, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from belljar.values import MAX_SAFE_INTEGER, canonical_json
from conformance.cases import Case, Left, Vector, loader

_NUMBER = "a number that is no integer of the sealed profile"
_NONCHARACTER = "a noncharacter, which RFC 8785 allows and json-canon refuses"


def jcs_vectors(vectors: Path) -> Iterator[Vector]:
    """Files and numbers of the standard's author, the numbers of its appendix B."""
    load = loader(vectors, "jcs")
    for name, given, want in load.canonical_files():
        yield _accepted(name, given.decode(), want.decode())
    for _, value, want in load.es6_numbers():
        yield _number(value, want)
    for _, value, want, _ in load.rfc_appendix_b():
        yield _number(value, want)


def json_canon_vectors(vectors: Path) -> Iterator[Vector]:
    """Texts to canonicalise, to verify and to refuse."""
    return (_canon(entry) for entry in loader(vectors, "jcs").json_canon_vectors())


def parsing_vectors(vectors: Path) -> Iterator[Vector]:
    """JSONTestSuite: what an accepted text means is taken from Python's own parser."""
    return (_parsing(*entry) for entry in loader(vectors, "jcs").parsing())


def _accepted(name: str, text: str, want: str) -> Vector:
    return _answered(name, text, want) if _is_expressible(text) else Left(name=name, reason=_NUMBER)


def _answered(name: str, text: str, want: str | None) -> Vector:
    return Case(name=name, ask=lambda subject: subject.canonical(text), want=want)


def _number(value: float, want: str) -> Vector:
    if not math.isfinite(value):
        return Left(name=repr(value), reason="NaN and infinities are no JSON")
    return _accepted(repr(value), repr(value), want)


def _canon(entry: dict[str, Any]) -> Vector:
    name, text = entry["id"], entry["input"]
    if "args" in entry:
        return Left(name=name, reason="about a command line")
    if "NONCHARACTER" in entry.get("want_stderr_contains", "") or "FDD0" in text:
        return Left(name=name, reason=_NONCHARACTER)
    if entry["mode"] == "verify":
        return _verified(name, text, is_canonical=entry["want_exit"] == 0)
    return _accepted(name, text, entry["want_stdout"]) if entry["want_exit"] == 0 else _answered(name, text, None)


def _verified(name: str, text: str, *, is_canonical: bool) -> Vector:
    return Case(name=name, ask=lambda subject: subject.canonical(text) == text, want=is_canonical)


def _parsing(name: str, data: bytes, verdict: str) -> Vector:
    if verdict == "either":
        return Left(name=name, reason="the suite leaves it open")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Left(name=name, reason="not UTF-8, hence no text that could be parsed")
    if verdict == "reject":
        return _answered(name, text, None)
    return _accepted(name, text, _rewritten(text))


def _rewritten(text: str) -> str:
    """What Python's own parser takes the text for; its integers that come as 1.0 are written 1 in JSON."""
    return canonical_json(json.loads(text, parse_int=float))


def _is_expressible(text: str) -> bool:
    """Whether all numbers of a JSON text are integers of the sealed profile."""
    numbers: list[str] = []
    json.loads(text, parse_float=numbers.append, parse_int=numbers.append)
    return all(_is_sealed_integer(number) for number in numbers)


def _is_sealed_integer(number: str) -> bool:
    try:
        value = Decimal(number)
    except InvalidOperation:
        return False
    is_minus_zero = value.is_zero() and value.is_signed()
    return value == value.to_integral_value() and abs(value) <= MAX_SAFE_INTEGER and not is_minus_zero
