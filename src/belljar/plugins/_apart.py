"""A stranger's work in a process of its own: a program of ours that imports nothing of belljar and knows one task.

The process is killed when its time is up and when the call is aborted, so nothing of it goes on, whatever it was doing.
It bounds its own memory, and its processor time for when this process dies first (`bounds` of each program).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from belljar.packs._program import started
from belljar.tools import AbortSignal


class DiedError(Exception):
    """The process had no answer: it took too much memory or processor time."""


def answer_of(program: str, task: Mapping[str, Any], signal: AbortSignal, *, ms: int) -> dict[str, Any]:
    """What the program beside this module says to the task, both as JSON.

    Raises TimeoutError when the time is up, DiedError, and CallAbortedError after an abort.
    """
    answer = _answered(program, json.dumps({**task, "cpu_s": ms // 1_000 + 1}).encode(), signal, ms)
    found: dict[str, Any] = json.loads(answer)
    return found


def _answered(program: str, task: bytes, signal: AbortSignal, ms: int) -> bytes:
    with started(Path(__file__).with_name(program)) as process:
        signal.add_callback(lambda _reason: process.kill())
        try:
            answer, _ = process.communicate(task, timeout=ms / 1_000)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            process.kill()
    signal.throw_if_aborted()
    if process.returncode != 0:
        raise DiedError
    return answer
