"""Every attack of the tables `attacks_*.py`, by its class and name.

Scripts are plain JavaScript in the eyes of an attacker, with the tools `echo({value})`, `boom({message})` and `hang()`.
Names of tools are computed where the front end would find the trick before the jar could.
"""

from __future__ import annotations

from typing import Any, Final

from attacks_flows import AFTER_THE_END, FLOWS, GENERATORS, MICROTASKS, REENTRANT
from attacks_memory import MEMORY_BOMBS, MORE_MEMORY, TYPED_ARRAYS
from attacks_prelude import FORGED_PROTOCOL, TAMPERING
from attacks_source import BREAKOUTS, HIDDEN, LOOKALIKES
from attacks_stack import MORE_STACKS, STACKS
from attacks_time import LIES, MORE_TIME, TIME_BOMBS
from attacks_values import FORGERIES, SPECIES
from ends import MEMORY, TIME, Table, expected_of

from belljar import Limits

CLASSES: Final[dict[str, Table]] = {
    "forgery": FORGERIES,
    "species": SPECIES,
    "flow": FLOWS,
    "generator": GENERATORS,
    "microtask": MICROTASKS,
    "after the end": AFTER_THE_END,
    "reentrant": REENTRANT,
    "tampering": TAMPERING,
    "protocol": FORGED_PROTOCOL,
    "time": TIME_BOMBS,
    "lie": LIES,
    "more time": MORE_TIME,
    "stack": STACKS,
    "more stack": MORE_STACKS,
    "memory": MEMORY_BOMBS,
    "more memory": MORE_MEMORY,
    "typed array": TYPED_ARRAYS,
    "lookalike": LOOKALIKES,
    "hidden": HIDDEN,
    "breakout": BREAKOUTS,
}
ATTACKS: Final[dict[str, tuple[str, Any]]] = {
    f"{kind}: {name}": attack for kind, table in CLASSES.items() for name, attack in table.items()
}

QUICK: Final = Limits(timeout_ms=250, memory_mb=24, grace_ms=50)
BRIEF: Final = Limits(timeout_ms=60, memory_mb=24, grace_ms=50)
"""For attacks that are endless on every engine: how long they are let run proves nothing."""
HASTY: Final = Limits(timeout_ms=150, memory_mb=24, grace_ms=50)
"""For attacks on V8's memory, which may end with their time."""
PATIENT: Final = Limits(timeout_ms=2_000, memory_mb=24, grace_ms=50)
"""For attacks that must not end with their time, on a computer that has other things to do as well."""
_ENDLESS: Final = {"time", "lie", "more time"}
_FILLING: Final = {"memory", "more memory", "typed array"}


def _kind(name: str) -> str:
    return name.split(":")[0]


def limits_of(name: str, engine: str) -> Limits:
    """What bounds the attack of this name."""
    if TIME not in ends_of(name, engine):
        return PATIENT
    if _kind(name) in _ENDLESS:
        return BRIEF
    return HASTY if engine == "v8" and _kind(name) in _FILLING else QUICK


def ends_of(name: str, engine: str) -> list[Any]:
    """How the attack may end on `engine`.

    V8 searches for garbage ever harder as its memory fills, so a small time limit may come before a small memory limit;
    `test_a_memory_bomb_is_told_as_one_where_there_is_time` shows what comes of it otherwise.
    """
    ends = expected_of(ATTACKS[name][1], engine)
    is_slow = engine == "v8" and _kind(name) in _FILLING and MEMORY in ends
    return [*ends, TIME] if is_slow else ends
