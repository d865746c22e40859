"""A forger has a journal: records edited, dropped, put in, moved, and the whole chain of hashes made anew."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from support import add, boom, echo

import belljar
from belljar import Journal, Outcome
from belljar.errors import JournalError, ReplayDivergedError
from belljar.journal import Record

SOURCE = """
const a = await tools.add({a: 1, b: 2})
const [b, c] = await Promise.all([tools.echo({value: [a]}), tools.add({a: 2, b: 2})])
try { await tools.boom({}) } catch (e) { return {a, b, c, code: e.code} }
"""


@cache
def honest(engine: str) -> Outcome:
    """A run with four calls."""
    outcome = belljar.run(SOURCE, tools=[add, echo, boom], engine=engine, seed=b"s")
    assert outcome.error is None, outcome.to_model()
    return outcome


def lines_of(engine: str) -> list[bytes]:
    """The honest journal, a record a line, with its line ends."""
    return honest(engine).journal.text().encode().splitlines(keepends=True)


def rechained(records: list[Record]) -> Journal:
    """A journal of these records whose hashes are all right, through its text, as a file would come."""
    journal = Journal()
    journal.append(*records)
    return Journal.parse(journal.text().encode())


def with_fact(engine: str, index: int, key: str, value: Any) -> list[Record]:
    """The honest records, but for one fact; DROP leaves it out."""
    records = [Record(each.type, copy.deepcopy(dict(each.facts))) for each in honest(engine).journal.records]
    facts = dict(records[index].facts)
    if value is DROP:
        del facts[key]
    else:
        facts[key] = value
    records[index] = Record(records[index].type, facts)
    return records


DROP = object()
HOSTILE: tuple[Any, ...] = (
    DROP,
    None,
    True,
    -1,
    0,
    9007199254740991,
    1.5,
    "",
    "x",
    "\ud800",
    b"x",
    [],
    [[]],
    [None],
    {},
    {"x": 1},
)

BROKEN: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "first record dropped": lambda lines: lines[1:],
    "middle record dropped": lambda lines: lines[:3] + lines[4:],
    "two records swapped": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "record twice": lambda lines: [*lines[:3], lines[2], *lines[3:]],
    "record put in": lambda lines: [
        *lines[:2],
        b'{"n":2,"type":"answer","call":1,"value":9,"sha256":"00"}\n',
        *lines[2:],
    ],
    "digit edited": lambda lines: [lines[0], lines[1].replace(b"1", b"2", 1), *lines[2:]],
    "hash edited": lambda lines: [lines[0], lines[1].replace(b'"sha256":"', b'"sha256":"0', 1), *lines[2:]],
    "space put in": lambda lines: [lines[0].replace(b":", b": ", 1), *lines[1:]],
    "key twice": lambda lines: [lines[0].replace(b'{"n":0', b'{"n":0,"n":0', 1), *lines[1:]],
    "carriage returns": lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    "byte order mark": lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
    "NUL bytes": lambda lines: [lines[0], b"\0" * 40 + b"\n", *lines[1:]],
    "empty line": lambda lines: [lines[0], b"\n", *lines[1:]],
    "deep nesting": lambda lines: [lines[0], b"[" * 50_000 + b"\n", *lines[1:]],
    "number of ten thousand digits": lambda lines: [
        lines[0],
        b'{"n":' + b"9" * 10_000 + b',"sha256":"x"}\n',
        *lines[1:],
    ],
    "bytes that are not UTF-8": lambda lines: [lines[0], b"\xff\xfe\n", *lines[1:]],
    "two journals, one after the other": lambda lines: lines + lines,
    "its own tail before its head": lambda lines: lines[4:] + lines[:4],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_journal_whose_chain_is_broken_is_refused(name: str, engine: str) -> None:
    """JournalError, before anything of it is believed."""
    with pytest.raises(JournalError):
        Journal.parse(b"".join(BROKEN[name](lines_of(engine))))


@pytest.mark.parametrize("kept", range(1, 12))
def test_a_journal_that_is_cut_short_is_not_replayed(kept: int, engine: str) -> None:
    """Its records can be read; without an end there is nothing that a replay could confirm."""
    lines = lines_of(engine)
    journal = Journal.parse(b"".join(lines[: min(kept, len(lines) - 1)]))
    with pytest.raises(JournalError, match="ends before the run did"):
        belljar.replay(journal)


def replayed(records: list[Record]) -> str:
    """The name of the error that a replay raises, or the digest of what it gives."""
    try:
        return belljar.replay(rechained(records)).sha256
    except Exception as error:  # what may come out is what the tests are about
        return type(error).__name__


ALLOWED = {"JournalError", "ReplayDivergedError", "UsageError"}
"""UsageError: an engine or a limit that does not exist."""


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: "missing" if value is DROP else repr(value))
def test_a_forged_fact_is_refused_or_makes_no_difference(hostile: Any) -> None:
    """Hashes made anew do not help: the replay raises a coded error, or gives the honest outcome bit for bit."""
    records, good = honest("quickjs").journal.records, honest("quickjs").sha256
    facts = [(index, key) for index, record in enumerate(records) for key in record.facts]
    wrong = []
    for index, key in facts:
        if hostile == "\ud800" and key == "source":
            continue  # no journal can be written with such a text
        got = replayed(with_fact("quickjs", index, key, hostile))
        if got not in {*ALLOWED, good}:
            wrong.append((records[index].type, key, got))
    assert wrong == []


FALSE_FACTS: dict[str, tuple[str, int, str, Any]] = {
    "another answer": ("answer", 0, "value", 4),
    "another argument": ("intent", 0, "arguments", {"a": 1, "b": 3}),
    "another tool": ("intent", 0, "tool", "echo"),
    "another end": ("end", 0, "outcome_sha256", "0" * 64),
    "another script": ("run", 0, "source", SOURCE.replace("a: 1", "a: 5")),
    "a script that ends at once": ("run", 0, "source", "return 1"),
    "a script that loops": ("run", 0, "source", "for (;;);"),
    "answers in another step": ("settle", 0, "calls", [2]),
    "answers twice in one step": ("settle", 0, "calls", [1, 1]),
    "an answer to no call": ("settle", 0, "calls", [99]),
    "an answer that is an error": ("answer", 0, "error", {"code": "ToolExecutionError", "message": "forged"}),
    "an error of no known code": ("answer", 3, "error", {"code": "__class__", "message": "forged"}),
    "no tools": ("run", 0, "tools", []),
    "no fuel": ("run", 0, "limits", {"fuel": 1}),
}


@pytest.mark.parametrize("name", FALSE_FACTS)
def test_a_false_fact_is_found_by_the_replay(name: str, engine: str) -> None:
    """What the journal says and what the script does must agree to the last byte."""
    kind, nth, key, value = FALSE_FACTS[name]
    records = honest(engine).journal.records
    index = [at for at, record in enumerate(records) if record.type == kind][nth]
    if key == "limits":
        value = {**records[index].facts["limits"], **value, "timeout_ms": 200}
    forged = with_fact(engine, index, key, value)
    if key == "source" and "for (;;)" in value:
        forged[0] = Record("run", {**forged[0].facts, "limits": {**forged[0].facts["limits"], "fuel": 30_000_000}})
    if engine != "quickjs" and ("fuel" in str(value) or "for (;;)" in str(value)):
        pytest.skip("fuel is WebAssembly's; a replay on another engine is bounded by its clock")
    with pytest.raises((ReplayDivergedError, JournalError)):
        belljar.replay(rechained(forged))


def test_records_of_another_run_do_not_fit(engine: str) -> None:
    """The end of one run after the calls of another, with all hashes right, is found."""
    other = belljar.run("return await tools.add({a: 5, b: 5})", tools=[add], engine=engine).journal.records
    mixed = [*honest(engine).journal.records[:-1], other[-1]]
    with pytest.raises(ReplayDivergedError):
        belljar.replay(rechained(list(mixed)))


def test_an_honest_journal_still_replays(engine: str) -> None:
    """After all that, and on any engine that is installed."""
    assert belljar.replay(rechained(list(honest(engine).journal.records))).sha256 == honest(engine).sha256
