"""What people are told: the folders, the engines side by side, and why tests were lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from campaign.plan import Find
from campaign.test262._body import LIMITS, Verdict
from campaign.test262._causes import MEANINGS, SHARED, UNKNOWN
from campaign.test262._runs import HOST_RAISED, Result
from campaign.test262._suite import Suite
from campaign.test262._upstream import FIGURES, Upstream

FIRST_FEW: Final = 10
"""Unexplained failures that are named, of each engine and kind."""
LATE_S: Final = LIMITS.timeout_ms / 1000 + 1
"""A test that took longer than this was not stopped at its limit. Starting an engine is within."""
KNOWN_UPSTREAM: Final = "known upstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """All that came of a run."""

    suite: Suite
    engines: tuple[str, ...]
    results: tuple[Result, ...]
    upstream: Upstream

    @property
    def ran(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.skipped)

    def cause(self, result: Result, engine: str) -> str:
        """Why a test failed: where no rule knows, upstream's list and the other engines may."""
        cause = result.verdicts[engine].cause
        if cause != UNKNOWN:
            return cause
        if engine == "quickjs" and result.path in self.upstream.failures:
            return KNOWN_UPSTREAM
        verdicts = result.verdicts.values()
        return SHARED if len(verdicts) > 1 and not any(verdict.passed for verdict in verdicts) else UNKNOWN


def lines(tally: Tally) -> Iterator[str]:
    """The whole report."""
    yield from _head(tally)
    yield from _table(tally)
    yield from _skipped(tally)
    for engine in tally.engines:
        yield from _causes(tally, engine)
    yield from _agreement(tally)


def finds(tally: Tally) -> Iterator[Find]:
    """What should never happen, whatever a script does. The data names the test: its text stays out of this tree."""
    for result in tally.ran:
        for why in _alarms(result):
            yield Find(target="test262", data=f"{result.path}\n".encode(), why=f"{result.path}: {why}")


def _alarms(result: Result) -> Iterator[str]:
    if result.died:
        yield "ended the process that ran it, or was not stopped"
    for engine, verdict in result.verdicts.items():
        if verdict.message.startswith((HOST_RAISED, "HarnessInternalError")):
            yield f"{engine}: {verdict.message}"
        if verdict.seconds > LATE_S:
            yield f"{engine}: took {verdict.seconds:.1f} s of {LIMITS.timeout_ms / 1000:g}"


def _head(tally: Tally) -> Iterator[str]:
    done, total = len(tally.results), len(tally.suite.paths)
    part = "all of them" if done == total else f"spread evenly, one of {total / max(done, 1):.1f}"
    yield f"looked at {done:,} of {total:,} tests of {tally.suite.root} ({part}); each once, in strict mode"
    if tally.upstream.sources:
        yield f"upstream: {', '.join(map(str, tally.upstream.sources))}"
    else:
        yield f"upstream: quickjs-ng's test262_errors.txt is not beside the suite; {FIGURES}"


# -- by folder --------------------------------------------------------------------------------------------------------


def _table(tally: Tally) -> Iterator[str]:
    sides = "".join(f" | {engine + ' passed':>14} {'failed':>6}" for engine in tally.engines)
    yield f"{'folder':<44} {'tests':>6} {'skipped':>7}{sides} | {'upstream fails':>14} {'skips':>6}"
    folders: dict[str, list[Result]] = {}
    for result in tally.results:
        folders.setdefault(folder(result.path), []).append(result)
    for name in sorted(folders):
        yield _row(tally, name, folders[name])
    yield _row(tally, "all", tally.results)


def folder(path: str) -> str:
    """The first two levels of a test's path."""
    return "/".join(path.split("/")[:-1][:2])


def _row(tally: Tally, name: str, results: Sequence[Result]) -> str:
    ran = [result for result in results if not result.skipped]
    cells = [f"{name:<44} {len(results):>6} {len(results) - len(ran):>7}"]
    for engine in tally.engines:
        passed = sum(1 for result in ran if result.verdicts and result.verdicts[engine].passed)
        cells.append(f"{passed:>14} {len(ran) - passed:>6}")
    listed = sum(1 for result in ran if result.path in tally.upstream.failures)
    cells.append(f"{listed:>14} {sum(1 for result in ran if result.skipped_upstream):>6}")
    return " | ".join(cells)


# -- why --------------------------------------------------------------------------------------------------------------


def _skipped(tally: Tally) -> Iterator[str]:
    counts = Counter(result.skipped for result in tally.results if result.skipped)
    yield f"skipped: {counts.total():,}"
    yield from _counted(counts, {})


def _counted(counts: Mapping[str, int], meanings: Mapping[str, str]) -> Iterator[str]:
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {count:>6,} {name}" + (f": {meanings[name]}" if name in meanings else "")


def _causes(tally: Tally, engine: str) -> Iterator[str]:
    failed = [result for result in tally.ran if result.verdicts and not result.verdicts[engine].passed]
    causes = {result.path: tally.cause(result, engine) for result in failed}
    messages = {result.path: result.verdicts[engine].message for result in failed}
    yield f"{engine} failed: {len(failed):,}"
    yield from _counted(Counter(causes.values()), {**MEANINGS, KNOWN_UPSTREAM: "upstream lists the test as failing"})
    for name in (UNKNOWN, SHARED):
        of_it = sorted(path for path, cause in causes.items() if cause == name)
        if of_it:
            yield f"  {name}, the first of {len(of_it):,}:"
        yield from (f"    {path}: {_one_line(messages[path])}" for path in of_it[:FIRST_FEW])


def _one_line(message: str) -> str:
    return " ".join(message.split())[:160]


def _agreement(tally: Tally) -> Iterator[str]:
    """Where the engines differ, and how long the slowest test took."""
    verdicts = [result.verdicts for result in tally.ran if result.verdicts]
    patterns = Counter(_failing(each) for each in verdicts)
    yield "engines: " + ", ".join(f"{count:,} {what}" for what, count in sorted(patterns.items()))
    if slowest := max(_timed(tally.ran), default=None):
        yield f"slowest: {slowest[0]:.1f} s, {slowest[1]} on {slowest[2]}"


def _failing(verdicts: Mapping[str, Verdict]) -> str:
    failing = [engine for engine, verdict in verdicts.items() if not verdict.passed]
    if not failing:
        return "pass everywhere"
    return "fail everywhere" if len(failing) == len(verdicts) else f"fail on {' and '.join(failing)} alone"


def _timed(results: Iterable[Result]) -> Iterator[tuple[float, str, str]]:
    for result in results:
        for engine, verdict in result.verdicts.items():
            yield verdict.seconds, result.path, engine
