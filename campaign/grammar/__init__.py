"""Programs written by a grammar, run on every engine and compared step by step.

Each program is run on quickjs twice, the second time frozen and thawed at every wait, and on every other engine; all
traces must be the same. What docs/engines.md names is recognised by `campaign.known`, counted and not reported. What
remains is cut down to the statements that show it. Inside: `_rules` is the grammar, `_write` makes programs of it as
trees (`_tree`), `_shrink` cuts them down.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from belljar.limits import Limits
from belljar.machine import installed_engines
from campaign.grammar._shrink import shrunk
from campaign.grammar._tree import Node
from campaign.grammar._write import program
from campaign.known import explained
from campaign.law import must
from campaign.plan import Find, Plan, Report
from campaign.trace import Answers, Setting, Trace, trace

__all__ = ["Difference", "Node", "check", "compare", "program", "run", "setting_of", "shrunk"]

TARGET: Final = "parity"
LIMITS: Final = Limits(timeout_ms=2_000, memory_mb=32, console_events_per_s=1_000)
MOST_FINDS: Final = 20
"""Then the campaign ends: they have few causes, and each is shrunk for seconds."""
_POLICIES: Final[tuple[Answers, ...]] = ("each", "all", "last first")
_OVER_A_LIMIT: Final = ("ScriptTimeoutError", "ScriptMemoryError")

Runner: TypeAlias = Callable[[str], Trace]
"""What runs a source one way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two ways of running a program that did not give the same."""

    way: str
    """`ENGINE` or `quickjs, frozen and thawed`; the other is quickjs."""
    expected: Trace
    got: Trace
    names: tuple[str, ...] | None
    """Known differences that explain it; None where nothing does."""

    def line(self) -> str:
        """The first events that differ."""
        pairs = zip((*self.expected, None), (*self.got, None), strict=False)
        left, right = next(pair for pair in pairs if pair[0] != pair[1])
        return f"{self.way}: {left!r} is {right!r}"[:300]


def setting_of(seed: int) -> Setting:
    """How the program of a seed is run."""
    return Setting(answers=_POLICIES[seed % 3], limits=LIMITS, seed=seed.to_bytes(8, "big"))


def ways(setting: Setting, engines: tuple[str, ...]) -> Mapping[str, Runner]:
    """The ways to run a program that must all give the trace of the first."""

    first = {"quickjs": _on("quickjs", setting)}
    frozen = {"quickjs, frozen and thawed": _on("quickjs", replace(setting, freezes=True))}
    return first | frozen | {engine: _on(engine, setting) for engine in engines if engine != "quickjs"}


def _on(engine: str, setting: Setting) -> Runner:
    def runner(source: str) -> Trace:
        try:
            return trace(source, engine, setting)
        except Exception as error:  # whatever a script makes the host raise is what a campaign looks for
            return (("raised", type(error).__name__, str(error)[:200]),)

    return runner


def compare(source: str, runners: Mapping[str, Runner]) -> tuple[Trace, list[Difference]]:
    """The trace of the first way to run `source`, and the ways that gave another."""
    (_, first), *others = runners.items()
    expected = first(source)
    found = []
    for way, runner in others:
        got = runner(source)
        if got != expected:
            found.append(Difference(way=way, expected=expected, got=got, names=_explanation(expected, got)))
    return expected, found


def _explanation(expected: Trace, got: Trace) -> tuple[str, ...] | None:
    ends = (expected[-1], got[-1])
    if any(end[0] == "error" and end[1] in _OVER_A_LIMIT for end in ends):
        return ("over a limit",)
    return explained(expected, got)


# -- the campaign -----------------------------------------------------------------------------------------------------


def run(plan: Plan) -> Report:
    """Write and compare programs for `plan.seconds`, other ones in every campaign."""
    begun = time.monotonic()
    counts: Counter[str] = Counter()
    finds: list[Find] = []
    first = seed = first_seed()
    while time.monotonic() - begun < plan.seconds and len(finds) < MOST_FINDS:
        finds.extend(_examined(seed, plan.engines, counts))
        seed += 1
    head = _head(first, seed - first, time.monotonic() - begun, plan.engines)
    return Report(lines=(head, *_lines(counts)), finds=tuple(finds))


def first_seed() -> int:
    """Where a campaign begins; the seeds after it follow."""
    return secrets.randbelow(1 << 40)


def check(data: bytes) -> None:
    """The law of a kept find: the program does the same in every way, whatever is answered first.

    Raises BrokenLawError.
    """
    source = data.decode("utf-8", "surrogatepass")
    for seed in range(len(_POLICIES)):
        runners = ways(setting_of(seed), installed_engines())
        fault = _fault(source, runners) or _fault(source, {"quickjs": runners["quickjs"]})
        must(not fault, fault)


def _examined(seed: int, engines: tuple[str, ...], counts: Counter[str]) -> list[Find]:
    written = program(seed)
    runners = ways(setting_of(seed), engines)
    expected, differences = compare(written.text(), runners)
    counts[_outcome(expected)] += 1
    counts["waits"] += sum(event[0] == "answer" for event in expected)
    for difference in differences:
        counts.update(f"known difference: {name}" for name in difference.names or ())
    pairs = [{way: runners[way] for way in ("quickjs", each.way)} for each in differences if each.names is None]
    if _is_broken(expected):
        pairs.append({"quickjs": runners["quickjs"]})
    return [_find(seed, written, pair) for pair in pairs]


def _outcome(expected: Trace) -> str:
    kind = expected[-1][0]
    return f"ends: {expected[-1][1]}" if kind in ("error", "refused") else "ends: a value" if kind == "end" else kind


def _is_broken(told: Trace) -> bool:
    return told[-1][0] == "raised" or told[-1][:2] == ("error", "HarnessInternalError")


def _fault(source: str, runners: Mapping[str, Runner]) -> str:
    """What is wrong when `source` is run in these ways, in a line; empty where nothing is."""
    expected, found = compare(source, runners)
    unknown = [each.line() for each in found if each.names is None]
    if len(runners) == 1:
        return f"broken: {expected[-1]!r}"[:300] if _is_broken(expected) else ""
    return unknown[0] if unknown else ""


def _find(seed: int, written: Node, runners: Mapping[str, Runner]) -> Find:
    smallest = shrunk(written, lambda candidate: bool(_fault(candidate.text(), runners))).text()
    why = f"seed {seed}, answers {_POLICIES[seed % 3]}; {_fault(smallest, runners)}"
    return Find(target=TARGET, data=smallest.encode("utf-8", "surrogatepass"), why=why)


def _head(first: int, programs: int, took_s: float, engines: tuple[str, ...]) -> str:
    rate = programs / max(took_s, 0.001)
    return f"{programs} programs from seed {first} on {', '.join(engines)} and thawed, {rate:.1f} a second"


def _lines(counts: Counter[str]) -> Iterable[str]:
    return (f"{count:7,} {what}" for what, count in sorted(counts.items()))
