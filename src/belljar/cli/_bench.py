"""`belljar bench`: in a checkout the benchmark table, without peers; elsewhere the two figures that matter most."""

from __future__ import annotations

import asyncio
import importlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.text import Text

import belljar
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._screen import out
from belljar.harness import Harness
from belljar.machine import Finished, open_machine
from belljar.script import Script, parse
from belljar.tools import tool

W1_TARGET_US: Final = 120
W2_TARGET_US: Final = 600
_ROUNDS: Final = 200
_W2: Final = """const [a, b] = await Promise.all([tools.add({ a: 1, b: 2 }), tools.add({ a: 3, b: 4 })]);
return await tools.add({ a, b });"""


@tool
def add(a: int, b: int) -> int:
    """The sum."""
    return a + b


def bench_command(*, as_json: bool, full: bool) -> ExitCode:
    """Print medians. With `full` every row of a checkout's benchmarks is measured at length."""
    checkout = find_checkout()
    if checkout is not None and not as_json:
        sys.path.insert(0, str(checkout))
        code = importlib.import_module("benchmarks.__main__").main(["--no-peers", *(() if full else ("--quick",))])
        return ExitCode(code)
    figures = {"W1": w1_us(_ROUNDS), "W2": asyncio.run(w2_us(_ROUNDS))}
    targets = {"W1": W1_TARGET_US, "W2": W2_TARGET_US}
    if as_json:
        rows = {row: {"median_us": us, "target_us": targets[row]} for row, us in figures.items()}
        print_json({"ok": True, "rounds": _ROUNDS, "rows": rows})
        return ExitCode.FINE
    for row, us in figures.items():
        style = "green" if us <= targets[row] else "yellow"
        out().print(
            Text.assemble((row, "bold"), f"  {_TITLES[row]:<52}", (f"{us:7.0f} us", style), f"  {targets[row]} us")
        )
    return ExitCode.FINE


_TITLES: Final = {
    "W1": "fresh machine, return 1+1, dropped",
    "W2": "3 tool calls with schema, budget, journal",
}


def find_checkout() -> Path | None:
    """The folder that this belljar was checked out to, where it has its benchmarks; None for an installed one."""
    root = Path(belljar.__file__).resolve().parents[2]
    return root if (root / "benchmarks" / "ours.py").is_file() else None


def w1_us(rounds: int) -> float:
    """Median microseconds of W1."""
    script = parse("return 1+1")
    open_machine().close()
    return _median_us(lambda: _run_once(script), rounds)


def _run_once(script: Script) -> None:
    step = open_machine().start(script)
    assert isinstance(step, Finished)
    assert step.value == 2


def _median_us(action: Callable[[], None], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1e6, 1)


async def w2_us(rounds: int) -> float:
    """Median microseconds of W2."""
    times = []
    async with Harness([add]) as harness:
        await harness.run(_W2)
        for _ in range(rounds):
            began = time.perf_counter()
            outcome = await harness.run(_W2)
            times.append(time.perf_counter() - began)
            assert outcome.value == 10
    return round(statistics.median(times) * 1e6, 1)
