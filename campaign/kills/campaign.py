"""A thousand kills: rounds, each with its own store and seed, until so many workers were killed."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from campaign.kills.laws import broken_laws, outcomes_of
from campaign.kills.nursery import Nursery
from campaign.kills.round import Order, play
from campaign.plan import Find, Plan, Report

KILLS: Final = 1_000
A_ROUND: Final = 25
"""Kills in one round. A worker is killed every third of a second, and most runs have ended after so many."""
COPIES: Final = 3
_SHOWN: Final = 2_000
"""Characters of the workers' complaints that are shown."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was done, and what was found."""

    kills: int = 0
    leaves: int = 0
    runs: int = 0
    effects: int = 0
    votes: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Laws, each with the seed of its round."""


def kill(
    count: int, *, folder: Path, copies: int = COPIES, seed: int = 0, url: Callable[[int], str] | None = None
) -> Tally:
    """Rounds until `count` workers were killed. `url` gives the address of each round's new store; None: SQLite."""
    tally = Tally()
    with Nursery(folder / "log") as nursery:
        address = url or (lambda number: str(folder / f"{number}" / "runs.db"))
        outcomes = _undisturbed(nursery, _order(folder, address, number=0, kills=0, copies=1, seed=seed), tally)
        number = 0
        while tally.kills < count:
            number += 1
            kills = min(A_ROUND, count - tally.kills)
            order = _order(folder, address, number=number, kills=kills, copies=copies, seed=seed)
            _play(nursery, order, outcomes, tally)
    if complaints := (folder / "log").read_text():
        tally.broken.append(f"workers have nothing to complain of: {complaints[:_SHOWN]}")
    return tally


def _order(folder: Path, address: Callable[[int], str], *, number: int, kills: int, copies: int, seed: int) -> Order:
    place = folder / f"{number}"
    place.mkdir()
    return Order(url=address(number), folder=place, seed=seed + number, kills=kills, copies=copies)


def _undisturbed(nursery: Nursery, order: Order, tally: Tally) -> dict[str, str]:
    """What the scripts come to when nobody is killed. The laws hold for them too."""
    round_ = play(nursery, order)
    with round_.store:
        tally.broken += [f"undisturbed: {why}" for why in broken_laws(round_, None)]
        return outcomes_of(round_)


def _play(nursery: Nursery, order: Order, outcomes: dict[str, str], tally: Tally) -> None:
    round_ = play(nursery, order)
    with round_.store:
        tally.broken += [f"seed {order.seed}: {why}" for why in broken_laws(round_, outcomes)]
    tally.kills += round_.kills
    tally.leaves += round_.leaves
    tally.runs += len(round_.run_ids)
    tally.effects += len(round_.witness.effects())
    tally.votes += round_.voters.votes
    tally.moments += round_.moments


def run(plan: Plan) -> Report:
    """As many kills as it takes; `plan` bounds nothing of it."""
    del plan
    begun = time.monotonic()
    with _folder() as folder:
        tally = kill(KILLS, folder=folder)
    took_s = time.monotonic() - begun
    lines = (
        f"   {tally.kills} kills in {took_s:.0f} s, {tally.leaves} workers asked to end",
        f"   {tally.runs} runs, {tally.effects} effects, {tally.votes} votes",
        *(f"   {count:5} {moment}" for moment, count in tally.moments.most_common()),
    )
    return Report(
        lines=lines, finds=tuple(Find(target="kills", data=why.split(":")[0].encode(), why=why) for why in tally.broken)
    )


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="belljar-kills-") as name:
        yield Path(name)
