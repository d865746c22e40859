"""A forger has a frozen run, without the key and with it."""

from __future__ import annotations

import hmac
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support import waiting

from belljar.errors import ImageError
from belljar.machine import Answer, Step, Waiting, thaw

KEY = bytes(range(32))
FRONT = struct.Struct("<8sH32sI")
DROP = object()


@cache
def image() -> bytes:
    """A run that waits for a call."""
    machine, _ = waiting("const a = await tools.f({n: 1}); return [a, await tools.f({n: 2})]", "f")
    frozen = machine.freeze(key=KEY)
    machine.close()
    return frozen


def header() -> dict[str, Any]:
    """Of the image, as data."""
    size = FRONT.unpack_from(image())[3]
    facts: dict[str, Any] = json.loads(image()[FRONT.size : FRONT.size + size])
    return facts


def signed(unsigned: bytes) -> bytes:
    """With the right tag, as somebody who has the key would make it."""
    return unsigned + hmac.digest(KEY, unsigned, "sha256")


def with_header(facts: Any) -> bytes:
    """The image with another header, signed."""
    magic, version, build, size = FRONT.unpack_from(image())
    text = json.dumps(facts).encode()
    return signed(FRONT.pack(magic, version, build, len(text)) + text + image()[FRONT.size + size : -32])


def outcome_of(forged: bytes) -> str:
    """What comes of a thaw and, where that succeeds, of the run: the name of the error, or "ended"."""
    step: Step
    try:
        machine, step = thaw(forged, key=KEY)
    except ImageError:
        return "ImageError"
    except Exception as error:  # what may come out is what the tests are about
        return type(error).__name__
    while isinstance(step, Waiting) and step.calls:
        step = machine.resume([Answer(call.id, 1) for call in step.calls])
    machine.close()
    return "ended"


@pytest.mark.parametrize("at", [*range(FRONT.size), 60, 100, 200, -33, -32, -1])
def test_a_bit_that_was_turned_is_found(at: int) -> None:
    """In the magic, the format, the build, the sizes, the header, the memory and the tag."""
    forged = bytearray(image())
    forged[at] ^= 0x10
    with pytest.raises(ImageError):
        thaw(bytes(forged), key=KEY)


@pytest.mark.parametrize("key", [b"", b"\0" * 32, KEY[:-1], KEY + b"\1", KEY[::-1]])
def test_another_key_opens_nothing(key: bytes) -> None:
    """Not even one that begins as the right one does; an empty one is no way to skip the check."""
    with pytest.raises(ImageError):
        thaw(image(), key=key or None)


FIELDS = ("source", "profile", "limits", "open", "used_s", "steps", "fuel_left", "memory_bytes")
HOSTILE: tuple[Any, ...] = (DROP, None, True, -1, 0, 1 << 63, 1 << 70, 1e308, "", "x", [], [[]], [None], {}, {"x": 1})


@pytest.mark.parametrize("field", FIELDS)
def test_a_header_field_of_another_kind_is_refused_or_harmless(field: str) -> None:
    """With the right key: an ImageError, or a run that ends; nothing else comes out of `thaw`."""
    wrong = []
    for value in HOSTILE:
        facts = {name: fact for name, fact in header().items() if name != field}
        got = outcome_of(with_header(facts if value is DROP else {**facts, field: value}))
        if got not in {"ImageError", "ended"}:
            wrong.append((value, got))
    assert wrong == []


OPEN: dict[str, Any] = {
    "two calls of one id": [[1, "f", [], 1, 1], [1, "f", [], 1, 1]],
    "id that is no number": [["1", "f", [], 1, 1]],
    "id that is a list": [[[1], "f", [], 1, 1]],
    "id below one": [[-1, "f", [], 1, 1]],
    "tool that is no text": [[1, 5, [], 1, 1]],
    "arguments that are no list": [[1, "f", {}, 1, 1]],
    "too few facts": [[1, "f"]],
    "too many facts": [[1, "f", [], 1, 1, 1]],
    "line without end": [[1, "f", [], 1e400, 1]],
    "line that is no number": [[1, "f", [], "x", 1]],
}


@pytest.mark.parametrize("name", OPEN)
def test_forged_open_calls_are_refused_or_harmless(name: str) -> None:
    """With the right key: a list of calls that the machine does not have cannot make it answer wrongly."""
    assert outcome_of(with_header({**header(), "open": OPEN[name]})) in {"ImageError", "ended"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda facts: {**facts, "limits": {**facts["limits"], "memory_mb": 64}, "memory_bytes": 64 << 20},
        lambda facts: {**facts, "memory_bytes": facts["memory_bytes"] + 1},
        lambda facts: {**facts, "memory_bytes": 65_536},
        lambda facts: {**facts, "limits": {**facts["limits"], "memory_mb": 1}},
        lambda facts: {**facts, "limits": {**facts["limits"], "surprise": 1}},
        lambda facts: {**facts, "fuel_left": 0},
        lambda facts: {**facts, "used_s": 1e9},
        lambda facts: {**facts, "source": "return 'another'"},
    ],
)
def test_forged_sizes_and_budgets_are_refused_or_harmless(spoil: Callable[[dict[str, Any]], Any]) -> None:
    """With the right key: more memory than there is, no fuel, no time, another source."""
    assert outcome_of(with_header(spoil(header()))) in {"ImageError", "ended"}


def mappings() -> int:
    """Parts of this process's address space."""
    return Path("/proc/self/maps").read_text().count("\n")


def test_what_is_refused_maps_nothing() -> None:
    """Sixty refused images leave no memory behind, nor take places of the pool."""
    forged = with_header({**header(), "memory_bytes": 1 << 30})
    outcome_of(forged)
    before = mappings()
    assert {outcome_of(forged) for _ in range(60)} == {"ImageError"}
    assert mappings() <= before + 8


SCRAMBLE = """
import random, struct, sys, zlib, hmac
from belljar.errors import BelljarError
from belljar.machine import Answer, Waiting, thaw
KEY = bytes(range(32))
image = open(sys.argv[1], "rb").read()
size = struct.unpack_from("<I", image, 42)[0]
head, body = image[: 46 + size], zlib.decompress(image[46 + size : -32])
chance, ended = random.Random(int(sys.argv[2])), 0
for _ in range(60):
    forged = bytearray(body)
    at = 0
    while at < len(body):  # the content of a run of memory, never its place and length
        begin, length = struct.unpack_from("<II", body, at)
        for _ in range(chance.choice((0, 0, 1, 8))):
            forged[at + 8 + chance.randrange(length)] = chance.randrange(256)
        at += 8 + length
    text = head + zlib.compress(bytes(forged), 1)
    try:
        machine, step = thaw(text + hmac.digest(KEY, text, "sha256"), key=KEY)
        for _ in range(2):
            if isinstance(step, Waiting) and step.calls:
                step = machine.resume([Answer(call.id, "x" * 40_000) for call in step.calls], budget_ms=50)
        machine.close()
    except BelljarError:
        pass
    ended += 1
print("ended", ended)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_memory_that_was_scrambled_harms_nobody_else(seed: int, tmp_path: Path) -> None:
    """With the right key: an engine whose memory is not what it was may stop in any way; its host goes on."""
    (tmp_path / "image").write_bytes(image())
    command = [sys.executable, "-c", SCRAMBLE, str(tmp_path / "image"), str(seed)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    assert (ran.returncode, ran.stdout) == (0, "ended 60\n"), ran.stderr[-2000:]
