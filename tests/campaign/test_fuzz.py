"""The fuzzers' own parts: laws that trip, inputs that shrink, words of a dictionary, and what is told of a find."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belljar.errors import Finding, HarnessInternalError
from belljar.journal import Journal
from belljar.machine import Call, Finished
from belljar.script import Analysis, PositionMap, Script, Segment
from campaign import fuzz, native, session, text_laws, wall_laws
from campaign.images import frozen_run, signed, signed_images, thawed
from campaign.law import BrokenLawError
from campaign.plan import Plan
from campaign.seeds import SEEDS, WORDS, beginnings, kept
from campaign.shrink import kind_of, shrunk, told
from campaign.targets import REPLAYED, TARGETS
from campaign.wall_laws import chained
from campaign.words import dictionary

ROOT = Path(__file__).resolve().parents[2]
QUICK_SEEDS = 30


# -- laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_keeps_its_law_on_its_seeds(target: str) -> None:
    """What a fuzzer starts from is in order, or the first find would be the seed."""
    seeds = list(SEEDS[target]())

    assert seeds
    for seed in seeds[:QUICK_SEEDS]:
        TARGETS[target](seed)


def test_a_search_begins_with_what_was_found_before() -> None:
    """Beside a mistake there is often another."""
    found = [file.read_bytes() for file in sorted((ROOT / "tests/siege/found/protocol").iterdir())]

    assert [*kept("protocol")] == found
    assert [*beginnings("protocol")] == [*SEEDS["protocol"](), *found]
    assert next(native.seeds()) == next(kept("native"))
    assert [*kept("nothing")] == []


def segment(text: str, *, column: int = 1, source: str | None = None) -> Segment:
    return Segment(kind="script" if source else "text", text=text, source=source, line=1, column=column)


def analysis(code: str | None = None, *, source: str = "a", **facts: Any) -> Analysis:
    """As `analyse` gives it, with made-up parts."""
    script = (
        None
        if code is None
        else Script(source=source, sha256="", code=code, positions=facts.pop("positions", PositionMap()))
    )
    return Analysis(**{"findings": (), "script": script, "tools_used": (), **facts})


def finding(line: int, column: int) -> Finding:
    return Finding(code="ScriptSyntaxError", message="m", line=line, column=column, hint="")


class Losing:
    """A detector that says nothing."""

    def feed(self, _chunk: str) -> list[Segment]:
        return []

    def close(self) -> list[Segment]:
        return []


BROKEN: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "a stream gives what the whole reply gives": ("detector", "Detector", Losing),
    "the segments join to the reply": ("detector", "detect", lambda _reply: (segment("other"),)),
    "a segment knows where it begins": ("detector", "detect", lambda reply: (segment(reply, column=2),)),
    "a source is inside": ("detector", "detect", lambda reply: (segment(reply, source="x"),)),
    "a finding's line is in the text": ("parser", "analyse", lambda *_, **__: analysis(findings=(finding(9, 1),))),
    "a finding's column is in its line": ("parser", "analyse", lambda *_, **__: analysis(findings=(finding(1, 99),))),
    "findings are in order": ("parser", "analyse", lambda *_, **__: analysis(findings=(finding(1, 2), finding(1, 1)))),
    "a script, or findings": ("parser", "analyse", lambda *_, **__: analysis()),
    "parse raises what analyse finds": (
        "parser", "analyse", lambda *_, **__: analysis("a", findings=(finding(1, 1),), tentative=True)
    ),
    "line ends stay": ("eraser", "analyse", lambda *_, **__: analysis("a\n")),
    "a line that is not moved keeps its length": ("eraser", "analyse", lambda *_, **__: analysis("a ")),
    "what is copied is copied, or blanked": ("eraser", "analyse", lambda *_, **__: analysis("b")),
    "erasing twice is erasing once": (
        "eraser", "analyse", lambda text, **_: analysis(" " if text == "a" else "a", source="a")
    ),
}  # fmt: skip


@pytest.mark.parametrize("law", BROKEN)
def test_a_law_of_a_text_reader_trips(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that breaks its law is caught, each law by its own reader gone wrong."""
    target, name, broken = BROKEN[law]
    data = {"detector": b"\1\1\1\1return", "parser": b"return 1", "eraser": b"a"}[target]
    if law in ("the segments join to the reply", "a segment knows where it begins", "a source is inside"):
        monkeypatch.setattr(text_laws, "_streamed", lambda _chunks: broken("return"))
    monkeypatch.setattr(text_laws, name, broken)

    with pytest.raises(BrokenLawError, match=f"^{re.escape(law)}$"):
        TARGETS[target](data)


STEPS = {
    "numbers of a step are whole and not negative": Finished(aborts=(-1,)),
    "texts of a step are strings": Finished(calls=(Call(id=1, tool=1, arguments=[], line=1, column=1),)),  # type: ignore[arg-type]  # on purpose
    "arguments are a list": Finished(calls=(Call(id=1, tool="x", arguments={}, line=1, column=1),)),  # type: ignore[arg-type]  # on purpose
    "ids are whole numbers": Finished(abandoned=("1",)),  # type: ignore[arg-type]  # on purpose
    "an error can be told and kept": Finished(error=HarnessInternalError("m")),
}


@pytest.mark.parametrize("law", STEPS)
def test_a_step_that_is_not_as_declared_trips(law: str) -> None:
    """A reader of reports that let such a step through would be found."""
    with pytest.raises(BrokenLawError, match=f"^{re.escape(law)}$"):
        wall_laws.check_step(STEPS[law])


def test_an_exception_that_is_not_documented_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the errors that a reader names are caught."""

    def broken(*_: object) -> None:
        raise KeyError("status")

    monkeypatch.setattr("belljar.machine._report.read", broken)

    with pytest.raises(KeyError, match="status"):
        TARGETS["protocol"](b"{}")


def test_images_with_other_insides_have_a_right_tag() -> None:
    """Every way of putting bytes into an image leads past the HMAC, so that what is behind it is reached."""
    for mode in range(5):
        (image,) = signed_images(bytes([mode]) + b"\1\2\3abc")
        assert image == signed(image[:-32])
    assert list(signed_images(b"")) == []
    assert frozen_run().sealed() == signed(frozen_run().sealed()[:-32])


def test_a_refused_image_is_no_find_and_a_good_one_runs_on() -> None:
    """The real image is thawed, answered and ends; a cut one is an ImageError, which is the law."""
    image = frozen_run().sealed()

    assert thawed(image) == Finished(value=[1, "1"], returned=True)
    assert thawed(image[:-1]) is None


def test_journals_of_bare_records_get_a_right_chain() -> None:
    """A record's facts can be anything and its hash is right; runs that could be long get little fuel."""
    bodies = b'{"n":0,"type":"run","format":1,"limits":{"timeout_ms":5},"engine":"v8"}'
    line = json.loads(chained(bodies))

    assert line["limits"] == {"timeout_ms": 5, "fuel": 30_000_000}
    assert line["engine"] == "quickjs"
    assert Journal.parse(chained(next(iter(SEEDS["journal"]())))).records[0].type == "run"


def test_a_session_that_ends_as_a_bug_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own breakdown is not among the ends of a script."""
    bug = Finished(error=HarnessInternalError("m", details={"why": "x"}))
    monkeypatch.setattr(session, "_carried_on", lambda *_: bug)

    with pytest.raises(AssertionError, match="no script ends as a bug of the machine"):
        REPLAYED["native"](b"\0\0\0return 1")


def test_a_session_is_answered_as_the_harness_in_c_does() -> None:
    """A value, a rejection and a text, each for the oldest open call; what is too short is no session."""
    REPLAYED["native"](b"\0\0\0const a = await tools.echo(1); try { await tools.boom() } catch {}; await tools.echo(a)"
                       b'\0{"a":1}\0!no\0text')  # fmt: skip
    REPLAYED["native"](b"\0\0")


# -- what failed, made small ------------------------------------------------------------------------------------------


def test_an_input_shrinks_to_what_makes_it_fail() -> None:
    """Pieces that do not matter go; the number of tries is bounded."""
    tries: list[bytes] = []

    def fails(data: bytes) -> bool:
        tries.append(data)
        return b"<" in data and b">" in data

    assert shrunk(b"some text < and more > than that", fails) == b"<>"
    before = len(tries)
    assert len(shrunk(bytes(1_000) + b"<>", fails, tries=5)) > 2
    assert len(tries) - before == 5


VERDICTS = """
import json, os, signal, sys
from campaign.shrink import smallest, verdict

def check(data):
    if data == b"stuck":
        signal.pause()
    if data == b"dead":
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"bad" in data:
        raise ValueError(f"this is {data.decode()}")
    assert b"law" not in data, "no law"

small, why = smallest(check, b"so this is bad, and then some")
said = [verdict(check, data, hang_s=0.1) for data in (b"good", b"bad", b"law", b"dead", b"stuck")]
print(json.dumps([*said, small.decode(), why, smallest(check, b"good")[1]]))
"""


def test_what_an_input_does_is_told_from_a_child() -> None:
    """An exception with the function it came out of, a broken law by its text, a death by its signal, and a hang."""
    command = [sys.executable, "-c", VERDICTS]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)  # noqa: S603  (our own interpreter)

    assert json.loads(done.stdout) == [
        "",
        "ValueError in <string>:check | this is bad",
        "no law | <string>:check",
        "killed by SIGSEGV",
        "hangs",
        "bad",
        "ValueError in <string>:check | this is bad",
        "",
    ]


def test_one_defect_is_told_once_whatever_the_input() -> None:
    """Two messages out of one function are of one kind; the text of a law is its kind."""
    kinds = []
    for error in (KeyError("a"), KeyError("b"), AssertionError("law")):
        try:
            raise error
        except (KeyError, AssertionError) as caught:
            kinds.append(kind_of(told(caught)))

    here = "test_fuzz.py:test_one_defect_is_told_once_whatever_the_input"
    assert kinds == [f"KeyError in {here}", f"KeyError in {here}", "law"]


def test_a_known_kind_of_failure_does_not_stop_the_search() -> None:
    """What has been told once is passed over; anything else still stops it."""

    def check(data: bytes) -> None:
        raise AssertionError(data.decode())

    passing = fuzz._passing_over(check, frozenset({"known"}))

    passing(b"known")
    with pytest.raises(AssertionError, match="new"):
        passing(b"new")


# -- mutations and words ----------------------------------------------------------------------------------------------


def test_mutations_are_repeatable_bounded_and_change_something() -> None:
    """Without atheris a search is a fixed sequence."""

    def some() -> list[bytes]:
        chance = random.Random("x")  # noqa: S311  (repeatable on purpose)
        return [fuzz.mutated(chance, [b"seed", bytes(5_000)], [b"word"]) for _ in range(200)]

    assert some() == some()
    assert len(set(some())) > 100
    assert max(map(len, some())) == fuzz.MAX_BYTES
    assert any(b"word" in data for data in some())


def test_a_dictionary_holds_any_word() -> None:
    """Quotes, backslashes and everything but printable ASCII are written as libFuzzer reads them."""
    assert dictionary(['"', "\\", "a b", "\u2028", "a b"]) == '"\\x22"\n"\\x5c"\n"a b"\n"\\xe2\\x80\\xa8"\n'
    assert all(dictionary(words) for words in WORDS.values())
    assert WORDS.keys() == SEEDS.keys() == TARGETS.keys()


# -- whole searches ---------------------------------------------------------------------------------------------------


def test_an_unguided_search_leaves_the_input_that_failed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is written before it is tried, so it is there whatever happens; a search that ends well leaves nothing."""
    seen: list[bytes] = []

    def check(data: bytes) -> None:
        seen.append(data)
        if len(seen) == 3:
            raise ValueError("third")

    with pytest.raises(ValueError, match="third"):
        fuzz._unguided("protocol", check, 5, tmp_path)
    assert (tmp_path / "crash-last").read_bytes() == seen[2]
    assert capfd.readouterr().err == "stat::number_of_executed_units: 3\n"

    fuzz._unguided("protocol", check, 0, tmp_path)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_a_search_runs_in_a_child_and_says_what_it_did() -> None:
    """Executions are counted; a reader that keeps its law gives no finds."""
    hunted = fuzz.hunt("detector", 1)

    assert (hunted.target, hunted.finds) == ("detector", ())
    assert hunted.executions > 10
    assert hunted.line.startswith("detector ")


@pytest.mark.slow
def test_a_search_without_atheris_is_said_to_be_unguided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same targets get random mutations, and the report names what to install."""
    monkeypatch.setattr(fuzz, "has_atheris", lambda: False)
    monkeypatch.setattr(fuzz, "hunt", lambda target, _: fuzz.Hunt(target=target, executions=0, coverage="", finds=()))

    report = fuzz.run(Plan(seconds=1, engines=("quickjs",)))

    assert report.lines[0] == "atheris is not installed (pip install 'belljar[campaign]'): random mutations only"
    assert len(report.lines) == 1 + len(TARGETS)


# -- the C shim -------------------------------------------------------------------------------------------------------


def test_without_a_compiler_the_report_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """No exception, no silence."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    report = native.run(Plan(seconds=1, engines=("quickjs",)))

    assert report.finds == ()
    assert report.lines == (f"no clang that links 32-bit libFuzzer programs is on PATH; on Debian: {native.INSTALL}",)


SAID = {
    "BROKEN LAW: a report is UTF-8\n    #0 0x1 in broken /w/harness.c:5:5": "a report is UTF-8",
    "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0xf5\n    #0 0x56 in free_x (/w/fuzz+0x1)\n"
    "    #1 0x57 in js_free /w/tree/./quickjs.c:10:2\n    #2 0x58 in jar_step /w/tree/jar.c:9:1": (
        "heap-use-after-free in js_free"
    ),
    "quickjs.c:3:1: runtime error: load of 0xdead\n    #0 0x1 in f /w/jar.c:5:5": "load of … in f",
    "nothing known": "ended",
}


@pytest.mark.parametrize("said", SAID)
def test_what_the_sanitizers_say_becomes_a_line(said: str) -> None:
    """The kind of fault and the innermost function of ours or the engine's, without addresses: one line a defect."""
    assert native.kind(said) == SAID[said]


def test_sessions_begin_with_the_attacks_of_the_siege() -> None:
    """Three bytes of settings, then the script, and answers to its calls."""
    sessions = list(native.seeds())

    assert len(sessions) > 500
    assert b'\0\0\0return {toJSON() { for (;;); }}\0{"a":[1,"x"]}\0!no\0some text' in sessions
