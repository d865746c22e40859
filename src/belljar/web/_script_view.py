"""A script as numbered lines, with those marked at which it waits. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from belljar.web._visible import cleaned

_AROUND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a script."""

    number: int
    text: str
    is_asking: bool


def script_lines(source: str, asking: Collection[int]) -> tuple[Line, ...]:
    """The whole script; tokens that belong to nobody's eyes are taken out."""
    texts = cleaned(source).removesuffix("\n").split("\n")
    return tuple(Line(number=n, text=text, is_asking=n in asking) for n, text in enumerate(texts, start=1))


def around(lines: tuple[Line, ...], line: int | None) -> tuple[Line, ...]:
    """The lines near one of them."""
    at = line or 1
    return lines[max(at - 1 - _AROUND, 0) : at + _AROUND]
