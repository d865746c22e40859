"""The published vectors hold for every implementation of the sealed values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from conformance.cases import Tally, Vector, run_suite
from conformance.cbor_vectors import appendix_a_vectors, other_cbor_vectors
from conformance.decimal_vectors import decimal_vectors
from conformance.guest import guest_side
from conformance.hash_vectors import fnv_vectors
from conformance.json_vectors import jcs_vectors, json_canon_vectors, parsing_vectors
from conformance.subject import PythonSide, Subject

SUBJECTS: Final[dict[str, Callable[[], Subject]]] = {
    "python": PythonSide,
    "quickjs": lambda: guest_side("quickjs"),
    "v8": lambda: guest_side("v8"),
}

SUITES: Final[dict[str, tuple[Callable[[Path], Iterator[Vector]], int, int]]] = {
    "FNV-1a 64": (fnv_vectors, 203, 0),
    "CBOR appendix A": (appendix_a_vectors, 32, 50),
    "CBOR: dCBOR, CDE, cborg, malformed, key orders": (other_cbor_vectors, 44, 227),
    "RFC 8785": (jcs_vectors, 23, 10_011),
    "json-canon": (json_canon_vectors, 61, 13),
    "JSONTestSuite": (parsing_vectors, 259, 59),
    "decTest decimal128": (decimal_vectors, 2_029, 6_198),
}
"""With how many vectors are run and how many are not expressible: none may slip from one side to the other."""


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("suite", SUITES)
def test_every_expressible_vector_holds(suite: str, name: str, vectors: Path, tallies: list[Tally]) -> None:
    """Every published vector that the sealed profile can express gives the published answer."""
    read, run, left = SUITES[suite]
    subject = SUBJECTS[name]()

    tally = run_suite(f"{subject.name}, {suite}", read(vectors), subject)
    tallies.append(tally)

    assert tally.failures == ()
    assert (tally.run, sum(tally.left.values())) == (run, left)
