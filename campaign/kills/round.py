"""One store, its runs, and workers that are killed until nothing is left to be done."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from belljar.store import RunRequest, Store, open_store
from campaign.kills.nursery import Nursery
from campaign.kills.scripts import CASES, Case
from campaign.kills.voters import Voters
from campaign.kills.witness import Witness

MOMENTS: Final = (
    "before effect", "after effect", "taken", "thawed", "before keeping an image", "image kept", "committing",
    *(f"{tense} {type_}" for tense in ("writing", "written") for type_ in (
        "run", "output", "ask", "approval", "intent", "answer", "settle", "abort", "suspend", "recover", "end",
    )),
)  # fmt: skip
LIFE_S: Final = (0.05, 0.45)
"""How long a worker lives that is killed at any time."""
LEAVES: Final = 0.2
"""Of the workers that live that long, so many are asked to end instead of being killed."""
FUSE_S: Final = 1.0
"""How long the moment is waited for at which a worker kills itself."""
STUCK_S: Final = 20.0
"""Runs that have not ended so long after the last kill do not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a round is to be."""

    url: str
    folder: Path
    seed: int
    kills: int
    """At most so many; 0: nobody is killed."""
    copies: int = 1
    """Runs of each script."""
    cases: Sequence[Case] = CASES


@dataclass(slots=True, kw_only=True)
class Round:
    """What happened."""

    order: Order
    store: Store
    voters: Voters
    witness: Witness
    kills: int = 0
    leaves: int = 0
    """Workers that were asked to end, and did."""
    is_stuck: bool = False
    """Whether one did not."""
    moments: Counter[str] = field(default_factory=Counter)
    """Kills by the moment that was chosen; "any" for those at a random time."""

    @property
    def run_ids(self) -> list[str]:
        """All that were submitted."""
        return [f"{case.name}-{copy}" for copy in range(self.order.copies) for case in self.order.cases]

    @property
    def left(self) -> int:
        """Runs that have not ended."""
        counts = self.store.runs.counts()
        return sum(counts.get(state, 0) for state in ("queued", "running", "suspended"))


def play(nursery: Nursery, order: Order) -> Round:
    """The round, played to its end; the caller closes its store."""
    store = open_store(order.url)
    witness = Witness(order.folder / "witness")
    dice = random.Random(order.seed)  # noqa: S311 (moments, not secrets)
    round_ = Round(order=order, store=store, witness=witness, voters=Voters(store=store, witness=witness, dice=dice))
    for run_id in round_.run_ids:
        store.runs.add(_request(run_id, order.cases), run_id=run_id)
    while round_.left and round_.kills < order.kills:
        _live_and_die(nursery, round_, dice)
        if dice.random() < 0.5:
            round_.voters.look(patience=dice.random())
    _live_on(nursery, round_)
    return round_


def _request(run_id: str, cases: Sequence[Case]) -> RunRequest:
    case = next(case for case in cases if case.name == run_id.rpartition("-")[0])
    return RunRequest(source=case.source, limits=asdict(case.to_limits()), seed="00" * 32)


def _live_and_die(nursery: Nursery, round_: Round, dice: random.Random) -> None:
    moment = dice.choice(MOMENTS) if dice.random() < 0.6 else "any"
    fuse = {"moment": moment, "count": dice.choice((1, 1, 2, 3))} if moment != "any" else None
    until_s = time.monotonic() + (FUSE_S if fuse else dice.uniform(*LIFE_S))
    nursery.begin(url=round_.order.url, witness=str(round_.witness.path), fuse=fuse)
    while round_.left and not nursery.is_dead(within_s=min(0.05, until_s - time.monotonic())):
        if time.monotonic() >= until_s:
            break
        round_.voters.look(patience=0.5)
    has_work, burnt = round_.left > 0, nursery.is_dead(within_s=0)
    if not burnt and dice.random() < LEAVES:
        round_.is_stuck |= not nursery.ask_to_end(within_s=STUCK_S)
    ending = os.waitstatus_to_exitcode(nursery.kill())
    round_.leaves += ending == 0
    if ending == -signal.SIGKILL and has_work:
        round_.kills += 1
        round_.moments[moment if burnt else "any"] += 1


def _live_on(nursery: Nursery, round_: Round) -> None:
    """A worker that nobody kills does what is left."""
    if not round_.left:
        return
    nursery.begin(url=round_.order.url, witness=str(round_.witness.path), fuse=None)
    until_s = time.monotonic() + STUCK_S
    while round_.left and time.monotonic() < until_s and not nursery.is_dead(within_s=0.05):
        round_.voters.look()
    nursery.kill()
