"""FNV-1a 64: every published vector is a case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.cases import Case, Vector, loader


def fnv_vectors(vectors: Path) -> Iterator[Vector]:
    """The reference vectors of the algorithm's authors."""
    return (_vector(data, want) for data, want in loader(vectors, "fnv").load())


def _vector(data: bytes, want: str) -> Vector:
    return Case(name=data.hex(), ask=lambda subject: f"{subject.fnv1a64(data):016x}", want=want)
