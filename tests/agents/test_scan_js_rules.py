"""Each rule over JavaScript fires where it must, on that very line, and nowhere else.

The examples are in `scan_js/`: `## rule`, then texts after `+` (must fire, on the lines that end in `//!`) and after
`-` (must not). A word after the sign is the file's ending, `js` without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from belljar.agents.security import ScanFinding
from belljar.agents.security.js import RULES, scan_source

FOLDER = Path(__file__).parent / "scan_js"
MARK = "//!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One text, and whether its rule must fire in it."""

    rule: str
    must_fire: bool
    path: str
    text: str

    @property
    def marked(self) -> list[int]:
        return [number for number, line in enumerate(self.text.splitlines(), 1) if line.endswith(MARK)]


def examples() -> Iterator[Example]:
    for file in sorted(FOLDER.glob("*.txt")):
        for section in file.read_text().split("## ")[1:]:
            rule, _, body = section.partition("\n")
            yield from _examples_of(rule, body.splitlines(keepends=True))


def _examples_of(rule: str, lines: list[str]) -> Iterator[Example]:
    head = "+"
    for is_head, group in groupby(lines, key=lambda line: line[0] in "+-"):
        if is_head:
            head = list(group)[-1]
            continue
        ending = head[1:].strip() or "js"
        yield Example(rule=rule, must_fire=head[0] == "+", path=f"a.{ending}", text="".join(group))


ALL = list(examples())


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.id != "js-unread"])
def test_a_rule_fires_on_the_lines_that_are_marked_and_on_no_other(rule: str) -> None:
    """Each example is scanned by itself; the lines with this rule's findings are the marked ones."""
    mine = [example for example in ALL if example.rule == rule]

    found = [
        (example.text, [finding.line for finding in scan_source(example.path, example.text) if finding.rule == rule])
        for example in mine
    ]

    assert found == [(example.text, example.marked) for example in mine]


def test_each_rule_has_three_examples_of_both_kinds() -> None:
    """A rule without examples has not been tried; those that must fire have a mark and the others have none."""
    counts = {
        rule.id: [sum(e.rule == rule.id and e.must_fire is must for e in ALL) for must in (True, False)]
        for rule in RULES
        if rule.id != "js-unread"
    }

    assert [rule for rule, (fires, stays_quiet) in counts.items() if fires < 3 or stays_quiet < 3] == []
    assert [e for e in ALL if bool(e.marked) is not e.must_fire] == []
    assert {e.rule for e in ALL} == set(counts)


def test_a_finding_says_what_where_and_what_to_do() -> None:
    """Lines and columns count from 1 in characters, and the end is exclusive."""
    text = 'const { exec } = require("child_process");\nconst \U0001d4b3 = "é"; exec(`rm ${name}`);\n'

    assert scan_source("src/a.js", text) == [
        ScanFinding(
            rule="js-shell-built",
            severity="medium",
            confidence="medium",
            message="A shell command is put together from parts; a blank or a quote in one of them changes it.",
            path="src/a.js",
            line=2,
            column=16,
            end_line=2,
            end_column=34,
            cwe=78,
            tool="belljar-js",
            help="Start the program with execFile or spawn and a list of arguments, without a shell.",
        )
    ]


def test_a_rule_has_a_name_of_its_own_and_says_what_to_write_instead() -> None:
    """No two rules share a name; titles, messages and help are there; sentences end as sentences do."""
    assert len({rule.id for rule in RULES}) == len(RULES) >= 28
    assert all(rule.id.startswith("js-") and rule.title and not rule.title.endswith(".") for rule in RULES)
    assert [rule.id for rule in RULES if not rule.message.endswith(".") or not rule.help.endswith(".")] == []


def test_no_message_shows_the_credential() -> None:
    """A finding about a credential in the source points at it and does not repeat it."""
    (finding,) = scan_source("a.js", 'const password = "hunter2!Q";')

    assert "hunter2" not in repr(finding)
    assert (finding.line, finding.column, finding.end_column) == (1, 18, 29)
