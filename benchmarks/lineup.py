"""Who takes part: the subjects by name, and which class stands for belljar in which row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.ours import BelljarHarness, BelljarMachine
from benchmarks.peers import PEERS
from benchmarks.rows import Row
from benchmarks.subject import Subject

OURS: Final = "belljar"
SIDES: Final[Mapping[str, type[Subject]]] = {"machine": BelljarMachine, "harness": BelljarHarness}
NOT_INSTALLED: Final = "not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """The subjects of one benchmark run, open."""

    kinds: Mapping[str, type[Subject]]
    """Every peer that takes part, installed or not, by name."""
    open: Mapping[str, Subject]
    """Installed peers by name, and ours by side."""

    def able(self, row: Row) -> dict[str, Subject]:
        """Those that can do what `row` measures, belljar first."""
        able = {OURS: self.open[row.side]}
        for name, kind in self.kinds.items():
            if name in self.open and row.ability not in kind.lacks:
                able[name] = self.open[name]
        return able

    def excuses(self, row: Row) -> dict[str, str]:
        """Why each of the others has no figure in `row`."""
        out = {}
        for name, kind in self.kinds.items():
            if name not in self.open:
                out[name] = NOT_INSTALLED
            elif row.ability in kind.lacks:
                out[name] = kind.lacks[row.ability]
        return out


@contextmanager
def assemble(*, peers: bool) -> Iterator[Lineup]:
    """Open belljar's two sides and, where wanted, every peer that is installed."""
    kinds: dict[str, type[Subject]] = {kind.name: kind for kind in PEERS} if peers else {}
    with ExitStack() as stack:
        opened = {name: stack.enter_context(kind()) for name, kind in SIDES.items()}
        opened |= {name: stack.enter_context(kind()) for name, kind in kinds.items() if kind.installed()}
        yield Lineup(kinds=kinds, open=opened)


def subject_kind(name: str) -> type[Subject]:
    """The class of a peer's name or of a side of belljar."""
    return {**SIDES, **{kind.name: kind for kind in PEERS}}[name]
