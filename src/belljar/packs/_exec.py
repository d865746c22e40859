"""The tool `exec`: one program of the host's, with arguments, in a folder of the workspace.

A program runs with all the rights of the host's process: the workspace bounds where it starts, not what it can reach
(the user's files, the network, in /proc the host's own environment). Hence `approval="always"`. What is bounded: no
shell, an environment without the host's secrets, time, what is kept of its output, and its end: everything that it
started ends with it (see `_process`).
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal as signals
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from belljar.errors import ToolExecutionError, ToolValidationError, UsageError
from belljar.packs._process import Command, Ending, Process
from belljar.packs._workspace import Workspace
from belljar.tools import AnyTool, Tool, tool
from belljar.tools._tool import Approval

_STDERR_BYTES: Final = 2_048
"""Of the end of stderr, in an error (SPEC: 2 kB)."""
_ARGUMENT_BYTES: Final = 131_071
"""Linux takes no longer one: MAX_ARG_STRLEN (execve(2)), without its NUL."""
_MOST_MS: Final = 86_400_000

_REFUSED: Final = {
    errno.ENOENT: "was not found, or the interpreter that its first line names was not",
    errno.EACCES: "may not be executed",
    errno.EPERM: "may not be executed",
    errno.ENOEXEC: "is no program",
    errno.ENOTDIR: "was not found",
    errno.E2BIG: "was given arguments that are too long; put long text into stdin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecLimits:
    """Bounds on one command."""

    timeout_ms: int = 60_000
    """Longest time; a script may ask for less. Then it is killed: ToolExecutionError. At most a day."""
    output_bytes: int = 262_144
    """Kept of each of stdout and stderr, half from the beginning and half from the end. At most 64 MiB."""
    grace_ms: int = 100
    """Between SIGTERM and SIGKILL, at most 60 s. Over `Limits.grace_ms`, aborted calls may be reported as stuck."""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise UsageError(f"ExecLimits.{name} must be a whole number from {low} to {high}, got {value!r}")


_RANGES: Final = {"timeout_ms": (1, _MOST_MS), "output_bytes": (2, 64 << 20), "grace_ms": (0, 60_000)}


class ExecResult(TypedDict):
    """How a command ended. A command that fails is a result, too."""

    exitCode: int | None
    """Null where a signal ended it."""
    signal: str | None
    """`"SIGKILL"`, ...; null where it ended by itself."""
    stdout: str
    """UTF-8; what is none became U+FFFD."""
    stderr: str
    truncated: bool
    """Whether the middle of one of the two is left out."""


def exec_tool(
    root: str | os.PathLike[str],
    *,
    name: str = "exec",
    approval: Approval = "always",
    env: Mapping[str, str] | None = None,
    inherit: Sequence[str] = (),
    limits: ExecLimits | None = None,
) -> AnyTool:
    """The tool that runs programs in the folder `root`.

    The environment of a program is LANG, HOME (the root), the host's variables named in `inherit`, the host's PATH (its
    absolute folders; the system's own where it has none), and `env`, the later ones first. A relative folder in PATH
    would be sought in the workspace, where the script can put a program. `approval` may look at `argv` and `cwd`, but
    think twice before it lets a command pass unseen: nearly every program can be told to run another.

    Raises UsageError when `root` is no folder, for an impossible environment, a PATH in `env` with folders that are not
    absolute, and on systems without openat.
    """
    environment = _Environment(root=Path(root).resolve(), inherit=tuple(inherit), own=dict(env or {}))
    runner = _Exec(Workspace(root), environment, limits or ExecLimits(), name)
    return Tool.of(runner.run, name=name, approval=approval)


class _Exec:
    def __init__(self, workspace: Workspace, environment: _Environment, limits: ExecLimits, name: str) -> None:
        self._workspace = workspace
        self._environment = environment
        self._limits = limits
        self._name = name

    @tool
    async def run(
        self,
        argv: Annotated[list[str], Field(min_length=1, description='["git", "log", "-5"]: no shell, no quoting.')],
        cwd: Annotated[str, Field(description="Folder, from the workspace's root.")] = ".",
        stdin: Annotated[str | bytes, Field(description="What the program can read.")] = "",
        timeout_ms: Annotated[int | None, Field(ge=1, description="Null is the longest allowed.")] = None,
    ) -> ExecResult:
        """Run a program. Exit codes other than 0 are no errors: look at `exitCode`. Whatever the program started ends
        with it, background processes too.
        """
        most_ms = min(timeout_ms or self._limits.timeout_ms, self._limits.timeout_ms)
        self._check(argv)
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        with self._folder(cwd) as folder:
            process = self._started(
                Command(
                    argv=argv,
                    folder=folder,
                    environment=self._environment.values(),
                    stdin=data,
                    grace_ms=self._limits.grace_ms,
                )
            )
        return self._result(process, await self._ending(process, argv, most_ms), argv)

    # -- before ---------------------------------------------------------------------------------------------------

    def _check(self, argv: list[str]) -> None:
        for at, argument in enumerate(argv):
            if "\0" in argument:
                raise self._invalid(f"argv[{at}] holds a NUL character")
            if len(argument.encode()) > _ARGUMENT_BYTES:
                raise self._invalid(f"argv[{at}] is longer than {_ARGUMENT_BYTES:,} bytes; put long text into stdin")
        if not argv[0]:
            raise self._invalid("argv[0] is empty; it names the program")

    def _invalid(self, message: str) -> ToolValidationError:
        return ToolValidationError(message, tool=self._name)

    @contextmanager
    def _folder(self, path: str) -> Iterator[int]:
        descriptor = self._workspace.open_dir(path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _started(self, command: Command) -> Process:
        try:
            return Process(command, output_bytes=self._limits.output_bytes)
        except OSError as error:
            raise self._refused(command.argv, error.errno or 0) from error

    # -- after ----------------------------------------------------------------------------------------------------

    async def _ending(self, process: Process, argv: list[str], most_ms: int) -> Ending:
        try:
            async with asyncio.timeout(most_ms / 1000):
                await process.ended()
        except TimeoutError:
            await process.end()
            raise self._failed(f"{_shown(argv)} ran longer than {most_ms:,} ms and was killed", process) from None
        except asyncio.CancelledError:
            await process.end()
            raise
        return await process.end()

    def _result(self, process: Process, ending: Ending, argv: list[str]) -> ExecResult:
        if ending.refused is not None:
            raise self._refused(argv, ending.refused)
        if ending.exit_code is None and ending.signal is None:
            raise self._failed(f"nobody knows how {_shown(argv)} ended: the process above it was killed", process)
        return {
            "exitCode": ending.exit_code,
            "signal": _signal_name(ending.signal) if ending.signal is not None else None,
            "stdout": process.stdout.text(),
            "stderr": process.stderr.text(),
            "truncated": process.stdout.is_cut or process.stderr.is_cut,
        }

    def _refused(self, argv: Sequence[str], code: int) -> ToolExecutionError:
        has_shell_syntax = any(character in argv[0] for character in " |&;<>")
        return ToolExecutionError(
            f"{_shown(argv)} {_REFUSED.get(code, f'could not be started: {os.strerror(code)}')}",
            hint='There is no shell: write argv as ["ls", "-l"], one entry for each argument.'
            if has_shell_syntax
            else "",
            tool=self._name,
        )

    def _failed(self, message: str, process: Process) -> ToolExecutionError:
        details: dict[str, Any] = {"stderr": process.stderr.last(_STDERR_BYTES)}
        said = f"; its stderr ends with:\n{details['stderr']}" if details["stderr"] else ""
        return ToolExecutionError(f"{message}{said}", tool=self._name, details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Environment:
    """What a program finds in its environment."""

    root: Path
    inherit: tuple[str, ...]
    own: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, value in ((name, self.own.get(name, "")) for name in (*self.inherit, *self.own)):
            if not name or "=" in name or "\0" in name + value:
                raise UsageError(f"{name!r} cannot be an environment variable with that value")
        if not all(map(os.path.isabs, self.own.get("PATH", os.defpath).split(":"))):
            raise UsageError(f"env: PATH must name absolute folders only, got {self.own['PATH']!r}")

    def values(self) -> dict[str, str]:
        """As it is now."""
        kept = {name: os.environ[name] for name in self.inherit if name in os.environ}
        absolute = ":".join(filter(os.path.isabs, os.environ.get("PATH", "").split(":")))
        path = {"PATH": absolute or os.defpath}  # an empty one means the current folder to glibc
        return {"LANG": "C.UTF-8", "HOME": str(self.root)} | kept | path | dict(self.own)


def _shown(argv: Sequence[str]) -> str:
    return repr(argv[0][:80])


def _signal_name(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"
