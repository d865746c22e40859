"""Names that a sealed program has besides its own. What they do and cost is the runtime's."""

from __future__ import annotations

from typing import Final

VALUES: Final = frozenset(("input", "none", "JsonNull"))
"""Names that are values. `input` is the program's only argument."""

FUNCTIONS: Final = frozenset(("some", "ok", "err", "match", "pipe", "log", "sha256", "hmacSha256", "fnv1a64", "cbor"))

GROUPS: Final = {
    group: frozenset(names.split())
    for group, names in {
        "List": "push pop shift unshift range",
        "Object": "keys values entries fromEntries",
        "Int": "abs min max sign div mod pow parse toText",
        "Text": "fromCode",
        "Json": "parse stringify",
        "Option": "isSome getOr map andThen",
        "Result": "isOk getOr map andThen",
        "Dict": "of empty get has set remove keys values entries size",
        "Decimal": (
            "of fromInt add subtract multiply divide quantize round toIntegral reduce abs negate min max compare sum"
            " toText scale coefficient toInt"
        ),
    }.items()
}

EFFECTS: Final = "effects"
"""The group of what the caller declares."""

RESERVED: Final = frozenset((*VALUES, *FUNCTIONS, *GROUPS, EFFECTS))
"""No program declares these."""
