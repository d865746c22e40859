"""Turn a running WebAssembly machine back into a module: its memory becomes the module's data. Pure.

The guest starts an engine and loads the prelude once; what memory holds then is written into the module's data
section. Every machine that is opened later begins there, and the operating system shares the pages until a machine
writes to them. The format is that of the WebAssembly core specification, section 5 (binary format).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from belljar.errors import ImageError

PAGE = 65_536
"""Bytes of a WebAssembly page."""
GRAIN = 4_096
"""Runs of zeros shorter than this stay inside a data segment: a segment costs a few bytes, a page fault costs more."""

_HEADER = b"\0asm\x01\0\0\0"
_CUSTOM, _MEMORY, _EXPORT, _START, _DATA_COUNT, _DATA = 0, 5, 7, 8, 12, 11


def bake(module: bytes, memory: bytes, exports: Iterable[str]) -> bytes:
    """The module whose instances start with `memory`, exporting only the names in `exports`.

    `memory` is the whole linear memory, a multiple of PAGE. Raises ImageError where `module` is not what the guest's
    build makes (a start function, passive data, more than one memory).
    """
    if len(memory) % PAGE:
        raise ImageError("the memory to bake is not a whole number of pages")
    wanted = set(exports)
    out = bytearray(_HEADER)
    for kind, body in _sections(module):
        if kind == _START:
            raise ImageError("the guest module has a start function")
        if kind in (_CUSTOM, _DATA_COUNT, _DATA):
            continue
        if kind == _MEMORY:
            body = _memory_section(body, len(memory) // PAGE)
        elif kind == _EXPORT:
            body = _export_section(body, wanted)
        out += bytes([kind]) + _leb(len(body)) + body
    data = _data_section(memory)
    out += bytes([_DATA]) + _leb(len(data)) + data
    return bytes(out)


def _sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    if module[:8] != _HEADER:
        raise ImageError("the guest is not a WebAssembly module")
    at = 8
    while at < len(module):
        kind = module[at]
        size, at = _read_leb(module, at + 1)
        yield kind, module[at : at + size]
        at += size


def _memory_section(body: bytes, pages: int) -> bytes:
    count, at = _read_leb(body, 0)
    if count != 1 or body[at] not in (0, 1):
        raise ImageError("the guest module must have one 32-bit memory")
    return _leb(1) + b"\0" + _leb(pages)


def _export_section(body: bytes, wanted: set[str]) -> bytes:
    count, at = _read_leb(body, 0)
    kept = []
    for _ in range(count):
        begin = at
        size, at = _read_leb(body, at)
        name = body[at : at + size].decode()
        _, at = _read_leb(body, at + size + 1)
        if name in wanted:
            kept.append(body[begin:at])
            wanted.discard(name)
    if wanted:
        raise ImageError(f"the guest module does not export {', '.join(sorted(wanted))}")
    return _leb(len(kept)) + b"".join(kept)


def _data_section(memory: bytes) -> bytes:
    segments = [
        b"\0\x41" + _signed_leb(begin) + b"\x0b" + _leb(end - begin) + memory[begin:end]
        for begin, end in used_ranges(memory)
    ]
    return _leb(len(segments)) + b"".join(segments)


def used_ranges(memory: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of grains of `memory` that are not all zero."""
    zero = bytes(GRAIN)
    begin = None
    for at in range(0, len(memory), GRAIN):
        used = memory[at : at + GRAIN] != zero
        if used and begin is None:
            begin = at
        elif not used and begin is not None:
            yield begin, at
            begin = None
    if begin is not None:
        yield begin, len(memory)


def _read_leb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _leb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed_leb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value == 0 and not byte & 0x40:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)
