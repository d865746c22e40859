"""What a campaign found once stays found: every input in found/TARGET/ keeps the law that it broke."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.law import BrokenLawError, must
from campaign.targets import REPLAYED

FOUND = Path(__file__).parent / "found"


def inputs(folder: Path) -> list[Path]:
    """Every kept input below `folder`."""
    return sorted(file for file in folder.glob("*/*") if file.is_file())


def replayed(file: Path) -> None:
    """Raises where the target that a file is kept for does not keep its law."""
    REPLAYED[file.parent.name](file.read_bytes())


@pytest.mark.parametrize("file", inputs(FOUND), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_was_found_once_keeps_the_law_now(file: Path) -> None:
    """An input that made a reader break its law is read, or refused with the error that the reader documents."""
    replayed(file)


def test_a_target_that_breaks_its_law_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The runner calls the target that the folder names with the bytes of the file, and lets what it raises through."""

    def bad(data: bytes) -> None:
        must(data != b"bad", "nothing is bad")

    monkeypatch.setitem(REPLAYED, "mine", bad)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one").write_bytes(b"bad")
    (tmp_path / "mine" / "two").write_bytes(b"good")

    one, two = inputs(tmp_path)

    replayed(two)
    with pytest.raises(BrokenLawError, match="nothing is bad"):
        replayed(one)


def test_every_kept_input_is_of_a_target_and_small() -> None:
    """No folder is passed over in silence, and an input is small enough to read."""
    files = inputs(FOUND)

    assert {file.parent.name for file in files} <= REPLAYED.keys()
    assert all(file.stat().st_size <= 4_096 for file in files)
