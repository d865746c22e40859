"""What a snapshot says: a sealed program, and the memory of a machine that has it loaded. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

PROFILE: Final = "sealed"
"""The one profile that can be a snapshot: only there does the same memory mean the same run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which program it is."""

    name: str
    version: str
    entry: str
    """The file that the source was read from."""
    effects: tuple[str, ...] = ()
    """Effects that the program declares, in its order, each once."""
    source_sha256: str
    """SHA-256 of the source as UTF-8, in hex."""
    gas_table_sha256: str
    """The costs that the program was sealed with, in hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What made the memory."""

    guest: str
    """The guest's build id: SHA-256 in hex."""
    engine: str
    """For people: name and version of the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A program image. Two are equal where they say the same, however they were packed."""

    manifest: Manifest
    source: str
    """The program's text as its author wrote it."""
    build: Build
    profile: str = PROFILE
    memory_bytes: int
    """Size of the linear memory that the pages belong to."""
    pages: tuple[tuple[int, bytes], ...]
    """Offset and bytes of each part of memory that differs from the base image: ascending, none empty, none
    overlapping."""
    content_sha256: str = field(default="", compare=False)
    """Hash of the packed content, in hex. `unpack` sets it; `pack` computes its own."""
