"""What redaction finds and what it takes too much of.

A positive is found where no eight characters in a row of its secret are left. A negative is spared where nothing of it
was redacted; long texts are cut, and that is no redaction.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from belljar.audit import REDACTED
from benchmarks.redaction.corpus import HALVES, Half, Sample
from benchmarks.redaction.negatives import MAKERS

Redact = Callable[[Any], Any]
_SHARED: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one half of the corpus fared."""

    half: str
    positives: Counter[str]
    missed: tuple[Sample, ...]
    negatives: Counter[str]
    taken: tuple[Sample, ...]

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.positives.total()

    @property
    def precision(self) -> float:
        found = self.positives.total() - len(self.missed)
        return found / (found + len(self.taken))


def score(half: Half, redact: Redact) -> Score:
    """Every sample of a half, redacted and looked at."""
    positives, negatives = half.positives(), half.negatives()
    return Score(
        half=half.name,
        positives=Counter(sample.kind for sample in positives),
        missed=tuple(sample for sample in positives if is_left(sample, redact(sample.value))),
        negatives=Counter(sample.kind for sample in negatives),
        taken=tuple(sample for sample in negatives if _is_taken(redact(sample.value))),
    )


def scores(redact: Redact) -> list[Score]:
    return [score(half, redact) for half in HALVES]


def is_left(sample: Sample, redacted: Any) -> bool:
    """Whether a part of the secret is still there, as it is or as JSON writes it, once or twice."""
    text = redacted if isinstance(redacted, str) else json.dumps(redacted, ensure_ascii=False)
    once = json.dumps(sample.secret)[1:-1]
    return any(_shares(form, text) for form in {sample.secret, once, json.dumps(once)[1:-1]})


def _is_taken(redacted: Any) -> bool:
    return REDACTED in json.dumps(redacted)


def _shares(secret: str, text: str) -> bool:
    size = min(_SHARED, len(secret))
    return any(secret[at : at + size] in text for at in range(len(secret) - size + 1))


def milliseconds(redact: Redact, *, size: int = 100_000, rounds: int = 5) -> float:
    """Milliseconds for `size` characters of mixed negatives, in pieces of a few hundred: the best of some rounds."""
    pieces = _pieces(size)
    return min(_once(redact, pieces) for _ in range(rounds))


def _pieces(size: int) -> list[str]:
    random, pieces = Random(11), list[str]()  # noqa: S311 - a corpus, not a key
    while sum(map(len, pieces)) < size:
        pieces += [make(random)[:400] for make in MAKERS.values()]
    return pieces


def _once(redact: Redact, pieces: Sequence[str]) -> float:
    started = time.perf_counter()
    for piece in pieces:
        redact(piece)
    return (time.perf_counter() - started) * 1_000
