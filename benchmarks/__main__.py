"""`python -m benchmarks [--quick] [--only W1,W2] [--no-peers]`, or `--profile W1`. Run from the repository's root.

Writes benchmarks/latest.json and benchmarks/latest.md after a full run over all rows with peers, and prints the
Markdown always. Exit code 2 for a row that does not exist.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lineup import OURS, Lineup, assemble
from benchmarks.measure import FULL, QUICK
from benchmarks.ours import BelljarHarness, BelljarMachine
from benchmarks.phases import PROFILES, profile
from benchmarks.report import Computer, Report, SubjectFacts
from benchmarks.rows import Row, select
from benchmarks.sweep import sweep

HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    options = _parser().parse_args(arguments)
    if options.profile:
        print(profile(options.profile))
        return 0
    try:
        rows = select(options.only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    report = _measured(rows, options)
    if not options.only and not options.no_peers and not options.quick:
        _write("latest.json", json.dumps(report.to_dict(), indent=1) + "\n")
        _write("latest.md", report.to_markdown())
    print(report.to_markdown())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="belljar beside its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; nothing is written")
    parser.add_argument("--only", metavar="IDS", help="rows, or their first parts: W1,W4-fib; nothing is written")
    parser.add_argument("--no-peers", action="store_true", help="belljar alone; nothing is written")
    parser.add_argument("--profile", choices=sorted(PROFILES), help="where our own time goes in one row")
    return parser


def _measured(rows: Sequence[Row], options: argparse.Namespace) -> Report:
    plan = QUICK if options.quick else FULL
    before = os.getloadavg()[0]
    with assemble(peers=not options.no_peers) as lineup:
        results = sweep(rows, lineup, plan, tell=lambda row: print(f"{row.id}: {row.title}", file=sys.stderr))
        subjects = subject_facts(lineup)
    return Report(
        date=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        computer=this_computer(before),
        plan=plan,
        subjects=subjects,
        results=results,
    )


def this_computer(load_before: float) -> Computer:
    """What may be told of it."""
    return Computer(
        cpu=_cpu_model(),
        cores=os.cpu_count() or 1,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load=(load_before, os.getloadavg()[0]),
    )


def _cpu_model() -> str:
    place = Path("/proc/cpuinfo")
    lines = place.read_text().splitlines() if place.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def subject_facts(lineup: Lineup) -> list[SubjectFacts]:
    """belljar first, then every peer."""
    settings = f"{BelljarMachine.settings}; {BelljarHarness.settings}"
    facts = [SubjectFacts(name=OURS, version=BelljarMachine.version(), settings=settings)]
    for name, kind in lineup.kinds.items():
        version = kind.version() if name in lineup.open else ""
        facts.append(SubjectFacts(name=name, version=version, settings=kind.settings))
    return facts


def _write(name: str, text: str) -> None:
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
