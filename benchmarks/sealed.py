"""What the sealed profile costs: the same programs in both profiles, clones of a snapshot, Decimals, the compiler.

`python -m benchmarks.sealed` prints the figures. Pairs take turns, and a ratio is the median of the ratios of the
rounds. A program is timed at the machine, from an open one to its answer; opening is told on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final

from belljar.limits import Limits
from belljar.machine import Finished, Machine, open_machine
from belljar.machine._loaded import load, open_program, program_image
from belljar.script import Script, analyse, parse

ROUNDS: Final = 15
CLONES: Final = 500
DECIMALS: Final = 2_000
GAS: Final = 2_000_000_000
LIMITS: Final = Limits(timeout_ms=60_000, source_bytes=1 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One piece of work in both profiles."""

    name: str
    standard: str
    sealed: str


PAIRS: Final = (
    Pair(
        name="fib(18), plain recursion",
        standard="const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(18);",
        sealed="const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(18);",
    ),
    Pair(
        name="loop of 100,000 as a tail call",
        standard="let sum = 0; for (let n = 100_000; n > 0; n--) sum += n; return sum;",
        sealed="const go = (n, sum) => n === 0 ? sum : go(n - 1, sum + n); return go(100_000, 0);",
    ),
    Pair(
        name="map, filter, reduce over 10,000",
        standard="const xs = Array.from({ length: 10_000 }, (_, n) => n);"
        "return xs.map((x) => x * 2).filter((x) => x % 3 === 0).reduce((sum, x) => sum + x, 0);",
        sealed="return List.range(10_000).map((x) => x * 2).filter((x) => x % 3 === 0).reduce((sum, x) => sum + x, 0);",
    ),
    Pair(
        name="2,000 records, built and read",
        standard="const rows = Array.from({ length: 2_000 }, (_, id) => ({ id, cents: id * 3, tag: `t${id}` }));"
        "return rows.reduce((sum, row) => sum + row.cents + row.tag.length, 0);",
        sealed="const rows = List.range(2_000).map((id) => ({ id, cents: id * 3, tag: `t${id}` }));"
        "return rows.reduce((sum, row) => sum + row.cents + row.tag.length, 0);",
    ),
)
ADD_DECIMALS: Final = (
    'const step = match(Decimal.of("1.37"), { ok: (x) => x, err: () => Decimal.fromInt(0) });'
    "const more = (n, sum) => n === 0 ? sum :"
    " more(n - 1, match(Decimal.add(sum, step), { ok: (x) => x, err: () => sum }));"
    f"return more({DECIMALS}, step);"
)


def main() -> None:
    """Print the figures."""
    print(f"{'program':<36} {'standard ms':>12} {'sealed ms':>12} {'ratio':>8}   gas")
    for pair in PAIRS:
        _print_pair(pair)
    clones = sorted(_clone_us())
    print(f"clone of a snapshot: p50 {median(clones):.0f} us, p99 {quantiles(clones, n=100)[98]:.0f} us")
    took_s, _ = _run(parse(ADD_DECIMALS, profile="sealed"), "quickjs")
    print(f"Decimal.add with its match: {DECIMALS / took_s:,.0f} a second")
    print(f"sealing: {_sealing_ms_per_kb():.2f} ms a kB of program")


def _print_pair(pair: Pair) -> None:
    standard = parse(pair.standard)
    sealed = parse(pair.sealed, profile="sealed")
    rounds = [(_run(standard, "quickjs"), _run(sealed, "quickjs")) for _ in range(ROUNDS)]
    plain_ms, sealed_ms = (median(each[side][0] for each in rounds) * 1_000 for side in (0, 1))
    ratio = median(second[0] / first[0] for first, second in rounds)
    (_, expected), (_, answer) = rounds[0]
    assert expected.value == answer.value, pair.name
    print(f"{pair.name:<36} {plain_ms:>12.2f} {sealed_ms:>12.2f} {ratio:>8.1f}   {answer.output.gas:,}")


def _run(script: Script, engine: str) -> tuple[float, Finished]:
    """Seconds from start to answer."""
    with open_machine(engine=engine, limits=LIMITS, profile=script.profile) as machine:
        return _answered(machine, script)


def _answered(machine: Machine, script: Script) -> tuple[float, Finished]:
    context: dict[str, Any] = {"input": None, "gas_limit": GAS} if script.profile == "sealed" else {}
    before = perf_counter()
    step = machine.start(script, context=context)
    took_s = perf_counter() - before
    assert isinstance(step, Finished)
    assert step.error is None, step.error
    return took_s, step


def _clone_us() -> Iterator[float]:
    image = program_image(load(parse(PAIRS[0].sealed, profile="sealed")))
    for _ in range(CLONES):
        before = perf_counter()
        machine = open_program(image, LIMITS)
        yield (perf_counter() - before) * 1e6
        machine.close()


def _sealing_ms_per_kb() -> float:
    """A program of some 20 kB, another text each time: nothing is kept."""
    functions = "\n".join(
        f"const f{at} = (x: number, list: number[]) =>"
        f" list.length === 0 ? x : f{at}(x + list[0] * {at}, list.slice(1));"
        for at in range(180)
    )
    return median(_timed(lambda mark=mark: _sealed(f"{functions}\nreturn {mark};")) for mark in range(ROUNDS))  # type: ignore[misc]  # bound per turn


def _sealed(source: str) -> float:
    analysis = analyse(source, source_bytes=1 << 20, profile="sealed")
    assert not analysis.findings
    return len(source) / 1_000


def _timed(work: Callable[[], float]) -> float:
    before = perf_counter()
    kilobytes = work()
    return (perf_counter() - before) * 1_000 / kilobytes


if __name__ == "__main__":
    main()
