"""What the makers of pages share: tables of Markdown, and the text under a dataclass's fields."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

from belljar.errors import ERRORS

HEADER: Final = "<!-- Made from the code by `make docs`; a change here is lost. -->"
_CODE: Final = re.compile(rf"\b(?:{'|'.join(ERRORS)})\b(?!`)")
_UNITS: Final = {
    "_ms": "milliseconds", "_s": "seconds", "_bytes": "bytes", "_mb": "MiB", "_kb": "KiB", "_chars": "characters",
    "_characters": "characters", "_per_s": "per second", "_days": "days",
}  # fmt: skip
_OWN_UNITS: Final = {"fuel": "instructions", "return_depth": "levels", "per_s": "per second"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return [*lines, *("| " + " | ".join(map(cell, row)) + " |" for row in rows)]


def settings(rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of settings: name, default, unit, range and effect of each in three columns, for narrow screens."""
    told = ((name, _with_unit(given, unit), _with_range(effect, bounds)) for name, given, unit, bounds, effect in rows)
    return table(("setting", "default", "effect"), told)


def _with_unit(default: str, unit: str) -> str:
    if not unit:
        return default
    return f"{default} {unit}" if default[0].isdigit() else f"{default} ({unit})"


def _with_range(effect: str, bounds: str) -> str:
    return f"{effect} *From {bounds}.*" if bounds else effect


def cell(text: str) -> str:
    """As one line, with what would end a cell, or begin a tag, escaped."""
    return prose(text).replace("|", "\\|")


def prose(text: str) -> str:
    """As one line in which `<`, outside of back quotes, is no tag."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if number % 2 else part.replace("<", "\\<") for number, part in enumerate(parts))


def code(text: object) -> str:
    """In back quotes, unless there is nothing."""
    return f"`{text}`" if str(text) else ""


def linked(text: str) -> str:
    """With each error's code leading to its place in the catalogue."""
    return _CODE.sub(lambda found: f"[{found[0]}](errors.md#{found[0].lower()})", text)


def shown(value: Any) -> str:
    """A default, for a cell."""
    if type(value) in (int, float):
        return f"{value:,}"
    return code(getattr(value, "__name__", None) if callable(value) else repr(value))


def unit_of(name: str) -> str:
    """By the ending of its name, as all of ours have it."""
    if name in _OWN_UNITS:
        return _OWN_UNITS[name]
    named = [unit for ending, unit in _UNITS.items() if name.endswith(ending)]
    return max(named, key=len, default="")


def summary(thing: object) -> str:
    """The first paragraph of a docstring."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def field_docs(kind: type) -> dict[str, str]:
    """Field -> the text under it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            docs[ast.unparse(field.target)] = " ".join(str(ast.literal_eval(text.value)).split())
    return docs


def page(title: str, about: str, *parts: Iterable[str]) -> str:
    """A whole page."""
    lines = [
        HEADER,
        "",
        f"# {title}",
        "",
        *textwrap.wrap(about, 119, break_long_words=False, break_on_hyphens=False),
        "",
    ]
    for part in parts:
        lines += [*part, ""]
    return "\n".join(lines).rstrip("\n") + "\n"
