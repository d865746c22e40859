"""A program of ours for a stranger's work: it imports nothing of belljar, and a process of its own can be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def started(program: Path) -> subprocess.Popen[bytes]:
    """The process: pipes to and from it, the root folder, nothing of our environment, and a session of its own."""
    return subprocess.Popen(  # noqa: S603  (our own interpreter and program, no shell)
        [sys.executable, "-I", "-S", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
