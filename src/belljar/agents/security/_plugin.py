"""The scan's own plugin and the host that it runs under, with one grant: to read the files of the folder scanned.

The host is imported where it is used: it brings in the store and its database, and the scan's child processes, which
begin several times in a scan, need neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from belljar.agents.security._locks import Inventory, InventoryError
from belljar.errors import QueueFullError
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.harness import Outcome
    from belljar.plugins import Plugin, PluginHost, Policy
    from belljar.store import Store

_TRIES: Final = 30
_TRY_S: Final = 0.5
_ORPHANS: Final = 1_000
FOLDER: Final = Path(__file__).with_name("plugin")


@lru_cache(maxsize=1)
def inventory_plugin() -> Plugin:
    """As it lies in the package."""
    from belljar.plugins import load

    return load(FOLDER)


def policy_for(root: Path) -> Policy:
    """A grant for this very plugin, by its checksum, that reaches no further than the folder."""
    from belljar.plugins import Grant, Policy

    plugin = inventory_plugin()
    limits = plugin.manifest.limits
    grant = Grant(
        checksum=plugin.checksum,
        capabilities=("files.read",),
        timeout_ms=limits.timeout_ms,
        memory_mb=limits.memory_mb,
        concurrent=limits.concurrent,
        workspace=root,
        place="the security scan itself",
    )
    return Policy(grants=(grant,), file="the security scan itself")


@asynccontextmanager
async def inventory_of(store: Store, root: Path, agent_id: str | None = None) -> AsyncIterator[Inventory]:
    """What `locked` asks for each part of a lock file, on behalf of the job `agent_id`.

    Runs that an earlier process of the job left behind are ended first.
    """
    from belljar.plugins import PluginHost

    if agent_id is not None:
        await asyncio.to_thread(_end_orphans, store, agent_id)
    async with PluginHost(store, policy_for(root), agent_id=agent_id) as host:

        async def inventory(asked: Mapping[str, Any]) -> Any:
            outcome = await _run(store, host, asked)
            if outcome.error is not None:
                raise InventoryError(f"{outcome.error.code}: {outcome.error.message}")
            return outcome.value

        yield inventory


async def _run(store: Store, host: PluginHost, asked: Mapping[str, Any]) -> Outcome:
    """Wait for a place where other scans have them all; a process that was killed needs none. Raises InventoryError."""
    for _ in range(_TRIES):
        try:
            return await host.run(inventory_plugin(), dict(asked))
        except QueueFullError:
            await asyncio.to_thread(_end_orphans, store)
            await asyncio.sleep(_TRY_S)
    raise InventoryError("as many other scans read lock files as may at once")


def _end_orphans(store: Store, agent_id: str | None = None) -> None:
    """End runs of the plugin whose process is dead: nothing goes on with them, and each has a place."""
    queue = f"plugin:{inventory_plugin().manifest.name}"
    for run in store.runs.find(state="running", agent_id=agent_id, limit=_ORPHANS):
        if run.queue.startswith(queue) and run.owner is not None and store.workers.is_dead(run.owner, wall_ms()):
            store.runs.cancel(run.id, who=store.worker, now_ms=wall_ms())
            store.runs.take(run.id, now_ms=wall_ms())  # which ends it, since it is to be cancelled
