"""A patch is read whole or not at all: nothing of it is left out, no name becomes another, no number is guessed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from patching import applied, diff, edited, patched, refusal, sections

from belljar.errors import PatchError
from belljar.patch import parse_patch


def refused(patch: str) -> PatchError:
    with pytest.raises(PatchError) as caught:
        parse_patch(patch)
    return caught.value


# -- envelopes --------------------------------------------------------------------------------------------------------


def envelope(name: str) -> str:
    return f"*** Begin Patch\n*** Update File: {name}\n@@\n-1\n+2\n*** End Patch\n"


DIFF = "--- a/z\n+++ b/z\n@@ -1 +1 @@\n-1\n+2\n"
GIT = "diff --git a/z b/z\ndeleted file mode 100644\n"


@pytest.mark.parametrize("between", ["", "\n", "Then this one, for y:\n\n", "```\n\n```diff\n"])
def test_several_envelopes_follow_each_other(between: str) -> None:
    """With prose or fences between them; lists in front, as in front of any patch."""
    patch = f"- x\n- y\n{envelope('x')}{between}{envelope('y')}Done.\n"

    assert sections(patch) == [("change", "x", "x"), ("change", "y", "y")]


OUTSIDE = {
    "a diff behind": (envelope("x") + DIFF, 7, "--- a/z"),
    "a diff in front": (DIFF + envelope("x"), 1, "--- a/z"),
    "a diff between": (envelope("x") + GIT + envelope("y"), 7, "diff --git a/z b/z"),
    "a section behind": (envelope("x") + "*** Delete File: y\n*** End Patch\n", 7, "*** Delete File: y"),
    "a second end": (envelope("x") + "\n*** End Patch\n", 8, "*** End Patch"),
    "a hunk behind": (envelope("x") + "@@\n-1\n+2\n", 7, "@@"),
    "a line behind": (envelope("x") + "+3\n", 7, "+3"),
}


@pytest.mark.parametrize(("patch", "line", "text"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_stands_outside_of_envelopes_is_not_left_out(patch: str, line: int, text: str) -> None:
    """Half of a patch would be applied, and the rest taken for prose."""
    error = refused(patch)

    assert error.message == (
        f"line {line} of the patch: {text!r} stands outside of `*** Begin Patch` and `*** End Patch`"
    )
    assert error.hint == "Nothing was changed. Put that line right and send the whole patch again."


def test_a_second_envelope_without_end() -> None:
    """The first alone is not applied."""
    assert refused(envelope("x") + envelope("y").replace("*** End Patch\n", "")).message == (
        "line 11 of the patch: the patch ends without `*** End Patch`"
    )


OUT_OF_PLACE = {
    "a section of an envelope": "*** Update File: y\n@@\n-1\n+2\n",
    "a first name without the second": "--- a/y\n",
    "a second name without the first": "+++ b/y\n@@\n-1\n+2\n",
}


@pytest.mark.parametrize("tail", OUT_OF_PLACE.values(), ids=OUT_OF_PLACE)
def test_what_stands_behind_a_diff_is_not_left_out(tail: str) -> None:
    """Nor are its hunks taken for those of the file before."""
    assert refused(DIFF + tail).details == {"patch_line": 6}


# -- patches that were cut --------------------------------------------------------------------------------------------

CUT = {
    "at the end of a line": ("@@ -1,5 +1,5 @@\n a\n-b\n-c\n", (5, 5), (3, 1)),
    "in a line": ("@@ -1,9 +1,9 @@\n a\n-b\n+BBBBB this is cut ri", (9, 9), (2, 2)),
    "before the last context": ("@@ -1,7 +1,8 @@\n a\n-b\n+B\n+C\n c\n", (7, 8), (3, 4)),
}


@pytest.mark.parametrize(("hunk", "said", "there"), CUT.values(), ids=CUT)
def test_a_patch_that_ends_before_its_counts_do(hunk: str, said: tuple[int, int], there: tuple[int, int]) -> None:
    """Both counts tell that lines are missing, so what is there is not applied."""
    error = refused(f"--- a/z\n+++ b/z\n{hunk}")

    line = 2 + len(hunk.splitlines())
    assert error.message == (
        f"line {line} of the patch: the patch ends in the middle of a "
        f"hunk, whose header says {said[0]} lines before and {said[1]} after; {there[0]} and {there[1]} are there"
    )
    assert (
        error.hint
        == "Nothing was changed. Send the whole patch again, or write `@@` in place of counts that are wrong."
    )


def test_counts_that_are_wrong_in_the_middle_of_a_patch_are_forgiven() -> None:
    """What follows shows that nothing was cut."""
    first = "--- a/f\n+++ b/f\n@@ -1,9 +1,9 @@\n-1\n+2\n"

    assert sections(first + DIFF) == [("change", "f", "f"), ("change", "z", "z")]
    assert sections(f"```diff\n{first}```\n") == [("change", "f", "f")]


@given(edited(), st.data())
def test_no_part_of_a_hunk_is_applied_for_the_whole(pair: tuple[str, str], data: st.DataObject) -> None:
    """Cut behind any line, as long as old and new lines are missing: an error, from the patch alone or on the file."""
    old, new = pair
    assume(old != new)
    lines = diff(old, new, context=100).splitlines(keepends=True)
    assume(len(lines) > 4)
    cut = data.draw(st.integers(4, len(lines) - 1))
    marks = {line[0] for line in lines[cut:]}
    assume(" " in marks or {"-", "+"} <= marks)

    with pytest.raises(PatchError):
        applied(old, "".join(lines[:cut]))


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_blank_lines_that_were_trimmed_off_a_patch(lost: int) -> None:
    """They stand in the file, so nothing else was lost."""
    hunk = f"@@ -1,{2 + lost} +1,{2 + lost} @@\n a\n-b\n+B"

    assert patched("a\nb\n\n\n\nc\n", hunk) == "a\nB\n\n\n\nc\n"


def test_lines_that_were_trimmed_and_are_not_blank() -> None:
    """The error says what the patch was taken for."""
    assert refusal("a\nb\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B").message == (
        "f, hunk 1 (line 3 of the patch), whose header counts 1 more than its lines, taken for blank ones: its "
        "lines are not in the file. Nearest are lines 1 to 3, which differ:\n  file 3: 'c'\n  patch: ''"
    )


@pytest.mark.parametrize("half", ["rename from f\n", "rename to g\n"])
def test_a_rename_that_was_cut(half: str) -> None:
    """It is no deletion, and no new empty file."""
    assert refused(f"diff --git a/f b/g\nsimilarity index 100%\n{half}").message == (
        "line 1 of the patch: a rename without both names, `rename from` and `rename to`"
    )


# -- names ------------------------------------------------------------------------------------------------------------

NAMES = {
    "a prefix on the new name only": ("--- x\n+++ b/x\n", ("x", "x")),
    "a prefix on the old name only": ("--- a/x\n+++ x\n", ("x", "x")),
    "a folder that is called b": ("--- a/b/x\n+++ b/b/x\n", ("b/x", "b/x")),
    "another name in a folder": ("--- x\n+++ b/y\n", ("x", "b/y")),
    "git's rename into b, with prefixes": (
        "diff --git a/x b/b/x\nrename from x\nrename to b/x\n--- a/x\n+++ b/b/x\n",
        ("x", "b/x"),
    ),
    "git's rename into b, without": (
        "diff --git x b/x\nrename from x\nrename to b/x\n--- x\n+++ b/x\n",
        ("x", "b/x"),
    ),
    "a date in the name": ("--- a/f 2020-01-01 10:00:00.txt\n+++ b/f 2020-01-01 10:00:00.txt\n", None),
    "a stamp behind a date in the name": (
        "--- a/f 2020-01-01 10:00:00.txt\t2026-01-01 00:00:00\n+++ b/f 2020-01-01 10:00:00.txt 2026-01-01 00:00\n",
        None,
    ),
    "a quoted date": ('--- "a/f 2020-01-01 10:00:00.txt"\n+++ "b/f 2020-01-01 10:00:00.txt"\n', None),
}
STAMPS = [
    "\t2020-01-01",
    "\tanything at all",
    " 2020-01-01 10:00",
    " 2020-01-01 10:00:00",
    "  2020-01-01T10:00:00.123456789Z",
    " 2020-01-01 10:00:00.5 +0200 ",
    " \t 2020-01-01 10:00:00-02:00",
]


@pytest.mark.parametrize(("head", "names"), NAMES.values(), ids=NAMES)
def test_a_name_is_not_taken_for_another(head: str, names: tuple[str, str] | None) -> None:
    """A prefix on one side is no rename, and what is called by a date keeps it."""
    dated = "f 2020-01-01 10:00:00.txt"

    assert sections(f"{head}@@\n-1\n+2\n") == [("change", *(names or (dated, dated)))]


@pytest.mark.parametrize("stamp", STAMPS)
def test_time_stamps_are_no_part_of_a_name(stamp: str) -> None:
    """Behind a tab, or a whole one behind blanks."""
    assert sections(f"--- a/my f{stamp}\n+++ b/my f{stamp}\n@@\n-1\n+2\n") == [("change", "my f", "my f")]


HEADS = [
    "--- a/f\n+++ b/{}\n@@\n-1\n+2\n",
    "--- {}\n+++ /dev/null\n@@\n-1\n",
    '--- a/f\n+++ "{}"\n@@\n-1\n+2\n',
    "diff --git a/{0} b/{0}\nnew file mode 100644\n",
    "diff --git a/f b/g\nrename from f\nrename to {}\n",
    "*** Begin Patch\n*** Add File: {}\n+1\n*** End Patch\n",
    "*** Begin Patch\n*** Update File: f\n*** Move to: {}\n*** End Patch\n",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", ["src\u2003/x", "\u3000x", "x\xa0", "a\u202fb"])
def test_blanks_that_are_not_the_usual_one(head: str, name: str) -> None:
    """Who reads the name sees another one, and at its ends sees nothing."""
    code = next(ord(letter) for letter in name if letter.isspace())

    assert f"holds U+{code:04X}, which is a blank but not the usual one" in refused(head.format(name)).message


def test_half_a_character_in_a_quoted_name() -> None:
    """It is a name like any, which no file can have."""
    assert sections('--- /dev/null\n+++ "b/\ud800\\n"\n@@\n+1\n') == [
        ("create", "\ufffd\ufffd\ufffd\n", "\ufffd\ufffd\ufffd\n")
    ]


# -- numbers ----------------------------------------------------------------------------------------------------------

BLOCKS = "".join(f"class C{number}:\n  x = 1\n  y = 1\n  z = 1\n" for number in range(5))
"""`x = 1` stands in lines 2, 6, 10, 14 and 18."""


@pytest.mark.parametrize(
    "header", ["@@ -1,1 +1,1 @@", "@@ -0,0 +0,0 @@", "@@ -9999,1 +9999,1 @@", "@@ -21 +21 @@", "@@ -8 +8 @@"]
)
def test_a_number_that_nobody_knew_chooses_no_place(header: str) -> None:
    """Line 1 and lines behind the end are written for want of a better one; line 8 is as far from 6 as from 10."""
    assert refusal(BLOCKS, f"{header}\n-  x = 1\n+  x = 2\n").details["candidates"] == [2, 6, 10, 14, 18]


@pytest.mark.parametrize(("line", "place"), [(2, 2), (3, 2), (5, 6), (9, 10), (19, 18)])
def test_a_number_that_is_nearly_right_chooses(line: int, place: int) -> None:
    """More than twice as near to one as to any other."""
    found = applied(BLOCKS, f"--- a/f\n+++ b/f\n@@ -{line} +{line} @@\n-  x = 1\n+  x = 2\n")

    assert [(each.index + 1, each.offset) for each in found.placed] == [(place, place - line)]


def test_a_number_that_is_far_off_chooses_only_what_nothing_else_is_near_to() -> None:
    """Lines 1 and 100 of 100: line 60 is 40 from the last and 59 from the first, line 80 is 20 and 79."""
    text = "x\n" + "pad\n" * 98 + "x\n"

    assert refusal(text, "@@ -60 +60 @@\n-x\n+y\n").details["candidates"] == [1, 100]
    assert patched(text, "@@ -80 +80 @@\n-x\n+y\n") == text[:-2] + "y\n"


@pytest.mark.parametrize("text", ["x\ny\nx\ny\n", "x\r\ny\r\nx\r\ny\r\n", "  x\ny\n  x\ny\n"])
def test_line_1_is_a_number_where_the_hunk_stands_there(text: str) -> None:
    """Also but for line endings or white space."""
    found = applied(text, "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n")

    assert found.text == text.replace("y", "z", 1)


def test_a_number_that_nobody_knew_leaves_the_choice_to_the_heading() -> None:
    """Or to the hunk before, as if there were none."""
    assert patched(BLOCKS, "@@ -1,1 +1,1 @@ class C3:\n-  x = 1\n+  x = 2\n").split("\n")[13] == "  x = 2"
    assert (
        patched(BLOCKS, "@@\n-class C4:\n+class D:\n@@ -1,1 +1,1 @@\n-  x = 1\n+  x = 2\n").split("\n")[17] == "  x = 2"
    )


def test_any_number_will_do_where_there_is_one_place() -> None:
    """There is nothing to choose."""
    assert patched("a\nb\n", "@@ -900 +900 @@\n-b\n+c\n") == "a\nc\n"


@pytest.mark.parametrize("line", [0, 1, 2])
def test_lines_that_only_come_stand_below_the_line_that_is_said(line: int) -> None:
    """Also above the first, and below the last."""
    lines = ["a\n", "b\n"]

    assert patched("a\nb\n", f"@@ -{line},0 +{line + 1} @@\n+x\n") == "".join([*lines[:line], "x\n", *lines[line:]])


@pytest.mark.parametrize("line", [3, 500])
def test_nothing_is_added_behind_the_end_of_a_file(line: int) -> None:
    """The number is wrong, and there is nothing else to go by."""
    assert refusal("a\nb\n", f"@@ -{line},0 +{line + 1} @@\n+x\n").message == (
        f"f, hunk 1: it adds lines below line {line}, and the file has 2"
    )


# -- headings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [8, 9])
def test_a_hunk_has_at_most_eight_headings(count: int) -> None:
    """Each is looked for in all of the file."""
    text = "".join(f"h{number}\n" for number in range(count)) + "x\nx\n"
    headings = "".join(f"@@ h{number}\n" for number in range(count))
    patch = f"*** Begin Patch\n*** Update File: f\n{headings}-x\n+y\n*** End Patch\n"

    if count == 8:
        assert applied(text, patch).text == text[:-4] + "y\nx\n"
    else:
        assert refused(patch).message == "line 3 of the patch: more than 8 lines with `@@` above one hunk"
