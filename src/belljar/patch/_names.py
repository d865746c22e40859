"""The names of files in a patch: without what is written around them, and otherwise as they stand. Pure.

A name that begins or ends with a blank of another kind (no-break, ideographic) is not the name without it, and looks
like it: such blanks are refused wherever they are. What else a name may hold is not for a patch to say.
"""

from __future__ import annotations

import re
from typing import Final

from belljar.patch._hunks import trouble
from belljar.patch._text import shown

_STAMP: Final = re.compile(r" \d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?\Z")
"""Behind a blank, where GNU diff has a tab: only a whole one at the very end, since a name may hold a date."""
_OTHER_BLANK: Final = re.compile(r"[^\S\x00-\x20]")
_ESCAPE: Final = re.compile(r'\\([0-7]{3}|[abfnrtv"\\])')
_ESCAPED: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, '"': 34, "\\": 92}
_NOWHERE: Final = "/dev/null"


def read_name(text: str, at: int) -> str | None:
    """The name behind `--- ` or `+++ ` in line `at`, without time stamp and quotes; None for /dev/null."""
    name = _without_stamp(text.partition("\t")[0])
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _unquoted(name[1:-1])
    return None if name == _NOWHERE else plain_name(name, at)


def plain_name(text: str, at: int) -> str:
    """`text` without blanks around it. Raises PatchError for line `at` where a blank only looks like one."""
    name = text.strip(" \t\r")
    if found := _OTHER_BLANK.search(name):
        raise trouble(at, f"the name {shown(name)} holds U+{ord(found[0]):04X}, which is a blank but not the usual one")
    return name


def unprefixed(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Names without `a/` and `b/`: where both have theirs, or the one that is there, or where only that differs."""
    if (old is None or old.startswith("a/")) and (new is None or new.startswith("b/")):
        return old and old.removeprefix("a/"), new and new.removeprefix("b/")
    if new == f"b/{old}":
        return old, old
    if old == f"a/{new}":
        return new, new
    return old, new


def _without_stamp(text: str) -> str:
    found = _STAMP.search(text := text.strip(" \r"))
    return text[: found.start()].rstrip(" ") if found else text


def _unquoted(text: str) -> str:
    """git's C-style quotes: octal bytes of UTF-8, and the usual letters."""
    raw, last = bytearray(), 0
    for match in _ESCAPE.finditer(text):
        raw += text[last : match.start()].encode("utf-8", "surrogatepass")
        code = match[1]
        raw.append(_ESCAPED[code] if code in _ESCAPED else int(code, 8) & 255)
        last = match.end()
    return (raw + text[last:].encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
