"""Child processes of a scan. What a repository holds is parsed there and not here, so nothing in it can hang, crash or
fill this process; a child ends at its time limit, when the scan is stopped, and when this process dies.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from belljar import gate
from belljar.packs._process import Command, Process

_MAIN: Final = Path(__file__).with_name("_child_main.py")
OUTPUT_BYTES: Final = 64 << 20
MEMORY_MB: Final = 2_048
_RAISED: Final = re.compile(r"^([A-Za-z_][\w.]{0,80})(?=:|$)", re.MULTILINE)
_PLACE: Final = re.compile(r'^  File "[^"\n]{0,400}?([\w.-]{1,80})", line (\d{1,9})', re.MULTILINE)
_HOME: Final = Path(__file__).parents[3]
"""Where belljar itself is found."""


class ChildFailedError(Exception):
    """A child that gave no answer; the text says why, and nothing of what it was looking at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A module to run as a process."""

    module: str
    argv: Sequence[str] = ()
    folder: Path
    """That is scanned: modules are never looked for in it."""
    seconds: float
    """It is killed then."""


async def answer_of(child: Child) -> Any:
    """What the child wrote, as JSON. Raises ChildFailedError."""
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        process = Process(_command(child, folder), output_bytes=OUTPUT_BYTES)
    except OSError as error:
        raise ChildFailedError(f"no process could be started: {error.strerror}") from error
    finally:
        os.close(folder)
    is_late = False
    try:
        async with asyncio.timeout(child.seconds):
            await process.ended()
    except TimeoutError:
        is_late = True
    finally:
        ending = await process.end()
    if is_late:
        raise ChildFailedError(f"it took more than {child.seconds:g} s")
    if ending.exit_code != 0:
        raise ChildFailedError(_why(ending.exit_code, ending.signal) + _where(process.stderr.text()))
    return _parsed(process)


def _parsed(process: Process) -> Any:
    if process.stdout.is_cut:
        raise ChildFailedError(f"it wrote more than {OUTPUT_BYTES >> 20} MB")
    try:
        return json.loads(process.stdout.text())
    except ValueError as error:
        raise ChildFailedError("what it wrote is no JSON") from error


def _why(exit_code: int | None, signal: int | None) -> str:
    if signal is not None:
        return f"it was ended by signal {signal}"
    return "it did not end by itself" if exit_code is None else f"it failed with exit code {exit_code}"


def _where(said: str) -> str:
    """Which exception it was and where in the code, from what the child said last; none of its words."""
    raised, places = _RAISED.findall(said), _PLACE.findall(said)
    if not raised or not places:
        return ""
    file, line = places[-1]
    return f": {raised[-1]} at {file}:{line}"


def _command(child: Child, folder: int) -> Command:
    told = {
        "path": _module_path(child.folder),
        "module": child.module,
        "argv": list(child.argv),
        "memory_mb": MEMORY_MB,
        "cpu_s": max(1, int(child.seconds) + 1),
    }
    return Command(
        argv=[sys.executable, "-I", "-X", "utf8", str(_MAIN)],
        folder=folder,
        # The gate is open here, or this code would not run; a child of ours is inside of it.
        environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", gate.VARIABLE: gate.ENABLING[0]},
        stdin=json.dumps(told).encode("ascii"),
        grace_ms=0,
    )


def _module_path(scanned: Path) -> list[str]:
    """Where this process looks for modules, but not in the folder that is scanned, nor wherever we happen to be."""
    strange = {scanned, Path.cwd()} - {_HOME}
    return [each for each in sys.path if each and Path(each) not in strange]
