"""What a child process of the benchmark does: `python -m benchmarks.child rate|idle SUBJECT ...`.

`rate SUBJECT ACTION` reads seconds, a line each, and answers with repetitions per second. `idle SUBJECT COUNT` prints
the bytes of resident memory that each of COUNT machines takes which wait at a call: all of it, and on the next line
what is left without pages that are shared.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks import workloads
from benchmarks.lineup import subject_kind
from benchmarks.measure import quiet
from benchmarks.tasks import ACTIONS
from benchmarks.throughput import repeat

_WARM = 3


def rate(kind: str, action: str) -> None:
    """Serve turns until standard input ends."""
    act, work = ACTIONS[action]
    with subject_kind(kind)() as subject:
        for line in sys.stdin:
            with quiet():
                told = repeat(kind, lambda: act(subject, work), work.expected, float(line))
            print(told, flush=True)


def idle(kind: str, count: str) -> None:
    """Hold machines and look at this process's memory, and at that of its workers where it has some."""
    subject = subject_kind(kind)()
    held = [subject.suspend(workloads.PAUSE) for _ in range(_WARM)]
    with quiet():
        before = resident_bytes()
        held = [*held, *(subject.suspend(workloads.PAUSE) for _ in range(int(count)))]
        after = resident_bytes()
        outside = subject.held_bytes(held[_WARM:])
    for begin, end in zip(before, after, strict=True):
        print((end - begin + outside) / int(count), flush=True)


def resident_bytes() -> tuple[int, int]:
    """Of this process, as Linux tells it: all, and all but shared pages (those of a mapped file, such as an image)."""
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    page = os.sysconf("SC_PAGESIZE")
    return int(resident) * page, (int(resident) - int(shared)) * page


if __name__ == "__main__":
    {"rate": rate, "idle": idle}[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # machines that wait for ever are not unwound
