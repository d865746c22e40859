"""The order of keys of the sealed profile, and the Dict that keeps to it.

First by the type of the key, then by FNV-1a 64 of its CBOR, then by the CBOR itself. It says nothing to a reader, and
nobody can make it depend on how a value came about. (RFC 8785's order, by UTF-16 units, is in `canonical_json`.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from belljar.values._cbor import cbor_bytes, encode_cbor, record_key, unsealed
from belljar.values._decimal import Decimal128
from belljar.values._fnv import fnv1a64
from belljar.values._refusal import RefusedError
from belljar.values._sealed import JsonNull, Tagged

_RANKS: Final[tuple[tuple[type, int], ...]] = (
    (JsonNull, 0),
    (bool, 1),
    (int, 2),
    (Decimal128, 3),
    (str, 4),
    (list, 5),
    (tuple, 5),
    (dict, 6),
)
"""bool before int, which Python makes it a subclass of. The rank of a tagged value is its own."""


def key_order(keys: Iterable[Any]) -> list[Any]:
    """Sealed values in the order of keys. Raises SerializationError as `encode_cbor` does."""
    try:
        return sorted(keys, key=_place)
    except RefusedError as refused:
        raise refused.to_error() from None


def record_keys(record: Iterable[Any]) -> list[str]:
    """The keys of a record in the order of keys, for walks: what it raises is RefusedError."""
    return sorted(record, key=_record_place)


class Dict(Mapping[Any, Any], Tagged):
    """A frozen mapping with sealed values of any kind as keys, in the order of keys; of equal keys the last one counts.

    Keys are equal when a script says so: 1 and True are two, and 1.0 and 1.00 as Decimals are one. Raises
    SerializationError for a key that has no CBOR.
    """

    __slots__ = ("_entries",)
    rank = 9
    cbor_tag = 40502

    def __init__(self, entries: Iterable[tuple[Any, Any]] = ()) -> None:
        try:
            placed = {_place(key): (key, value) for key, value in entries}
        except RefusedError as refused:
            raise refused.to_error() from None
        self._entries: dict[bytes, tuple[Any, Any]] = {place[2]: placed[place] for place in sorted(placed)}

    def __getitem__(self, key: Any) -> Any:
        return self._entries[encode_cbor(key)][1]

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dict):
            return NotImplemented
        return self._entries == other._entries

    __hash__ = None  # type: ignore[assignment]  # how Python says that a mapping is no key

    def __repr__(self) -> str:
        return f"Dict({self.cbor_items()!r})"

    def cbor_items(self) -> tuple[Any, ...]:
        return tuple(self._entries.values())

    def json_form(self) -> list[Any]:
        return list(self._entries.values())


def _place(key: Any) -> tuple[int, int, bytes]:
    encoded = cbor_bytes(key)
    return _rank(key), fnv1a64(encoded), encoded


def _record_place(key: Any) -> tuple[int, bytes]:
    encoded = record_key(key)
    return fnv1a64(encoded), encoded


def _rank(key: Any) -> int:
    if isinstance(key, Tagged):
        return key.rank
    for kind, rank in _RANKS:
        if isinstance(key, kind):
            return rank
    raise unsealed(key)
