"""Characters that no script may contain, checked before anything is parsed.

Refused everywhere: control characters but tab, line feed and carriage return; surrogates without a partner; and the
characters that change the direction of text, with which code can be made to look like other code ("Trojan Source",
CVE-2021-42574). U+2028 and U+2029 are line ends, as in ECMAScript. Refused outside strings, templates, regular
expressions and comments: characters that take no place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from belljar.script._findings import Reporter
from belljar.script._grammar import Span
from belljar.script._scope import Spans

_SUSPECT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""A quick look: a text without any of these has nothing to refuse."""
_REFUSED: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
    "|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]"
)
_NO_PLACE: Final = re.compile(
    "[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufeff\uffa0]"
)

_HINTS: Final = {
    "Cc": "Delete it; in a string, write it as an escape such as \\x00.",
    "Cf": "Delete it; in a string, write it as an escape such as \\u202e.",
    "Cs": "Write the whole character, or an escape for both halves.",
}


def report_characters(units: str, reporter: Reporter) -> None:
    """Characters that are refused everywhere."""
    suspect = _SUSPECT.search(units)
    for found in _REFUSED.finditer(units, suspect.start()) if suspect else ():
        _report(found, reporter, "is not allowed in a script")


def has_hidden(units: str) -> bool:
    """Whether there is a character that takes no place."""
    return not units.isascii() and _NO_PLACE.search(units) is not None


def report_hidden(units: str, quoted: Iterable[Span], reporter: Reporter) -> None:
    """Characters that take no place, outside what is `quoted`."""
    allowed = Spans(quoted)
    for found in _NO_PLACE.finditer(units):
        if found.start() not in allowed:
            _report(found, reporter, "is invisible and not allowed in code")


def _report(found: re.Match[str], reporter: Reporter, fault: str) -> None:
    category = unicodedata.category(found[0])
    kind = "surrogate without its partner" if category == "Cs" else unicodedata.name(found[0], "control character")
    message = f"U+{ord(found[0]):04X} ({kind.lower()}) {fault}"
    reporter.add("ScriptSyntaxError", found.start(), message, hint=_HINTS.get(category, _HINTS["Cf"]))
