"""Patches as models write them: a text in, file patches out, and those onto texts. Pure.

`_parse` reads a patch: `_unified` the diff with its headers, `_envelope` the other form, `_hunks` and `_names` what
both have; `_diff` is what comes of it. `_apply` changes a text: `_locate` finds each hunk's place, `_nearest` says what
is there instead, `_text` knows lines and their ends, `_pace` lets go of what takes too long.
"""

from belljar.patch._apply import Applied, apply_hunks, created_text, must_be_all
from belljar.patch._diff import ADDED, REMOVED, FilePatch
from belljar.patch._pace import Pace
from belljar.patch._parse import parse_patch
from belljar.patch._text import split_lines

__all__ = [
    "ADDED",
    "REMOVED",
    "Applied",
    "FilePatch",
    "Pace",
    "apply_hunks",
    "created_text",
    "must_be_all",
    "parse_patch",
    "split_lines",
]
