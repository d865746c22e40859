"""Characters that make a text read as something other than it is: written out for people, refused in names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import error_of

from belljar import AutoApprover
from belljar.cli._screen import json_text
from belljar.packs import files
from belljar.tools._terminal_io import visible
from belljar.tools._typescript import literal_text

UNSEEN = "\xad\u034f\u061c\u115f\u17b4\u180b\u180e\u200b\u202e\u2060\u206a\u2800\u3164\ufeff\uffa0\ufff9\U0001d173"
"""One of each kind: soft hyphen, joiner, fillers, selectors, directions, an empty braille cell, annotation, music."""
FAR = "\ufe00\ufe0f\U000e0041\U000e0100"
"""Selectors of forms and tags."""
SEEN = ["café", "日本語", "नमस्ते", "שלום", "❤️", "⚠️ ok", "1️⃣", "©️", "👨", "\xa0", "\u2003", "-\u2010"]


@pytest.mark.parametrize("letter", UNSEEN + FAR)
def test_what_nobody_sees_is_written_out(letter: str) -> None:
    """For the one who is asked, in a result and in a declaration: as JSON writes it, so it can be read back."""
    text = f"ma{letter}in"

    assert letter not in visible(text)
    assert [json.loads(json_text(text)), json.loads(literal_text(text))] == [text, text]
    assert all(letter not in written for written in (json_text(text), literal_text(text)))


def test_a_character_of_two_units() -> None:
    """Both are written, in lower case."""
    assert visible("a\U000e0041\xad") == "a\\udb40\\udc41\\xad"
    assert literal_text("a\U000e0041\ud800") == '"a\\udb40\\udc41\\ud800"'


@pytest.mark.parametrize("text", SEEN)
def test_what_people_see_stays(text: str) -> None:
    """Letters of all scripts, and the selector that makes a symbol an emoji, where it follows one."""
    assert [visible(text), json_text(text), literal_text(text)] == [text, f'"{text}"', f'"{text}"']


@pytest.mark.parametrize("letter", UNSEEN + FAR)
def test_no_patch_writes_a_name_with_what_nobody_sees(tmp_path: Path, letter: str) -> None:
    """It would read as another file's."""
    patch = f"--- /dev/null\n+++ b/src/ma{letter}in.py\n@@\n+x\n"
    source = f"await tools.applyPatch({{patch: {json.dumps(patch)}}})"

    error = error_of(source, *files(tmp_path), approver=AutoApprover("all"))

    assert error.message.endswith("cannot be written: it holds characters that nobody sees")
    assert list(tmp_path.iterdir()) == []
