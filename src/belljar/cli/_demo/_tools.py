"""The demo's tools: a small project's files and its tests, confined to one folder.

Ordinary Python: typed methods with `@tool`. What they return is declared to the model as TypeScript. Every path is
resolved first, symbolic links included, and must then be inside the folder.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from belljar.cli._demo._patch import FileChange, parse_diff, paths_of
from belljar.tools import AnyTool, tool

_FILE_BYTES: Final = 64_000
_HITS: Final = 200
_OUTPUT_BYTES: Final = 16_000
_TESTS_S: Final = 20.0
_RAN: Final = re.compile(r"^Ran (\d+) tests?", re.MULTILINE)
_FAILED: Final = re.compile(r"^(?:FAIL|ERROR): (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line that fits."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """How the project's tests went."""

    ok: bool
    ran: int
    failed: list[str]
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patched:
    """What a patch changed."""

    files: list[str]
    added: int
    removed: int


class Workspace:
    """The tools over one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    @property
    def tools(self) -> list[AnyTool]:
        """All of them, bound to this folder."""
        return [self.list_files, self.grep, self.read_file, self.run_tests, self.apply_patch]

    def _inside(self, path: str) -> Path:
        found = (self._root / path).resolve()
        if not found.is_relative_to(self._root):
            raise PermissionError(f"{path!r} is outside the workspace")
        return found

    def _files(self, glob: str) -> Iterator[tuple[str, Path]]:
        for path in sorted(self._root.glob(glob)):
            if path.is_file() and path.resolve().is_relative_to(self._root):
                yield path.relative_to(self._root).as_posix(), path

    @tool
    def list_files(self, folder: str = ".") -> list[str]:
        """Paths of all files under a folder of the workspace, sorted."""
        inside = self._inside(folder).relative_to(self._root)
        return [name for name, _ in self._files(f"{inside.as_posix()}/**/*")]

    @tool
    def grep(self, pattern: str, glob: str = "**/*.py") -> list[Hit]:
        """Lines that fit a Python regular expression, in files that fit a glob; 200 at most."""
        wanted = re.compile(pattern)
        hits: list[Hit] = []
        for name, path in self._files(glob):
            lines = path.read_text(encoding="utf-8").splitlines()
            hits += [Hit(path=name, line=at, text=line) for at, line in enumerate(lines, 1) if wanted.search(line)]
        return hits[:_HITS]

    @tool
    def read_file(self, path: str) -> str:
        """The text of one file of the workspace, 64 kB at most."""
        with self._inside(path).open(encoding="utf-8") as file:
            return file.read(_FILE_BYTES)

    @tool(timeout_ms=25_000)
    async def run_tests(self, pattern: str = "test*.py") -> TestRun:
        """Run the project's unit tests whose file names fit a pattern."""
        argv = ("-B", "-s", "-m", "unittest", "discover", "-s", "tests", "-t", ".", "-p", pattern)
        code, output = await _captured(argv, self._root)
        ran = _RAN.search(output)
        # an argument list and no shell: the pattern is data, whatever is in it
        return TestRun(
            ok=code == 0, ran=int(ran[1]) if ran else 0, failed=sorted(_FAILED.findall(output)), output=output
        )

    @tool(approval="always")
    def apply_patch(self, diff: str) -> Patched:
        """Apply a unified diff to files of the workspace: all of its hunks, or none."""
        changes = parse_diff(diff)
        texts = {path: self._inside(path).read_text(encoding="utf-8") for path in paths_of(changes)}
        for change in changes:
            texts[change.path] = change.apply(texts[change.path])
        for path, text in texts.items():
            _replace(self._inside(path), text)
        return _counted(changes)


def _counted(changes: list[FileChange]) -> Patched:
    marks = [mark for change in changes for hunk in change.hunks for mark in hunk.marks]
    return Patched(files=paths_of(changes), added=marks.count("+"), removed=marks.count("-"))


def _replace(path: Path, text: str) -> None:
    """A reader sees the old text or the new, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, path)


async def _captured(argv: tuple[str, ...], cwd: Path) -> tuple[int, str]:
    """Exit code and output of a Python process; it and its children are gone when this ends, however it ends."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *argv, cwd=cwd, stdout=PIPE, stderr=STDOUT, start_new_session=True, env=environment
    )
    try:
        async with asyncio.timeout(_TESTS_S):
            output = await _capped(process)
            return await process.wait(), output
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _capped(process: Process) -> str:
    """The output, with its middle left out where it is long: a flood is read and dropped, not kept."""
    assert process.stdout is not None
    half = _OUTPUT_BYTES // 2
    head, tail, size = b"", b"", 0
    while chunk := await process.stdout.read(1 << 16):
        size += len(chunk)
        room = half - len(head)
        head, rest = head + chunk[:room], chunk[room:]
        tail = (tail + rest)[-half:]
    left_out = size - len(head) - len(tail)
    middle = f"\n[{left_out:,} bytes left out]\n".encode() if left_out else b""
    return (head + middle + tail).decode("utf-8", "replace")
