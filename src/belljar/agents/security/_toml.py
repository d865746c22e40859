"""What uv.lock and poetry.lock pin. For a child process of the scan only.

These are read by Python's own reader of TOML, whole, so that no spelling of a table means one thing here and another
to uv. It knows no lines: the line of a package is where the tools write its name and version, else the first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from belljar.agents.security._walk import text_of

_PLACE: Final = re.compile(r"""^name = ["']([^"'\n]*)["'].*(?:\nversion = ["']([^"'\n]*)["'])?""", re.MULTILINE)
_ERROR_LINE: Final = re.compile(r"at line (\d{1,9})")
_OWN: Final = frozenset({"directory", "editable", "virtual"})
"""Kinds of source that are a folder of the repository. poetry.lock does not list the project itself."""
_Row = tuple[int, str]


def toml_inventory(file: Path) -> dict[str, Any]:
    """In the form of the plugin's answers."""
    text = text_of(file)
    try:
        packages = _packages(tomllib.loads(text), is_uv=file.name == "uv.lock")
    except (ValueError, RecursionError) as error:
        found = _ERROR_LINE.search(str(error))
        return _answer(unread=[(int(found[1]) if found else 1, "is no TOML that can be read")])
    if packages is None:
        return _answer(unread=[(1, "has no list of packages: it may be no lock file")])
    lines = dict(_lines(text))
    pinned, problems = [], []
    for package in packages:
        name, version = package.get("name"), package.get("version")
        line = lines.get((str(name), str(version or "")), 1)
        if isinstance(name, str) and isinstance(version, str):
            pinned.append((name, version, line))
        else:
            problems.append((line, f"a package has no {'version' if isinstance(name, str) else 'name'}"))
    return _answer(pinned=pinned, problems=problems)


def _packages(data: Mapping[str, Any], *, is_uv: bool) -> list[Mapping[str, Any]] | None:
    """All that are not the repository's own; None where there is no such list."""
    listed = data.get("package")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return None
    return [each for each in listed if not (is_uv and _is_own(each.get("source")))]


def _is_own(source: Any) -> bool:
    """As uv writes it, and with nothing beside that."""
    return isinstance(source, dict) and len(source) == 1 and not _OWN.isdisjoint(source)


def _lines(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    line, before = 1, 0
    for found in _PLACE.finditer(text):
        line, before = line + text.count("\n", before, found.end()), found.end()
        yield (found[1], found[2] or ""), line


def _answer(
    *, pinned: Sequence[tuple[str, str, int]] = (), problems: Sequence[_Row] = (), unread: Sequence[_Row] = ()
) -> dict[str, Any]:
    rows = {"pinned": list(pinned), "problems": list(problems), "unread": list(unread), "included": []}
    return {**rows, "next": None, "state": None}
