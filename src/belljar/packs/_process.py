"""One command at work: its two streams, and the lifeline that ends all of it.

The command runs below a process of ours (`_exec_worker`) that holds the other end of a pipe, the lifeline. When we
close our end, or die, that process ends the command and everything that the command started. So nothing depends on
this process, its event loop or its threads getting round to it.

A command has the rights that the worker has, so neither is believed more than need be. Lifeline and report are sockets,
since a pipe can be opened by anybody who may look at its holder in /proc. What the report says counts when the worker
ended by itself, and no wait is for the report alone: who gets hold of it (pidfd_getfd(2)) can keep it open for ever.

The streams are read by the event loop without a thread. POSIX only.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from belljar.packs._capture import Capture

_WORKER: Final = Path(__file__).with_name("_exec_worker.py")
_CHUNK: Final = 1 << 16
_WORKER_S: Final = 2.0
"""Longer than the worker tries to kill what is left. After that it is killed itself."""
_REPORT_BYTES: Final = 200
"""More than the worker says."""
_REPORTED: Final = re.compile(rb"^(started|refused|exit|signal) (\d{1,9})$", re.MULTILINE)
_DRAIN_S: Final = 0.25
"""How long the end of the streams is waited for when the worker is gone: somebody may hold them open for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run."""

    argv: Sequence[str]
    """The program, sought in PATH where it has no slash, and its arguments, all without NUL."""
    folder: int
    """Descriptor of the working folder. The caller closes it."""
    environment: Mapping[str, str]
    """All of it, PATH included. No name is empty."""
    stdin: bytes = b""
    """What it can read."""
    grace_ms: int
    """Between SIGTERM and SIGKILL."""


class Ending(NamedTuple):
    """How it ended. All None: nobody knows, because the process above it did not end by itself."""

    exit_code: int | None = None
    signal: int | None = None
    refused: int | None = None
    """errno where it could not be started."""


class _Stream:
    """One pipe that the event loop empties."""

    def __init__(self, descriptor: int, take: Callable[[bytes], None]) -> None:
        self._descriptor = descriptor
        self._take = take
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    def close(self) -> None:
        """May be called again."""
        if not self.over.done():
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self.over.set_result(None)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            if data := os.read(self._descriptor, _CHUNK):
                self._take(data)
            else:
                self.close()


class Process:
    """Runs from the moment it is made. Used from one event loop's thread."""

    def __init__(self, command: Command, *, output_bytes: int) -> None:
        """Raises OSError where not even the worker can be started: too many processes, or files."""
        self.stdout, self.stderr = Capture(output_bytes), Capture(output_bytes)
        self._grace_s = command.grace_ms / 1000
        self._report = bytearray()
        self._start(command)

    def _start(self, command: Command) -> None:
        with ExitStack() as theirs, ExitStack() as ours:
            out = _pipe(ours, theirs)
            err = _pipe(ours, theirs)
            report = _sockets(ours, theirs)
            lifeline = _sockets(theirs, ours)
            request = _filled(theirs, _request(command))
            theirs_all = (lifeline[0], report[1], command.folder, request)
            self._worker = subprocess.Popen(  # noqa: S603  (our own interpreter and program, no shell)
                [sys.executable, "-I", "-S", "-X", "utf8", str(_WORKER), *map(str, theirs_all)],
                stdin=_filled(theirs, command.stdin) if command.stdin else subprocess.DEVNULL,
                stdout=out[1],
                stderr=err[1],
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},
                pass_fds=theirs_all,
                start_new_session=True,
            )
            ours.pop_all()
        self._lifeline: int | None = lifeline[1]
        self._streams = (_Stream(out[0], self.stdout.add), _Stream(err[0], self.stderr.add))
        self._told = _Stream(report[0], self._hear)

    async def ended(self) -> None:
        """Wait until the command and all that it started have ended."""
        await asyncio.wait([self._told.over])

    async def end(self) -> Ending:
        """End whatever is left, wait for that, and say how the command ended.

        A cancellation that comes meanwhile is raised when all is over.
        """
        self._let_go()
        cancelled = await _outlast(self._told.over, at_most_s=self._grace_s + _WORKER_S)
        if not self._told.over.done():
            self._worker.kill()
            self._told.close()
        self._worker.wait()
        ending = self._ending()
        cancelled = await _outlast(*(stream.over for stream in self._streams), at_most_s=_DRAIN_S) or cancelled
        for stream in self._streams:
            stream.close()
        if cancelled is not None:
            raise cancelled
        return ending

    def _let_go(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _hear(self, data: bytes) -> None:
        self._report += data[: _REPORT_BYTES - len(self._report)]

    def _ending(self) -> Ending:
        said = {name: int(number) for name, number in reversed(_REPORTED.findall(self._report))}  # the first counts
        if self._worker.returncode == 0:
            return Ending(exit_code=said.get(b"exit"), signal=said.get(b"signal"), refused=said.get(b"refused"))
        if (group := said.get(b"started", 0)) > 1:  # 0 would be our own group, 1 is no command's
            with suppress(OSError):  # what is left of its group, now that nobody else ends it
                os.killpg(group, signal.SIGKILL)
        return Ending()


async def _outlast(*waits: asyncio.Future[None], at_most_s: float) -> asyncio.CancelledError | None:
    """Wait for these although the task may be cancelled. The cancellation, for the caller to raise."""
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            await asyncio.wait(waits, timeout=at_most_s)
        except asyncio.CancelledError as error:
            cancelled = error
        else:
            return cancelled


def _request(command: Command) -> bytes:
    """As the worker reads it. A NUL can be in none of it."""
    environment = (f"{name}={value}" for name, value in command.environment.items())
    return "\0".join((str(command.grace_ms), *environment, "", *command.argv)).encode("utf-8", "surrogateescape")


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """A pipe, each end closed with its stack."""
    reading, writing = os.pipe()
    reader.callback(os.close, reading)
    writer.callback(os.close, writing)
    return reading, writing


def _sockets(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """The same of sockets, which cannot be opened through /proc (ENXIO)."""
    reading, writing = (end.detach() for end in socket.socketpair())
    reader.callback(os.close, reading)
    writer.callback(os.close, writing)
    return reading, writing


def _filled(stack: ExitStack, data: bytes) -> int:
    """A file with this in it, at its beginning. A pipe would need somebody who writes it."""
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (the stack is its context)
    file.write(data)
    file.seek(0)
    return file.fileno()
