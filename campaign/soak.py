"""Long use: memory over many runs, crowds, threads, processes, storms of cancellations, and how exact the clock is.

For each engine: a mixed bag of runs in one process, with resident memory, descriptors, threads and processes at
intervals; many runs at once on one Harness; several event loops in threads and processes; cancellations at random
moments; and how long after its limit a run ends, on an idle machine and on a busy one. Figures are printed. A find is
a run that ends otherwise than it must or does not end, and anything that is left or grows.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from belljar import Harness, Limits, Outcome, tool
from belljar.machine import ENGINES
from campaign.plan import Find, Plan, Report

FLAT: Final = 0.01
"""Growth of resident memory over the last third of the runs that counts as none."""
OVERSHOOT_S: Final = 0.2
"""What a time limit may be overrun by at p99 on an idle machine."""
SAMPLES: Final = 30
STUCK_S: Final = 15.0
"""A run that has not ended this long after its limit does not end."""
LATEST_S: Final = 0.2
"""When the last run of a storm is cancelled after its start; most are much earlier."""
SETTLE_S: Final = 3.0
"""How long threads and processes of a closed harness are waited for."""

TIME, MEMORY, CANCELLED = "ScriptTimeoutError", "ScriptMemoryError", "ScriptCancelledError"


@tool
async def rate(base: str) -> float:
    """Units of one currency for another."""
    await asyncio.sleep(0)
    return float(len(base))


@tool
async def fails(message: str) -> None:
    """Fails."""
    raise ValueError(message)


@tool
async def hang() -> None:
    """Never answers, and ends at once when it is cancelled."""
    await asyncio.Event().wait()


TOOLS: Final = (rate, fails, hang)


# -- what is run ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of run."""

    source: str
    ends: tuple[Any, ...]
    """Values or codes that it may end with."""
    weight: int = 1
    """How many of a hundred runs of the bag."""
    limits: Limits = field(default_factory=Limits)


_CALLS: Final = """
const first = await tools.rate({base: 'EUR'})
const [a, b] = await Promise.all([tools.rate({base: 'USDX'}), tools.rate({base: 'GBPXX'})])
return {total: first + a + b}
"""
BAG: Final = (
    Kind(source=_CALLS, ends=({"total": 12},), weight=70),
    Kind(
        source="try { await tools.fails({message: 'x'}) } catch (e) { return e.code }",
        ends=("ToolExecutionError",),
        weight=5,
    ),
    Kind(source="await tools.rate({base: 'EUR'}); null.x", ends=("ScriptRuntimeError",), weight=5),
    Kind(source="return (", ends=("ScriptSyntaxError",), weight=3),
    Kind(source="await tools.rate({base: 5n})", ends=("SerializationError",), weight=2),
    Kind(source="for (;;);", ends=(TIME,), weight=6, limits=Limits(timeout_ms=5)),
    Kind(source="await tools.hang()", ends=(TIME,), weight=4, limits=Limits(timeout_ms=5)),
    Kind(
        source="const a = []; for (;;) a.push(new Array(1000).fill(a.length))",
        ends=(MEMORY,),
        weight=5,
        limits=Limits(memory_mb=12),
    ),
)
"""Runs of every day, with their failures: a hundred by weight."""

ENDLESS: Final = {
    "loop": "for (;;);",
    "native loop": "Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)",
    "regular expression": "/^(a+)+$/.test('a'.repeat(60) + 'b')",
    "tool that hangs": "await tools.hang()",
    "microtask flood": "for (;;) await null",
}
"""Scripts that only a time limit ends, each in its own way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of everything. The defaults are the campaign's; tests take less."""

    runs: int = 10_000
    at_once: int = 200
    threads: int = 4
    processes: int = 2
    runs_each: int = 100
    """In each of those threads and processes."""
    cancelled: int = 500
    limit_ms: int = 1_000
    """The time limit whose overshoot is measured."""


@dataclass(slots=True)
class Notes:
    """What one engine's parts have to say."""

    engine: str
    lines: list[str] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)

    def say(self, part: str, text: str) -> None:
        """A line of the table."""
        self.lines.append(f"  {self.engine:8} {part:10} {text}")

    def find(self, source: str, why: str) -> None:
        """Something that went wrong."""
        self.finds.append(Find(target="soak", data=source.encode(), why=f"{self.engine}: {why}"))

    def judge(self, kind: Kind, end: Any) -> None:
        """A find where `end` is none of the kind's."""
        if end not in kind.ends:
            self.find(kind.source, f"ended with {str(end)[:200]}, not with {kind.ends}")


def run(plan: Plan) -> Report:
    """Every part on every engine; `plan.seconds` are shared among engines, and bound the runs and the samples."""
    notes = [Notes(engine) for engine in plan.engines]
    for each in notes:
        soak(each, Scale(), seconds=plan.seconds / len(notes))
    return Report(
        lines=tuple(line for each in notes for line in each.lines),
        finds=tuple(find for each in notes for find in each.finds),
    )


def soak(notes: Notes, scale: Scale, *, seconds: float) -> None:
    """All parts on one engine: half of the time for steady use, most of the rest for the clock."""
    steady(notes, scale.runs, seconds=seconds * 0.5)
    crowd(notes, scale.at_once)
    apart(notes, scale)
    storm(notes, scale.cancelled)
    overshoot(notes, limit_ms=scale.limit_ms, seconds=seconds * 0.25)
    with busy_cores():
        overshoot(notes, limit_ms=scale.limit_ms, seconds=seconds * 0.15, is_busy=True)


def end_of(outcome: Outcome) -> Any:
    """The code of its error, or its value."""
    return outcome.error.code if outcome.error is not None else outcome.value


# -- many runs, one after the other -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What this process has at one moment."""

    resident: int
    """Bytes."""
    descriptors: int
    threads: int
    children: int
    """Processes, whichever thread has started them."""

    @classmethod
    def now(cls) -> Usage:
        """Counted after the garbage is gone, so that what is left is held by somebody."""
        gc.collect()
        return cls(
            resident=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
            descriptors=len(os.listdir("/proc/self/fd")),
            threads=threading.active_count(),
            children=sum(len(listed.read_text().split()) for listed in Path("/proc/self/task").glob("*/children")),
        )


def steady(notes: Notes, runs: int, *, seconds: float) -> None:
    """The bag on one Harness, one run after the other, with `Usage` at intervals; fewer runs where time is short."""
    bag = shuffled(BAG, seed=1)
    samples: list[Usage] = []
    done, took_s = asyncio.run(_steadily(notes, bag, runs, seconds, samples))
    growth = growth_of([sample.resident for sample in samples])
    last = samples[-1]
    short = "" if done == runs else f" (of {runs:,}: {seconds:.0f} s were up)"
    notes.say(
        "steady",
        f"{done:,} runs{short}, {done / took_s:.0f}/s; resident {last.resident / 2**20:.1f} MB,"
        f" last third {growth:+.2%}; {last.descriptors} descriptors, {last.threads} threads, {last.children} processes",
    )
    if growth > FLAT:
        notes.find(BAG[0].source, f"resident memory grows by {growth:.2%} over the last third of {done} runs")
    for what in ("descriptors", "threads", "children"):
        middle, end = getattr(samples[len(samples) // 3], what), getattr(last, what)
        if end > middle + 8:  # pools fill up one by one
            notes.find(BAG[0].source, f"{what} grow from {middle} to {end}")


async def _steadily(
    notes: Notes, bag: Sequence[Kind], runs: int, seconds: float, samples: list[Usage]
) -> tuple[int, float]:
    begun = time.monotonic()
    every = max(runs // SAMPLES, 1)
    interval_s = max(seconds / SAMPLES, 1.0)  # a look at the whole process takes longer than a run
    done = 0
    async with Harness(TOOLS, engine=notes.engine) as harness:
        while done < runs and time.monotonic() - begun < seconds:
            kind = bag[done % len(bag)]
            notes.judge(kind, end_of(await harness.run(kind.source, limits=kind.limits)))
            done += 1
            if done % every == 0 or time.monotonic() - begun > interval_s * (len(samples) + 1):
                samples.append(Usage.now())
        took_s = time.monotonic() - begun
        samples.append(Usage.now())
    return done, took_s


def shuffled(bag: Sequence[Kind], *, seed: int) -> list[Kind]:
    """A hundred kinds by their weights, in an order that is always the same."""
    listed = [kind for kind in bag for _ in range(kind.weight)]
    random.Random(seed).shuffle(listed)  # noqa: S311 - an order, no secret
    return listed


def growth_of(sizes: Sequence[int]) -> float:
    """How much larger the end of the last third is than its beginning, as a share; each the median of up to three."""
    third = sizes[len(sizes) * 2 // 3 :]
    begin, end = statistics.median(third[:3]), statistics.median(third[-3:])
    return end / begin - 1


# -- many runs at once ------------------------------------------------------------------------------------------------

_MINE: Final = """
const mine = await tools.rate({base: context.turnId})
const both = await Promise.all([tools.rate({base: context.turnId + '-'}), tools.rate({base: context.turnId + '--'})])
return [context.turnId, mine, ...both]
"""


def crowd(notes: Notes, at_once: int) -> None:
    """As many runs at once on one Harness; each must see its own answers."""
    begun = time.monotonic()
    ends = asyncio.run(_crowd(notes.engine, at_once))
    for turn, end in enumerate(ends):
        name = "t" * turn
        notes.judge(Kind(source=_MINE, ends=([name, turn, turn + 1, turn + 2],)), end)
    took_s = time.monotonic() - begun
    notes.say("at once", f"{at_once} runs in {took_s:.2f} s; resident {Usage.now().resident / 2**20:.1f} MB after")


async def _crowd(engine: str, at_once: int) -> list[Any]:
    async with Harness(TOOLS, engine=engine) as harness:
        runs = (harness.run(_MINE, context={"turnId": "t" * turn}) for turn in range(at_once))
        return [end_of(outcome) for outcome in await asyncio.gather(*runs)]


# -- several event loops ----------------------------------------------------------------------------------------------


def bout(engine: str, runs: int, seed: int) -> list[tuple[str, Any]]:
    """Runs of the bag on an event loop of its own: source and end of each."""
    return asyncio.run(_bout(engine, shuffled(BAG, seed=seed)[:runs]))


async def _bout(engine: str, kinds: Sequence[Kind]) -> list[tuple[str, Any]]:
    async with Harness(TOOLS, engine=engine) as harness:
        return [(kind.source, end_of(await harness.run(kind.source, limits=kind.limits))) for kind in kinds]


def apart(notes: Notes, scale: Scale) -> None:
    """Threads with an event loop each, then processes."""
    with ThreadPoolExecutor(scale.threads) as pool:
        _bouts(notes, "threads", pool, scale.threads, scale.runs_each)
    if scale.processes:
        with ProcessPoolExecutor(scale.processes, mp_context=get_context("spawn")) as processes:
            _bouts(notes, "processes", processes, scale.processes, scale.runs_each)


def _bouts(notes: Notes, part: str, pool: Any, count: int, runs: int) -> None:
    kinds = {kind.source: kind for kind in BAG}
    begun = time.monotonic()
    waiting = [pool.submit(bout, notes.engine, runs, seed) for seed in range(count)]
    for source, end in (pair for each in waiting for pair in each.result()):
        notes.judge(kinds[source], end)
    took_s = time.monotonic() - begun
    notes.say(part, f"{count} with {runs} runs each: {took_s:.2f} s, {count * runs / took_s:.0f}/s")


# -- cancellations ----------------------------------------------------------------------------------------------------

STORM: Final = (
    Kind(source=_CALLS, ends=({"total": 12}, CANCELLED)),
    Kind(source="for (;;);", ends=(CANCELLED,)),
    Kind(source="await tools.hang()", ends=(CANCELLED,)),
    Kind(source="for (;;) await null", ends=(CANCELLED,)),
    Kind(source="await Promise.all([tools.hang(), tools.hang(), tools.rate({base: 'x'})])", ends=(CANCELLED,)),
)


def storm(notes: Notes, count: int) -> None:
    """Runs that are cancelled at random moments, by their id or with the task that awaits them; nothing may be left."""
    before = Usage.now()
    begun = time.monotonic()
    told, left_tasks = asyncio.run(_storm(notes, count))
    took_s = time.monotonic() - begun
    left = _left(before, notes.engine)
    counts = ", ".join(f"{number} {what}" for what, number in sorted(told.items()))
    notes.say("storm", f"{count} runs in {took_s:.2f} s: {counts}; left: {left_tasks} tasks, {left}")
    if left_tasks or left != _NOTHING:
        notes.find(STORM[0].source, f"after {count} cancellations {left_tasks} tasks and {left} are left")


async def _storm(notes: Notes, count: int) -> tuple[Counter[str], int]:
    chance = random.Random(2)  # noqa: S311 - moments, no secrets
    told: Counter[str] = Counter()
    async with Harness(TOOLS, engine=notes.engine) as harness:
        for begin in range(0, count, 25):
            batch = range(begin, min(begin + 25, count))
            await asyncio.gather(*(_struck(notes, harness, n, chance.random() ** 2 * LATEST_S, told) for n in batch))
    return told, len(asyncio.all_tasks()) - 1


async def _struck(notes: Notes, harness: Harness, number: int, after_s: float, told: Counter[str]) -> None:
    """One run, cancelled `after_s` seconds after its start; every third with its task."""
    kind = STORM[number % len(STORM)]
    run_id = f"storm-{number}"
    task = asyncio.ensure_future(harness.run(kind.source, run_id=run_id))
    await asyncio.sleep(after_s)
    with_task = number % 3 == 0
    task.cancel() if with_task else harness.cancel(run_id)
    ended, _ = await asyncio.wait([task], timeout=STUCK_S)
    if not ended:
        notes.find(kind.source, f"does not end {STUCK_S:.0f} s after its cancellation")
        told["stuck"] += 1
    elif task.cancelled():
        told["task cancelled"] += 1
        if not with_task:
            notes.find(kind.source, "a cancelled run raised CancelledError instead of ending")
    else:
        end = end_of(task.result())
        told["cancelled" if end == CANCELLED else "result"] += 1
        notes.judge(kind, end)


_NOTHING: Final = "0 threads, 0 descriptors"


def _left(before: Usage, engine: str) -> str:
    """What is there now beyond `before`. The workers of v8 stay for the next run, and so do their pipes."""
    deadline = time.monotonic() + SETTLE_S
    while (now := Usage.now()).threads > before.threads and time.monotonic() < deadline:
        time.sleep(0.05)
    pipes = 3 * max(now.children - before.children, 0) if engine != ENGINES[0] else 0
    threads = max(now.threads - before.threads, 0)
    return f"{threads} threads, {max(now.descriptors - before.descriptors - pipes, 0)} descriptors"


# -- the clock --------------------------------------------------------------------------------------------------------


def overshoot(notes: Notes, *, limit_ms: int, seconds: float, is_busy: bool = False) -> None:
    """How long after its limit a run ends: each endless kind in turn, for about `seconds`."""
    measured = asyncio.run(_overshoots(notes, limit_ms, seconds))
    state = "busy" if is_busy else "idle"
    for kind, late_s in measured.items():
        notes.say("clock", f"{state}, {kind}: {_spread(late_s)}")
    together = [late for each in measured.values() for late in each]
    word = "within" if percentile(together, 99) <= OVERSHOOT_S else "OVER"
    verdict = "" if is_busy else f"; {word} {OVERSHOOT_S} s at p99"
    notes.say("clock", f"{state}, all kinds: {_spread(together)} over {limit_ms} ms, {len(together)} runs{verdict}")


async def _overshoots(notes: Notes, limit_ms: int, seconds: float) -> dict[str, list[float]]:
    late: dict[str, list[float]] = {kind: [] for kind in ENDLESS}
    limits = Limits(timeout_ms=limit_ms)
    begun = time.monotonic()
    async with Harness(TOOLS, engine=notes.engine) as harness:
        await harness.run("return 1")
        while not all(late.values()) or time.monotonic() - begun + len(ENDLESS) * limit_ms / 1000 < seconds:
            for name, source in ENDLESS.items():
                late[name].append(await _late(notes, harness, Kind(source=source, ends=(TIME,), limits=limits)))
    return late


async def _late(notes: Notes, harness: Harness, kind: Kind) -> float:
    """Seconds beyond the limit."""
    limit_s = kind.limits.timeout_ms / 1000
    begun = time.monotonic()
    task = asyncio.ensure_future(harness.run(kind.source, limits=kind.limits))
    ended, _ = await asyncio.wait([task], timeout=limit_s + STUCK_S)
    took_s = time.monotonic() - begun
    if ended:
        notes.judge(kind, end_of(task.result()))
    else:
        notes.find(kind.source, f"does not end {STUCK_S:.0f} s after its limit of {limit_s} s")
        task.cancel()
    return took_s - limit_s


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


def _spread(late_s: Sequence[float]) -> str:
    p50, p99 = percentile(late_s, 50), percentile(late_s, 99)
    return f"p50 {p50 * 1000:+.0f} ms, p99 {p99 * 1000:+.0f} ms, max {max(late_s) * 1000:+.0f} ms"


@contextmanager
def busy_cores() -> Iterator[None]:
    """A process on each core that does nothing but compute."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
