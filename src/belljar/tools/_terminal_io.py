"""A person's terminal: lines in without blocking the event loop, text out without obeying what is in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Sequence
from typing import Final, TextIO

from belljar.tools._characters import UNPRINTABLE, written_out

_LONGEST_LINE: Final = 1 << 20
"""Bytes. A line of inline JSON longer than a megabyte is nobody's typing."""


def visible(text: str) -> str:
    """`text` with every control, invisible and direction-changing character written out, newlines excepted.

    So an argument can neither move the cursor nor recolour, hide or reorder what is asked.
    """
    return UNPRINTABLE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else written_out(found)


class LineReader:
    """Lines of a terminal, read when the event loop says there is something to read.

    Works on Unix, where a loop can watch a terminal; elsewhere both methods raise NotImplementedError.
    """

    def __init__(self, stream: TextIO) -> None:
        self._fd = stream.fileno()
        self._pending = b""

    def discard_typeahead(self) -> None:
        """Forget what was typed before the question was shown: it cannot have been meant as its answer."""
        try:
            import termios
        except ImportError:
            raise NotImplementedError("this platform's terminals cannot be flushed") from None
        self._pending = b""
        with contextlib.suppress(termios.error):  # a stream that has no input queue to flush
            termios.tcflush(self._fd, termios.TCIFLUSH)

    async def line(self) -> str | None:
        """The next line without its end, or None at the end of input. Cancelling leaves the terminal as it was."""
        while b"\n" not in self._pending:
            chunk = await self._chunk()
            if not chunk or len(self._pending) > _LONGEST_LINE:
                return None
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    async def _chunk(self) -> bytes:
        loop = asyncio.get_running_loop()
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._fd, _settle, readable)
        try:
            await readable
        finally:
            loop.remove_reader(self._fd)
        try:
            return os.read(self._fd, 4096)
        except OSError:
            return b""  # EIO: the terminal is gone, or this process was sent to the background


def _settle(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)


def editor_command() -> Sequence[str]:
    """The person's editor from $VISUAL or $EDITOR as a command, or nothing."""
    return shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")


async def edited_in(command: Sequence[str], text: str) -> str | None:
    """`text` after the person edited it in a file that only they can read; None when the editor failed.

    Cancelling kills the editor. The file is deleted in every case.
    """
    with tempfile.TemporaryDirectory(prefix="belljar-") as folder:  # created with mode 0700
        path = os.path.join(folder, "arguments.json")
        _write(path, text)
        if await _exit_code(command, path) != 0:
            return None
        return _read(path)


async def _exit_code(command: Sequence[str], path: str) -> int:
    try:
        process = await asyncio.create_subprocess_exec(*command, path)
    except OSError:
        return 127  # as a shell answers for a command that cannot be started
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_LONGEST_LINE)
    except (OSError, UnicodeDecodeError):
        return None
