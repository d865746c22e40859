"""The language's own test suite, run in the jar: what works, what was given away on purpose, and what is a bug.

`run` needs a checkout of github.com/tc39/test262 (`--test262 PATH`), which is not part of this tree. `_suite` reads it,
`_body` makes a test a script and judges its end, `_runs` drives worker processes, `_causes` explains failures,
`_upstream` reads what quickjs-ng says of itself, `_report` writes the lines.
"""

from __future__ import annotations

from typing import Final

from campaign.plan import Plan, Report
from campaign.test262._body import Verdict, judge
from campaign.test262._causes import RULES, UNKNOWN, Rule, cause_of
from campaign.test262._report import Tally, finds, lines
from campaign.test262._runs import Result, attempt, attempts
from campaign.test262._suite import Case, Negative, Suite, open_suite, read_case, spread, why_skipped
from campaign.test262._upstream import Upstream, read_upstream

__all__ = [
    "RULES",
    "UNKNOWN",
    "Case",
    "Negative",
    "Result",
    "Rule",
    "Suite",
    "Tally",
    "Upstream",
    "Verdict",
    "attempt",
    "attempts",
    "cause_of",
    "finds",
    "judge",
    "lines",
    "open_suite",
    "read_case",
    "read_upstream",
    "run",
    "spread",
    "why_skipped",
]

_HOW: Final = (
    "left out: no test262 here. git clone --depth 1 https://github.com/tc39/test262, then --test262 PATH; of a "
    "checkout of quickjs-ng, the submodule test262 is compared with upstream's own list of failures"
)


def run(plan: Plan) -> Report:
    """As many tests as there is time for, spread evenly over the suite, on each engine of the plan."""
    if plan.test262 is None:
        return Report(lines=(_HOW,))
    try:
        suite = open_suite(plan.test262)
    except FileNotFoundError as missing:
        return Report(lines=(f"left out: {plan.test262} is no checkout of test262, it has no {missing.filename}",))
    tally = Tally(
        suite=suite,
        engines=plan.engines,
        results=tuple(attempts(suite, plan.engines, plan.seconds)),
        upstream=read_upstream(plan.test262),
    )
    return Report(lines=tuple(lines(tally)), finds=tuple(finds(tally)))
