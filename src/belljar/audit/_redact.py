"""What a person is shown of a value: secrets out, long things cut, and never more than a screen can hold.

For display and for the log only. What runs, and what a digest covers, is always the whole value. Secrets are known by
the key they stand under (`_names`), by their value where it was registered, and by their form (`_shapes`). For the
log, which nobody needs to decide by, there is more: names inside of texts (`_named`), strings without any order
(`_entropy`), e-mail addresses and card numbers (`_personal`).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, quote_plus

from belljar.audit._entropy import entropy_spans
from belljar.audit._named import named_spans
from belljar.audit._names import is_secret_key
from belljar.audit._personal import is_card, personal_spans
from belljar.audit._shapes import Span, shape_spans
from belljar.values import MAX_SAFE_INTEGER

REDACTED: Final = "[redacted]"

ITEMS_SHOWN: Final = 10
KEYS_SHOWN: Final = 50
CHARACTERS_SHOWN: Final = 500
_BEGINNING_SHOWN: Final = 200
_DEPTH_SHOWN: Final = 32
_LOOKED_AT: Final = 8_192
"""Characters of a text that rules are tried on. A private key of RSA with 8,192 bits has 6,400."""
_SEEN_WHOLE: Final = 7_000
"""Where a secret may begin in a longer text: one that begins later may reach past what was looked at."""
_SHORTEST: Final = 6
"""No rule finds anything in less: `a@b.de`."""
_LONG_INTEGER: Final = 10**40


def redact(value: Any, *, secrets: Iterable[str] = ()) -> Any:
    """A copy of `value` to show: plain JSON data, also for bytes and for types that are none.

    Values under secret keys become `"[redacted]"` (None and booleans stay: they say nothing). Arrays are cut after 10
    items, objects after 50 keys, both with a marker that has the full size; strings over 500 characters show their
    first 200, their size and SHA-256; bytes show size and SHA-256. Every occurrence of one of `secrets` in any string
    or key is replaced, also where it is base64, percent-encoded or JSON-escaped, and so is what has the form of a
    token, a private key, a connection string with a password, or a header that signs in. E-mail addresses, card
    numbers and strings without order stay: who approves must see them.
    """
    return _Redactor(secrets=secrets_pattern(secrets), rules=(shape_spans,)).shown(value, _DEPTH_SHOWN)


def redact_details(value: Any, *, secrets: Iterable[str] = ()) -> Any:
    """A copy of `value` for the audit log: what `redact` does, and more.

    Also secrets under their names inside of texts, strings without order, e-mail addresses and card numbers go, and
    the result can always be written as canonical JSON: integers beyond ±(2^53 - 1), NaN and infinities become text,
    lone surrogates U+FFFD.
    """
    rules = (shape_spans, named_spans, entropy_spans, personal_spans)
    return _Redactor(secrets=secrets_pattern(secrets), rules=rules, for_log=True).shown(value, _DEPTH_SHOWN)


def redact_text(text: str, *, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, and without what has the form of one as `redact` knows it; nothing is shortened."""
    pattern = secrets_pattern(secrets)
    known = pattern.sub(REDACTED, text) if pattern else text
    return _without(known, sorted(shape_spans(known)))


def secrets_pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """What finds each secret, also in the forms in which it usually travels; None when there are none."""
    forms = {form for secret in filter(None, secrets) for form in secret_forms(secret)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first))) if forms else None


def secret_forms(secret: str) -> set[str]:
    """`secret` as it is and as it usually travels: in base64, hexadecimal, percent-encoded, JSON-escaped."""
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {secret, raw.hex(), raw.hex().upper(), quote(raw, safe=""), quote(raw), quote_plus(raw)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms.add("".join(f"\\u{unit:04x}" for unit in _utf16(secret)))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(raw).decode("ascii").rstrip("="))
        forms |= {_inside(encode(bytes(before) + raw).decode("ascii"), before, len(raw)) for before in range(3)}
    return {form for form in forms if len(form) >= len(secret)}


def _utf16(text: str) -> Iterable[int]:
    return memoryview(text.encode("utf-16-le" if sys.byteorder == "little" else "utf-16-be", "surrogatepass")).cast("H")


def _inside(encoded: str, before: int, size: int) -> str:
    """The characters of base64 that say nothing of what stands before and after `size` bytes."""
    return encoded[(before * 8 + 5) // 6 : (before + size) * 8 // 6]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redactor:
    secrets: re.Pattern[str] | None
    rules: tuple[Callable[[str], Iterable[Span]], ...]
    for_log: bool = False

    def shown(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._number(value) if self.for_log else value
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"[{_size(len(bytes(value)), 'byte')}, sha256 {hashlib.sha256(value).hexdigest()}]"
        if depth <= 0:
            return "[nested deeper]"
        if isinstance(value, Mapping):
            return self._object(value, depth)
        return self._array(value, depth) if isinstance(value, (list, tuple)) else f"[{type(value).__name__}]"

    def _number(self, value: int | float) -> Any:
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        # str() refuses integers of thousands of digits; their size is all that anybody reads.
        if abs(value) >= _LONG_INTEGER:
            return f"[integer of {_size(value.bit_length(), 'bit')}]"
        if is_card(str(value)):
            return REDACTED
        return value if abs(value) <= MAX_SAFE_INTEGER else str(value)

    def _string(self, text: str) -> str:
        known = self.secrets.sub(REDACTED, text) if self.secrets else text
        clean = self._clean(known)
        if len(known) <= _LOOKED_AT and len(clean) <= CHARACTERS_SHOWN:
            return clean
        # The hash is that of the whole original: the reader can compare it with what runs.
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{clean[:_BEGINNING_SHOWN]}… [{_size(len(text), 'character')}, sha256 {digest}]"

    def _clean(self, text: str) -> str:
        """Of a text that will be cut, a beginning: what stands there was seen to its end."""
        near = text[:_LOOKED_AT]
        if self.for_log:
            near = near.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if len(near) < _SHORTEST:
            return near
        end = len(near) if len(text) <= _LOOKED_AT else _SEEN_WHOLE
        spans = sorted(span for rule in self.rules for span in rule(near) if span[0] < end)
        return _without(near[:end], spans)

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        is_named = self.for_log and is_secret_key(str(value.get("name") or value.get("key") or ""))
        for key, item in list(value.items())[:KEYS_SHOWN]:
            name = str(key)
            is_secret = is_secret_key(name) or (is_named and name == "value")
            hidden = is_secret and not (item is None or isinstance(item, bool))
            shown[_free(shown, self._string(name))] = REDACTED if hidden else self.shown(item, depth - 1)
        if len(value) > KEYS_SHOWN:
            shown[_free(shown, "…")] = f"{len(value) - KEYS_SHOWN:,} more of {len(value):,} keys"
        return shown

    def _array(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        shown = [self.shown(item, depth - 1) for item in value[:ITEMS_SHOWN]]
        if len(value) > ITEMS_SHOWN:
            shown.append(f"… {len(value) - ITEMS_SHOWN:,} more of {len(value):,} items")
        return shown


def _free(taken: Mapping[str, Any], name: str) -> str:
    """`name`, or one like it that is not taken: two keys that look alike without their secrets are two."""
    numbers = (f"{name} ({number})" for number in itertools.count(2))
    return next(other for other in itertools.chain([name], numbers) if other not in taken)


def _without(text: str, spans: Iterable[Span]) -> str:
    """`text` with each span, and what spans cover together, replaced once. The spans are in order."""
    parts, kept = [], 0
    for start, end in spans:
        if start >= kept:
            parts += [text[kept:start], REDACTED]
        kept = max(kept, end)
    return "".join([*parts, text[kept:]])


def _size(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
