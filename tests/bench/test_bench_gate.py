"""The benchmark of the closed gate does what it says, without its clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gate import AGAIN, GATED, WHOLE, WITHOUT, Served, copies, environment, ratio, report, timed_imports


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return copies(tmp_path_factory.mktemp("trees"))


def test_one_tree_has_no_gated_package(trees: dict[str, Path]) -> None:
    """And nothing else is missing in it."""
    files = {
        name: {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
        for name, tree in trees.items()
    }
    missing = files[WHOLE] - files[WITHOUT]

    assert files[WHOLE] == files[AGAIN]
    assert {name.split("/")[1] for name in missing} == set(GATED)
    assert not [name for name in files[WITHOUT] if name.startswith(tuple(f"belljar/{each}/" for each in GATED))]


def test_a_tree_without_them_is_imported_as_ever(trees: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process for each figure, with the gate closed whatever the environment says."""
    monkeypatch.setenv("PHASE5_ENABLE", "1")
    taken = timed_imports("belljar.gate", {name: trees[name] for name in (WHOLE, WITHOUT)}, 1)

    assert "PHASE5_ENABLE" not in environment(trees[WHOLE])
    assert [len(each) for each in taken.values()] == [1, 1]


@pytest.mark.slow
def test_a_process_measures_a_turn_for_each_line(trees: dict[str, Path]) -> None:
    """Seconds of one repetition."""
    with Served("W1", trees[WITHOUT]) as served:
        assert 0 < served.turn() < 1


def test_a_ratio_is_of_the_same_round() -> None:
    """The median over rounds: a slow minute meets all trees."""
    taken = {WHOLE: [2.0, 20.0, 3.0], WITHOUT: [1.0, 10.0, 3.0], AGAIN: [2.0, 20.0, 3.0]}

    assert (ratio(taken, WITHOUT), ratio(taken, AGAIN)) == (2.0, 1.0)
    assert report({"W1": taken})[2] == "| W1 | 3,000.000 ms | 3,000.000 ms | 2.000 | 1.000 | 1.05 |"
