"""The figures of the sealed profile: `python -m benchmarks.sealed`."""

from __future__ import annotations

import re

import pytest

from benchmarks import sealed


def test_the_figures_are_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each pair gives one answer in both profiles; clones, Decimals and the compiler have a line each."""
    monkeypatch.setattr(sealed, "ROUNDS", 1)
    monkeypatch.setattr(sealed, "CLONES", 20)
    monkeypatch.setattr(sealed, "PAIRS", sealed.PAIRS[:1])

    sealed.main()

    said = capsys.readouterr().out
    for line in (
        r"fib\(18\).* \d[\d,]*$",
        r"clone .*p50 \d+ us, p99 \d+ us",
        r"Decimal.add .*a second",
        r"sealing: [\d.]+ ms",
    ):
        assert re.search(line, said, re.MULTILINE), said
