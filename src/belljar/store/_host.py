"""Which process this is, so that another one on this computer can see whether it still lives. Reads /proc.

A process number alone says little: it is given out again, and containers each count from 1. So a process is named by
the computer's boot, the namespace that counts, its number, and the tick at which it began.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_PROC = Path("/proc")


def worker_id() -> str:
    """A new name for a worker in this process."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def process_name() -> str:
    """This process among all that ever were; empty where the computer does not tell."""
    counter, began = _counter(), _began(os.getpid())
    return f"{counter} {os.getpid()} {began}" if counter and began else ""


def is_gone(name: str) -> bool:
    """Whether the process with this `process_name` is known to have ended. False where it cannot be known from here."""
    counter, pid, began = name.rsplit(" ", 2) if name else ("", "", "")
    return bool(counter) and counter == _counter() and _began(int(pid)) != began


def _counter() -> str:
    """What gives out process numbers: this boot of this computer, and the namespace."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:  # no Linux: only the heartbeat tells
        return ""


def _began(pid: int) -> str | None:
    """The tick at which the process began; None where there is none, or only its remains."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it is not there
        return None
    return None if fields[0] in ("Z", "X") else fields[19]
