"""Why something that the compiler objects to may run fine all the same. Pure.

Everything here is about the compiler's own words (it gives no others) and the script's text, and is on the script's
side: where it is not clear that a complaint is about what the tools declare or the language has, it does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from belljar.script import GLOBALS
from belljar.typecheck._remarks import ARGUMENT, Kind, Remark

_LOOK_AROUND: Final = 200
"""Units before and after a place that are looked at."""

_ENVELOPE: Final = frozenset({"error", "errors"})
"""What models look for in any answer, to be sure; it is not there, and they go on."""

_SHAPELESS: Final = frozenset(
    {"{}", "never", "null", "undefined", "unknown", "object", "typeof globalThis", "Function"}
)
"""Types of which the compiler knows less than the machine."""

_OWN_WRITE: Final = re.compile(r"\.\s*([\w$]+)\s*(?:=(?![=>])|(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)=|\+\+|--)")
_LATE_WRITE: Final = re.compile(r"\b(?:Object\s*\.\s*(?:assign|defineProperty|defineProperties)|Reflect\s*\.\s*set)\b")
_LATE_KEY: Final = re.compile(r"(?<![\w$.])([\w$]+)['\"]?\s*[:,}]")
"""What may be the name of a property that `Object.assign` writes."""
_OWN_TYPE: Final = re.compile(r"\b(?:class|enum)\s+([\w$]+)|(?<![\w$])([\w$]+)\s*=\s*class\b")
_PROXY: Final = re.compile(r"\bProxy\b")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_LAST_NAME: Final = re.compile(r"([\w$]+)\s*\Z")

_STEPS: Final = r"[\w$]+(?:\s*+[?!]?\s*+(?:\.\s*+[\w$]+|\[[^\[\]]*\]|\([^()]*\)))*"
_PATH: Final = re.compile(rf"{_STEPS}\s*[?!]?\s*\.\s*\Z")
"""What stands before a property's name: `data[0].`, `page.items.`"""
_OTHERWISE: Final = re.compile(r"\s*(?:\?\?|\|\|)\s*([\w$]+)(\s*\??\.\s*[\w$])?")
_INSTEAD: Final = re.compile(rf"[\w$]\s*\??\.\s*[\w$]+\s*(?:\?\?|\|\|)\s*{_STEPS}\s*[?!]?\s*\.\s*\Z")
_ASKED: Final = re.compile(rf"\btypeof\s+{_STEPS}\s*[?!]?\s*\.\s*\Z")

_TESTED: Final = r"\s*(?:\?(?!\.)|&&|\|\||\))"

_MISSING: Final = re.compile(r"Property '(.*?)' does not exist on type '(.*?)'(?:\.|\Z)", re.DOTALL)
_ITERATED: Final = re.compile(r"Type '(.*)' (?:must have|is not)", re.DOTALL)
_QUOTED: Final = re.compile(r"'((?:[^'\"]|\"[^\"]*\")*)'")
"""A type in a message."""
_UNFIT: Final = re.compile(r"Type '(.*)' is not assignable to type '(.*)'\.")
_WIDE: Final = frozenset({"string", "number", "boolean"})
_LITERAL: Final = re.compile(r'[-"\d]|(?:true|false)\Z')
_DATA: Final = re.compile(
    r"Type '(?:null|undefined)' is not assign|is optional in type|source may have (?:fewer|more)"
    r"|Type 'Date' is not assignable to type 'string"
)
"""Reasons that depend on what is there when the script runs; and a date, which goes over as its text."""
_GROWN: Final = re.compile(
    r"missing(?: the following properties)? (?:in|from) type '(?:\{\}|Record<|\{ \[|Partial<)|Type '\{\}'"
)

_CHOICE: Final = re.compile(r'^type (\w+) = (?=[-"\d]|true\b|false\b)', re.MULTILINE)
_KEY: Final = re.compile(r'([\w$]+|"(?:[^"\\]|\\.)*")\??:')


class Excuses:
    """Of one script."""

    def __init__(self, units: str, declarations: str, javascript: Sequence[Remark]) -> None:
        self._units = units
        self._declarations = declarations
        self._javascript = javascript

    def holds(self, kind: Kind, remark: Remark) -> bool:
        """Whether there is one for a complaint that is not about a tool's arguments."""
        excuse = _OF_KIND.get(kind)
        return self._is_retyped(remark) or (excuse is not None and excuse(self, remark))

    def holds_for_argument(self, remark: Remark) -> bool:
        """Whether there is one for what does not fit a tool's parameters.

        A text that may well be one of the choices, a value that may well be there, an object that was filled in before.
        """
        if _DATA.search(remark.reason) or any(self._may_fit(*pair) for pair in _unfit(remark)):
            return True
        is_literal = self._units.startswith("{", remark.start)
        return not is_literal and _GROWN.search(remark.message) is not None

    # -- arguments of tools -----------------------------------------------------------------------------------------

    def _may_fit(self, given: str, wanted: str) -> bool:
        """Whether some values of the one type are values of the other."""
        wanted_members, given_members = _members(wanted), _members(given)
        takes_literals = any(map(_is_literal, wanted_members)) or not self._choices.isdisjoint(wanted_members)
        is_own = _NAME.match(given) is not None and given.partition(".")[0] in self._own_types
        if takes_literals and (given in _WIDE or is_own):
            return True
        return len(given_members) > 1 and not set(given_members).isdisjoint(wanted_members)

    @cached_property
    def _choices(self) -> frozenset[str]:
        """Declared types that are a choice of literals."""
        return frozenset(_CHOICE.findall(self._declarations))

    # -- a name that the script uses for several things -------------------------------------------------------------

    def _is_retyped(self, remark: Remark) -> bool:
        """Whether the script gives the name another kind of value somewhere: which one it has now, nobody knows."""
        if not self._retyped:
            return False
        before = _PATH.search(self._before(remark))
        path = before[0] if before else self._units[remark.start : remark.end]
        return not self._retyped.isdisjoint(_NAME.findall(path))

    @cached_property
    def _retyped(self) -> frozenset[str]:
        unfit = (remark for remark in self._javascript if remark.code in ARGUMENT and not remark.is_tool_call)
        targets = (_LAST_NAME.search(self._units[remark.start : remark.end][-_LOOK_AROUND:]) for remark in unfit)
        return frozenset(found[1] for found in targets if found)

    # -- one a kind -------------------------------------------------------------------------------------------------

    def _member(self, remark: Remark) -> bool:
        found = _MISSING.match(remark.head)
        if found is None or "\n" in remark.message:  # of a union: some member may have it
            return True
        if _PROXY.search(self._units):  # which has whatever its handler says, and the type of its target
            return True
        name, on = found.groups()
        return self._is_own(on) or name in _ENVELOPE or name in self._written or self._is_probed(remark)

    def _is_own(self, type_text: str) -> bool:
        """A type of the script's making, or one of which nothing is known."""
        if _is_open(type_text) or not self._own_types.isdisjoint(_NAME.findall(type_text)):
            return True
        if not type_text.startswith("{") or type_text.endswith("[]"):
            return "(Anonymous class)" in type_text
        fields = list(_fields(type_text))
        return all(is_optional for _, is_optional in fields) or any(name not in self._declared for name, _ in fields)

    def _is_probed(self, remark: Remark) -> bool:
        """One of several names that the script tries one after the other, or only asks for."""
        before, after = self._before(remark), self._units[remark.end : remark.end + _LOOK_AROUND]
        if _INSTEAD.search(before) or _ASKED.search(before):
            return True
        path, otherwise = _PATH.search(before), _OTHERWISE.match(after)
        if path is None:
            return False
        if otherwise and (otherwise[2] or otherwise[1] in _NAME.findall(path[0])):
            return True
        return self._is_feature(path[0] + self._units[remark.start : remark.end])

    def _is_feature(self, path: str) -> bool:
        """Something of the language that the script asks for before it uses it."""
        is_language = path.partition(".")[0].strip() in GLOBALS
        return is_language and re.search(re.escape(path) + _TESTED, self._units) is not None

    def _call(self, remark: Remark) -> bool:
        """Some member of a union may be a function."""
        return any(text in remark.message for text in ("onstituents", "ach member of the union", "'never'"))

    def _iteration(self, remark: Remark) -> bool:
        of = _ITERATED.match(remark.head)
        return of is None or _is_open(of[1]) or " | " in of[1]

    def _operand(self, remark: Remark) -> bool:
        """What can be added can be coerced, but a promise's text or number is never what is meant."""
        return not remark.is_promise

    def _comparison(self, remark: Remark) -> bool:
        """Only a choice that the tools declare counts; a constant that the script compares is its own switch."""
        return not (remark.is_promise or any(map(self._is_choice, _QUOTED.findall(remark.head))))

    def _is_choice(self, type_text: str) -> bool:
        members = _members(type_text)
        return sum(map(_is_literal, members)) > 1 or not self._choices.isdisjoint(members)

    # -- the script's text ------------------------------------------------------------------------------------------

    def _before(self, remark: Remark) -> str:
        return self._units[max(0, remark.start - _LOOK_AROUND) : remark.start]

    @cached_property
    def _written(self) -> frozenset[str]:
        """Names of properties that the script itself writes."""
        written = frozenset(_OWN_WRITE.findall(self._units))
        return written.union(_LATE_KEY.findall(self._units)) if _LATE_WRITE.search(self._units) else written

    @cached_property
    def _own_types(self) -> frozenset[str]:
        """Classes and enums of the script."""
        return frozenset(found[1] or found[2] for found in _OWN_TYPE.finditer(self._units))

    @cached_property
    def _declared(self) -> frozenset[str]:
        """Names of all fields and parameters that the tools declare."""
        return frozenset(_KEY.findall(self._declarations))


_OF_KIND: Final[Mapping[Kind, Callable[[Excuses, Remark], bool]]] = {
    "member": Excuses._member,
    "call": Excuses._call,
    "iteration": Excuses._iteration,
    "operand": Excuses._operand,
    "comparison": Excuses._comparison,
}


def _unfit(remark: Remark) -> Iterable[tuple[str, str]]:
    """Every pair of types, given and wanted, that the reasons name."""
    found = (_UNFIT.search(line) for line in remark.message.splitlines())
    return [(pair[1], pair[2]) for pair in found if pair]


def _members(type_text: str) -> list[str]:
    return type_text.split(" | ")


def _is_literal(type_text: str) -> bool:
    return _LITERAL.match(type_text) is not None


def _is_open(type_text: str) -> bool:
    """A union that may be null, or a type of which nothing is known."""
    return type_text in _SHAPELESS or type_text.endswith((" | null", " | undefined"))


def _fields(type_text: str) -> Iterator[tuple[str, bool]]:
    """The fields of an object type as a message shows it, and whether each is optional. What was cut out is none."""
    depth, start = 0, 1
    for at, unit in enumerate(type_text):
        depth += (unit in "{[(<") - (unit in "}])>" and type_text[at - 1] != "=")
        if depth == 1 and unit == ";":
            yield from _field(type_text[start:at])
            start = at + 1


def _field(text: str) -> Iterator[tuple[str, bool]]:
    found = _KEY.match(text.strip().removeprefix("readonly "))
    if found:
        yield found[1], found[0].endswith("?:")
