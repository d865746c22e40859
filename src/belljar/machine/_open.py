"""Choosing an engine by name."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from typing import Any, Final

from belljar.errors import BelljarError, EngineUnavailableError, UsageError
from belljar.limits import Limits
from belljar.machine._machine import checked_profile
from belljar.machine._protocol import Machine, Waiting
from belljar.script import Script


def _quickjs(limits: Limits, profile: str) -> Machine:
    from belljar.machine._quickjs import QuickJsMachine

    return QuickJsMachine(limits, profile)


def _contained_quickjs(limits: Limits, profile: str) -> Machine:
    _require_processes()
    from belljar.machine._remote import ContainedQuickJsMachine

    return ContainedQuickJsMachine(limits, profile)


def _v8(limits: Limits, profile: str) -> Machine:
    _require_processes()
    from belljar.machine._remote import V8Machine

    return V8Machine(limits, profile=profile)


def _contained_v8(limits: Limits, profile: str) -> Machine:
    _require_processes()
    from belljar.machine._remote import V8Machine

    return V8Machine(limits, profile=profile, is_contained=True)


def _require_processes() -> None:
    if os.name != "posix":
        raise EngineUnavailableError(
            "worker processes need a POSIX system", hint="Use the engine quickjs without isolation."
        )


_OPENERS: Final[Mapping[tuple[str, str], Callable[[Limits, str], Machine]]] = {
    ("quickjs", "none"): _quickjs,
    ("quickjs", "process"): _contained_quickjs,
    ("v8", "none"): _v8,
    ("v8", "process"): _contained_v8,
}
ENGINES: Final = ("quickjs", "v8")
ISOLATIONS: Final = ("none", "process")
"""What stands around the engine besides its own walls; `process` is a process for each run. V8 always has one, which
without it serves one run after another."""
METERED: Final = frozenset({"quickjs"})
"""Engines that count fuel."""


def installed_engines() -> tuple[str, ...]:
    """The engines that can be opened here."""
    return tuple(engine for engine in ENGINES if engine != "v8" or _has_v8())


def _has_v8() -> bool:
    if os.name != "posix":
        return False
    from belljar.machine._worker import packages

    try:
        packages()
    except EngineUnavailableError:
        return False
    return True


def open_machine(
    *, engine: str = "quickjs", limits: Limits | None = None, isolation: str = "none", profile: str = "standard"
) -> Machine:
    """A fresh machine, ready for `start` with a script of its profile.

    Close it, or use it in a `with` statement, unless it ran to its end.

    With isolation `process` the machine has a worker process for itself, which can open, run and reach nothing; it
    cannot be frozen then.

    The first call in a process loads the compiled guest (some 10 ms), the first on a computer compiles it (some 1 s).
    Raises UsageError for an unknown engine, EngineUnavailableError for one that is not installed, CacheError where the
    cache folder is not safe.
    """
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}", hint=f"Engines: {', '.join(ENGINES)}.")
    if isolation not in ISOLATIONS:
        raise UsageError(f"unknown isolation {isolation!r}", hint=f"Isolations: {', '.join(ISOLATIONS)}.")
    return _OPENERS[engine, isolation](limits or Limits(), checked_profile(profile))


def thaw(image: bytes, *, key: bytes | None = None) -> tuple[Machine, Waiting]:
    """The machine that `freeze` saw, and the step it waits at; also in another process, on another day.

    `key` as in `freeze`. Raises ImageError for a corrupt or forged image, or one of another guest build; the run can
    then be replayed from its journal.
    """
    from belljar.machine._quickjs import QuickJsMachine

    return QuickJsMachine.thaw(image, key=key)


def check_compiles(script: Script) -> BelljarError | None:
    """What the jar's own compiler says against `script`, without running it; None when it compiles."""
    from belljar.machine._quickjs import QuickJsMachine

    with QuickJsMachine(Limits(), script.profile) as machine:
        return machine.compile_error(script)


def guest_facts() -> dict[str, Any]:
    """Versions and digests of what runs inside, for `belljar doctor`."""
    from belljar.machine import _guest
    from belljar.machine._engine import base_image, engine_version

    image = base_image()
    return {
        **_guest.facts(),
        "build_id": _guest.build_id(),
        "wasmtime": engine_version(),
        "platform": platform.machine(),
        "memory_bytes": image.layout.memory_bytes,
        "pooled": image.pooled,
    }
