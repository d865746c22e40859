"""What the tests of all three frameworks share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = """
    const seen = await tools.look({at: 2});
    const both = await Promise.all([tools.pay({cents: seen}), tools.pay({cents: 3})]);
    const last = await tools.pay({cents: 9});
    return {seen, both, last};
"""
"""Waits twice: for two payments, then for one."""
VALUE = {"seen": 4, "both": ["paid 4", "paid 3"], "last": "paid 9"}
"""What it returns when all is paid."""


def in_processes(program: str, file: Path, *, rounds: int) -> Any:
    """Run a program over and over, each time in a new process that is given what the last one printed, as JSON."""
    told: Any = None
    for _ in range(rounds):
        done = subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", program, str(file)],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
    return told
