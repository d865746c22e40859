"""`python -m benchmarks.redaction [--misses]`. Run from the repository's root.

Prints recall and precision of both halves of the corpus, by kind where it is not perfect, and milliseconds for 100 kB.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

from belljar.audit import redact, redact_details
from benchmarks.redaction.corpus import Sample
from benchmarks.redaction.measure import Score, milliseconds, scores


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redaction", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="print each sample that was judged wrongly")
    options = parser.parse_args(arguments)
    for each in scores(redact_details):
        print("\n".join(_lines(each, with_samples=options.misses)))
    for name, function in (("redact", redact), ("redact_details", redact_details)):
        print(f"{name}: {milliseconds(function):.1f} ms for 100 kB of mixed text")
    return 0


def _lines(score: Score, *, with_samples: bool) -> Iterator[str]:
    yield (
        f"{score.half}: recall {score.recall:.4f} ({len(score.missed)} of {score.positives.total()} missed, "
        f"{len(score.positives)} kinds), precision {score.precision:.4f} ({len(score.taken)} of "
        f"{score.negatives.total()} taken, {len(score.negatives)} kinds)"
    )
    yield from _by_kind("missed", score.missed, score.positives)
    yield from _by_kind("taken", score.taken, score.negatives)
    if with_samples:
        yield from (f"    {sample.kind} in {sample.place}: {sample.value!r}" for sample in score.missed + score.taken)


def _by_kind(what: str, samples: Sequence[Sample], of: Counter[str]) -> Iterator[str]:
    for kind, count in Counter(sample.kind for sample in samples).most_common():
        places = sorted({sample.place for sample in samples if sample.kind == kind})
        yield f"  {what} {count} of {of[kind]}: {kind} (in {', '.join(places)})"


if __name__ == "__main__":
    raise SystemExit(main())
