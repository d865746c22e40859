"""Writes programs by the rules, from a seed: the same seed, the same program."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from campaign.grammar._rules import ASSIGNABLE, BEFORE, GIVEN, RULES
from campaign.grammar._tree import Node

DEPTH: Final = 5
"""Rules nested deeper than this are filled by the simplest ones."""
STATEMENTS: Final = (3, 9)
"""Of a program, fewest and most."""
NESTED: Final = (0, 3)
"""Of a block inside."""
WILD: Final = 0.004
"""How often an expression is one that fails more often than not."""

_PLACE = re.compile(r"<(?:(v|var):)?([a-z]\w*)(?:([=+*])(\w+))?(?:/(\w+))?>")
_PLACES_OF: Final[dict[str, frozenset[str]]] = {
    "none": frozenset(),
    "plain": frozenset({"fn"}),
    "async": frozenset({"fn", "async"}),
    "gen": frozenset({"fn", "gen"}),
    "agen": frozenset({"fn", "async", "gen"}),
}
_FILLED: Final = frozenset({*RULES, "block"})
_STATEMENTS: Final = ("statement", "safely", "wildly", "ending")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """Where in a program something is written."""

    depth: int = 0
    allows: frozenset[str] = frozenset({"async"})
    """Of async, gen, loop, fn."""
    names: dict[str, list[str]] = field(default_factory=dict)
    """Visible names by the kind of what they hold."""
    assignable: dict[str, list[str]] = field(default_factory=dict)

    def inner(self, place: str | None) -> _Here:
        """The same place with names of its own, or another place."""
        allows = self.allows | {"loop"} if place == "loop" else _PLACES_OF[place] if place else self.allows
        return _Here(
            depth=self.depth,
            allows=allows,
            names={kind: list(names) for kind, names in self.names.items()},
            assignable={kind: list(names) for kind, names in self.assignable.items()},
        )

    def learn(self, name: str, kind: str, *, is_assignable: bool) -> None:
        self.names.setdefault(kind, []).append(name)
        if is_assignable:
            self.assignable.setdefault(kind, []).append(name)


def program(seed: int) -> Node:
    """The program of a seed; it begins with BEFORE."""
    return _Writer(random.Random(seed)).program()  # noqa: S311 a seed is the point


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._made = 0

    def program(self) -> Node:
        here = _Here(
            names={kind: [name] for kind, name in GIVEN.items()},
            assignable={kind: [GIVEN[kind]] for kind in ASSIGNABLE},
        )
        count = self._chance.randint(*STATEMENTS)
        statements = [self._fill("statement", here) for _ in range(count)]
        before = [Node("statement", (line,)) for line in BEFORE.splitlines()]
        return Node("block", (*before, *statements, self._fill("ending", here)))

    def _block(self, here: _Here) -> Node:
        most = NESTED[1] if here.depth < DEPTH else 1
        count = self._chance.randint(NESTED[0], most)
        return Node("block", tuple(self._fill("statement", here) for _ in range(count)))

    def _fill(self, kind: str, here: _Here) -> Node:
        """A piece of this kind. What it declares is known in `here` afterwards."""
        if kind == "num" and self._chance.random() < WILD:
            kind = "wild"
        rule = self._chance.choice(_fitting(kind, here.allows, here.depth >= DEPTH))
        parts: list[str | Node] = []
        within = replace(here.inner(None), depth=here.depth + 1)
        labels: dict[str, str] = {}
        end = 0
        for match in _PLACE.finditer(rule):
            parts.append(rule[end : match.start()])
            parts.append(self._place(match, within, here, labels))
            end = match.end()
        parts.append(rule[end:])
        return Node("statement" if kind in _STATEMENTS else "expression", tuple(part for part in parts if part != ""))

    def _place(self, match: re.Match[str], within: _Here, outside: _Here, labels: dict[str, str]) -> str | Node:
        choice, name, binds, kind, place = match.groups()
        if choice is not None:
            return self._name(name, within, must_be_assignable=choice == "var")
        if binds is not None:
            labels[name] = self._bound(name, binds, kind, within, outside)
            return labels[name]
        if name in labels:
            return labels[name]
        if name == "block":
            return self._block(within.inner(place))
        if place == "out":
            return self._fill(name, replace(outside.inner(None), depth=within.depth))
        return self._fill(name, within.inner(place) if place else within)

    def _name(self, kind: str, here: _Here, *, must_be_assignable: bool) -> str:
        names = (here.assignable if must_be_assignable else here.names).get(kind) or [GIVEN[kind]]
        return self._chance.choice(names)

    def _bound(self, label: str, binds: str, kind: str, within: _Here, outside: _Here) -> str:
        self._made += 1
        name = f"{label}{self._made}"
        if binds == "=":
            within.learn(name, kind, is_assignable=False)
        else:
            outside.learn(name, kind, is_assignable=binds == "*")
        return name


@cache
def _fitting(kind: str, allows: frozenset[str], is_deep: bool) -> tuple[str, ...]:
    """The rules for a kind that may stand where `allows` says; the simplest of them where the program is deep."""
    found = []
    for rule in RULES[kind]:
        need, _, text = rule.partition(" ") if rule.startswith("@") else ("", "", rule)
        if not need or need[1:] in allows:
            found.append(_parenthesized(text))
    if not is_deep:
        return tuple(found)
    most = 1 if kind == "statement" else min(map(_weight, found))
    return tuple(rule for rule in found if _weight(rule) <= most)


def _parenthesized(rule: str) -> str:
    """What binds less than a member access, or begins like a block, is kept together. See RULES for the |."""
    is_marked = rule.endswith("|")
    text = rule.removesuffix("|")
    if text.startswith("await ") and not text.endswith(";"):
        return f"({text})"
    if not is_marked:
        return text
    return f"({text})" if text.startswith("{") else f"{{ {text} }}"


def _weight(rule: str) -> int:
    """How many places of a rule are filled by other rules."""
    places = _PLACE.findall(rule)
    return sum(not choice and not binds and name in _FILLED for choice, name, binds, _kind, _place in places)
