"""Random sealed programs: well typed, and done after a bounded number of calls.

Rule 1: each expression is drawn for a type, from the names of that type in scope. Rule 2: a program recurses only in a
shape that counts a small number down. What such a program may still do is fail: overflow, divide by zero, run out of
gas; that is part of what engines must agree on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[str]], str]

TYPES: Final = ("int", "boolean", "string", "list", "pair", "function")
"""int, boolean, string, int[], {count: int, label: string}, (x: int) => int."""

MAX_DEPTH: Final = 3
"""How deep expressions nest before they end in names and literals."""

_LETTERS: Final = st.text(alphabet="ab Z9\u00e9\U0001f600", max_size=4)

_LITERALS: Final[dict[str, st.SearchStrategy[str]]] = {
    "int": st.one_of(st.integers(0, 9), st.sampled_from([100, 2**31, 2**53 - 1])).map(str),
    "boolean": st.sampled_from(["true", "false"]),
    "string": _LETTERS.map(lambda text: f'"{text}"'),
    "list": st.lists(st.integers(0, 9), max_size=4).map(str),
    "pair": st.builds(lambda count, label: f'{{ count: {count}, label: "{label}" }}', st.integers(0, 9), _LETTERS),
    "function": st.sampled_from(["(q) => q", "(q) => q + 1", "(q) => 2 * q"]),
}

_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "int": (
        "({int} + {int})", "({int} - {int})", "({int} * {int})", "({int} % {int})", "(-{int})", "{list}.length",
        "{string}.length", "{pair}.count", "Int.abs({int})", "Int.max({int}, {int})", "Int.div({int}, {int})",
        "({boolean} ? {int} : {int})", "{list}.reduce((sum, item) => sum + item, {int})", "({function})({int})",
        "{list}.indexOf({int})", "Option.getOr({list}.find((item) => item > {int}), {int})",
        "match({list}.find((item) => item === {int}), {{ some: (item) => item, none: () => {int} }})",
        "pipe({int}, {function}, {function})", "{list}[{int}]",
    ),
    "boolean": (
        "({int} < {int})", "({int} === {int})", "({string} <= {string})", "({list} === {list})", "({pair} !== {pair})",
        "({boolean} && {boolean})", "({boolean} || {boolean})", "(!{boolean})", "{list}.includes({int})",
        '("count" in {pair})', "{list}.some((item) => item > {int})", "{string}.startsWith({string})",
        "({function} === {function})", "(typeof {int} === typeof {string})",
    ),
    "string": (
        "({string} + {string})", "`${{{int}}}-${{{boolean}}}`", "{pair}.label", "{list}.join({string})",
        "({boolean} ? {string} : {string})", "{string}.trim()", "{string}.upperAscii()", "{string}.slice({int})",
        "{string}.replaceAll({string}, {string})", "Json.stringify({pair})", "fnv1a64({list})", "typeof {pair}",
    ),
    "list": (
        "[{int}, ...{list}]", "{list}.map({function})", "{list}.filter((item) => item < {int})",
        "{list}.toSorted((a, b) => a - b)", "{list}.toReversed()", "{list}.concat({list})", "List.push({list}, {int})",
        "({boolean} ? {list} : {list})", "{list}.map((item, at) => item + at)",
        "Object.values({{ x: {int}, y: {int} }})",
        "Dict.keys(Dict.of({list}.map((item) => [item, {int}])))",
    ),
    "pair": (
        "{{ count: {int}, label: {string} }}", "{{ ...{pair}, count: {int} }}", "({boolean} ? {pair} : {pair})",
    ),
    "function": ("(q) => q + {int}", "(q) => {{ const r = {int}; return q - r; }}", "(q) => ({boolean} ? q : {int})"),
}  # fmt: skip

_RECURSION: Final = (
    "function {name}(n: int, held: int): int {{\n  if (n <= 0) return held;\n  return {name}(n - 1, held + {int});\n}}",
    "function {name}(n: int, held: int): int {{\n  if (n <= 0) {{ return held; }} else {{\n"
    "    const next = {name}(n - 1, held);\n    return next + {int};\n  }}\n}}",
    "const {name} = (n: int, held: int): int => n <= 0 || held > 999 ? held : {name}(n - 1, held + {int});",
)


@dataclass(slots=True)
class _Writer:
    """One program in the making: its lines and the names of each type."""

    draw: Draw
    lines: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in TYPES})
    made: int = 0

    def expression(self, kind: str, depth: int = MAX_DEPTH) -> str:
        """An expression of a type: a literal, a name, or a form with smaller ones inside."""
        if depth == 0 or self.draw(st.sampled_from(["leaf", "form"])) == "leaf":
            return self._leaf(kind)
        form = self.draw(st.sampled_from(_FORMS[kind]))
        return self._filled(form, depth - 1)

    def _leaf(self, kind: str) -> str:
        choices = [_LITERALS[kind]] + ([st.sampled_from(self.names[kind])] if self.names[kind] else [])
        leaf = self.draw(st.one_of(choices))
        return f"({leaf})" if leaf[0] in "({" else leaf

    def _filled(self, form: str, depth: int, **fixed: str) -> str:
        return form.format_map(_Holes(self, depth, fixed))

    def _new_name(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"

    def constant(self) -> None:
        """`const v1 = ...;`"""
        kind = self.draw(st.sampled_from(TYPES))
        value = self.expression(kind)
        self._declare(kind, value)

    def _declare(self, kind: str, value: str) -> None:
        name = self._new_name("v")
        self.lines.append(f"const {name} = {value};")
        self.names[kind].append(name)

    def pattern(self) -> None:
        """A pattern that takes a pair apart."""
        name, label = self._new_name("v"), self._new_name("v")
        self.lines.append(f"const {{ count: {name}, label: {label} }} = {self.expression('pair')};")
        self.names["int"].append(name)
        self.names["string"].append(label)

    def early_end(self) -> None:
        """An `if` that may end the program, so that what follows is a segment of its own."""
        self.lines.append(f"if ({self.expression('boolean')}) {{ return {self.expression('string')}; }}")

    def branch(self) -> None:
        """An `if` with both arms, each with a scope."""
        test, value, other = self.expression("boolean"), self.expression("int"), self.expression("string")
        self.lines.append(f"if ({test}) {{ const w = {value}; log(w); }} else {{ log({other}); }}")

    def recursion(self) -> None:
        """A function that counts down, and its value for a small number."""
        name = self._new_name("f")
        form = self.draw(st.sampled_from(_RECURSION))
        self.lines.append(self._filled(form, 1, name=name))
        times = self.draw(st.integers(0, 6).map(str))
        self._declare("int", f"{name}({times}, {self._leaf('int')})")

    def end(self) -> str:
        """The whole text, which gives one value of each type that has an encoding."""
        parts = ", ".join(self.expression(kind, 1) for kind in TYPES if kind != "function")
        return "\n".join([*self.lines, f"return [{parts}];"]) + "\n"


class _Holes(dict[str, str]):
    """What a form's holes are filled with: what is fixed, or a new expression for each."""

    def __init__(self, writer: _Writer, depth: int, fixed: dict[str, str]) -> None:
        super().__init__(fixed)
        self.writer = writer
        self.depth = depth

    def __missing__(self, kind: str) -> str:
        text = self.writer.expression(kind, self.depth)
        return f"({text})" if kind in {"pair", "function"} else text


_STATEMENTS: Final[dict[str, Callable[[_Writer], None]]] = {
    "constant": _Writer.constant,
    "pattern": _Writer.pattern,
    "early end": _Writer.early_end,
    "branch": _Writer.branch,
    "recursion": _Writer.recursion,
}


@st.composite
def sealed_programs(draw: Draw) -> str:
    """The text of a program."""
    writer = _Writer(draw)
    count = draw(st.integers(1, 6).map(str))
    for _ in range(int(count)):
        _STATEMENTS[draw(st.sampled_from(sorted(_STATEMENTS)))](writer)
    return writer.end()
