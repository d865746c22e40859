"""The laws of the kill campaign find what they are there to find: journals that tell of each kind of wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from belljar.journal import Record
from campaign.kills import laws
from campaign.kills.hands import answer_of
from campaign.kills.scripts import CASES, case_of
from campaign.kills.witness import Effect, Witness

Law = Callable[[Sequence[Record]], Iterator[str]]
RUN = Record("run", {"source": "1"})


def intent(call: int, tool: str = "post", **facts: Any) -> Record:
    return Record("intent", {"call": call, "tool": tool, "arguments": {"cents": 5}, **facts})


def answer(call: int) -> Record:
    return Record("answer", {"call": call, "value": 1})


def approval(call: int, **facts: Any) -> Record:
    named = {"call": call, "tool": "pay", "who": "ann", "verdict": "approve_for_run", "digest": "d"}
    return Record("approval", named | facts)


ONE_CALL = {"calls": 1, "sum_of": None, "at_most": None}
NINE_CENTS = {"calls": None, "sum_of": "cents", "at_most": 9}


@pytest.mark.parametrize(
    ("law", "records", "found"),
    [
        (laws._calls, [intent(1), answer(1), intent(1)], ["no answered call is made again; call 1 was"]),
        (laws._calls, [intent(1), answer(1), answer(1)], ["a call is answered once; call 1 was answered again"]),
        (laws._calls, [intent(1), intent(1), answer(1), intent(2), answer(2)], []),
        (
            laws._ceilings,
            [approval(1, ceiling=ONE_CALL), intent(1, "pay", granted=1), intent(2, "pay", granted=1)],
            [f"the ceiling of pay is {ONE_CALL}, and 2 calls were made on it"],
        ),
        (
            laws._ceilings,
            [approval(1, ceiling=NINE_CENTS), intent(1, "pay", granted=1), intent(2, "pay", granted=1)],
            [f"the ceiling of pay is {NINE_CENTS}, and more was spent"],
        ),
        (laws._ceilings, [intent(1, "pay")], ["call 1 of pay was made on nobody's word"]),
        (laws._ceilings, [approval(1, ceiling=ONE_CALL), intent(1, "pay", granted=1)], []),
        (
            laws._time,
            [Record("settle", {"calls": [], "spent_ms": spent}) for spent in (5, 9, 3)],
            ["running time is counted over the move: [5, 9, 3]"],
        ),
        (laws._time, [Record("settle", {"calls": [], "spent_ms": spent}) for spent in (3, 3, 9)], []),
    ],
)
def test_a_journal_that_tells_of_a_wrong_is_found(law: Law, records: list[Record], found: list[str]) -> None:
    """Each law names what was broken; a journal that keeps it is passed over."""
    assert list(law([RUN, *records])) == found


def test_the_witness_counts_each_effect(tmp_path: Path) -> None:
    """Whoever writes, and however often."""
    effects = [Effect(run_id="a", call=1, tool="post", key="k"), Effect(run_id="b", call=1, tool="post", key="l")]
    for effect in (*effects, effects[0]):
        Witness(tmp_path / "seen").note(effect)
    witness = Witness(tmp_path / "seen")

    assert witness.counts() == {("a", 1): 2, ("b", 1): 1}
    assert (witness.saw("b", 1), witness.saw("b", 2)) == (True, False)
    assert Witness(tmp_path / "none").effects() == []


def test_a_runs_id_tells_its_script() -> None:
    """Ids are NAME-NUMBER, and no two scripts have one name."""
    assert [case_of(f"{case.name}-7") for case in CASES] == list(CASES)
    assert len({case.name for case in CASES}) == len(CASES)


def test_what_a_person_says_that_a_tool_gave_is_what_it_gives() -> None:
    """Otherwise an outcome would have other bytes where somebody answered for a tool."""
    given = {name: answer_of(name, {"any": 4}) for name in ("post", "pay", "quorum", "refused", "late")}
    assert given == {"post": "posted 4", "pay": "paid 4", "quorum": 104, "refused": 4, "late": 4}
