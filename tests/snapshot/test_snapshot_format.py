"""The file: what is in it byte for byte, that it comes back whole, and that equal snapshots are equal files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_forge import GOOD, GUEST, HEADER, SIGNER, STRANGER, TRUSTED, Forge

from belljar.errors import (
    SnapshotCorruptError,
    SnapshotHeaderError,
    SnapshotPagesError,
    SnapshotProfileError,
    SnapshotTooLargeError,
)
from belljar.snapshot import MAX_FILE_BYTES, Snapshot, inspect, key_id, keygen, load_private_key, pack, sign, unpack

CONTENT_SHA256 = hashlib.sha256(Forge().content()).hexdigest()


def opened(data: bytes) -> Snapshot:
    return unpack(data, trusted=TRUSTED, guest_build=GUEST)


def test_a_snapshot_comes_back_as_it_was() -> None:
    """Pack, sign, unpack: the same value, and now with the hash of its content."""
    found = opened(sign(pack(GOOD), SIGNER))

    assert found == GOOD
    assert found.content_sha256 == CONTENT_SHA256
    assert pack(found) == pack(GOOD)


def test_the_file_is_what_the_format_says_byte_for_byte() -> None:
    """A second writer, which shares no code with the first, writes the same file."""
    assert pack(GOOD) == Forge(signer=None).build()


def test_a_file_by_another_writer_is_read() -> None:
    """Header, pages and signature made without this library mean the same."""
    assert opened(Forge().build()) == GOOD


def test_the_content_hash_is_the_same_whoever_signs() -> None:
    """The signature stands outside the content: a new one replaces the old and changes nothing else."""
    first = sign(pack(GOOD), STRANGER)
    again = sign(first, SIGNER)

    assert opened(again).content_sha256 == inspect(first)["content_sha256"] == CONTENT_SHA256
    assert again[: len(pack(GOOD)) - 4] == pack(GOOD)[:-4]


PRINT = "import sys, hashlib; from snapshot_forge import GOOD; from belljar.snapshot import pack; "
PRINT += "sys.stdout.write(hashlib.sha256(pack(GOOD)).hexdigest())"


def test_two_processes_pack_the_same_bytes() -> None:
    """Nothing in a file depends on the hash seed or on anything else of the process."""
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    found = {
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", PRINT],
            env={"PYTHONPATH": paths, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }

    assert found == {hashlib.sha256(pack(GOOD)).hexdigest()}


def test_inspect_says_what_is_in_the_file() -> None:
    """Without any key: the manifest, the sizes, and who is said to have signed."""
    data = sign(pack(GOOD), SIGNER)

    assert inspect(data) == {
        "format": 1,
        "profile": "sealed",
        "build": {"guest": GUEST, "engine": "QuickJS-ng 0.17.0"},
        "manifest": {
            "name": "prices",
            "version": "1.2.0",
            "entry": "app.ts",
            "effects": ["rates", "audit"],
            "source_sha256": GOOD.manifest.source_sha256,
            "gas_table_sha256": "cd" * 32,
        },
        "source_bytes": 42,
        "memory_bytes": 65_536,
        "pages": 3,
        "pages_bytes": 498,
        "file_bytes": len(data),
        "content_sha256": CONTENT_SHA256,
        "signed_by": key_id(SIGNER.public_key()),
        "certificate": None,
    }


def test_inspect_says_that_nobody_has_signed() -> None:
    """An unsigned snapshot can be looked at."""
    assert (inspect(pack(GOOD))["signed_by"], inspect(pack(GOOD))["certificate"]) == (None, None)


def test_inspect_refuses_a_header_that_is_not_of_the_form() -> None:
    """What it prints has been checked, whoever wrote it."""
    with pytest.raises(SnapshotHeaderError, match="not JSON"):
        inspect(Forge(header=b"[" * 100_000, signer=None).build())


@pytest.mark.parametrize(
    ("snapshot", "error"),
    [
        (replace(GOOD, profile="standard"), SnapshotProfileError),
        (replace(GOOD, source="another text"), SnapshotHeaderError),
        (replace(GOOD, source="\ud800"), SnapshotHeaderError),
        (replace(GOOD, build=replace(GOOD.build, guest="AB" * 32)), SnapshotHeaderError),
        (replace(GOOD, manifest=replace(GOOD.manifest, name="")), SnapshotHeaderError),
        (replace(GOOD, manifest=replace(GOOD.manifest, effects=("a", "a"))), SnapshotHeaderError),
        (replace(GOOD, pages=()), SnapshotPagesError),
        (replace(GOOD, pages=((5, b""),)), SnapshotPagesError),
        (replace(GOOD, pages=((65_535, b"ab"),)), SnapshotPagesError),
        (replace(GOOD, pages=((8, b"later"), (0, b"sooner"))), SnapshotPagesError),
        (replace(GOOD, pages=((0, b"ab"), (1, b"c"))), SnapshotPagesError),
        (replace(GOOD, memory_bytes=(64 << 20) + 1), SnapshotTooLargeError),
    ],
)
def test_pack_refuses_what_unpack_would_refuse(snapshot: Snapshot, error: type[Exception]) -> None:
    """What is written can be read; a flaw shows where it was made."""
    with pytest.raises(error):
        pack(snapshot)


def test_a_page_may_fill_the_whole_memory() -> None:
    """The last byte of memory is inside."""
    full = replace(GOOD, pages=((0, hashlib.shake_256(b"noise").digest(65_536)),))

    assert opened(sign(pack(full), SIGNER)) == full


def test_pack_refuses_a_file_that_is_too_large_to_be_read() -> None:
    """Noise does not compress: 400 kB of it do not fit beside the header."""
    noise = hashlib.shake_256(b"noise").digest(MAX_FILE_BYTES)

    with pytest.raises(SnapshotTooLargeError) as caught:
        pack(replace(GOOD, memory_bytes=1 << 20, pages=((0, noise),)))

    assert (caught.value.details["what"], caught.value.details["limit"]) == ("file", 400_000)
    assert caught.value.details["bytes"] > 400_000


def test_sign_refuses_data_that_was_changed() -> None:
    """Nobody vouches for a damaged file by accident."""
    data = bytearray(pack(GOOD))
    data[200] ^= 1

    with pytest.raises(SnapshotCorruptError):
        sign(bytes(data), SIGNER)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any program with any pages that fit."""
    source = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    pages, at = [], 0
    for gap, data in draw(st.lists(st.tuples(st.integers(0, 9), st.binary(min_size=1, max_size=50)), min_size=1)):
        pages.append((at + gap, data))
        at += gap + len(data)
    return Snapshot(
        manifest=replace(
            GOOD.manifest,
            name=draw(NAMES),
            version=draw(NAMES),
            entry=draw(NAMES),
            effects=tuple(draw(st.lists(NAMES, unique=True, max_size=3))),
            source_sha256=hashlib.sha256(source.encode()).hexdigest(),
        ),
        source=source,
        build=replace(GOOD.build, engine=draw(NAMES)),
        memory_bytes=at + draw(st.integers(0, 9)),
        pages=tuple(pages),
    )


@settings(derandomize=True, deadline=None, max_examples=40)
@given(snapshots())
def test_any_snapshot_comes_back_as_it_was(snapshot: Snapshot) -> None:
    """Whatever the texts and the pages are, unpack is the inverse of pack and sign."""
    assert opened(sign(pack(snapshot), SIGNER)) == snapshot


def test_a_new_key_pair_signs(tmp_path: Path) -> None:
    """What keygen makes can be read back and used."""
    private_pem, _ = keygen()
    (tmp_path / "key.pem").write_bytes(private_pem)
    key = load_private_key(tmp_path / "key.pem")
    name = key_id(key.public_key())

    assert unpack(sign(pack(GOOD), key), trusted={name: key.public_key()}, guest_build=GUEST) == GOOD


def test_the_header_is_the_canonical_text() -> None:
    """Of the same snapshot there is one header: keys sorted, no spaces, no escapes that are not needed."""
    data = pack(GOOD)

    assert data[18 : 18 + len(HEADER.encode())].decode() == HEADER
