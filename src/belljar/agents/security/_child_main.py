"""The beginning of a scan's child process: it takes limits upon itself, and then is the module that it was told to be.

Stands alone: no import of belljar. What it is told comes as JSON on standard input: `path` (where modules are),
`module`, `argv`, `memory_mb`, `cpu_s`. Without a host it ends by its processor time.
"""

from __future__ import annotations

import json
import resource
import runpy
import sys


def main() -> None:
    told = json.load(sys.stdin)
    memory = told["memory_mb"] << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (told["cpu_s"], told["cpu_s"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path[:] = told["path"]
    sys.argv = [told["module"], *told["argv"]]
    runpy.run_module(told["module"], run_name="__main__", alter_sys=True)


main()
