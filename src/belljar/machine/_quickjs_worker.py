"""The program of a worker process that has QuickJS machines: the machine of `_quickjs`, one after another.

Frames are those of `_v8_worker`. The machine bounds itself here as it does anywhere; a worker that
does not answer is killed by its parent.
"""

from __future__ import annotations

import os
from typing import Any

from belljar.limits import Limits
from belljar.machine._confine import confine
from belljar.machine._machine import Stop
from belljar.machine._quickjs import QuickJsMachine
from belljar.machine._v8_worker import READY, REPORT, STOPPED, System, reply, requests, scripts


def main(profile: str) -> None:
    """Serve runs until the parent closes its end."""
    try:
        scripts()
        system = System()
        QuickJsMachine(Limits(), profile).close()  # loads what has to be read from files
        confine()
        while True:
            reply(READY, str(system.resident_bytes()).encode())
            _serve(profile)
    except EOFError:
        os._exit(0)


def _serve(profile: str) -> None:
    machine: QuickJsMachine | None = None
    for head, message in requests():
        if "limits" in head:
            machine = QuickJsMachine(Limits(**head["limits"]), profile)
        assert machine is not None
        _step(machine, head, message)
    if machine is not None:
        machine.close()


def _step(machine: QuickJsMachine, head: dict[str, Any], message: str) -> None:
    told = machine._cross(head["op"], message.encode(), head["now_ms"], head["budget_s"])
    if isinstance(told, Stop):
        reply(STOPPED, f"{told.cause} {told.line} {told.column}".encode())
    else:
        reply(REPORT, f"{machine.figures.memory_bytes} {machine.figures.fuel}\n".encode(), told.encode())
