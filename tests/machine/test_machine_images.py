"""Frozen runs: what thaws where, what is refused, and that nothing is lost or added on the way."""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from support import done, started, waiting

from belljar import Limits
from belljar.errors import ImageError, MachineStateError
from belljar.machine import Answer, Waiting, guest_facts, thaw

KEY = bytes(range(32))
SOURCE = """
const history = new Map([['a', [1n, {deep: new Uint8Array([1, 2])}]]]), re = /(x+)/g
re.exec('axxx')
class Counter { #n = 41; next() { return ++this.#n } }
const counter = new Counter(), text = 'é😀'.repeat(1000)
function* numbers() { let i = 0; while (true) yield i++ }
const gen = numbers(); gen.next()
const first = await tools.ask({q: 'one'})
const second = await Promise.all([tools.ask({q: 'two'}), tools.ask({q: 'three'})])
return [first, second, counter.next(), gen.next().value, re.lastIndex, String(history.get('a')[0]), text.length,
        Math.random(), Date.now(), history.get('a')[1].deep]
"""
SEED = b"frozen"


def straight() -> tuple[object, str]:
    """The run without a freeze: its end, and the step before."""
    machine, _ = waiting(SOURCE, "ask", seed=SEED, now_ms=1)
    step = machine.resume([Answer(1, "A")], now_ms=2)
    return done(machine, Answer(2, "B"), Answer(3, "C"), now_ms=3), repr(step)


def test_a_run_frozen_at_every_wait_ends_as_if_it_had_not_been() -> None:
    """Closures, generators, private fields, maps, regular expressions, random numbers: all of it is in the image."""
    end, middle = straight()
    machine, step = waiting(SOURCE, "ask", seed=SEED, now_ms=1)
    thawed, again = thaw(machine.freeze(key=KEY), key=KEY)
    assert again == Waiting(calls=step.calls)
    machine.close()
    step = thawed.resume([Answer(1, "A")], now_ms=2)  # type: ignore[assignment]
    assert repr(step) == middle
    thawed, _ = thaw(thawed.freeze(key=KEY), key=KEY)
    assert done(thawed, Answer(2, "B"), Answer(3, "C"), now_ms=3) == end


THAW = """
import sys
from belljar.machine import Answer, thaw
machine, step = thaw(open(sys.argv[1], "rb").read(), key=bytes(range(32)))
print([(call.id, call.tool, call.arguments) for call in step.calls])
machine.resume([Answer(1, "A")], now_ms=2)
print(machine.resume([Answer(2, "B"), Answer(3, "C")], now_ms=3).value)
"""


def test_a_run_frozen_here_ends_the_same_in_another_process(tmp_path: Path) -> None:
    """The image is all that goes over."""
    machine, _ = waiting(SOURCE, "ask", seed=SEED, now_ms=1)
    (tmp_path / "image").write_bytes(machine.freeze(key=KEY))
    machine.close()
    ran = subprocess.run([sys.executable, "-c", THAW, tmp_path / "image"], capture_output=True, text=True, check=True)  # noqa: S603
    end, _ = straight()
    assert ran.stdout.splitlines() == ["[(1, 'ask', [{'q': 'one'}])]", str(end.value)]  # type: ignore[attr-defined]


def test_one_image_thaws_as_often_as_it_is_asked_to() -> None:
    """Two machines from one image are two runs; the frozen machine itself goes on as well."""
    machine, _ = waiting("let n = 0; n += await tools.f(); n += await tools.f(); return n", "f")
    image = machine.freeze(key=KEY)
    for start in (1, 2):
        copy, _ = thaw(image, key=KEY)
        copy.resume([Answer(1, start)])
        assert done(copy, Answer(2, 10)).value == start + 10
    machine.resume([Answer(1, 5)])
    assert done(machine, Answer(2, 5)).value == 10


def test_limits_and_what_was_used_go_with_the_image() -> None:
    """A thawed run has the fuel, the time and the memory that it had left."""
    source = "await tools.f(); const a = []; while (true) a.push('x'.repeat(10_000) + a.length)"
    machine, _ = waiting(source, "f", limits=Limits(memory_mb=16, timeout_ms=20_000))
    thawed, _ = thaw(machine.freeze(key=KEY), key=KEY)
    error = done(thawed, Answer(1)).error
    assert error is not None
    assert error.code == "ScriptMemoryError"
    assert thawed.figures.memory_bytes <= 16 << 20
    used = "let n = 0; for (let i = 0; i < 1e4; i++) n += i; await tools.f(); for (;;) n++"
    machine, _ = waiting(used, "f", limits=Limits(fuel=60_000_000))
    spent = machine.figures.fuel
    thawed, _ = thaw(machine.freeze(key=KEY), key=KEY)
    error = done(thawed, Answer(1)).error
    assert error is not None
    assert (error.code, error.details["cause"]) == ("ScriptTimeoutError", "fuel")
    assert spent < thawed.figures.fuel == 60_000_000


def signed(image: bytes) -> bytes:
    """An image with a right tag, as somebody with the key would make it."""
    return image + hmac.digest(KEY, image, "sha256")


def changed(offset: int, to: bytes) -> Callable[[bytes], bytes]:
    """Overwrites bytes at an offset and signs anew."""
    return lambda image: signed(image[:offset] + to + image[offset + len(to) : -32])


def with_header(**facts: object) -> Callable[[bytes], bytes]:
    """Replaces facts in the header and signs anew."""

    def make(image: bytes) -> bytes:
        front = struct.Struct("<8sH32sI")
        magic, version, build, size = front.unpack_from(image)
        header = json.loads(image[front.size : front.size + size]) | facts
        text = json.dumps(header).encode()
        return signed(front.pack(magic, version, build, len(text)) + text + image[front.size + size : -32])

    return make


def with_runs(*runs: tuple[int, bytes]) -> Callable[[bytes], bytes]:
    """Replaces the memory and signs anew."""

    def make(image: bytes) -> bytes:
        size = struct.unpack_from("<I", image, 42)[0]
        body = b"".join(struct.pack("<II", begin, len(content)) + content for begin, content in runs)
        return signed(image[: 46 + size] + zlib.compress(body))

    return make


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "truncated"),
    "cut in the front": (lambda image: image[:40], "truncated"),
    "cut in the middle": (lambda image: image[: len(image) // 2], "tag does not match"),
    "cut by a byte": (lambda image: image[:-1], "tag does not match"),
    "a byte more": (lambda image: image + b"\0", "tag does not match"),
    "a bit in the memory": (lambda image: image[:5000] + bytes([image[5000] ^ 1]) + image[5001:], "tag does not match"),
    "a bit in the tag": (lambda image: image[:-1] + bytes([image[-1] ^ 1]), "tag does not match"),
    "another key": (lambda image: image[:-32] + hmac.digest(b"x" * 32, image[:-32], "sha256"), "tag does not match"),
    "another kind of file": (lambda image: b"PK\3\4" + image[4:], "not a frozen run"),
    "another format": (changed(8, b"\x63\0"), "format 99 is not known"),
    "another build": (changed(10, hashlib.sha256(b"other").digest()), "another build of the guest"),
    "memory beyond its limits": (with_header(memory_bytes=1 << 30), "larger than its limits"),
    "memory below the base image": (with_header(memory_bytes=65_536), "larger than its limits"),
    "a run beyond the memory": (with_runs((3_000_000_000, b"x" * 64)), "beyond its memory"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_forged_image_is_refused(damage: str) -> None:
    """ImageError that says what is wrong; a good image thaws afterwards as before."""
    machine, _ = waiting("return await tools.f()", "f")
    image = machine.freeze(key=KEY)
    spoil, message = DAMAGE[damage]
    with pytest.raises(ImageError, match=message):
        thaw(spoil(image), key=KEY)
    assert done(thaw(image, key=KEY)[0], Answer(1, 1)).value == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda image: signed(image[:46] + b"{" * 10 + image[56:-32]),
        lambda image: signed(image[: 46 + struct.unpack_from("<I", image, 42)[0]] + b"no zlib"),
        with_header(limits={"timeout_ms": -1}),
        with_header(open="x"),
        with_header(source=None),
    ],
)
def test_a_signed_image_of_another_shape_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    """With the right key, too, an image that is not what freeze makes is an ImageError and nothing else."""
    machine, _ = waiting("return await tools.f()", "f")
    with pytest.raises(ImageError):
        thaw(spoil(machine.freeze(key=KEY)), key=KEY)


def test_every_truncation_is_refused() -> None:
    """There is no length at which half an image passes."""
    machine, _ = waiting("return await tools.f()", "f")
    image = machine.freeze(key=KEY)
    for length in [*range(120), *range(120, len(image), 997)]:
        with pytest.raises(ImageError):
            thaw(image[:length], key=KEY)


def test_only_a_waiting_machine_can_be_frozen() -> None:
    """MachineStateError for one that ended."""
    machine, _ = started("return 1")
    with pytest.raises(MachineStateError, match="cannot freeze a machine that is ended"):
        machine.freeze(key=KEY)


def test_an_image_is_small() -> None:
    """A run that waits for two calls takes less than 80 kB."""
    machine, _ = waiting("const [a, b] = await Promise.all([tools.f({n: 1}), tools.f({n: 2})]); return [a, b]", "f")
    assert len(machine.freeze(key=KEY)) < 80_000
    assert guest_facts()["memory_bytes"] < 3 << 20
