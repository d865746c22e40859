"""On which line of a TOML or JSON text each of its values stands. Pure.

The parsers of the standard library do not say. Here a text is walked that they have already accepted, so nothing is
checked again: strings and comments are told from the rest, and brackets, keys and commas are followed. Linear in the
text. What those parsers take too long for or cannot end is found before, in the same tokens: up to the first mistake in
a text they are the tokens that a parser sees.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from belljar.plugins._problems import Place

Token: TypeAlias = tuple[str, int]
"""A text and its line."""

_STRINGS: Final = (
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)',
    r"'''.*?(?:'{3,5}|\Z)",
    r'"(?:\\.|[^"\\])*+(?:"|\Z|\\)',
    r"'[^']*+(?:'|\Z)",
)
"""One that does not end takes all that is left, so that nothing is read twice."""
_TOML: Final = re.compile(rf"#[^\n]*|[ \t\r]+|({'|'.join(_STRINGS)}|\n|[\[\]{{}},=.]|[^\s\"'#\[\]{{}},=.]+)", re.DOTALL)
_JSON: Final = re.compile(rf"\s+|({_STRINGS[2]}|[\[\]{{}},:]|[^\s\"\[\]{{}},:]+)", re.DOTALL)
MAX_DEPTH: Final = 16
"""Of brackets in each other, and of dots in a key. Nothing that is understood here is deeper than 4; tomllib takes 20 s
for a key of 32,000 names."""
_ENDS: Final = (",", "]", "}", "\n")
"""After a bare value: a number, a word, a date."""
_NO_KEY: Final = ("[", "]", "{", "}", "=", ":", ",", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """The lines of one text."""

    lines: Mapping[Place, int]
    """Of each value, and of each table."""
    twice: tuple[Place, ...] = ()
    """What a JSON object has under one name more than once; the standard library takes the last. TOML has none."""

    def line(self, place: Place) -> int:
        """Of what is there, or of the nearest thing around it."""
        return next((self.lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in self.lines), 1)


def too_deep(tokens: Iterable[Token]) -> int | None:
    """The line on which something goes deeper than `MAX_DEPTH`."""
    depth = dots = 0
    for text, line in tokens:
        depth += (text in ("[", "{")) - (text in ("]", "}"))
        dots = (dots + (text == ".")) * (text not in _NO_KEY)
        if max(depth, dots) > MAX_DEPTH:
            return line
    return None


def toml_positions(tokens: list[Token]) -> Positions:
    """Of a text that tomllib has accepted."""
    walk = _Walk(tokens, is_toml=True)
    walk.statements()
    return Positions(lines=walk.lines)


def json_positions(tokens: list[Token]) -> Positions:
    """Of a text that json has accepted."""
    walk = _Walk(tokens, is_toml=False)
    walk.value(())
    return Positions(lines=walk.lines, twice=tuple(walk.twice))


def tokens_of(text: str, *, is_toml: bool) -> Iterator[Token]:
    """The tokens of any text."""
    line, at = 1, 0
    for match in (_TOML if is_toml else _JSON).finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match[1] is not None:
            yield match[1], line


@dataclass(slots=True)
class _Walk:
    tokens: list[Token]
    is_toml: bool = field(kw_only=True)
    at: int = 0
    lines: dict[Place, int] = field(default_factory=dict)
    twice: list[Place] = field(default_factory=list)
    last: dict[Place, int] = field(default_factory=dict)
    """Of each list of tables, the number of the one that is being written."""

    # -- TOML's own -----------------------------------------------------------------------------------------------

    def statements(self) -> None:
        """Headers, and the pairs under them."""
        table: Place = ()
        while self._skip("\n"):
            if self._text() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Place:
        line = self._line()
        self.at += 1
        is_list = self._take("[")
        names = self._key("]")
        self.at += 1 + is_list
        place: Place = ()
        for name in names[:-1]:
            place = self._entered((*place, name))
        place = (*place, names[-1])
        if is_list:
            self.last[place] = self.last.get(place, -1) + 1
        self.lines.setdefault(place, line)
        place = self._entered(place)
        self.lines.setdefault(place, line)
        return place

    def _entered(self, place: Place) -> Place:
        """`[grant.config]` is of the last `[[grant]]`."""
        return (*place, self.last[place]) if place in self.last else place

    # -- both -----------------------------------------------------------------------------------------------------

    def value(self, place: Place) -> None:
        """One value, and what is in it."""
        self.lines.setdefault(place, self._line())
        if self._take("{"):
            self._table(place)
        elif self._take("["):
            self._list(place)
        else:
            while self.at < len(self.tokens) and self._text() not in _ENDS:
                self.at += 1

    def _table(self, place: Place) -> None:
        while self._skip(",", "\n") and not self._take("}"):
            self._pair(place)

    def _list(self, place: Place) -> None:
        number = 0
        while self._skip(",", "\n") and not self._take("]"):
            self.value((*place, number))
            number += 1

    def _pair(self, table: Place) -> None:
        line = self._line()
        place = (*table, *self._key("=" if self.is_toml else ":"))
        if place in self.lines:
            self.twice.append(place)
        for end in range(len(table) + 1, len(place) + 1):
            self.lines.setdefault(place[:end], line)
        self.at += 1
        self.value(place)

    def _key(self, end: str) -> list[str]:
        """The names up to `end`, which stays."""
        names = []
        while self._text() != end:
            if self._text() != ".":
                names.append(self._name(self._text()))
            self.at += 1
        return names

    def _name(self, token: str) -> str:
        if token[0] not in "\"'":
            return token
        name: str = tomllib.loads(f"name = {token}")["name"] if self.is_toml else json.loads(token)
        return name

    # -- tokens ---------------------------------------------------------------------------------------------------

    def _text(self) -> str:
        return self.tokens[self.at][0]

    def _line(self) -> int:
        return self.tokens[self.at][1]

    def _take(self, text: str) -> bool:
        is_there = self._text() == text
        self.at += is_there
        return is_there

    def _skip(self, *texts: str) -> bool:
        """Whether anything is left behind them."""
        while self.at < len(self.tokens) and self._text() in texts:
            self.at += 1
        return self.at < len(self.tokens)
