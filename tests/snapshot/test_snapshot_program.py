"""Snapshots as programs: built the same everywhere, mapped only when believed, run in clones that are wiped."""

from __future__ import annotations

import asyncio
import ctypes
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import belljar
from belljar import Harness, tool
from belljar.errors import (
    ImageError,
    SeedReusedError,
    SnapshotBuildError,
    SnapshotCorruptError,
    SnapshotPagesError,
    SnapshotSignatureError,
    SnapshotUnknownKeyError,
    SnapshotUnsignedError,
    UsageError,
)
from belljar.harness import Identity, Outcome
from belljar.limits import Limits
from belljar.machine import Answer, Finished, Waiting, guest_facts
from belljar.machine._quickjs import QuickJsMachine
from belljar.snapshot import PrivateKey, Program, _program, build, key_id, open_snapshot, pack, sign, unpack

SOURCE = """
    const vat = (cents: number) => Int.div(cents * 20, 100);
    const total = input.lines.reduce((sum, line) => sum + line.cents, 0);
    const rate = await effects.rate({ quote: input.quote });
    return { total, vat: vat(total), rate };
"""
INPUT = {"lines": [{"cents": 250}, {"cents": 99}], "quote": "USD"}


@tool
def rate(quote: str) -> int:
    """Hundredths."""
    return len(quote)


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def data(key: PrivateKey) -> bytes:
    return sign(build(SOURCE, name="invoice", version="1", entry="invoice.ts", effects=["rate"]), key)


@pytest.fixture(scope="module")
def program(data: bytes, key: PrivateKey) -> Program:
    return opened(data, key)


def opened(data: bytes, key: PrivateKey) -> Program:
    return open_snapshot(data, trusted={key_id(key.public_key()): key.public_key()})


def run(program: Program | str, *, engine: str = "quickjs", **options: Any) -> Outcome:
    async def main() -> Outcome:
        async with Harness([rate], engine=engine) as harness:
            return await harness.run_sealed(program, INPUT, **options)

    return asyncio.run(main())


# -- built ------------------------------------------------------------------------------------------------------------


def test_the_same_source_gives_the_same_bytes_in_every_process() -> None:
    """Whatever the seeds of the process's hashes."""
    program = (
        "import hashlib, sys; from belljar.snapshot import build; "
        "data = build(sys.stdin.read(), name='a', version='1', entry='a.ts', effects=['rate']); "
        "print(hashlib.sha256(data).hexdigest())"
    )
    said = {
        subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", program],
            input=SOURCE,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "99")
    }

    assert len(said) == 1


def test_a_small_program_is_a_small_file(data: bytes) -> None:
    """Far below the 400 kB that a snapshot may have."""
    assert len(data) < 40_000


def test_a_program_with_findings_is_no_snapshot() -> None:
    """The error is the program's."""
    with pytest.raises(belljar.errors.SourceError, match="loops are not in the sealed language"):
        build("for (;;) {}", name="a", version="1", entry="a.ts")


# -- run --------------------------------------------------------------------------------------------------------------


def test_a_snapshot_gives_the_bytes_and_gas_of_its_source(program: Program, engine: str) -> None:
    """From its memory on quickjs, from its text on v8."""
    from_snapshot, from_text = run(program, engine=engine), run(SOURCE, engine=engine)

    assert from_snapshot.value == {"total": 349, "vat": 69, "rate": 3}
    assert from_snapshot.canonical_json == from_text.canonical_json
    assert from_snapshot.figures.gas == from_text.figures.gas
    assert belljar.replay(from_snapshot.journal).sha256 == from_snapshot.sha256


def test_a_snapshot_starts_from_its_memory(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's text is not sent to the machine again."""
    sent: list[bytes] = []
    cross = QuickJsMachine._cross

    def listening(self: QuickJsMachine, op: str, message: bytes, *rest: Any) -> Any:
        sent.append(message)
        return cross(self, op, message, *rest)

    monkeypatch.setattr(QuickJsMachine, "_cross", listening)

    assert run(program).ok
    assert not any(b"use strict" in message for message in sent)


def test_the_seed_names_the_snapshot(program: Program) -> None:
    """The same identity may run the source and the snapshot, each once."""
    who = Identity(request_id="snapshot")
    run(program, identity=who)
    run(SOURCE, identity=who)

    with pytest.raises(SeedReusedError):
        run(program, identity=who)


def test_an_effect_that_the_harness_has_not_is_refused_before_the_run(program: Program) -> None:
    """The manifest says what a program may ask."""

    async def main() -> None:
        async with Harness() as harness:
            await harness.run_sealed(program, INPUT)

    with pytest.raises(UsageError, match="the program's effect 'rate' is no tool of this harness"):
        asyncio.run(main())


def test_runs_of_one_snapshot_do_not_see_each_other(program: Program) -> None:
    """Each has a clone; the memory that the next begins with is the snapshot's."""
    fresh = program.open()
    assert isinstance(fresh, QuickJsMachine)
    first = fresh.memory_copy()
    fresh.close()
    for _ in range(3):
        assert run(program).ok
    again = program.open()
    assert isinstance(again, QuickJsMachine)
    assert again.memory_copy() == first
    again.close()


CANARY = "canary-7d3f9a"


class _Looked(QuickJsMachine):
    """Keeps what its memory holds after it was wiped."""

    seen = b""

    def wipe(self) -> None:
        super().wipe()
        _Looked.seen = self.memory_copy()


def test_memory_of_a_run_is_wiped(program: Program) -> None:
    """Nothing of the request is left: neither input nor answers; what is left is the snapshot's own."""
    machine = _Looked(Limits(), "sealed", program.image)
    given = {"lines": [{"cents": 1}], "quote": CANARY}
    step = machine.start(program.script, tools=("rate",), context={"input": given, "gas_limit": 10_000})
    assert isinstance(step, Waiting)
    assert CANARY.encode() in ctypes.string_at(machine._instance.address, machine._memory_bytes())
    assert isinstance(machine.resume([Answer(1, {"deep": [CANARY]})]), Finished)

    assert CANARY.encode() not in _Looked.seen
    assert b"vat" in _Looked.seen


# -- believed ---------------------------------------------------------------------------------------------------------


def tampered(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_nothing_is_mapped_of_what_is_not_believed(
    data: bytes, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reason has its error, and no image is made for any."""
    from cryptography.hazmat.primitives.asymmetric import ec

    def never(_: object) -> None:
        raise AssertionError("mapped")

    monkeypatch.setattr(_program, "program_image", never)
    stranger = ec.generate_private_key(ec.SECP256R1())
    unsigned = build(SOURCE, name="invoice", version="1", entry="invoice.ts", effects=["rate"])
    told = {}
    for name, given in {
        "unsigned": unsigned,
        "unknown": sign(unsigned, stranger),
        "corrupt": tampered(data, len(data) // 2),
        "signature": tampered(data, len(data) - 1),
    }.items():
        with pytest.raises(ImageError) as error:
            opened(given, key)
        told[name] = type(error.value)

    assert told == {
        "unsigned": SnapshotUnsignedError,
        "unknown": SnapshotUnknownKeyError,
        "corrupt": SnapshotCorruptError,
        "signature": SnapshotSignatureError,
    }


def test_a_snapshot_of_another_guest_build_is_refused(
    data: bytes, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its memory means something else there."""
    facts = guest_facts()
    monkeypatch.setattr(_program, "guest_facts", lambda: facts | {"build_id": "00" * 32})

    with pytest.raises(SnapshotBuildError):
        opened(data, key)


def test_memory_of_another_program_is_refused_whoever_signed_it(key: PrivateKey) -> None:
    """What runs is what the source says, so that a person can read it and a replay agrees."""
    parts = [build(source, name="a", version="1", entry="a.ts") for source in ("return 1", "return 666")]
    trusted = {key_id(key.public_key()): key.public_key()}
    honest, other = (unpack(sign(each, key), trusted=trusted, guest_build=guest_facts()["build_id"]) for each in parts)
    forged = sign(pack(replace(honest, pages=other.pages, memory_bytes=other.memory_bytes)), key)

    with pytest.raises(SnapshotPagesError, match="is not that of its source"):
        opened(forged, key)


def test_a_snapshot_reaches_only_the_effects_that_it_declares(key: PrivateKey) -> None:
    """The harness may have more tools."""
    program = opened(sign(build("return 1", name="a", version="1", entry="a.ts"), key), key)
    outcome = run(program)

    assert outcome.value == 1
    (record,) = [each.facts for each in outcome.journal.records if each.type == "run"]
    assert record["tools"] == []


def test_the_command_line_goes_all_the_way(tmp_path: Path) -> None:
    """Keys, build, sign, verify, inspect, run; and an exit code that says who is not trusted."""

    def belljar_(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, "-m", "belljar", "snapshot", *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    (tmp_path / "app.ts").write_text("return { sum: input.reduce((sum, n) => sum + n, 0) };")
    belljar_("keygen", "-o", "mine")
    belljar_("keygen", "-o", "other")
    belljar_("build", "app.ts", "-o", "app.msqs", "--version", "3")
    belljar_("verify", "app.msqs", "--trust", "mine.pub", code=1)
    belljar_("sign", "app.msqs", "--key", "mine")
    belljar_("verify", "app.msqs", "--trust", "mine.pub")
    belljar_("verify", "app.msqs", "--trust", "other.pub", code=1)
    assert "manifest.version             3" in belljar_("inspect", "app.msqs")
    assert belljar_("run", "app.msqs", "--trust", "mine.pub", "--input", "[1, 2, 3]") == '{"sum":6}\n'
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o600
    belljar_("keygen", "-o", "mine", code=2)
