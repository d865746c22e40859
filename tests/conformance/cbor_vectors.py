"""CBOR: appendix A of RFC 8949, dCBOR, CDE, cborg, and the lists of keys in both orders.

The bytes of a vector are read into a value by `cbor_reader`; the subject must write the same bytes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.cases import Case, InexpressibleError, Left, Vector, loader
from conformance.cbor_reader import sealed_value

_FOR_DECODERS = "input for a decoder, and the sealed profile has none"


def appendix_a_vectors(vectors: Path) -> Iterator[Vector]:
    """The examples of the standard."""
    return (_vector(entry["hex"]) for entry in loader(vectors, "cbor").appendix_a())


def other_cbor_vectors(vectors: Path) -> Iterator[Vector]:
    """Those of dCBOR, CDE and cborg, the malformed ones, and the two orders of keys."""
    load = loader(vectors, "cbor")
    yield from (_vector(entry["hex"]) for entry in load.dcbor("valid"))
    yield from (_decoder(entry["hex"]) for entry in load.dcbor("invalid"))
    yield from (_decoder(row[2]) if row[0] == "bad" else _vector(row[2]) for row in load.cde())
    yield from (_decoder(entry["hex"]) for entry in load.malformed())
    for entry in load.cborg():
        yield _decoder(entry["hex"]) if entry.get("decode_strict") == "reject" else _vector(entry["hex"])
    orders = load.key_order()
    yield from (_vector(part["map_hex"]) for part in orders.values() if isinstance(part, dict))
    yield from (_vector(entry["hex"]) for entry in orders["shortest_float"])


def _decoder(digits: str) -> Vector:
    return Left(name=digits, reason=_FOR_DECODERS)


def _vector(digits: str) -> Vector:
    try:
        value = sealed_value(bytes.fromhex(digits))
    except InexpressibleError as reason:
        return Left(name=digits, reason=str(reason))
    return Case(name=digits, ask=lambda subject: subject.cbor(value).hex(), want=digits)
