"""A machine's memory with a sealed program loaded and not yet run: taken once, cloned for each run.

The program is compiled in a clone of the base image; then memory is sealed again, so that a run's values go to pages
that neither has. What differs from the base image is the program's. A clone begins in both, page by page on demand, as
clones of the base image do: the memory is baked into the module, which is compiled once and kept in the cache folder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from belljar.errors import ImageError, SourceError
from belljar.limits import Limits
from belljar.machine._engine import PORT, BaseImage, Layout, Port, base_image, kept_image
from belljar.machine._frozen import changed_ranges
from belljar.machine._quickjs import QuickJsMachine
from belljar.script import Script

_PROFILE = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a loaded program adds to the base image of its profile."""

    memory_bytes: int
    pages: tuple[tuple[int, bytes], ...]
    """Offset and bytes, ascending and apart."""


def load(script: Script) -> Loaded:
    """The memory of a machine that has `script` loaded. Raises SourceError where the engine does not compile it."""
    base = base_image(_PROFILE)
    with QuickJsMachine(Limits(source_bytes=len(script.source.encode()) + 1), _PROFILE) as machine:
        error = machine.load_program(script)
        if error is not None:
            raise SourceError(error.message, line=error.line, column=error.column)
        memory = machine.memory_copy()
    ranges = changed_ranges(memory, base.memory)
    pages = tuple((begin, memory[begin : min(end, len(memory))]) for begin, end in ranges)
    return Loaded(memory_bytes=len(memory), pages=pages)


def program_image(loaded: Loaded) -> BaseImage:
    """What clones of the loaded program come from. The first time on a computer it is compiled, some 1 s.

    Raises ImageError for pages that cannot be a machine's; whoever calls this believes the rest of them.
    """
    base = base_image(_PROFILE)
    memory = bytearray(base.memory.ljust(loaded.memory_bytes, b"\0"))
    for offset, content in loaded.pages:
        if offset < 0 or offset + len(content) > len(memory):
            raise ImageError("the program's pages lie outside of its memory")
        memory[offset : offset + len(content)] = content
    facts = Port(*PORT.unpack_from(memory, base.layout.port))
    layout = Layout(
        port=base.layout.port,
        inbox=facts.inbox,
        inbox_size=facts.inbox_size,
        fresh=facts.fresh,
        memory_bytes=len(memory),
    )
    if not (facts.inbox + facts.inbox_size <= len(memory) and base.layout.fresh <= facts.fresh <= len(memory)):
        raise ImageError("the program's memory is not that of a loaded machine")
    return kept_image(hashlib.sha256(memory).hexdigest(), bytes(memory), layout)


def open_program(image: BaseImage, limits: Limits) -> QuickJsMachine:
    """A fresh machine that has the program loaded; `start` is given the same script, for its text and positions."""
    return QuickJsMachine(limits, _PROFILE, image)
