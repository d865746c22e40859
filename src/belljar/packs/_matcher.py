"""A regular expression of a stranger's, tried in a process of its own that is killed when its time is up.

Python's `re` goes back and forth: `(a+)+$` on thirty letters takes a minute, inside one call that nothing can
interrupt. A process can be killed. It gets the text of files through its pipe and no descriptor of any file.
"""

from __future__ import annotations

import json
import os
import select
import signal as signals
import struct
from pathlib import Path
from typing import Any, Final

from belljar.errors import ToolValidationError, WorkspaceError
from belljar.packs._pace import Pace
from belljar.packs._program import started
from belljar.tools import AbortSignal

_PROGRAM: Final = Path(__file__).with_name("_grep_worker.py")
_CHUNK: Final = 1 << 16


class Matcher:
    """One pattern at work. A context manager; the process is gone when it is left."""

    def __init__(self, task: dict[str, Any], *, pace: Pace, signal: AbortSignal) -> None:
        self._task = task
        self._pace = pace
        self._signal = signal

    def __enter__(self) -> Matcher:
        """Raises ToolValidationError for a pattern that cannot be compiled, TimeoutError when that takes too long."""
        self._process = started(_PROGRAM)
        try:
            self._begin()
        except BaseException:  # Control-C too must leave no process behind
            self._end()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        self._end()

    def matches(self, data: bytes) -> list[list[Any]]:
        """`[line, column, text, before, after]` for every line that fits.

        Raises TimeoutError when the time is up, CallAbortedError after an abort, WorkspaceError when the pattern takes
        more memory than it may. The process is dead after each of these.
        """
        found: list[list[Any]] = json.loads(self._exchange(data))
        return found

    def _begin(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._signal.add_callback(lambda _reason: self._process.kill())
        answer = json.loads(self._exchange(json.dumps(self._task).encode()))
        if "error" in answer:
            raise ToolValidationError(
                f"pattern: {answer['error']}", hint="Patterns are Python regular expressions.", tool="grepFiles"
            )

    def _end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()

    # -- frames ---------------------------------------------------------------------------------------------------

    def _exchange(self, data: bytes) -> bytes:
        try:
            self._write(struct.pack(">I", len(data)) + data)
            return self._read(struct.unpack(">I", self._read(4))[0])
        except (EOFError, BrokenPipeError):
            self._signal.throw_if_aborted()
            raise self._post_mortem() from None

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._wait(self._to, select.POLLOUT)
            view = view[os.write(self._to, view[:_CHUNK]) :]

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait(self._from, select.POLLIN)
            chunk = os.read(self._from, min(size - len(data), _CHUNK))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def _wait(self, descriptor: int, event: int) -> None:
        """Until the pipe is ready. An abort kills the process, which ends the wait too."""
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(self._pace.left_s * 1000):
            raise TimeoutError

    def _post_mortem(self) -> WorkspaceError:
        code = self._process.wait()
        why = f"ended by {signals.Signals(-code).name}" if code < 0 else "it takes too much memory"
        return WorkspaceError(f"the pattern could not be tried: {why}", hint="Search for something simpler.")
