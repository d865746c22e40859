"""Frozen runs that are nearly right: one real image, and ways to put other bytes where the HMAC does not guard."""

from __future__ import annotations

import hmac
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from typing import Any, Final, NamedTuple

from belljar.errors import ImageError
from belljar.limits import Limits
from belljar.machine import Answer, Step, open_machine, thaw
from belljar.script import parse

KEY: Final = bytes(range(32))
SOURCE: Final = "const a = {n: [1n, 'x']}; const b = await tools.echo({value: 1}); return [b, String(a.n[0])]"
_FRONT: Final = struct.Struct("<8sH32sI")
_TAG_BYTES: Final = 32
_PATCH_BYTES: Final = 3
_BUDGET_MS: Final = 50
"""A machine with foreign memory may run in circles."""


class Image(NamedTuple):
    """A frozen run, taken apart."""

    front: tuple[Any, ...]
    header: bytes
    body: bytes
    """Runs of memory, not compressed."""

    def sealed(self) -> bytes:
        """With the lengths and the tag that belong to it."""
        magic, format_, build, _ = self.front
        text = _FRONT.pack(magic, format_, build, len(self.header)) + self.header + zlib.compress(self.body, 1)
        return signed(text)


def signed(text: bytes) -> bytes:
    """With its tag."""
    return text + hmac.digest(KEY, text, "sha256")


@cache
def frozen_run() -> Image:
    """A run that waits for one call."""
    with closing(open_machine(limits=Limits(memory_mb=8))) as machine:
        machine.start(parse(SOURCE), tools=["echo"])
        data = machine.freeze(key=KEY)
    front = _FRONT.unpack_from(data)
    end = _FRONT.size + front[3]
    return Image(front, data[_FRONT.size : end], zlib.decompress(data[end:-_TAG_BYTES]))


def signed_images(data: bytes) -> Iterator[bytes]:
    """`data` put somewhere into the real image, with a right tag; the first byte chooses where, as in _WAYS."""
    if data:
        yield _WAYS[data[0] % len(_WAYS)](frozen_run(), data[1:])


def _patched(text: bytes, patches: bytes) -> bytes:
    """Every three bytes: where, and what to flip there."""
    out = bytearray(text)
    for at in range(0, len(patches) - _PATCH_BYTES + 1, _PATCH_BYTES):
        where = int.from_bytes(patches[at : at + 2], "little") % len(out)
        out[where] ^= patches[at + 2]
    return bytes(out)


_WAYS: Final[tuple[Callable[[Image, bytes], bytes], ...]] = (
    lambda real, data: real._replace(header=data).sealed(),
    lambda real, data: real._replace(body=real.body + data).sealed(),
    lambda real, data: real._replace(body=_patched(real.body, data)).sealed(),
    lambda real, data: signed(_FRONT.pack(*real.front[:3], len(real.header)) + real.header + data),
    lambda real, data: signed(_patched(real.sealed()[:-_TAG_BYTES], data)),
)
"""As the header, as a further run of memory, as flips in memory, as compressed bytes, as flips anywhere."""


def thawed(data: bytes) -> Step | None:
    """What the thawed machine says when its calls are answered; None for an image that is refused."""
    try:
        machine, waiting = thaw(data, key=KEY)
    except ImageError:
        return None
    with closing(machine):
        answers = [Answer(call.id, 1) for call in waiting.calls]
        return machine.resume(answers, budget_ms=_BUDGET_MS)


def seeds() -> Iterator[bytes]:
    """One input for each way of `signed_images`, and the real image itself."""
    real = frozen_run()
    yield b"\x00" + real.header
    yield b"\x01" + struct.pack("<II", 2_000_000, 16) + bytes(16)
    yield b"\x02" + bytes(6)
    yield b"\x03" + zlib.compress(real.body[:64], 1)
    yield b"\x04" + bytes(6)
    yield b"\x00" + json.dumps({**json.loads(real.header), "open": [], "profile": "sealed"}).encode()
