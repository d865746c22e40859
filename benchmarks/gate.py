"""What plugins and agents cost those who do not use them: the library with the gate closed, beside a tree without them.

Three copies of `src/belljar` are made: one whole, one without the folders `plugins/` and `agents/`, one whole again.
The ratio of the first two is the answer, that of the two equal ones is the noise of this computer: a difference that is
not larger says nothing. Each row is measured in turns (A B C, B C A, ...), and a ratio is of the same round.

W1 and W2 are those of `python -m benchmarks`, in a process for each tree. A process has a bias of its own, by where its
memory happens to lie, which is up to 7% in W2: so there are twelve generations of processes, of five rounds each.
`import` is a new process for each figure, which times `import belljar` inside; `command` likewise the surface of the
command line, where the gated commands are declared.

`python -m benchmarks.gate [--quick]`, from the repository's root. Exit code 1 where a ratio is over 1.05.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, Self

from belljar.gate import VARIABLE
from benchmarks.lineup import subject_kind
from benchmarks.measure import batch, quiet
from benchmarks.spawn import ROOT
from benchmarks.tasks import TASKS

MOST: Final = 1.05
"""The design's bound."""
GATED: Final = ("plugins", "agents")
WHOLE, WITHOUT, AGAIN = "whole", "without", "whole again"
_GENERATIONS: Final = 12
_ROUNDS: Final = 5
"""Of each generation."""
_PROCESSES: Final = 40
_BATCH: Final[Mapping[str, int]] = {"W1": 200, "W2": 60}
"""Repetitions in a turn: about 30 ms."""
_SIDES: Final[Mapping[str, str]] = {"W1": "machine", "W2": "harness"}
_IMPORTS: Final[Mapping[str, str]] = {"import": "belljar", "command": "belljar.cli._app"}
_TIMED: Final = "import time\nbegin = time.perf_counter()\nimport {}\nprint(time.perf_counter() - begin)"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description="What a closed gate costs.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--serve", metavar="ROW", choices=sorted(_SIDES), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(options.serve)
        return 0
    generations, processes = (2, 6) if options.quick else (_GENERATIONS, _PROCESSES)
    with tempfile.TemporaryDirectory(prefix="belljar-gate-") as folder:
        trees = copies(Path(folder))
        figures = {row: timed_rows(row, trees, generations) for row in _SIDES}
        figures |= {row: timed_imports(name, trees, processes) for row, name in _IMPORTS.items()}
    print("\n".join(report(figures)))
    return int(any(ratio(each, WITHOUT) > MOST for each in figures.values()))


def copies(folder: Path) -> dict[str, Path]:
    """The three trees, each a folder for PYTHONPATH; all of them without compiled files, which a first import makes."""
    trees = {}
    for number, name in enumerate((WHOLE, WITHOUT, AGAIN)):
        left_out = ("__pycache__", *(GATED if name == WITHOUT else ()))
        shutil.copytree(ROOT / "src", folder / str(number), ignore=_only_of_belljar(left_out))
        trees[name] = folder / str(number)
    return trees


def _only_of_belljar(names: Sequence[str]) -> Callable[[str, list[str]], set[str]]:
    """`plugins` deeper in the tree is somebody else's folder."""

    def ignore(folder: str, entries: list[str]) -> set[str]:
        is_top = Path(folder).name == "belljar"
        return {each for each in entries if each == "__pycache__" or (is_top and each in names)}

    return ignore


# -- W1 and W2 --------------------------------------------------------------------------------------------------------


class Served:
    """A process over one tree that measures a turn of a row for each line it gets."""

    def __init__(self, row: str, tree: Path) -> None:
        self._row, self._tree = row, tree

    def turn(self) -> float:
        """Seconds of one repetition: the median of a turn."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gate", "--serve", self._row],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(self._tree),
            cwd=ROOT,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def environment(tree: Path) -> dict[str, str]:
    """The gate closed, and belljar from this tree."""
    kept = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return {**kept, "PYTHONPATH": os.pathsep.join((str(tree), str(ROOT)))}


def serve(row: str) -> None:
    """What such a process does, until its input ends."""
    with subject_kind(_SIDES[row])() as subject:
        task = TASKS[row](subject)
        batch(row, task, _BATCH[row])  # loads what is loaded once
        for _ in sys.stdin:
            with quiet():
                print(median(batch(row, task, _BATCH[row])), flush=True)


def timed_rows(row: str, trees: Mapping[str, Path], generations: int) -> dict[str, list[float]]:
    """Seconds by tree, one for each round."""
    taken: dict[str, list[float]] = {name: [] for name in trees}
    for _ in range(generations):
        for name, seconds in _generation(row, trees).items():
            taken[name] += seconds
    return taken


def _generation(row: str, trees: Mapping[str, Path]) -> dict[str, list[float]]:
    with ExitStack() as stack:
        served = {name: stack.enter_context(Served(row, tree)) for name, tree in trees.items()}
        for each in served.values():
            each.turn()
        return _in_turns(_ROUNDS, {name: each.turn for name, each in served.items()})


# -- imports ----------------------------------------------------------------------------------------------------------


def timed_imports(module: str, trees: Mapping[str, Path], rounds: int) -> dict[str, list[float]]:
    """Seconds by tree, a new process for each."""
    once = {name: partial(_import_s, module, tree) for name, tree in trees.items()}
    for each in once.values():
        each()  # writes the compiled files
    return _in_turns(rounds, once)


def _import_s(module: str, tree: Path) -> float:
    ran = subprocess.run(
        [sys.executable, "-c", _TIMED.format(module)],
        capture_output=True, text=True, check=True, cwd=tree, env=environment(tree),
    )  # fmt: skip
    return float(ran.stdout)


def _in_turns(rounds: int, turns: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in turns}
    names = list(turns)
    for number in range(rounds):
        begin = number % len(names)
        for name in names[begin:] + names[:begin]:
            taken[name].append(turns[name]())
    return taken


# -- what came out ----------------------------------------------------------------------------------------------------


def ratio(taken: Mapping[str, Sequence[float]], other: str) -> float:
    """The whole tree over another: the median of the ratios of all rounds."""
    return median(mine / theirs for mine, theirs in zip(taken[WHOLE], taken[other], strict=True))


def report(figures: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """A table in Markdown, and what it rests on."""
    lines = ["| row | gate closed | without the code | ratio | noise | at most |", "| --- " * 6 + "|"]
    for row, taken in figures.items():
        times = (f"{median(taken[name]) * 1000:,.3f} ms" for name in (WHOLE, WITHOUT))
        cells = [row, *times, f"{ratio(taken, WITHOUT):.3f}", f"{ratio(taken, AGAIN):.3f}", f"{MOST}"]
        lines.append(f"| {' | '.join(cells)} |")
    counts = ", ".join(f"{row} {len(taken[WHOLE])}" for row, taken in figures.items())
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return [*lines, "", f"Rounds: {counts}. Load of the computer at the end: {load}, on {os.cpu_count()} cores."]


if __name__ == "__main__":
    raise SystemExit(main())
