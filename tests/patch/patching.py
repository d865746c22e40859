"""Patches in short, and texts with their diffs."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from belljar.errors import PatchError
from belljar.patch import Applied, FilePatch, apply_hunks, parse_patch


def only(patch: str) -> FilePatch:
    """The patch's single section."""
    (section,) = parse_patch(patch)
    return section


def applied(text: str, patch: str, *, fuzz: int = 2) -> Applied:
    section = only(patch)
    return apply_hunks(text, section.hunks, path=section.new, fuzz=fuzz)


def patched(text: str, hunks: str, *, fuzz: int = 2) -> str:
    """`text` after hunks of a file f."""
    return applied(text, f"--- a/f\n+++ b/f\n{hunks}", fuzz=fuzz).text


def refusal(text: str, hunks: str, *, fuzz: int = 2) -> PatchError:
    with pytest.raises(PatchError) as caught:
        patched(text, hunks, fuzz=fuzz)
    return caught.value


def sections(patch: str) -> Sequence[tuple[str, str, str]]:
    return [(section.kind, section.old, section.new) for section in parse_patch(patch)]


def pieces(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")[:-1]] + ([text.split("\n")[-1]] if text.split("\n")[-1] else [])


def diff(old: str, new: str, *, context: int = 3) -> str:
    """As `diff -u` writes it: difflib leaves the marker out, and with it the line feed."""
    lines = list(difflib.unified_diff(pieces(old), pieces(new), "a/f", "b/f", n=context))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


UNIQUE = st.lists(st.integers(0, 10_000), unique=True, min_size=1, max_size=30)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, str]:
    """A text whose lines are all different, and the same with lines removed, added and changed."""
    old = [f"line {number}" for number in draw(UNIQUE)]
    new: list[str] = []
    for at, line in enumerate(old):
        new += {"keep": [line], "drop": [], "change": [f"{line}!"], "add": [f"new {at}", line]}[
            draw(st.sampled_from(["keep", "keep", "keep", "drop", "change", "add"]))
        ]
    return "".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new)
