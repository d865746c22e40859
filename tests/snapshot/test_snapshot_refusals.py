"""What is refused, each for its own reason and in one order, and that no other error ever comes out."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_forge import (
    AUTHORITY,
    GOOD,
    GUEST,
    HEADER,
    NOON,
    PAGES,
    SIGNER,
    SIGNER_CERTIFICATE,
    STRANGER,
    TRUSTED,
    Forge,
    changed_header,
    zstd,
)

from belljar.errors import (
    ImageError,
    NotASnapshotError,
    SnapshotBuildError,
    SnapshotCertificateError,
    SnapshotCorruptError,
    SnapshotError,
    SnapshotHeaderError,
    SnapshotPagesError,
    SnapshotProfileError,
    SnapshotSignatureError,
    SnapshotTooLargeError,
    SnapshotTruncatedError,
    SnapshotUnknownKeyError,
    SnapshotUnsignedError,
    SnapshotVersionError,
)
from belljar.snapshot import Authorities, Snapshot, inspect, pack, sign, unpack

AUTHORITIES = Authorities(certificates=(AUTHORITY,), at=NOON)
MEMORY = b"".join(data for _, data in PAGES)


def opened(data: bytes, authorities: Authorities | None = None) -> Snapshot:
    return unpack(data, trusted=TRUSTED, guest_build=GUEST, authorities=authorities)


def refusal(data: bytes, authorities: Authorities | None = None) -> SnapshotError:
    """Why the data is refused; the test fails where it is not."""
    with pytest.raises(SnapshotError) as caught:
        opened(data, authorities)
    return caught.value


FLAWS: list[tuple[dict[str, Any], type[SnapshotError]]] = [
    ({"magic": b"MSQT"}, NotASnapshotError),
    ({"version": 2}, SnapshotVersionError),
    ({"cut": 1}, SnapshotTruncatedError),
    ({"unpacked": (64 << 20) + 1}, SnapshotTooLargeError),
    ({"hash_flaw": 1}, SnapshotCorruptError),
    ({"signer": None}, SnapshotUnsignedError),
    ({"signer": STRANGER}, SnapshotUnknownKeyError),
    ({"signature": b""}, SnapshotSignatureError),
    ({"header": changed_header(GUEST, "ba" * 32)}, SnapshotBuildError),
    ({"header": changed_header("sealed", "standard")}, SnapshotProfileError),
    ({"header": changed_header("prices", "")}, SnapshotHeaderError),
    ({"frame": b"not zstd"}, SnapshotPagesError),
]
"""One flaw for each error, in the order in which they are looked for."""


@pytest.mark.parametrize(("flaw", "error"), FLAWS)
def test_each_flaw_has_its_own_error(flaw: dict[str, Any], error: type[SnapshotError]) -> None:
    """The class says what is wrong; every class is an ImageError with advice."""
    found = refusal(replace(Forge(), **flaw).build())

    assert type(found) is error
    assert isinstance(found, ImageError)
    assert found.advice


@pytest.mark.parametrize("first", range(len(FLAWS)))
def test_of_many_flaws_the_first_in_the_order_is_reported(first: int) -> None:
    """What needs no trust is looked at before the signature, and what the header means after it."""
    flaws: dict[str, Any] = {}
    for flaw, _ in reversed(FLAWS[first:]):
        flaws |= flaw

    assert type(refusal(replace(Forge(), **flaws).build())) is FLAWS[first][1]


@pytest.mark.parametrize("flaw", [flaw for flaw, error in FLAWS if error is not SnapshotPagesError])
def test_nothing_is_decompressed_before_all_else_is_right(
    flaw: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's data never reaches the decompressor."""

    def reached(*_: object, **__: object) -> None:
        pytest.fail("the decompressor was reached")

    monkeypatch.setattr(zstandard, "frame_content_size", reached)
    monkeypatch.setattr(zstandard, "ZstdDecompressor", reached)

    refusal(replace(Forge(), **flaw).build())


def test_errors_carry_what_was_found_and_what_was_expected() -> None:
    """A program can act on them without reading the message."""
    details = [refusal(replace(Forge(), **flaw).build()).details for flaw, _ in FLAWS]

    assert details[1] == {"found": 2, "known": 1}
    assert details[3] == {"what": "memory", "bytes": 67_108_865, "limit": 67_108_864}
    assert details[4].keys() == {"stated", "found"}
    assert details[6] == {"key_id": Forge(signer=STRANGER).block()[:32].hex()}
    assert details[8] == {"snapshot_build": "ba" * 32, "this_build": GUEST}
    assert details[10] == {"fields": ["header.manifest.name"]}


def test_a_file_over_the_limit_is_refused_before_it_is_hashed() -> None:
    """The limit counts the whole file: with 400,000 bytes the next check still has its turn."""
    rest = len(Forge(frame=b"", signature=bytes(70)).build())
    for size, error in ((400_000, SnapshotCorruptError), (400_001, SnapshotTooLargeError)):
        data = Forge(frame=bytes(size - rest), signature=bytes(70), hash_flaw=1).build()
        assert (len(data), type(refusal(data))) == (size, error)


HEADERS: list[tuple[str, str]] = [
    ('"engine":"QuickJS-ng 0.17.0"', '"engine":7'),
    ('"engine":"QuickJS-ng 0.17.0",', ""),
    (f'"guest":"{GUEST}"', f'"guest":"{GUEST.upper()}","more":1'),
    (f'"guest":"{GUEST}"', f'"guest":"{GUEST[1:]}"'),
    ('"effects":["rates","audit"]', '"effects":["rates","rates"]'),
    ('"effects":["rates","audit"]', '"effects":[""]'),
    ('"effects":["rates","audit"]', '"effects":"rates"'),
    ('"entry":"app.ts"', '"entry":null'),
    ("cd" * 32, "cd" * 31 + "ce."),
    ('"name":"prices"', '"name":["prices"]'),
    (f'"source_sha256":"{GOOD.manifest.source_sha256}"', f'"source_sha256":"{"0" * 64}"'),
    ('"version":"1.2.0"', '"version":""'),
    ('"memory_bytes":65536', '"memory_bytes":true'),
    ('"memory_bytes":65536', '"memory_bytes":-1'),
    ('"memory_bytes":65536', '"memory_bytes":65536.0'),
    ('"memory_bytes":65536', '"memory_bytes":1e999'),
    ('"memory_bytes":65536', f'"memory_bytes":{"9" * 30}'),
    ("[[0,220],", "[[0,220,1],"),
    ("[[0,220],", "[[-1,220],"),
    ("[[0,220],", "[0,"),
    ("[[0,220],", "[[0,[220]],"),
    ('"profile":"sealed"', '"profile":0'),
    ('"profile":"sealed",', ""),
    ("const einheit", "let einheit"),
    ("µs 😀", "µs \\ud83d"),
    ("µ", "\\u00b5"),
    ('{"build"', ' {"build"'),
    ('"profile":"sealed"', '"profile":"sealed","profile":"sealed"'),
    ('"profile":"sealed"', '"name":"twice","profile":"sealed"'),
]


@pytest.mark.parametrize(("old", "new"), HEADERS)
def test_a_header_with_any_field_amiss_is_refused(old: str, new: str) -> None:
    """Missing, unknown, twice, of another kind, out of range, or not in canonical form: even under a good signature."""
    assert type(refusal(Forge(header=changed_header(old, new)).build())) is SnapshotHeaderError


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[]", b"{}", b"{", b"\xff\xfe{}", b"NaN", b"[" * 100_000, b"9" * 5_000]
)
def test_a_header_that_is_no_object_is_refused(text: bytes) -> None:
    """Any text at all may stand where the header should."""
    assert type(refusal(Forge(header=text).build())) is SnapshotHeaderError


def test_a_flat_header_is_refused() -> None:
    """A field named like a path is not the field at that path."""
    data = json.loads(HEADER)
    for name in ("build", "manifest"):
        data |= {f"{name}.{key}": value for key, value in data.pop(name).items()}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    assert type(refusal(Forge(header=text).build())) is SnapshotHeaderError


@pytest.mark.parametrize(
    "pages",
    [
        [],
        [[0, 498], [498, 0]],
        [[0, 220], [219, 256], [4352, 22]],
        [[4096, 220], [0, 256], [4352, 22]],
        [[0, 220], [4096, 256], [65_515, 22]],
        [[0, 220], [4096, 256], [9_007_199_254_740_991, 22]],
        [[0, 220], [4096, 256], [4352, 23]],
        [[0, 220], [4096, 256]],
    ],
)
def test_pages_that_are_not_those_of_the_memory_are_refused(pages: list[list[int]]) -> None:
    """None, empty, overlapping, out of order, outside, or more or fewer bytes than the file holds."""
    header = changed_header("[[0,220],[4096,256],[4352,22]]", json.dumps(pages, separators=(",", ":")))

    assert type(refusal(Forge(header=header).build())) is SnapshotPagesError


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        zstd(MEMORY)[:-1],
        zstd(MEMORY) + b"x",
        zstd(MEMORY) + zstd(b""),
        zstd(MEMORY + b"x"),
        zstd(MEMORY[1:]),
        zstd(bytes(1 << 24)),
        zstandard.ZstdCompressor(write_content_size=False).compress(MEMORY),
        b"\x50\x2a\x4d\x18\x00\x00\x00\x00" + zstd(MEMORY),
    ],
)
def test_pages_that_are_not_one_frame_of_the_stated_size_are_refused(frame: bytes) -> None:
    """A frame with other bytes, with more behind it, or without its size, even under a good signature."""
    assert type(refusal(Forge(frame=frame).build())) is SnapshotPagesError


def test_a_frame_that_unpacks_to_gigabytes_is_never_unpacked() -> None:
    """A frame may state any size; only what the header lists is ever asked for."""
    bomb = b"\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little") + zstd(MEMORY)[6:]

    assert zstandard.frame_content_size(bomb) == 1 << 40
    assert type(refusal(Forge(frame=bomb).build())) is SnapshotPagesError


def test_a_header_may_not_ask_for_more_memory_than_the_limit() -> None:
    """64 MB, whatever the pages are."""
    header = changed_header('"memory_bytes":65536', f'"memory_bytes":{(64 << 20) + 1}')

    assert refusal(Forge(header=header).build()).details == {"what": "memory", "bytes": 67_108_865, "limit": 67_108_864}


SIGNED = sign(pack(GOOD), SIGNER)
CERTIFIED = sign(pack(GOOD), SIGNER, SIGNER_CERTIFICATE)
KEY_AT = len(pack(GOOD))
"""Where the signature block begins: an unsigned file ends with its length, which is zero."""
REGIONS: dict[str, tuple[int, int, set[type[SnapshotError]]]] = {
    "magic": (0, 4, {NotASnapshotError}),
    "version": (4, 6, {SnapshotVersionError}),
    "lengths of header and pages": (6, 14, {SnapshotTruncatedError, SnapshotCorruptError}),
    "unpacked length": (14, 18, {SnapshotCorruptError, SnapshotTooLargeError}),
    "header": (18, 18 + len(HEADER.encode()), {SnapshotCorruptError}),
    "pages": (18 + len(HEADER.encode()), KEY_AT - 36, {SnapshotCorruptError}),
    "content hash": (KEY_AT - 36, KEY_AT - 4, {SnapshotCorruptError}),
    "signature block length": (KEY_AT - 4, KEY_AT, {SnapshotTruncatedError, SnapshotCorruptError}),
    "key id": (KEY_AT, KEY_AT + 32, {SnapshotUnknownKeyError}),
    "certificate length": (KEY_AT + 32, KEY_AT + 36, {SnapshotSignatureError}),
    "signature": (KEY_AT + 36, len(SIGNED), {SnapshotSignatureError}),
}


@pytest.mark.parametrize("region", REGIONS)
def test_a_bit_flipped_anywhere_is_refused(region: str) -> None:
    """Every region has its own errors; sixty bits of each, or all of them where there are fewer."""
    begin, end, errors = REGIONS[region]
    bits = range(begin * 8, end * 8)

    assert {type(refusal(flipped(SIGNED, bit))) for bit in sampled(bits)} <= errors


def test_the_regions_are_the_whole_file() -> None:
    """No byte is left out of the test before."""
    spans = [(begin, end) for begin, end, _ in REGIONS.values()]

    assert [begin for begin, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == len(SIGNED)


def test_a_bit_flipped_in_a_certificate_is_refused() -> None:
    """The signature covers the certificate, so a trusted key's certificate cannot be exchanged either."""
    bits = sampled(range((KEY_AT + 36) * 8, (len(CERTIFIED) - 72) * 8))

    assert {type(refusal(flipped(CERTIFIED, bit))) for bit in bits} == {SnapshotSignatureError}


def test_a_bit_flipped_in_a_file_under_an_authority_is_refused() -> None:
    """Without a trusted key, all that a flipped bit in the signature block can do is be refused."""
    errors = set()
    for bit in sampled(range(KEY_AT * 8, len(CERTIFIED) * 8)):
        with pytest.raises(SnapshotError) as caught:
            unpack(flipped(CERTIFIED, bit), trusted={}, guest_build=GUEST, authorities=AUTHORITIES)
        errors.add(type(caught.value))

    assert errors == {SnapshotCertificateError, SnapshotSignatureError}


@pytest.mark.parametrize("data", [SIGNED, CERTIFIED, pack(GOOD)], ids=["signed", "certified", "unsigned"])
def test_a_file_cut_at_any_length_is_truncated(data: bytes) -> None:
    """From no byte at all to all but one."""
    assert {type(refusal(data[:length])) for length in range(len(data))} == {SnapshotTruncatedError}


@pytest.mark.parametrize("rest", [b"\0", b"\n", SIGNED])
def test_bytes_after_the_end_are_refused(rest: bytes) -> None:
    """A file ends where its signature does."""
    assert type(refusal(SIGNED + rest)) is SnapshotCorruptError


@pytest.mark.parametrize("block", [b"x", bytes(35), bytes(32) + b"\1\0\0\0", bytes(32) + b"\xff" * 4 + bytes(100)])
def test_a_signature_block_whose_lengths_do_not_add_up_is_refused(block: bytes) -> None:
    """Its parts never reach beyond it, neither for unpack nor for inspect."""
    data = pack(GOOD)[:-4] + len(block).to_bytes(4, "little") + block

    for read in (opened, inspect):
        with pytest.raises(SnapshotSignatureError):
            read(data)


def test_a_signature_of_another_snapshot_is_refused() -> None:
    """A signature block cannot be moved."""
    other = pack(replace(GOOD, memory_bytes=131_072))
    block = Forge().block()

    assert type(refusal(other[:-4] + len(block).to_bytes(4, "little") + block)) is SnapshotSignatureError


def flipped(data: bytes, bit: int) -> bytes:
    """The data with one bit the other way."""
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def sampled(bits: range) -> list[int]:
    """The same sixty at most, every time."""
    return random.Random(len(bits)).sample(bits, min(60, len(bits)))  # noqa: S311  (a choice that is the same every time)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [("build",), ("build", "guest"), ("manifest",), ("manifest", "effects"), ("memory_bytes",), ("pages",)]


@st.composite
def odd_headers(draw: st.DrawFn) -> bytes:
    """The good header with any data in one place."""
    header = json.loads(HEADER)
    *path, last = draw(st.sampled_from([*FIELDS, ("profile",), ("source",), ("new",)]))
    inner = header[path[0]] if path else header
    inner[last] = draw(JSON)
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """A good file with a piece cut out and any other put in."""
    data = draw(st.sampled_from([SIGNED, CERTIFIED]))
    begin = draw(st.integers(0, len(data)))
    end = draw(st.integers(begin, min(len(data), begin + 40)))
    return data[:begin] + draw(st.binary(max_size=40)) + data[end:]


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    """A file with a good form and a good signature, and any parts."""
    parts: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "header": odd_headers() | st.binary(max_size=40),
                "frame": st.binary(max_size=40) | st.binary(max_size=40).map(zstd),
                "unpacked": st.integers(0, (1 << 32) - 1),
                "certificate": st.binary(max_size=40),
                "signature": st.binary(max_size=72),
                "signer": st.sampled_from([None, SIGNER, STRANGER]),
            },
        )
    )
    return replace(Forge(), **parts).build()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.binary(max_size=100) | st.binary(max_size=100).map(b"MSQS\1\0".__add__) | edited() | forged())
def test_no_data_raises_anything_but_these_errors(data: bytes) -> None:
    """Whatever the bytes are, reading them ends with a snapshot or with a reason."""
    for read in (
        lambda: opened(data, AUTHORITIES),
        lambda: unpack(data, trusted={}, guest_build=GUEST, authorities=AUTHORITIES),
        lambda: inspect(data),
    ):
        with suppress(SnapshotError):
            read()
