"""What a user names on the command line, read with care: a file that is not there or not text is told, not raised."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from belljar.errors import MalformedReplyError, UsageError
from belljar.machine._open import ENGINES
from belljar.script import detect

INPUT_BYTES: Final = 4 << 20
"""Of one reply or script. A model's longest answers are some 500 kB; more is another kind of file."""
_SCRIPT_SUFFIXES: Final = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file or standard input, as text."""

    name: str
    """As a user would write it in a message."""
    text: str
    scripts: int | None
    """Scripts in the reply; None where the text is itself a script."""

    @property
    def is_reply(self) -> bool:
        """Whether the text is a model's reply with scripts in it."""
        return self.scripts is not None


def read_input(path: Path) -> Input:
    """The text at `path` (`-`: standard input). Raises UsageError: not there, too large, not UTF-8."""
    name = "standard input" if str(path) == "-" else str(path)
    data = _read_bytes(path, name)
    if len(data) > INPUT_BYTES:
        raise UsageError(
            f"{name} is larger than {INPUT_BYTES:,} bytes", hint="Cut the reply down to the part with the script."
        )
    text = _decoded(data, name)
    is_script = path.suffix in _SCRIPT_SUFFIXES
    return Input(name=name, text=text, scripts=None if is_script else _count_scripts(text))


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        if str(path) == "-":
            if sys.stdin is None:
                raise OSError(errno.EBADF, "it is closed")
            return sys.stdin.buffer.read(INPUT_BYTES + 1)
        with path.open("rb") as file:
            return file.read(INPUT_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {error.strerror}", hint="Name a file, or - for standard input."
        ) from None


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + (len(_BOM) if data.startswith(_BOM) else 0)
        raise UsageError(
            f"{name} is not UTF-8 text: byte {offset} is 0x{data[offset]:02x}", hint="Save it as UTF-8 and try again."
        ) from None


def _count_scripts(text: str) -> int | None:
    """How many scripts a reply has; None where there is none. A reply with broken tags is still a reply."""
    try:
        count = sum(segment.kind == "script" for segment in detect(text))
    except MalformedReplyError:
        return 0
    return count or None


def checked_engine(engine: str) -> str:
    """`engine`, which exists. Raises UsageError before anything is run with it."""
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}", hint=f"Engines: {', '.join(ENGINES)}.")
    return engine
