"""The parent's side of `child`: workers that are begun, watched and killed one after the other."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent


class Nursery:
    """One warm process that forks workers; its workers' complaints go to the file `log`."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._pid = 0
        self._watch = -1

    def __enter__(self) -> Self:
        paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "campaign.kills.child"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, cwd=ROOT, text=True,
            )  # fmt: skip
        self._hear()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def begin(self, **order: Any) -> None:
        """A new worker; there is one at a time."""
        self._pid = int(self._ask(order))
        self._watch = os.pidfd_open(self._pid)

    def is_dead(self, *, within_s: float) -> bool:
        """Whether the worker ends by itself within so many seconds."""
        return bool(select.select([self._watch], [], [], max(within_s, 0))[0])

    def ask_to_end(self, *, within_s: float) -> bool:
        """Whether the worker comes to its end when it is asked to."""
        if not self.is_dead(within_s=0):
            signal.pidfd_send_signal(self._watch, signal.SIGTERM)
        return self.is_dead(within_s=within_s)

    def kill(self) -> int:
        """End the worker, if it lives, and wait until it has. How it ended, as `os.waitpid` says it."""
        if not self._pid:
            return 0
        if not self.is_dead(within_s=0):
            signal.pidfd_send_signal(self._watch, signal.SIGKILL)
        status = int(self._ask("wait"))
        os.close(self._watch)
        self._pid, self._watch = 0, -1
        return status

    def _ask(self, order: Any) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"the process that forks workers is gone; its log: {self._log}")
        return line.strip()
