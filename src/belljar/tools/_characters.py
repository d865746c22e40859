"""Characters that make a text read as something other than it is."""

from __future__ import annotations

import re
from typing import Final

_IGNORABLE: Final = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What takes no place: Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties, but for `_PRESENTATION`."""

_DECEIVING: Final = rf"\x7f-\x9f\u2028\u2029\u2800\ufff9-\ufffb\ud800-\udfff{_IGNORABLE}"
"""C1 controls, line separators that no editor shows, an empty braille cell, annotation marks, lone surrogates, and
what takes no place, the characters that change the direction of writing among it."""

_PRESENTATION: Final = r"(?<![\xa9\xae\u203c\u2049\u2100-\u32ff\U0001f000-\U0001faff])[\ufe0e\ufe0f](?!\u20e3)"
"""The selectors of a symbol's text or emoji form, where they follow no symbol. Behind one, people see what they do."""

DECEIVING: Final = re.compile(f"[{_DECEIVING}]|{_PRESENTATION}")
"""For text whose C0 controls are dealt with already."""

UNPRINTABLE: Final = re.compile(rf"[\x00-\x09\x0b-\x1f{_DECEIVING}]|{_PRESENTATION}")
"""These and every C0 control but the newline."""


def written_out(found: re.Match[str]) -> str:
    r"""A character as JSON and ECMAScript write it, `\uXXXX`, twice where it takes two units."""
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
