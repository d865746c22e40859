"""The parent's side of child processes: their environment, and a conversation by lines."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """This process's own, in which a child finds the same belljar and this package."""
    found = find_spec("belljar")
    home = str(Path(found.origin).parent.parent) if found is not None and found.origin else ""
    paths = [str(ROOT), home, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def first_result_s(program: str) -> float:
    """Seconds from starting a Python process to the line `2` from `program`. Raises ValueError for another line."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment(), cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        taken = time.perf_counter() - begin
    if line.strip() != "2":
        raise ValueError(f"a fresh process printed {line!r}, expected '2'")
    return taken


class Child:
    """`python -m benchmarks.child` with arguments; one line in for each line out."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def tell(self, line: str) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Wait for one line. Raises ChildProcessError where the child ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"child {' '.join(self._arguments)} ended with {self._process.wait()}")
        return line.strip()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.child", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
