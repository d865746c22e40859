"""What a patch costs: nothing that a script writes into one, or into a file, makes applyPatch slow, deaf or fat."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from support import value_of

from belljar import AbortSignal, AutoApprover
from belljar.errors import PatchError
from belljar.packs import FileLimits, Workspace, files
from belljar.packs._patch import apply_patch
from belljar.patch import Pace, apply_hunks, parse_patch

LONG = 200_000


@contextmanager
def quick(seconds: float = 1.0) -> Iterator[None]:
    """Of this thread's time: what was quadratic took from ten times to a thousand times as much."""
    before = time.thread_time()
    yield
    assert time.thread_time() - before < seconds


class TimeIsUpError(Exception):
    pass


def ends_after(calls: int) -> Pace:
    """Raises when it is called once more."""
    left = count(calls, -1)

    def pace() -> None:
        if next(left) == 0:
            raise TimeIsUpError

    return pace


def apply(text: str, patch: str, *, pace: Pace = lambda: None) -> str:
    (section,) = parse_patch(patch)
    return apply_hunks(text, section.hunks, path="f", fuzz=2, pace=pace).text


def nothing_there(text: str, hunk: str) -> str:
    """The message."""
    with pytest.raises(PatchError) as caught:
        apply(text, f"--- a/f\n+++ b/f\n@@\n{hunk}")
    return caught.value.message


# -- reading ----------------------------------------------------------------------------------------------------------

DIFF = "--- a/f\n+++ b/f\n"


def named(name: str) -> str:
    return f"--- {name}\n+++ b/f\n@@\n-a\n+b\n"


def ranged(ranges: str) -> str:
    return f"{DIFF}@@ {ranges} @@\n-a\n+b\n"


HEADERS = {
    "blanks in a name": named("a/f" + " " * LONG + "x"),
    "blanks behind a name": named("a/f" + " " * LONG),
    "tabs in a name": named("a/f" + " \t" * LONG + "x"),
    "stamps in a name": named("a/f" + " 2020-01-01 10:00:00.1" * (LONG // 20) + "x"),
    "quotes in a name": named('"a/f' + "\\\\1" * LONG + '"'),
    "names in a name": f"diff --git a/{' b/' * LONG}\n{named('a/f')}",
    "blanks in a header": ranged("-1" + " " * LONG + "x"),
    "digits in a header": ranged("-1" + ",1" * LONG + " +1"),
    "hunks": DIFF + "@@ -1,99999 +1,99999 @@\n-a\n+b\n" * (LONG // 10),
    "blank lines": DIFF + ("@@ -1,9 +1,9 @@\n-a\n+b" + "\n" * 20) * (LONG // 20) + "```\n",
    "sections": (DIFF + "-a\n+b\n") * (LONG // 10),
    "envelopes": "*** Begin Patch\n*** Delete File: f\n*** End Patch\n" * (LONG // 10),
    "headings": "*** Begin Patch\n*** Update File: f\n" + "@@ h\n" * LONG + "-a\n+b\n*** End Patch\n",
}


@pytest.mark.parametrize("patch", HEADERS.values(), ids=HEADERS)
def test_reading_a_patch_takes_as_long_as_the_patch(patch: str) -> None:
    """Whatever repeats in it. A regular expression that is searched for from every blank holds up the whole process."""
    with quick():
        try:
            parse_patch(patch)
        except PatchError as error:
            assert len(error.message) < 1_000  # noqa: PT017  (refusing it quickly is as good)


def test_a_run_with_such_a_patch_goes_on(tmp_path: Path) -> None:
    """From a script, through the tool: the name is what it is without the blanks."""
    (tmp_path / "f").write_text("a\n")
    source = f"""const patch = '--- a/f' + ' '.repeat({LONG}) + '\\n+++ b/f\\n@@\\n-a\\n+b\\n'
    return (await tools.applyPatch({{patch}})).added"""

    assert value_of(source, *files(tmp_path), approver=AutoApprover("all")) == 1


# -- searching --------------------------------------------------------------------------------------------------------

NUMBERED = "".join(f"l{number}\n" for number in range(20_000))
ENVELOPE = "*** Begin Patch\n*** Update File: f\n{}-dup\n+z\n*** End Patch\n"

LONG_SEARCHES = {
    "headings": (9, NUMBERED + "dup\ndup\n", ENVELOPE.format("".join(f"@@ l{number}\n" for number in range(8)))),
    "many hunks": (40, NUMBERED, DIFF + "".join(f"@@\n-l{number}\n+z\n" for number in range(40))),
    "a hunk that is nowhere": (4, NUMBERED, f"{DIFF}@@\n-m1\n-m2\n+z\n"),
    "a hunk but for white space": (3, "a  b\n" * 20_000, f"{DIFF}@@ -9 +9 @@\n a b\n+z\n"),
}


@pytest.mark.parametrize(("passes", "text", "patch"), LONG_SEARCHES.values(), ids=LONG_SEARCHES)
def test_a_search_can_be_ended_at_any_time(passes: int, text: str, patch: str) -> None:
    """The pace is asked for every 1,024 lines of each pass over them; what it raises ends the search."""
    with pytest.raises(TimeIsUpError):
        apply(text, patch, pace=ends_after(passes * 20_000 // 1024))


def test_a_file_of_lines_that_resemble_the_hunk_s() -> None:
    """To find the nearest place, letters are counted in 4,000 lines, and ten lines compared letter by letter."""
    text = "".join(f"{'a' * 190}{number}\n" for number in range(10_000))
    hunk = "".join(f"-{'a' * 100}{number}b{'a' * 90}\n" for number in range(1_200))

    with quick():
        assert "Nearest are lines" in nothing_there(text, hunk)
    with pytest.raises(TimeIsUpError):
        apply(text, f"--- a/f\n+++ b/f\n@@\n{hunk}", pace=ends_after(3_000))


@pytest.mark.parametrize("letters", ["ab" * 60, "aab" * 40, "a" * 119 + "b"])
def test_lines_that_resemble_the_hunk_s_in_themselves(letters: str) -> None:
    """Where every letter repeats, each comparison is as long as can be."""
    text = "".join(f"{letters[number:]}{letters[:number]}\n" for number in range(100)) * 40

    with quick():
        assert "Nearest are lines" in nothing_there(text, f"-{letters}c\n+z\n")


def test_a_hunk_that_differs_where_everything_repeats() -> None:
    """Differences are looked for in a hundred lines."""
    text, hunk = "k\n" + "a\nb\n" * 2_000, " k\n" + "-a\n-b\n" * 500 + "-q\n" + "-b\n-a\n" * 500

    with quick():
        assert "which differ:\n  file 1002: 'a'\n  patch: 'q'" in nothing_there(text, hunk)


def test_a_hunk_that_fits_everywhere() -> None:
    """Of 400,000 equal lines the stated one is taken; without a number eight are named."""
    text = "  a\n" * 400_000

    with quick(2.0):
        assert apply(text, "--- a/f\n+++ b/f\n@@ -400000 +400000 @@\n   a\n+b\n") == text + "b\n"
        assert nothing_there(text, "   a\n+b\n").endswith("beginning at lines 1, 2, 3, 4, 5, 6, 7, 8 and 399992 more")


# -- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hunk", ["-  10x\n+z\n", "-  10\n+z\n", "-10\n+z\n"])
def test_lines_are_kept_once(hunk: str) -> None:
    """The list of a file's lines and what is found in it, and no second list for each way to compare them: under 150
    bytes a line, of which 60 are the line itself."""
    lines = 50_000
    text = "".join(f"{number % 90 + 10}\n" for number in range(lines))
    tracemalloc.start()
    try:
        nothing_there(text, hunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 150 * lines


@pytest.mark.parametrize("patch", ["--- a/f\n+++ b/f\n@@ -1 +1 @@\n-\n+x\n", "--- a/f\n+++ /dev/null\n@@\n-\n"])
def test_a_file_has_at_most_a_million_lines(tmp_path: Path, patch: str) -> None:
    """Of a larger one nothing is read into lines."""
    (tmp_path / "f").write_text("\n" * 1_000_001)

    with quick(), pytest.raises(PatchError, match="f: the file has more than 1,000,000 lines"):
        apply_patch(Workspace(tmp_path), patch, FileLimits(), AbortSignal())


def test_a_million_lines_can_be_patched(tmp_path: Path) -> None:
    """At its end, too."""
    (tmp_path / "f").write_text("\n" * 999_999 + "a\n")
    source = f"return await tools.applyPatch({{patch: {json.dumps(named('a/f'))}}})"

    assert value_of(source, *files(tmp_path), approver=AutoApprover("all"))["files"][0]["hunks"] == [
        {"line": 1_000_000, "offset": None, "fuzz": 0}
    ]
    assert (tmp_path / "f").read_text().endswith("\nb\n")
