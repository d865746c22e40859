"""The labelled corpus: positives of every kind and negatives, each in several surroundings, made from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from benchmarks.redaction.kinds import KINDS, Kind
from benchmarks.redaction.negatives import MAKERS
from benchmarks.redaction.surroundings import HELD_OUT, NEUTRAL_KEYS, WORKED_ON, Place, allowed

POSITIVES_OF_A_KIND: Final = 8
NEGATIVES_OF_A_KIND: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value to redact, and what of it must go: nothing, in a negative."""

    kind: str
    place: str
    value: Any
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One of the two halves: its own seed, surroundings and neutral names."""

    name: str
    seed: int
    places: tuple[Place, ...]

    def positives(self) -> list[Sample]:
        random = Random(self.seed)  # noqa: S311 - a corpus, not a key
        return [sample for kind in KINDS for sample in self._of_kind(kind, random)]

    def negatives(self) -> list[Sample]:
        random = Random(self.seed + 1)  # noqa: S311 - a corpus, not a key
        return list(self._negatives(random))

    def _of_kind(self, kind: Kind, random: Random) -> Iterator[Sample]:
        places = allowed(self.places, lines=kind.lines, spaces=kind.spaces)
        for at in range(POSITIVES_OF_A_KIND):
            place = places[at % len(places)]
            text, secret = kind.make(random)
            key = kind.key or random.choice(NEUTRAL_KEYS[self.name])
            yield Sample(kind=kind.name, place=place.name, value=place.write(key, text), secret=secret)

    def _negatives(self, random: Random) -> Iterator[Sample]:
        for name, make in MAKERS.items():
            for at in range(NEGATIVES_OF_A_KIND):
                text = make(random)
                places = allowed(self.places, lines="\n" in text, spaces=" " in text)
                place = places[at % len(places)]
                key = random.choice(NEUTRAL_KEYS[self.name])
                yield Sample(kind=name, place=place.name, value=place.write(key, text))


HALVES: Final = (
    Half(name="worked on", seed=6_001, places=WORKED_ON),
    Half(name="held out", seed=7_919, places=HELD_OUT),
)
