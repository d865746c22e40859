"""Whether a patch may be put before a person: what nobody could see in it, what is to stay, secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from belljar.audit import secret_spans
from belljar.errors import PatchError, SecretFoundError
from belljar.packs import FileLimits
from belljar.patch import FilePatch, parse_patch

PATCH_BYTES: Final = FileLimits().patch_bytes
"""Of a patch: applyPatch takes no more."""
PATCH_LINES: Final = 5_000
"""Of a patch: who is asked for an approval is shown no more, in the terminal and in the console."""
_FORGING: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\r(?!$)")
"""What begins a line where there is none, moves a cursor, or turns the direction of writing; a return at the end is the
end of a line."""

_SHOWN: Final = 50
"""Secrets that an error names."""


def check_patch(patch: str, known: Collection[str] = (), *, keep: Sequence[str] = ()) -> None:
    """`known` are secrets that nobody would know by their looks, `keep` patterns of files that stay as they are.

    Raises PatchError for a patch that nobody could apply, SecretFoundError for one with a secret in it.
    """
    if not patch:
        raise PatchError("the work changed no file", hint="Look at the acceptance command: it passes without any work.")
    if len(patch.encode()) > PATCH_BYTES:
        raise PatchError(f"the patch is larger than {PATCH_BYTES:,} bytes", hint="Ask for less in one specification.")
    if patch.count("\n") > PATCH_LINES:
        message = f"the patch has more than {PATCH_LINES:,} lines, which nobody would be shown"
        raise PatchError(message, hint="Ask for less in one specification.")
    sections = parse_patch(patch)
    for section in sections:
        _check_section(section, keep)
    found = [place for section in sections for place in _secrets_in(section, known)]
    if found:
        first, more = found[0], f", and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"{first['file']}:{first['line']} in the patch holds a secret ({first['kind']}){more}"
        raise SecretFoundError(message, hint="Have it given at run time.", details={"secrets": found[:_SHOWN]})


def check_new(patch: str, repository: Path) -> None:
    """Raises PatchError for a new file that is in the repository, and was not copied: git ignores it, for instance."""
    for section in parse_patch(patch):
        if section.kind == "create" and os.path.lexists(repository / section.new):
            message = f"{section.new} is there already, outside of your copy of the files"
            raise PatchError(message, hint="Choose another name.")


def is_kept(path: str, pattern: str) -> bool:
    """A name without a star is that of a file, or of a folder with all that is below it."""
    return fnmatchcase(path, pattern) or path.startswith(f"{pattern.rstrip('/')}/")


def _check_section(section: FilePatch, keep: Sequence[str]) -> None:
    if any(is_kept(section.new, pattern) for pattern in keep):
        raise PatchError(f"{section.new} is to stay as it is: the specification says so", hint="Change other files.")
    for hunk in section.hunks:
        for line in hunk.lines:
            if line.mark == "+" and (sign := _FORGING.search(line.text)):
                where = f"{section.new}, line {hunk.patch_line} of the patch and below"
                message = f"{where}: a line has the character {sign[0]!a}, which is not seen as what it is"
                raise PatchError(message, hint="Write it as an escape.")


def _secrets_in(section: FilePatch, known: Collection[str]) -> Iterator[dict[str, Any]]:
    """Of all that the patch shows: lines that it adds, lines that it only passes, lines that it takes away."""
    if secret_spans(f"{section.old}\n{section.new}", secrets=known):
        yield {"file": "the name of a file", "line": section.patch_line, "kind": "in a name"}
    shift = 0
    for hunk in section.hunks:
        begin = max(hunk.start or 1, 1)
        removed = [(begin + at, line.text) for at, line in enumerate(hunk.old)]
        added = [(begin + shift + at, line.text) for at, line in enumerate(hunk.new)]
        shift += len(hunk.new) - len(hunk.old)
        after = list(_secret_lines(added, known))
        yield from ({"file": section.new, "line": line, "kind": kind} for line, kind in after)
        gone = {line.text for line in hunk.old} - {line.text for line in hunk.new}
        before = _secret_lines(removed, known)
        texts = dict(removed)
        yield from ({"file": section.old, "line": line, "kind": kind} for line, kind in before if texts[line] in gone)


def _secret_lines(lines: list[tuple[int, str]], known: Collection[str]) -> Iterator[tuple[int, str]]:
    """On which of these numbered lines a secret begins, and its kind."""
    text = "\n".join(line for _, line in lines)
    for span in secret_spans(text, secrets=known):
        number, _ = lines[text.count("\n", 0, span.start)]
        yield number, span.kind
