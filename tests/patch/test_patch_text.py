"""Patches on text: what a model writes, what it means, and the laws that hold for every diff. No file is touched."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from patching import applied, diff, edited, only, patched, refusal, sections

from belljar.errors import PatchError
from belljar.patch import apply_hunks, parse_patch

BODY = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


# -- laws -------------------------------------------------------------------------------------------------------------

LINE = st.text(st.sampled_from("ab -+@\\\t\r\f\u2028é"), max_size=4)
FEW = st.sampled_from(["a", "b", "", "  a", "--- a/f", "+++ b/f", "@@ -1 +1 @@", "-- ", "\\ No newline"])


def texts(line: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lines = st.lists(line, max_size=12)
    return st.builds(lambda each, feed: "\n".join(each) + ("\n" if feed and each else ""), lines, st.booleans())


PAIRS = st.one_of(st.tuples(texts(LINE), texts(LINE)), st.tuples(texts(FEW), texts(FEW)))


@given(PAIRS, st.integers(0, 3))
def test_a_diff_of_two_texts_makes_the_one_into_the_other(pair: tuple[str, str], context: int) -> None:
    """difflib's diff of (a, b), applied to a, gives b to the byte; swapped around, it gives a back."""
    old, new = pair
    assume(old != new)

    assert applied(old, diff(old, new, context=context)).text == new
    assert applied(new, diff(new, old, context=context)).text == old


def headers(patch: str, rewrite: str) -> str:
    """The patch with another `@@` line before each hunk."""
    return "".join(rewrite if line.startswith("@@ ") else line for line in patch.splitlines(keepends=True))


@given(edited(), st.integers(1, 60))
def test_line_numbers_do_not_matter_where_the_lines_are_unique(pair: tuple[str, str], number: int) -> None:
    """Wrong numbers, wrong counts, no numbers: the same result, as every hunk expects a line that is there once."""
    old, new = pair
    patch = diff(old, new)
    assume(old != new)
    assume(all(hunk.old for hunk in only(patch).hunks))

    for header in (
        f"@@ -{number},99 +{number},0 @@\n",
        "@@\n",
        "@@ ... @@\n",
        f"@@ -{number} @@\n",
        "@@ -0,0 +0,0 @@\n",
    ):
        assert applied(old, headers(patch, header)).text == new


@given(edited())
def test_white_space_in_context_is_forgiven_and_counted(pair: tuple[str, str]) -> None:
    """Context lines that are indented otherwise fit, count as fuzz, and stay as the file has them."""
    old, new = pair
    patch = diff(old, new, context=1)
    assume(old != new)
    bent = "".join(f" \t{line[1:]}" if line.startswith(" ") else line for line in patch.splitlines(keepends=True))

    found = applied(old, bent, fuzz=100)

    assert found.text == new
    assert [each.fuzz for each in found.placed] == [sum(li.mark == " " for li in h.hunk.lines) for h in found.placed]


@given(PAIRS)
def test_a_file_s_own_line_endings_are_kept(pair: tuple[str, str]) -> None:
    """A patch in LF for a file in CRLF: what comes out is the new text in CRLF."""
    old, new = (text.replace("\r", "") for text in pair)
    assume(old != new)
    assume(old.endswith("\n"))
    assume(all(hunk.old for hunk in only(diff(old, new)).hunks))

    def crlf(text: str) -> str:
        return text.replace("\n", "\r\n")

    assert applied(crlf(old), diff(old, new)).text == crlf(new)


@settings(max_examples=15)
@given(edited(), st.integers(0, 4), st.integers(0, 4))
def test_gnu_patch_agrees(pair: tuple[str, str], said: int, there: int) -> None:
    """The same diff, with all numbers off by some lines, through GNU patch: the same text."""
    program = shutil.which("patch")
    if program is None:
        pytest.skip("GNU patch is not installed")
    assume(pair[0] != pair[1])
    below = "".join(f"below {number}\n" for number in range(3))

    def above(count: int) -> str:
        return "".join(f"above {number - count}\n" for number in range(3 + count))

    old, new = (above(said) + text + below for text in pair)
    file = above(there) + pair[0] + below
    patch = diff(old, new)
    assume(all(len(hunk.old) > 3 for hunk in only(patch).hunks))

    assert applied(file, patch).text == _by_gnu(program, file, patch)


def _by_gnu(program: str, text: str, patch: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "f").write_text(text, newline="")
        command = [program, "-p1", "--force", "--no-backup-if-mismatch", "--quiet"]
        subprocess.run(command, cwd=folder, input=patch, text=True, check=True)  # noqa: S603  (found by which)
        file = Path(folder, "f")
        return file.read_text() if file.exists() else ""


@given(
    st.lists(st.sampled_from(["--- a/f", "+++ b/f", "@@ -1,2 +1 @@", "@@", " a", "-a", "+b", "", "\\ No", "x", "\ta"]))
)
def test_whatever_is_given_is_a_patch_or_a_patch_error(lines: list[str]) -> None:
    """The parser and the search never fail with anything but PatchError."""
    with contextlib.suppress(PatchError):
        for section in parse_patch("\n".join(lines)):
            apply_hunks("a\nb\na\n", section.hunks, path=section.new, fuzz=2)


# -- hunks as models write them ---------------------------------------------------------------------------------------

FORMS = {
    "right numbers": "@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n",
    "wrong numbers": "@@ -40,3 +77,3 @@\n two\n-three\n+3\n four\n",
    "counts too large": "@@ -2,9 +2,9 @@\n two\n-three\n+3\n four\n```\n",
    "one count too large": "@@ -2,9 +2,3 @@\n two\n-three\n+3\n four\n",
    "counts too small": "@@ -2,1 +2,1 @@\n two\n-three\n+3\n four\n",
    "no counts": "@@ -2 +2 @@\n two\n-three\n+3\n four\n",
    "zeros": "@@ -0,0 +0,0 @@\n two\n-three\n+3\n four\n",
    "no numbers": "@@\n two\n-three\n+3\n four\n",
    "no numbers, closed": "@@ @@\n two\n-three\n+3\n four\n",
    "dots": "@@ ... @@\n two\n-three\n+3\n four\n",
    "a heading": "@@ -2,3 +2,3 @@ one\n two\n-three\n+3\n four\n",
    "code for numbers": "@@ one @@\n two\n-three\n+3\n four\n",
    "no header": " two\n-three\n+3\n four\n",
    "space after": "@@\n two\n-three\n+3\n four\n\n\n",
    "a fence": "@@\n two\n-three\n+3\n four\n```\n",
    "a mail signature": "@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n-- \n2.43.0\n",
    "a mail signature, no numbers": "@@\n two\n-three\n+3\n four\n-- \n2.43.0\n",
    "no context": "@@ -3 +3 @@\n-three\n+3\n",
    "CRLF throughout": "@@\r\n two\r\n-three\r\n+3\r\n four\r\n",
}


@pytest.mark.parametrize("hunk", FORMS.values(), ids=FORMS)
def test_hunks_as_models_write_them(hunk: str) -> None:
    """All of these say the same."""
    feed = "\r\n" if "\r" in hunk else "\n"

    assert applied(BODY, f"--- a/f{feed}+++ b/f{feed}{hunk}").text == BODY.replace("three", "3")


def test_a_blank_context_line_that_lost_its_blank() -> None:
    """An editor took the blank of an empty context line, with counts that are right, and with none."""
    text = "a\n\nb\n\nc\n"
    for header in ("@@ -1,4 +1,4 @@", "@@"):
        assert patched(text, f"{header}\n a\n\n-b\n+B\n\n") == "a\n\nB\n\nc\n"


def test_trailing_blank_context_that_was_eaten() -> None:
    """The header counts a blank line that is not there any more."""
    assert patched("a\nb\n\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n") == "a\nB\n\nc\n"


def test_a_context_line_that_begins_with_a_tab_lost_its_blank() -> None:
    """It is taken as it is."""
    assert patched("f:\n\tx\n\ty\n", "@@\n f:\n\tx\n-\ty\n+\tz\n") == "f:\n\tx\n\tz\n"


def test_removed_lines_that_look_like_headers() -> None:
    """Counts decide: `-- a` removed and `++ b` added are no names of files."""
    assert patched("x\n-- a\ny\n", "@@ -1,3 +1,3 @@\n x\n--- a\n+++ b\n y\n") == "x\n++ b\ny\n"


def test_a_line_without_a_mark_is_an_error() -> None:
    """A patch that was cut, or has prose in a hunk, is not half applied."""
    error = refusal(BODY, "@@ -2,3 +2,3 @@\n two\n-three\nand so on\n")

    assert error.message == "line 6 of the patch: 'and so on' is no line of a hunk, which begins with ' ', '-' or '+'"
    assert error.details == {"patch_line": 6}


STRAY = {
    "+x\n": "there is no `--- a/FILE` with `+++ b/FILE` after it",
    "@@\n+x\n": "line 1 of the patch: a hunk before any `--- a/FILE` and `+++ b/FILE`",
    "--- a/f\n+++ b/f\n": "line 1 of the patch: there is no hunk for 'f'",
    "--- a/f\n+++ b/f\n@@\n": "line 3 of the patch: a hunk without lines",
    "--- a/f\n+++ b/f\n@@\n one\n": "the patch changes nothing: no line of it begins with '+' or '-'",
    "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+1\nIndex: g\n+x\n": "line 7 of the patch: '+x' belongs to no hunk",
    "--- a/f\n+++ b/f\n@@@ -1 -1 +1 @@@\n": "a diff against several parents cannot be applied here",
    "--- a/f\n+++ b/f\n@@ -12345678901 +1 @@\n-a\n": "a line number of more than nine digits",
    "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n": "line 2 of the patch: a change of a file's mode",
    "diff --git a/f b/f\nnew file mode 120000\n": "ordinary files only, not mode '120000'",
    "diff --git a/f b/f\nGIT binary patch\n": "line 2 of the patch: a binary patch cannot be applied here",
    "diff --git a/f b/f\ncopy from f\ncopy to g\n": "line 2 of the patch: a copy cannot be applied here",
    "--- /dev/null\n+++ /dev/null\n@@\n+x\n": "line 1 of the patch: names no file",
}


@pytest.mark.parametrize(("patch", "message"), STRAY.items())
def test_what_cannot_be_read_is_an_error_with_its_line(patch: str, message: str) -> None:
    """Nothing of a patch is passed over in silence, prose before it excepted."""
    with pytest.raises(PatchError) as caught:
        parse_patch(patch)

    assert message in caught.value.message


# -- places -----------------------------------------------------------------------------------------------------------

TWICE = "a\nx\nb\nx\nc\n"


def test_of_several_places_the_nearest_to_the_stated_line() -> None:
    """Line 5 is said, line 4 is nearer than line 2; the figures tell the offset."""
    found = applied(TWICE, "--- a/f\n+++ b/f\n@@ -5 +5 @@\n-x\n+y\n")

    assert found.text == "a\nx\nb\ny\nc\n"
    assert [(each.index + 1, each.offset, each.fuzz) for each in found.placed] == [(4, -1, 0)]


def test_two_places_equally_near_are_ambiguous() -> None:
    """Line 3 lies between 2 and 4."""
    error = refusal(TWICE, "@@ -3 +3 @@\n-x\n+y\n")

    assert error.message == "f, hunk 1: its lines stand at several places, beginning at lines 2, 4"
    assert error.details == {"path": "f", "hunk": 1, "patch_line": 3, "candidates": [2, 4]}


def test_several_places_and_no_number_are_ambiguous() -> None:
    """A guess would change the wrong line; at most eight places are named."""
    assert refusal("x\n" * 11, "@@\n-x\n+y\n").message.endswith("beginning at lines 1, 2, 3, 4, 5, 6, 7, 8 and 3 more")


def test_a_heading_decides() -> None:
    """The first place below the heading, which may be cut as git cuts it; outer headings come first."""
    text = "class A:\n  def f(self):\n    pass\nclass B:\n  def f(self):\n    pass\n"

    assert patched(text, "@@ class B\n-    pass\n+    return\n") == text[:-9] + "    return\n"
    assert patched(text, "@@ class A:\n-    pass\n+    return\n").count("pass") == 1


def test_a_heading_that_does_not_decide() -> None:
    """It is not there, or twice: the error says which."""
    assert "its heading 'def q' is not in the file" in refusal(TWICE, "@@ def q\n-x\n+y\n").message
    assert "its heading 'x' stands there 2 times" in refusal(TWICE, "@@ x\n-x\n+y\n").message
    assert "at several places" in refusal(TWICE, "@@ c\n-x\n+y\n").message


def test_a_later_hunk_without_number_is_below_the_one_before() -> None:
    """Hunks come in the order of the file, so the only place left is the one that is meant."""
    assert patched(TWICE, "@@\n-b\n+B\n@@\n-x\n+y\n") == "a\nx\nB\ny\nc\n"


def test_the_offset_of_a_hunk_moves_those_after_it() -> None:
    """Three lines were put above: the second hunk's number is off by three as well, and decides between two places."""
    text = "new\n" * 3 + "one\n" + "x\npad\npad\n" * 4

    assert patched(text, "@@ -1 +1 @@\n-one\n+1\n@@ -5 +5 @@\n-x\n+X\n").splitlines()[7] == "X"


def test_lines_that_only_come_need_a_place() -> None:
    """Number, heading, or an empty file; else it is an error."""
    assert patched("a\nb\n", "@@ -1,0 +2 @@\n+x\n") == "a\nx\nb\n"
    assert patched("a\nb\n", "@@ a\n+x\n") == "a\nx\nb\n"
    assert patched("", "@@\n+x\n") == "x\n"
    assert refusal("a\nb\n", "@@\n+x\n").message == "f, hunk 1: it only adds lines, and nothing says where"


def test_an_exact_place_far_away_is_better_than_a_near_one_with_other_white_space() -> None:
    """As in GNU patch: fuzz is tried when nothing fits without."""
    text = "  a\nb\n" + "pad\n" * 20 + "a\nb\n"

    assert patched(text, "@@ -1,2 +1,2 @@\n a\n-b\n+B\n") == "  a\nb\n" + "pad\n" * 20 + "a\nB\n"


def test_more_white_space_than_the_limit_allows() -> None:
    """Three lines differ, two may; with a limit of three they fit."""
    text, hunk = "  a\n  b\n  c\nd\n", "@@\n a\n b\n c\n-d\n+D\n"

    assert refusal(text, hunk).details["nearest"] == {
        "line": 1,
        "end": 4,
        "differs": [
            "file 1: '  a'", "file 2: '  b'", "file 3: '  c'", "patch: 'a'", "patch: 'b'", "patch: 'c'",
        ],
    }  # fmt: skip
    assert patched(text, hunk, fuzz=3) == "  a\n  b\n  c\nD\n"


def test_removed_lines_must_be_those_of_the_file() -> None:
    """White space at their end is forgiven, indentation is not: in many languages it is another line."""
    assert patched("a\nb  \n", "@@\n a\n-b\n+c\n") == "a\nc\n"
    assert refusal("a\n  b\n", "@@\n a\n-b\n+c\n").details["nearest"]["differs"] == ["file 2: '  b'", "patch: 'b'"]


def test_the_error_shows_the_nearest_place_and_what_differs() -> None:
    """File, hunk, line of the patch, the lines of the file, and each difference."""
    error = refusal(BODY, "@@ -1,3 +1,3 @@\n one\n-two!\n+2\n three\n")

    assert error.message == (
        "f, hunk 1 (line 3 of the patch): its lines are not in the file. Nearest are lines 1 to 3, which differ:\n"
        "  file 2: 'two'\n  patch: 'two!'"
    )
    assert error.details == {
        "path": "f",
        "hunk": 1,
        "patch_line": 3,
        "expected": ["one", "two!", "three"],
        "nearest": {"line": 1, "end": 3, "differs": ["file 2: 'two'", "patch: 'two!'"]},
    }


def test_the_error_when_no_line_agrees() -> None:
    """A line that is like the first is shown; where there is none, that is said."""
    assert "Nearest are lines 3 to 3" in refusal(BODY, "@@\n-threee\n+3\n").message
    assert "no line like its first, 'qqqqqq', is in the file" in refusal(BODY, "@@\n-qqqqqq\n+3\n").message


def test_hunks_may_share_context_and_come_in_any_order() -> None:
    """Places are found in the file as it was."""
    assert patched(BODY, "@@ -5,3 +5,3 @@\n five\n-six\n+6\n seven\n@@ -3,3 +3,3 @@\n three\n-four\n+4\n five\n") == (
        "one\ntwo\nthree\n4\nfive\n6\nseven\n"
    )


def test_two_hunks_that_change_the_same_line() -> None:
    """The second would undo the first."""
    error = refusal(BODY, "@@\n-two\n+2\n@@\n one\n-two\n+zwei\n")

    assert error.message == "f: hunks 1 and 2 both change line 2"


# -- line feeds -------------------------------------------------------------------------------------------------------

OPEN = "\\ No newline at end of file\n"

ENDS = {
    "kept": ("a\nb", "@@\n a\n-b\n+c\n", "a\nc"),
    "kept when lines are appended": ("a\nb", "@@\n b\n+c\n+d\n", "a\nb\nc\nd"),
    "kept when the end is not touched": ("a\nb\nc", "@@\n-a\n+A\n b\n", "A\nb\nc"),
    "put there": ("a\nb", f"@@\n a\n-b\n{OPEN}+b\n", "a\nb\n"),
    "taken away": ("a\nb\n", f"@@\n a\n-b\n+b\n{OPEN}", "a\nb"),
    "left open": ("a\nb", f"@@\n a\n-b\n{OPEN}+c\n{OPEN}", "a\nc"),
    "the last line goes": ("a\nb", f"@@\n a\n-b\n{OPEN}", "a\n"),
    "all lines go": ("a\nb", f"@@\n-a\n-b\n{OPEN}", ""),
    "CRLF, open": ("a\r\nb", "@@\n b\n+c\n", "a\r\nb\r\nc"),
    "mixed stays mixed": ("a\r\nb\nc\r\n", "@@\n a\n-b\n+B\n c\n", "a\r\nB\r\nc\r\n"),
    "CRLF to LF is a change like any": ("a\r\n", "@@ -1 +1 @@\n-a\r\n+a\n", "a\n"),
    "a byte order mark stays": ("\ufeffa\nb\n", "@@\n-a\n+A\n b\n", "\ufeffA\nb\n"),
}


@pytest.mark.parametrize(("text", "hunk", "result"), ENDS.values(), ids=ENDS)
def test_the_last_line_feed_and_line_endings(text: str, hunk: str, result: str) -> None:
    """A patch that does not speak of them leaves them as they are."""
    assert patched(text, hunk) == result


# -- files ------------------------------------------------------------------------------------------------------------


NAMES = {
    "--- a/f\n+++ b/f\n@@\n-a\n+b\n": ("change", "f", "f"),
    "--- f\n+++ f\n@@\n-a\n+b\n": ("change", "f", "f"),
    "--- a/f\n+++ a/f\n@@\n-a\n+b\n": ("change", "a/f", "a/f"),
    "--- a/f\t2026-01-01 00:00:00.0 +0000\n+++ b/f\t2026-01-01\n@@\n-a\n+b\n": ("change", "f", "f"),
    "--- a/f 2026-01-01 00:00:00\n+++ b/f 2026-01-02 00:00:00\n@@\n-a\n+b\n": ("change", "f", "f"),
    '--- "a/\\303\\244 \\"f"\n+++ "b/\\303\\244 \\"f"\n@@\n-a\n+b\n': ("change", 'ä "f', 'ä "f'),
    "--- /dev/null\n+++ b/f\n@@\n+b\n": ("create", "f", "f"),
    "--- a/f\n+++ /dev/null\n@@\n-b\n": ("delete", "f", "f"),
    "diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n": ("change", "f", "g"),
    "diff --git a/f b/g\nrename from f\nrename to g\n--- a/f\n+++ b/g\n@@\n-a\n+b\n": ("change", "f", "g"),
    "diff --git a/e f b/e f\nnew file mode 100755\nindex 0..1\n": ("create", "e f", "e f"),
    "diff --git a/f b/f\ndeleted file mode 100644\nindex 1..0\n": ("delete", "f", "f"),
    "Here you are:\n\n- a list\n```diff\n--- a/f\n+++ b/f\n@@\n-a\n+b\n```\nDone.\n": ("change", "f", "f"),
    "Index: f\n======\n--- f\n+++ f\n@@\n-a\n+b\n": ("change", "f", "f"),
}


@pytest.mark.parametrize(("patch", "section"), NAMES.items())
def test_names_of_files(patch: str, section: tuple[str, str, str]) -> None:
    """With prefixes or without, time stamps, quotes, and what git writes between."""
    assert sections(patch) == [section]


def test_several_files_follow_each_other() -> None:
    """Also when the counts of the first are wrong."""
    patch = "--- a/f\n+++ b/f\n@@ -1,9 +1,9 @@\n-a\n+b\n--- a/g\n+++ b/g\n@@\n-c\n+d\ndiff --git a/h b/h\n"
    assert sections(patch + "deleted file mode 100644\n") == [
        ("change", "f", "f"), ("change", "g", "g"), ("delete", "h", "h"),
    ]  # fmt: skip


ENVELOPE = """*** Begin Patch
*** Update File: f
@@ one
-two
+2
@@
 six
-seven
+7
*** End of File

*** Update File: old
*** Move to: new
*** Add File: g
+hello
+
*** Delete File: h
*** End Patch
"""


def test_the_other_envelope() -> None:
    """`*** Begin Patch`, with headings for places."""
    found = parse_patch(f"Like this:\n{ENVELOPE}")

    assert [(each.kind, each.old, each.new) for each in found] == [
        ("change", "f", "f"), ("change", "old", "new"), ("create", "g", "g"), ("delete", "h", "h"),
    ]  # fmt: skip
    assert apply_hunks(BODY, found[0].hunks, path="f", fuzz=0).text == BODY.replace("two", "2").replace("seven", "7")
    assert [line.text for line in found[2].hunks[0].new] == ["hello", ""]


BROKEN_ENVELOPES = {
    "*** Begin Patch\n*** Update File: f\n-a\n+b\n": "line 4 of the patch: the patch ends without `*** End Patch`",
    "*** Begin Patch\n-a\n*** End Patch\n": "line 2 of the patch: '-a' stands before any `*** Update File: `",
    "*** Begin Patch\n*** Update File: f\n*** End Patch\n": "line 2 of the patch: there is no change for 'f'",
    "*** Begin Patch\n*** Update File: f\n@@\n*** End Patch\n": "line 3 of the patch: a hunk without lines",
    "*** Begin Patch\n*** Update File: f\n-a\n*** Frob: x\n*** End Patch\n": "line 4 of the patch: '*** Frob: x' is",
}


@pytest.mark.parametrize(("patch", "message"), BROKEN_ENVELOPES.items())
def test_a_broken_envelope(patch: str, message: str) -> None:
    """An error with its line."""
    with pytest.raises(PatchError) as caught:
        parse_patch(patch)

    assert caught.value.message.startswith(message)


def test_headings_of_the_envelope_go_from_outer_to_inner() -> None:
    """Each is looked for below the one before, and an empty line before the next section is only space between."""
    text = "class A:\n  def f(self):\n    pass\nclass B:\n  def f(self):\n    pass\n"
    hunk = "@@ class B:\n@@   def f(self):\n-    pass\n+    return\n\n"
    patch = f"*** Begin Patch\n*** Update File: f\n{hunk}*** Delete File: g\n*** End Patch\n"

    section = parse_patch(patch)[0]

    assert apply_hunks(text, section.hunks, path="f", fuzz=0).text == text[:-9] + "    return\n"


def test_the_end_of_the_file_is_taken_at_its_word() -> None:
    """`*** End of File`: of two places the one that ends the file, and none other."""
    patch = "*** Begin Patch\n*** Update File: f\n-x\n+y\n*** End of File\n*** End Patch\n"

    assert applied("x\na\nx\n", patch).text == "x\na\ny\n"
    with pytest.raises(PatchError, match="which ends the file: its lines are not in the file"):
        applied("x\na\n", patch)


def test_the_search_is_bounded_where_everything_repeats() -> None:
    """6,000 equal lines, and a hunk of 2,000 that fits nowhere, or but for white space: eight million to compare."""
    text, hunk = "x\n" * 6_000, " x\n" * 2_000

    error = refusal(text, f"@@ -1 +1 @@\n{hunk}-y\n+z\n")
    assert error.details["nearest"] == {"line": 1, "end": 2001, "differs": ["file 2001: 'x'", "patch: 'y'"]}
    assert patched(text, f"@@ -101 +101 @@\n{hunk}-x \n+z\n").split("\n")[2_098:2_102] == ["x", "x", "z", "x"]
    assert "at several places" in refusal(text, f"@@\n{hunk}-x \n+z\n").message
