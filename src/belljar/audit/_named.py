"""Secrets that are known by the name they stand under, inside of texts: `DB_PASSWORD=...`, `"apiKey": "..."`.

The name must be a secret one (`is_secret_key`) and say that it is the thing itself, not its file, type or hash. What
stands in quotes is taken unless it stands in for a secret; what stands bare must also have a digit, as words have none,
and be no dotted name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from belljar.audit._names import is_secret_key
from belljar.audit._shapes import Span, is_stand_in
from belljar.audit._words import word_set

_NAME: Final = r"(?:(?<![\w.\\-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=--))(?P<name>[A-Za-z_][\w.-]{1,60}+)"
_QUOTE: Final = r"(?:\\{0,3}+[\"'`]){1,3}+"
_BLANKS: Final = r"[ \t]{0,3}+"
_SEPARATOR: Final = (
    rf"(?:{_QUOTE})?+(?:{_BLANKS}(?:=>|:=|[:=]){_BLANKS}| is |,?[ \t]{{1,3}}+[\"']?+value[\"']?+{_BLANKS}[:=]{_BLANKS})"
)
"""Between a name and its value; `value=` where the two are a pair of attributes."""
_QUOTED: Final = rf"{_QUOTE}(?P<quoted>[^\s\"'`\\]{{6,512}}+)(?=\\{{0,3}}+[\"'`])"
_BARE: Final = r"(?P<bare>[^\s\"'`,;&|<>(){}\[\]\\]{6,256}+)"
_NAMED: Final = re.compile(rf"{_NAME}{_SEPARATOR}(?={_QUOTED}|{_BARE})")
"""Looks at a value and does not go past it: in `run=PASSWORD=...` it is the second name that counts."""
_LONE: Final = word_set("key keys tokens")
_ABOUT: Final = word_set(
    "file path dir name type hash policy expiry expires expired at ttl id url uri error exception header prefix length"
    " class manager provider service"
)
"""Last words of names that tell something about a secret, and are none."""
_LAST_WORD: Final = re.compile(r"([A-Z]?[a-z]++|[A-Z]++)[^A-Za-z]*+$")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)++")
"""A name in code, as in `auth = httpx2.Auth`."""


def named_spans(text: str) -> Iterator[Span]:
    """Where secrets stand under their names."""
    for match in _NAMED.finditer(text):
        group = "quoted" if match["quoted"] else "bare"
        if _is_named_secret(match["name"]) and _is_value(match[group], is_bare=group == "bare"):
            yield match.span(group)


@lru_cache(maxsize=1_024)
def _is_named_secret(name: str) -> bool:
    last = _LAST_WORD.search(name)
    return name.lower() not in _LONE and is_secret_key(name) and (last is None or last[1].lower() not in _ABOUT)


def _is_value(value: str, *, is_bare: bool) -> bool:
    is_word = is_bare and (not any(map(str.isdigit, value)) or _DOTTED.fullmatch(value) is not None)
    return not is_word and not is_stand_in(value)
