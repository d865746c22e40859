"""`belljar demo`: the main job, once through, on a real folder.

A model's reply that mixes text, thinking and two scripts in TypeScript; a small project with a genuine bug, copied to
a temporary folder; five tools that read, search, test and patch it there. The patch needs approval. The journals stay,
so that the run can be replayed.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from belljar.cli._approve import Policy, approver_for, can_ask
from belljar.cli._demo._tools import Workspace
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._inputs import checked_engine
from belljar.cli._items import Reply, TurnPrinter
from belljar.cli._progress import ProgressPrinter
from belljar.cli._run import exit_code_of_turn
from belljar.cli._screen import err, out
from belljar.harness import Harness, Outcome, Turn
from belljar.limits import Limits

_SUFFIX: Final = ".txt"
"""On every file of the shipped project, so that no build, linter or test runner takes it for a part of belljar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Where the demo plays."""

    project: Path
    journals: Path


def demo_command(*, approve: Policy | None, engine: str, as_json: bool) -> ExitCode:
    """Play it. Without `approve` a person is asked, or, where nobody can be, the throw-away copy is patched."""
    checked_engine(engine)
    scene = _set_up()
    policy = approve or ("ask" if can_ask() else "all")
    console = err()
    _introduce(console, scene, policy, stated=approve is not None)
    turn = asyncio.run(_play(scene, policy, engine, as_json=as_json))
    if as_json:
        print_json({**turn.to_dict(), "project": str(scene.project)})
    _conclude(console, turn, scene)
    return exit_code_of_turn(turn)


def _set_up() -> _Scene:
    folder = Path(tempfile.mkdtemp(prefix="belljar-demo-"))
    scene = _Scene(project=folder / "tally", journals=folder / "journals")
    _copy(files("belljar.cli._demo") / "project", scene.project)
    scene.journals.mkdir()
    return scene


def _copy(source: Traversable, target: Path) -> None:
    target.mkdir()
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, target / entry.name)
        elif entry.name.endswith(_SUFFIX):
            (target / entry.name.removesuffix(_SUFFIX)).write_bytes(entry.read_bytes())


async def _play(scene: _Scene, policy: Policy, engine: str, *, as_json: bool) -> Turn:
    reply = (files("belljar.cli._demo") / "reply.md").read_text(encoding="utf-8")
    progress = ProgressPrinter(err())
    printer = TurnPrinter(Reply(name="reply.md", text=reply), out(), progress)
    harness = Harness(
        Workspace(scene.project).tools,
        approver=approver_for(policy),
        limits=Limits(approval_timeout_ms=600_000),
        engine=engine,
        journal=scene.journals,
        context={"workingDirectory": str(scene.project), "model": "a shipped reply"},
    )
    try:
        async with harness:
            turn = await harness.process(reply, on_event=progress if as_json else printer)
    finally:
        progress.close()
    if not as_json:
        printer.finish(turn)
    return turn


_POLICIES: Final = {"ask": "you are asked", "all": "approved by policy", "none": "denied by policy"}


def _introduce(console: Console, scene: _Scene, policy: Policy, *, stated: bool) -> None:
    console.print(Text("belljar demo", style="bold"))
    console.print(Text("A model's reply, with two scripts in it, works on a project whose tests fail.\n", style="dim"))
    told = _POLICIES[policy]
    if not stated and policy == "all":
        told = "standard input is no terminal, so nobody can be asked: approved, as this is a throw-away copy"
    for label, value in (("project", str(scene.project)), ("approvals", told)):
        console.print(Text.assemble((f"{label:<10}", "bold"), value))
    console.print()


def _conclude(console: Console, turn: Turn, scene: _Scene) -> None:
    total = _totals(turn.outcomes)
    console.print(Text("what it took", style="bold"))
    for label, value in total.items():
        console.print(Text.assemble((f"  {label:<10}", "dim"), value))
    console.print(Text("\nrun it again from its journal, with no tool called:", style="bold"))
    for outcome in turn.outcomes:
        console.print(Text(f"  belljar replay {outcome.journal.path}"), soft_wrap=True)
    console.print(Text("\nthe project as it is now:", style="bold"))
    console.print(Text(f"  {scene.project}"), soft_wrap=True)


def _totals(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    figures: list[dict[str, Any]] = [asdict(outcome.figures) for outcome in outcomes]
    spent = {name: sum(each[name] for each in figures) for name in ("duration_ms", "cpu_ms", "fuel", "tool_calls")}
    most = max((each["memory_mb"] for each in figures), default=0.0)
    return {
        "duration": f"{spent['duration_ms']:,.0f} ms in {len(outcomes)} scripts, waiting for approval not counted",
        "cpu": f"{spent['cpu_ms']:,.1f} ms inside the jar",
        "fuel": f"{spent['fuel']:,} WebAssembly instructions",
        "memory": f"{most:.1f} MB at most",
        "calls": f"{spent['tool_calls']}",
    }
