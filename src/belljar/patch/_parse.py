"""From a patch as a model writes it to file patches. Pure.

Leniencies, each of them something that models do: `@@` with wrong counts, with no numbers, with a line of code in
their place, or missing; context lines that lost their leading blank (empty ones, and those that begin with a tab);
names without `a/` and `b/`; names with a time stamp; prose or a Markdown fence around; CRLF throughout; and the
envelope of `*** Begin Patch`.
"""

from __future__ import annotations

from belljar.errors import PatchError
from belljar.patch._diff import ADDED, REMOVED, FilePatch
from belljar.patch._envelope import BEGIN, read_envelope
from belljar.patch._unified import read_unified


def parse_patch(patch: str) -> tuple[FilePatch, ...]:
    """The file patches in order. Raises PatchError with the line of the patch where it cannot be read."""
    lines = _lines(patch)
    is_envelope = any(line.startswith(BEGIN) for line in lines)
    found = (read_envelope if is_envelope else read_unified)(lines)
    if not found:
        raise PatchError(
            "this is no unified diff: there is no `--- a/FILE` with `+++ b/FILE` after it",
            hint="Write `--- a/FILE`, `+++ b/FILE`, `@@`, then the lines with ' ', '-' or '+' before each.",
        )
    if all(_is_idle(section) for section in found):
        raise PatchError("the patch changes nothing: no line of it begins with '+' or '-'")
    return found


def _lines(patch: str) -> list[str]:
    lines = patch.split("\n")
    if lines[-1] == "":
        lines.pop()
    if lines and all(line.endswith("\r") for line in lines):
        return [line[:-1] for line in lines]
    return lines


def _is_idle(section: FilePatch) -> bool:
    if section.kind != "change" or section.old != section.new:
        return False
    return all(hunk.count(ADDED) + hunk.count(REMOVED) == 0 for hunk in section.hunks)
