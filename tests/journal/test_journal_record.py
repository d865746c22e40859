"""What the journal holds, that no change to it goes unseen, and what it says of a process that died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import add, boom, echo, hang

import belljar
from belljar import CallbackApprover, Decision, Journal, tool
from belljar.errors import JournalError
from belljar.journal import CallState, History, Record
from belljar.journal._sink import FileSink

SOURCE = """
const [a, b] = await Promise.all([tools.add({a: 1, b: 2}), tools.echo({value: new Uint8Array([7])})])
try { await tools.boom({message: 'no'}) } catch { }
return [a, b]
"""


def journal_of(source: str, *tools: Any, **options: Any) -> Journal:
    """The journal of one run."""
    return belljar.run(source, tools=tools, **options).journal


def types(journal: Journal) -> list[str]:
    """The kinds of records in order."""
    return [record.type for record in journal.records]


def test_a_run_is_written_down_in_order() -> None:
    """Everything the machine was given first, intents before answers, what went back in which step, the end last."""
    journal = journal_of(SOURCE, add, echo, boom, seed=b"\x01", run_id="run-1")
    assert types(journal) == [
        "run",
        "intent",
        "intent",
        "answer",
        "answer",
        "settle",
        "intent",
        "answer",
        "settle",
        "end",
    ]
    run, *_, end = [record.facts for record in journal.records]
    assert (run["run_id"], run["source"], run["seed"], run["engine"]) == ("run-1", SOURCE, "01", "quickjs")
    assert (end["by"], end["steps"], end["returned"], end["value"]) == ("script", 3, True, [3, b"\x07"])
    intent = journal.records[1].facts
    assert (intent["call"], intent["tool"], intent["arguments"], intent["line"]) == (1, "add", {"a": 1, "b": 2}, 2)
    assert [record.facts["calls"] for record in journal.records if record.type == "settle"] == [[1, 2], [3]]


def test_intents_are_in_the_file_before_the_tool_runs(tmp_path: Path) -> None:
    """Written ahead: a tool that reads its own run's journal finds its call there, without an answer."""
    seen = []

    @tool
    async def look() -> None:
        """Read the journal."""
        history = History(Journal.load(tmp_path / "j").records)
        seen.append([(call.tool, call.state) for call in history.calls()])

    assert belljar.run("await tools.look(); await tools.look()", tools=[look], journal=tmp_path / "j").ok
    assert seen == [[("look", CallState.INTENDED)], [("look", CallState.DONE), ("look", CallState.INTENDED)]]


def test_a_file_and_memory_hold_the_same(tmp_path: Path) -> None:
    """A loaded journal has the records, the text and the head of the one that was written; others cannot read it."""
    journal = journal_of(SOURCE, add, echo, boom, journal=tmp_path / "j.jsonl")
    loaded = Journal.load(tmp_path / "j.jsonl")
    assert (loaded.records, loaded.head, loaded.text()) == (journal.records, journal.head, journal.text())
    assert (tmp_path / "j.jsonl").stat().st_mode & 0o077 == 0
    assert not loaded.torn


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    """JournalError before anything runs."""
    (tmp_path / "j").write_text("mine")
    with pytest.raises(JournalError, match="exists already"):
        belljar.run("return 1", journal=tmp_path / "j")
    assert (tmp_path / "j").read_text() == "mine"


def test_every_line_is_plain_json_without_a_key_twice() -> None:
    """Any reader of JSON lines sees all that is written."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    for line in journal_of(SOURCE, add, echo, boom).text().splitlines():
        json.loads(line, object_pairs_hook=once)


def lines_of(journal: Journal) -> list[bytes]:
    """The journal's lines with their ends."""
    return journal.text().encode().splitlines(keepends=True)


def test_a_record_that_was_changed_is_found() -> None:
    """One digit in any record: JournalError with the number of that record."""
    lines = lines_of(journal_of("return await tools.add({a: 1, b: 2})", add))
    for n, line in enumerate(lines):
        at = line.index(b'"type":"') + 9
        changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        with pytest.raises(JournalError) as caught:
            Journal.parse(b"".join([*lines[:n], changed, *lines[n + 1 :]]))
        assert caught.value.details == {"record": n}


def test_a_record_that_was_dropped_moved_or_added_is_found() -> None:
    """Every change of the order breaks the chain at its place."""
    lines = lines_of(journal_of(SOURCE, add, echo, boom))
    spoilt = [lines[:n] + lines[n + 1 :] for n in range(len(lines) - 1)]
    spoilt += [[*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]] for n in range(len(lines) - 1)]
    spoilt += [[*lines[: n + 1], *lines[n:]] for n in range(len(lines))]
    for each in spoilt:
        with pytest.raises(JournalError):
            Journal.parse(b"".join(each))


def test_a_record_with_a_right_hash_of_another_journal_is_found() -> None:
    """Records of two good journals do not mix."""
    one, other = (lines_of(journal_of("return await tools.add({a: 1, b: 2})", add)) for _ in range(2))
    for n in range(1, len(one)):
        with pytest.raises(JournalError, match="was changed, or a record before it is missing"):
            Journal.parse(b"".join([*one[:n], *other[n:]]))


def test_a_journal_cut_at_any_byte_is_read_up_to_the_cut() -> None:
    """A process may die in the middle of a line: the whole records are there and `torn` says so; nothing is guessed."""
    data = journal_of("return await tools.add({a: 1, b: 2})", add).text().encode()
    first = data.index(b"\n") + 1
    for cut in range(first, len(data), 7):
        journal = Journal.parse(data[:cut])
        assert len(journal.records) == data[:cut].count(b"\n")
        assert journal.torn == (data[cut - 1 : cut] != b"\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a journal"),
        (b"hello\n", "record 0 is cut short"),
        (b'{"n":0}\n', "record 0 is cut short"),
        (b"\xff\xfe\n", "not UTF-8"),
        (b'[1,"sha256":"00"}\n', "record 0 was changed"),
    ],
)
def test_what_is_no_journal_is_refused(data: bytes, message: str) -> None:
    """JournalError that says why."""
    with pytest.raises(JournalError, match=message):
        Journal.parse(data)


def chained(*records: Record) -> bytes:
    """A journal with right hashes, as a forger of the whole file would make it."""
    journal = Journal()
    journal.append(*records)
    return journal.text().encode()


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([Record("end", {"value": 1})], "first record is missing"),
        ([Record("run", {"format": 99})], "journal format 99 is not known here"),
        ([Record("run", {"format": 1}), Record("surprise", {})], "record 1 is not of this format"),
        ([Record("run", {"format": 1})], "record 0 has no run_id that can be read"),
    ],
)
def test_a_well_chained_journal_of_another_kind_is_refused(records: list[Record], message: str) -> None:
    """The chain alone does not make a journal."""
    with pytest.raises(JournalError, match=message):
        Journal.parse(chained(*records))


def test_a_journal_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """JournalError with the system's reason."""
    with pytest.raises(JournalError, match="cannot be read: No such file"):
        Journal.load(tmp_path / "none")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_disk_that_is_full_stops_the_run_before_the_tool() -> None:
    """What cannot be written down is not done."""
    called = []

    @tool
    async def write() -> None:
        """An effect."""
        called.append(1)

    journal = Journal(sink=FileSink(Path("/dev/full"), os.open("/dev/full", os.O_WRONLY)))
    with pytest.raises(JournalError, match="cannot be written: No space left"):
        belljar.run("await tools.write()", tools=[write], journal=journal)
    assert called == []


CRASH = """
import asyncio, os, signal, sys
import belljar
@belljar.tool
async def first() -> str:
    "Answers."
    return "done"
@belljar.tool
async def pay(cents: int) -> None:
    "An effect, and then the process dies."
    print("paid", flush=True)
    if sys.argv[2] == "self":
        os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.Event().wait()
@belljar.tool(approval="always")
async def later() -> None:
    "Never decided."
source = "await tools.first(); await Promise.all([tools.pay({cents: 5}), tools.later()])"
class Nobody:
    async def decide(self, request): await asyncio.Event().wait()
belljar.run(source, tools=[first, pay, later], journal=sys.argv[1], approver=Nobody())
"""


@pytest.mark.parametrize("killer", ["self", "outside"])
def test_a_killed_process_leaves_the_truth(tmp_path: Path, killer: str) -> None:
    """kill -9 between intent and answer: the call that was under way is unknown, never "not made"."""
    place = tmp_path / "j"
    process = subprocess.Popen([sys.executable, "-c", CRASH, place, killer], stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    assert process.stdout.readline() == "paid\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    journal = Journal.load(place)
    assert types(journal) == ["run", "intent", "answer", "settle", "intent"]
    calls = History(journal.records).after_crash()
    assert [(call.id, call.tool, call.state, call.line) for call in calls] == [
        (1, "first", CallState.DONE, 1),
        (2, "pay", CallState.UNKNOWN, 1),
    ]
    with pytest.raises(JournalError, match="ends before the run did"):
        belljar.replay(place)


def test_states_of_calls_at_the_end_of_a_run() -> None:
    """Done, failed and unknown; nothing is `intended` any more, and no unknown call becomes "not made"."""
    source = (
        "tools.hang(); const lost = tools.hang(); await tools.add({a: 1, b: 1}); "
        "try { await tools.boom({}) } catch { }; try { await tools.add({a: 'x'}) } catch { }"
    )
    outcome = belljar.run(source, tools=[add, boom, hang])
    assert [(call.tool, call.state.value, call.error) for call in outcome.calls] == [
        ("hang", "unknown", "CallAbortedError"),
        ("hang", "unknown", "CallAbortedError"),
        ("add", "done", None),
        ("boom", "failed", "ToolExecutionError"),
        ("add", "failed", "ToolValidationError"),
    ]


def test_approvals_are_in_the_journal_with_digest_and_decider() -> None:
    """Who said what, when, about which call, and the arguments that replaced the script's."""

    @tool(approval="always")
    async def pay(cents: int) -> int:
        """Pay."""
        return cents

    def decide(request: belljar.ApprovalRequest) -> Decision:
        return Decision.edit(request, {"cents": 5}, reason="less", who="ada", at_ms=1234)

    outcome = belljar.run("return await tools.pay({cents: 500})", tools=[pay], approver=CallbackApprover(decide))
    assert outcome.value == 5
    records = {record.type: record.facts for record in outcome.journal.records}
    approval = records["approval"]
    assert (approval["call"], approval["verdict"], approval["who"], approval["reason"], approval["at_ms"]) == (
        1,
        "approve",
        "ada",
        "less",
        1234,
    )
    assert approval["arguments"] == {"cents": 5}
    assert len(approval["digest"]) == 64
    assert (records["intent"]["asked"], records["intent"]["arguments"]) == ([{"cents": 500}], {"cents": 5})


def test_arguments_are_written_once() -> None:
    """A journal is not several times as large as what the script sent."""

    @tool
    async def drop(text: str) -> int:
        """Its length."""
        return len(text)

    text = journal_of("return await tools.drop({text: 'needle' + 'x'.repeat(100_000)})", drop).text()
    assert text.count("needlexxx") == 1
    assert len(text) < 105_000


def test_the_key_of_a_call_is_the_same_on_every_retry_and_of_no_other_call() -> None:
    """It depends on run, ordinal, tool and arguments, and is what the tool was handed."""
    keys: list[str] = []

    @tool
    async def pay(cents: int, call: belljar.CallInfo) -> int:
        """Pay."""
        keys.append(call.key)
        return cents

    source = "await tools.pay({cents: 1}); await tools.pay({cents: 1}); await tools.pay({cents: 2})"
    for run_id in ("a", "a", "b"):
        journal = journal_of(source, pay, run_id=run_id)
        assert [record.facts["key"] for record in journal.records if record.type == "intent"] == keys[-3:]
    assert keys[:3] == keys[3:6]
    assert len(set(keys)) == 6
