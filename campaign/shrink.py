"""What an input does to a check, told from a child process, and the smallest part of the input that still does it.

A check may kill its process (libraries in C) or never end, so every try is a fork. The process that calls this must
have no threads and must not have opened a machine.
"""

from __future__ import annotations

import os
import select
import signal
import traceback
from collections.abc import Callable
from typing import Final

HANG_S: Final = 10.0
"""A check that takes longer hangs."""
_DETAIL_CHARS: Final = 160


def told(error: BaseException) -> str:
    """What went wrong and in which function, in a line: `KeyError in _history.py:_take | 'call'`.

    What stands before the bar is the same for every input that fails alike.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].name}" if frames else "nowhere"
    text = " ".join(str(error).split())[:_DETAIL_CHARS]
    if isinstance(error, AssertionError):
        return f"{text or 'assertion'} | {where}"
    return f"{type(error).__name__} in {where} | {text}"


def kind_of(why: str) -> str:
    """The part of `told` that two finds of one defect share."""
    return why.partition(" | ")[0]


def verdict(check: Callable[[bytes], None], data: bytes, *, hang_s: float = HANG_S) -> str:
    """What `check` makes of `data` in a child process: empty, as `told`, `hangs`, or `killed by` a signal."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(check, data, writable)
    os.close(writable)
    ready, _, _ = select.select([readable], [], [], hang_s)
    if not ready:
        os.kill(child, signal.SIGKILL)
    with os.fdopen(readable, "rb") as pipe:
        why = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if not ready:
        return "hangs"
    return f"killed by {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else why


def _answer(check: Callable[[bytes], None], data: bytes, writable: int) -> None:
    """In the child: never returns."""
    why = ""
    try:
        check(data)
    except BaseException as error:  # a boundary: whatever it is, it is the answer
        why = told(error)
    os.write(writable, why.encode("utf-8", "replace"))
    os._exit(0)


def shrunk(data: bytes, fails: Callable[[bytes], bool], *, tries: int = 300) -> bytes:
    """The smallest input found for which `fails` holds, dropping ever smaller pieces; at most `tries` calls."""
    size = len(data)
    while size := size // 2:
        at = 0
        while at < len(data) and tries:
            candidate, tries = data[:at] + data[at + size :], tries - 1
            if fails(candidate):
                data = candidate
            else:
                at += size
    return data


def smallest(check: Callable[[bytes], None], data: bytes) -> tuple[bytes, str]:
    """The smallest input found that fails as `data` does, and why it fails; empty when `data` does not."""
    kind = kind_of(verdict(check, data))
    if not kind:
        return data, ""
    small = shrunk(data, lambda candidate: kind_of(verdict(check, candidate)) == kind)
    return small, verdict(check, small)
