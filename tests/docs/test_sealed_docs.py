"""docs/sealed.md and docs/sealed-migration.md: their programs run, their tables are those of the code."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import belljar
from belljar import Harness, tool
from belljar.errors import ERRORS, SealedError
from belljar.harness import Outcome
from belljar.script.seal._refusals import NAMES, OPERATORS, REFUSALS, Refusal

ROOT = Path(__file__).resolve().parents[2]
SEALED = (ROOT / "docs/sealed.md").read_text(encoding="utf-8")
MIGRATION = (ROOT / "docs/sealed-migration.md").read_text(encoding="utf-8")
TABLE = (ROOT / "guest/sealed/95_table.js").read_text(encoding="utf-8")
GAS = json.loads((files("belljar.script.seal") / "gas.json").read_text(encoding="utf-8"))["rows"]


def section(title: str, page: str = SEALED) -> str:
    """The text under a heading, to the next of its level or above."""
    level = title.index(" ")
    return re.split(rf"\n#{{1,{level}}} ", page.partition(f"\n{title}\n")[2], maxsplit=1)[0]


@tool
def rate(base: str, quote: str) -> int:
    """Hundredths of `quote` that one `base` costs; the effect of the pages' examples."""
    return {"EURUSD": 125, "EURGBP": 80}[base + quote]


def ran(source: str, engine: str) -> Outcome:
    """As the pages say: `// input JSON` is what the program is given."""
    given = re.search(r"^// input (.*)$", source, re.MULTILINE)

    async def main() -> Outcome:
        async with Harness([rate], engine=engine) as harness:
            return await harness.run_sealed(source, json.loads(given[1]) if given else None)

    return asyncio.run(main())


def expected(source: str) -> str:
    """What the last line of an example says, `=> ANSWER` or `error CODE`."""
    last = source.rstrip().rpartition("\n")[2]
    assert re.match(r"// (=>|error) ", last), f"an example ends with its answer, not with {last!r}"
    return last.removeprefix("// ")


def told(outcome: Outcome) -> str:
    return f"=> {outcome.canonical_json}" if outcome.error is None else f"error {outcome.error.code}"


# -- programs ---------------------------------------------------------------------------------------------------------

EXAMPLES = re.findall(r"```ts\n(.*?)```", SEALED, re.DOTALL)


@pytest.mark.parametrize("source", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_page_has_the_answer_that_it_states(source: str, engine: str) -> None:
    """Its canonical JSON, or the code of the error that ends it."""
    assert told(ran(source, engine)) == expected(source)


PAIR = re.compile(r"```ts before\n(.*?)```\n(.*?)```ts after\n(.*?)```", re.DOTALL)


class Rewrite(NamedTuple):
    """One entry of the page for those who bring TypeScript."""

    before: str
    between: str
    after: str


REWRITES = [Rewrite(*found) for found in PAIR.findall(MIGRATION)]
REWRITE_IDS = [re.sub(r"\W+", "-", each.before.splitlines()[0]) for each in REWRITES]


@pytest.mark.parametrize("rewrite", REWRITES, ids=REWRITE_IDS)
def test_what_was_there_before_is_refused_with_the_hint_that_the_page_names(rewrite: Rewrite) -> None:
    """Every hint that `check` gives, and no other."""
    hints = {finding.hint for finding in belljar.check(rewrite.before, profile="sealed").findings}
    quoted = {line.removeprefix("> ") for line in rewrite.between.splitlines() if line.startswith("> ")}

    assert quoted == hints


@pytest.mark.parametrize("rewrite", REWRITES, ids=REWRITE_IDS)
def test_what_is_there_after_gives_the_answer_that_it_states(rewrite: Rewrite, engine: str) -> None:
    """A rewrite is a program that runs."""
    assert told(ran(rewrite.after, engine)) == expected(rewrite.after)


def test_every_block_of_the_migration_page_is_one_of_a_pair() -> None:
    """None is passed over by the tests above."""
    assert MIGRATION.count("```ts") == 2 * len(REWRITES)
    assert len(REWRITES) >= 15


REFUSED = re.findall(r"^\| (`+) ?(.+?) ?\1 \| (.+) \|", section("## The rest", MIGRATION), re.MULTILINE)


@pytest.mark.parametrize(("source", "hint"), [(source, hint) for _, source, hint in REFUSED])
def test_a_form_of_the_page_s_list_is_refused_with_its_hint(source: str, hint: str) -> None:
    """With no other."""
    assert {finding.hint for finding in belljar.check(source, profile="sealed").findings} == {hint}


def test_every_hint_of_the_compiler_s_tables_is_on_the_page() -> None:
    """But for decorators, which stand with a class and are refused with it."""
    tables: list[Mapping[str, Refusal]] = [REFUSALS, OPERATORS, NAMES]
    hints = {refusal.hint for table in tables for name, refusal in table.items() if name != "decorator"}
    shown = {hint for _, _, hint in REFUSED} | set(re.findall("^> (.*)", MIGRATION, re.MULTILINE))

    assert hints - shown == set()


DIFFERENCES = re.findall(
    r"^\| `(.+?)` \| `(.+?)` \|", section("## What is not refused and means something else", MIGRATION), re.MULTILINE
)


@pytest.mark.parametrize(("written", "end"), DIFFERENCES)
def test_what_means_something_else_ends_as_the_page_says(written: str, end: str, engine: str) -> None:
    """It is not refused; its answer, or the error's code."""
    outcome = ran("return " + written.replace("\\|", "|"), engine)

    assert end == (outcome.canonical_json if outcome.error is None else outcome.error.code)


# -- tables -----------------------------------------------------------------------------------------------------------

Shape = tuple[str, int, int | None]
"""The row that a built-in costs, and the number of its arguments: at least, and at most (None: any number)."""

GROUP = re.compile(r"group\('([\w.]*)', (\w+|\{[^}]*\}), \{(.*?)\}\)", re.DOTALL)
RECEIVERS = {"ARRAYS": "xs.", "TEXTS": "s."}


def in_the_code() -> Iterator[tuple[str, Shape]]:
    for prefix, works, rows in GROUP.findall(TABLE):
        for name, entry in re.findall(r"(\w+): '([^']*)'", rows):
            row, *kinds = entry.split()
            least = sum(kind.isalpha() for kind in kinds)
            most = None if entry.endswith("...") else len(kinds)
            yield RECEIVERS.get(works, prefix) + name, (row, least, most)


def in_the_page() -> Iterator[tuple[str, Shape]]:
    for line in section("## Built-ins").splitlines():
        if line.startswith("| `"):
            calls, cost, _ = line.strip("| ").split(" | ", 2)
            row = re.match(r"`(\w+)`( for each item)?$", cost)
            assert row, line
            for name, arguments in re.findall(r"`([\w.]+)\((.*?)\)`", calls):
                given = arguments.split(", ") if arguments else []
                least = sum(each.isalnum() for each in given)
                most = None if "..." in arguments else len(given)
                yield name, ("-" if row[2] else row[1], least, most)


def test_every_built_in_is_in_the_page_with_its_cost_and_arguments() -> None:
    """And the page has none besides; each is there once."""
    page = list(in_the_page())

    assert dict(page) == dict(in_the_code())
    assert len(page) == len(dict(page))


def test_the_gas_table_of_the_page_is_the_file_s() -> None:
    """Rows that have the same units stand together, in the file's order."""
    rows = sorted((row for row in GAS if row["expressible"]), key=lambda row: row["units"])
    lines = ["| units | rows |", "| --- | --- |"]
    for units, same in groupby(rows, key=lambda row: row["units"]):
        lines.append(f"| {units} | {'; '.join(named(row) for row in same)} |")

    assert "\n".join(lines) + "\n" in section("### The table")


def test_rows_without_a_form_are_in_the_page_with_the_reason() -> None:
    """In the file's order."""
    lines = ["| units | row | why not |", "| --- | --- | --- |"]
    lines += [f"| {row['units']} | {named(row)} | {row['why']} |" for row in GAS if not row["expressible"]]

    assert "\n".join(lines) + "\n" in section("### The table")


def named(row: dict[str, Any]) -> str:
    return f"`{row['id']}` {row['what']}"


def test_every_error_that_ends_a_sealed_program_is_in_the_page() -> None:
    """And no code is there that does not exist."""
    codes = re.findall(r"^\| `(\w+)` \|", section("## Errors"), re.MULTILINE)
    ends = {code for code, kind in ERRORS.items() if issubclass(kind, SealedError)} - {"SealedError"}

    assert ends <= set(codes) <= set(ERRORS)
    assert len(codes) == len(set(codes))


def test_the_answer_at_exhaustion_is_the_one_that_the_page_shows(engine: str) -> None:
    """The page's text is a run's."""
    shown = re.search(r"```text\n(.*?)\n```", section("## Gas"))
    assert shown
    limit = json.loads(shown[1])["gasLimit"]

    async def main() -> Outcome:
        async with Harness(engine=engine) as harness:
            return await harness.run_sealed("return [1, 2, 3].map((x) => x + 1)", gas_limit=limit)

    assert asyncio.run(main()).canonical_json == shown[1]
