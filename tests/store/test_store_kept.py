"""The file that keeps checkpoints elsewhere: torn, of another log, with other people's lines, and long."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from store_support import NOW

from belljar.audit import AuditEvent, Checkpoint
from belljar.errors import AuditBrokenError
from belljar.store import Checkpoints, Store, open_store

KEY = ec.generate_private_key(ec.SECP256R1())


def grow(store: Store, count: int) -> None:
    for n in range(count):
        store.audit.append(AuditEvent("web.refused", str(n), actor="ann", time_ms=NOW + n))


def signing(path: Path, file: Path, every: int = 2) -> Store:
    return open_store(path / "runs.db", checkpoints=Checkpoints(key=KEY, every=every, file=file))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints.jsonl"


@pytest.mark.parametrize("lost", [1, 40, 200])
def test_a_line_that_was_cut_short_is_written_again(tmp_path: Path, file: Path, lost: int) -> None:
    """The disk was full, or the process killed, in the middle of it. Until then it counts for nothing."""
    with signing(tmp_path, file) as store:
        grow(store, 4)
        whole = file.read_text()
        file.write_text(whole[:-lost])

        kept = file.read_text().splitlines()
        assert store.audit.verify(KEY.public_key(), checkpoints=kept).checkpoints == 3
        grow(store, 2)
        assert file.read_text().splitlines() == store.audit.checkpoints()
        assert file.read_text().startswith(whole)
        assert store.audit.verify(KEY.public_key(), checkpoints=file.read_text().splitlines()).checkpoints == 5


def test_a_line_in_the_middle_that_is_no_checkpoint_is_no_excuse(tmp_path: Path, file: Path) -> None:
    """Only the last one can have been cut short."""
    with signing(tmp_path, file) as store:
        grow(store, 4)
        first, *others = file.read_text().splitlines()

        with pytest.raises(AuditBrokenError):
            store.audit.verify(KEY.public_key(), checkpoints=[first[:-9], *others])


def test_a_file_with_other_lines_gets_what_it_lacks(tmp_path: Path, file: Path) -> None:
    """Bytes that are no text, a remark: they stay, and nothing is written twice."""
    with signing(tmp_path, file) as store:
        grow(store, 2)
        with file.open("ab") as stream:
            stream.write(b"\xff looked at on Friday\n\n")
        grow(store, 1)

        lines = file.read_bytes().splitlines()
        assert [line.decode() for line in (lines[0], lines[3])] == store.audit.checkpoints()
        assert len(lines) == 4


def test_a_file_of_another_log_is_left_alone(tmp_path: Path, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An older copy of the store does not know the file's last checkpoint: it says so, and the metrics do."""
    with signing(tmp_path, file) as store:
        grow(store, 2)
    before = file.read_text()
    (tmp_path / "copy").mkdir()

    with signing(tmp_path / "copy", file) as copy, caplog.at_level(logging.WARNING):
        grow(copy, 2)
        assert copy.metrics(NOW)["audit_file_behind"] == 1
    assert file.read_text() == before
    seq = Checkpoint.from_line(before).seq
    assert f"ends with a checkpoint of record {seq} that this store does not have" in caplog.text


def test_the_file_s_end_alone_is_read(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint costs the same after a thousand others."""
    monkeypatch.setattr("belljar.store._kept._LOOKED_AT", 1_000)
    asked: list[int] = []
    with signing(tmp_path, file, every=1) as store:
        real = store.audit.checkpoints

        def since(seq: int = 0) -> list[str]:
            asked.append(seq)
            return real(seq)

        monkeypatch.setattr(store.audit, "checkpoints", since)
        grow(store, 8)
    assert file.read_text().splitlines() == store_lines(tmp_path)
    assert asked == [0, *range(1, 15, 2)]


def store_lines(path: Path) -> list[str]:
    with open_store(path / "runs.db") as store:
        return store.audit.checkpoints()
