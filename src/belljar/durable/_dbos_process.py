"""What a process has once for DBOS: the function of the workflow, and the worker that it brings slices to.

DBOS finds a workflow's function by its name and runs it on an event loop of its own; the worker lives on another. So
the function looks up who is at home in this process, and goes over to that loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from belljar.durable._orchestrator import Perform, Slice
from belljar.errors import UsageError

WORKFLOW: Final = "belljar.slice"


@dataclass(frozen=True, slots=True)
class Home:
    """The worker of this process, and the loop it lives on."""

    perform: Perform
    loop: asyncio.AbstractEventLoop
    hands: set[str] = field(default_factory=set)
    """Ids of the slices that are here now."""


_homes: list[Home] = []
"""At most one."""


def move_in(home: Home) -> None:
    """From now on slices come here. Raises UsageError where somebody lives here already."""
    if _homes:
        raise UsageError("this process has a worker on DBOS already", hint="One worker for each process.")
    _homes.append(home)


def move_out(home: Home) -> None:
    """No more slices."""
    _homes.remove(home)


async def _work_off(run_id: str, ordinal: int) -> bool:
    """The workflow: hands the slice to the worker's own event loop. False: it was not done here."""
    if not _homes:
        return False
    home = _homes[0]
    done = asyncio.run_coroutine_threadsafe(_at_home(home, Slice(run_id, ordinal)), home.loop)
    return await asyncio.wrap_future(done)


async def _at_home(home: Home, slice: Slice) -> bool:
    home.hands.add(slice.id)
    try:
        return await home.perform(slice)
    finally:
        home.hands.discard(slice.id)


def dbos_module() -> Any:
    """Loaded with its first use. Raises UsageError where it is not installed."""
    try:
        import dbos
    except ImportError:
        raise UsageError("DBOS is not installed", hint="pip install 'belljar[dbos]'") from None
    return dbos


def has_launched() -> bool:
    """Whether the host's DBOS is there to be joined. DBOS has no public word for it, and a second one made beside it
    would silently be the first. Raises UsageError for one that was made and not launched."""
    from dbos import _dbos as inside

    instance = inside._dbos_global_instance
    if instance is not None and not instance._launched:
        raise UsageError("this process has a DBOS that is not launched", hint="Call DBOS.launch() first.")
    return instance is not None


def register() -> None:
    """Make the workflow known to DBOS, once for each of its registries."""
    from dbos import _dbos as inside

    registry = inside._get_or_create_dbos_registry()
    if WORKFLOW not in registry.workflow_info_map:
        form = dbos_module().WorkflowSerializationFormat.PORTABLE
        dbos_module().DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None, serialization_type=form)(_work_off)
