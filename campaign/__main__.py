"""`python -m campaign [NAME...] [--seconds N] [--test262 PATH] [--keep FOLDER]`: the long attacks, one after the other.

Exit code 1 when one of them found something. What can be run again is kept as a file, for the tests to run from now on.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from belljar.machine import installed_engines
from campaign.plan import Campaign, Find, Plan, Report
from campaign.targets import REPLAYED

CAMPAIGNS: Final[Mapping[str, str]] = {
    "fuzz": "campaign.fuzz",
    "native": "campaign.native",
    "grammar": "campaign.grammar",
    "soak": "campaign.soak",
    "kills": "campaign.kills",
    "test262": "campaign.test262",
}
"""Each module has `run`. They load when their turn comes: some need what is not installed everywhere."""
FOUND: Final = Path(__file__).resolve().parent.parent / "tests" / "siege" / "found"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*CAMPAIGNS, []], help="all, where none is named")
    parser.add_argument("--seconds", type=float, default=60, help="how long each one searches (60)")
    parser.add_argument("--test262", type=Path, help="a checkout of github.com/tc39/test262")
    parser.add_argument("--keep", type=Path, default=FOUND, help="where finds are written (tests/siege/found)")
    given = parser.parse_args(arguments)
    plan = Plan(seconds=given.seconds, engines=installed_engines(), test262=given.test262)
    finds = [find for name in given.names or CAMPAIGNS for find in told(name, plan)]
    for find in finds:
        print(f"FOUND {find.target}: {find.why}")
        print(
            f"  kept as {keep(find, given.keep)}"
            if find.target in REPLAYED
            else f"  {find.data.decode(errors='replace')}"
        )
    return 1 if finds else 0


def told(name: str, plan: Plan) -> tuple[Find, ...]:
    """Run one campaign and print what it says."""
    print(f"== {name}", flush=True)
    begun = time.monotonic()
    run: Campaign = importlib.import_module(CAMPAIGNS[name]).run
    report: Report = run(plan)
    for line in report.lines:
        print(line)
    print(f"   {time.monotonic() - begun:.0f} s, {len(report.finds)} found\n", flush=True)
    return report.finds


def keep(find: Find, folder: Path) -> Path:
    """Write a find under a name that the same input always gets."""
    place = folder / find.target
    place.mkdir(parents=True, exist_ok=True)
    file = place / hashlib.sha256(find.data).hexdigest()[:16]
    file.write_bytes(find.data)
    return file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
