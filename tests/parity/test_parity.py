"""Two engines, one machine: every script of the table does the same on both, step by step, but for what is listed."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from table import Entry, end_of, entries, read

from belljar.machine import installed_engines
from campaign.known import RULES, relaxed
from campaign.trace import Trace, trace

TABLE = {entry.name: entry for entry in entries()}
RECORDED = [name for name, entry in TABLE.items() if entry.ends]
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
NEEDS_V8 = pytest.mark.skipif("v8" not in installed_engines(), reason="the extra v8 is not installed")
_ROW = re.compile(r"^\| ([^|]+?) +\|", re.MULTILINE)


@cache
def traced(name: str, engine: str) -> Trace:
    """The trace of a script of the table; each is run once."""
    entry = TABLE[name]
    return trace(entry.source, engine, entry.setting)


def documented() -> set[str]:
    """The names in the table of known differences of docs/engines.md."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## Known differences\n")[2].partition("\n## ")[0]
    return set(_ROW.findall(section)) - {"name", "---"}


@pytest.mark.parametrize("name", RECORDED)
def test_script_ends_as_recorded(name: str) -> None:
    """What a script returns on quickjs, or where it fails, is what the table says."""
    assert end_of(traced(name, "quickjs")) == TABLE[name].ends


@NEEDS_V8
@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if not entry.differs])
def test_engines_agree(name: str) -> None:
    """Every call, console line, answer and end of the script is the same on v8 as on quickjs."""
    assert traced(name, "v8") == traced(name, "quickjs")


@NEEDS_V8
@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if entry.differs])
def test_engines_differ_as_the_table_says_and_in_nothing_else(name: str) -> None:
    """A script that names a difference shows it, and but for what the difference is about, the engines agree."""
    quickjs, v8, difference = traced(name, "quickjs"), traced(name, "v8"), TABLE[name].differs
    assert quickjs != v8, "the engines agree now: delete the line `//// differs`"
    if difference in RULES:
        assert relaxed(quickjs, difference) == relaxed(v8, difference)


@pytest.mark.parametrize("name", [name for name in TABLE if name.startswith("calls: ")])
def test_a_run_that_is_frozen_at_every_wait_does_the_same(name: str) -> None:
    """On quickjs, freezing and thawing whenever the script waits changes no step."""
    entry = TABLE[name]
    assert trace(entry.source, "quickjs", replace(entry.setting, freezes=True)) == traced(name, "quickjs")


def test_every_known_difference_is_explained_and_shown() -> None:
    """docs/engines.md lists each difference that the table names, with a reason, and no other."""
    assert documented() == {entry.differs for entry in TABLE.values() if entry.differs}


def test_every_rule_is_a_known_difference() -> None:
    """The fuzzer looks away from nothing that docs/engines.md does not name."""
    assert set(RULES) <= documented()


def test_names_of_scripts_are_unique() -> None:
    """No script hides another of the same name."""
    assert len(TABLE) == len(list(entries())) >= 300


def test_a_file_of_the_table_is_read_with_its_options() -> None:
    """A name, the script's lines, and the options below it; a name may have a colon of its own."""
    text = '//// a: b\nreturn 1\n\n//// answers: all\n//// limits: {"memory_mb": 8}\n//// returns: 1\n//// c\n2\n'
    first, second = read("group", text)
    assert (first.name, first.source, first.ends, first.differs) == ("group: a: b", "return 1\n", "returns: 1", "")
    assert (first.setting.answers, first.setting.limits.memory_mb) == ("all", 8)
    assert (second.name, second.source, second.setting.answers) == ("group: c", "2", "each")


def test_a_file_without_a_first_name_is_refused() -> None:
    """Lines before the first name would belong to nothing."""
    with pytest.raises(ValueError, match="no name"):
        list(read("group", "return 1\n"))


def test_line_ends_of_windows_reach_the_script() -> None:
    """`line ends: crlf` is what the script is run with."""
    (entry,) = read("group", "//// a\none\ntwo\n//// line ends: crlf\n")
    assert isinstance(entry, Entry)
    assert entry.source == "one\r\ntwo"
