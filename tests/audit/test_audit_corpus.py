"""Recall and precision on the labelled corpus do not fall below what was reached."""

from __future__ import annotations

import pytest

from belljar.audit import redact_details
from benchmarks.redaction.corpus import HALVES, Half
from benchmarks.redaction.measure import score


@pytest.mark.parametrize(("half", "missed", "taken"), [(HALVES[0], 0, 0), (HALVES[1], 5, 0)])
def test_redaction_finds_what_it_found_and_takes_no_more(half: Half, missed: int, taken: int) -> None:
    """Counts over at least 440 positives of 44 kinds and 330 negatives; the second half is held out."""
    reached = score(half, redact_details)

    assert reached.positives.total() >= 440
    assert len(reached.positives) >= 44
    assert reached.negatives.total() >= 330
    assert len(reached.missed) <= missed
    assert len(reached.taken) <= taken


def test_the_corpus_is_the_same_each_time() -> None:
    """It comes from a seed; and the halves share no sample."""
    first, second = HALVES

    assert first.positives() == first.positives()
    assert first.negatives() == first.negatives()
    assert not {repr(each.value) for each in first.positives()} & {repr(each.value) for each in second.positives()}
