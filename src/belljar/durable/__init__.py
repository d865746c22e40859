"""Runs worked off by processes that may die: workers, the engines that hand them slices, and agents.

The store is the truth: which run is next, who holds it, and whether a queue has room are decided in its transactions.
An orchestrator only brings a slice to a worker. It may bring it twice, late or to the wrong one: a slice that another
worker has is not taken. `_orchestrator` is the protocol, `_local` the asyncio engine of one process, `_dbos` the engine
of many processes on PostgreSQL (`_dbos_process` is what one process has of it), `_worker` the loop, `_agents` the
agents.
"""

from belljar.durable._agents import AgentOrchestrator
from belljar.durable._dbos import DbosOrchestrator
from belljar.durable._local import LocalOrchestrator
from belljar.durable._orchestrator import Orchestrator, Perform, Slice
from belljar.durable._worker import Told, Worker

__all__ = [
    "AgentOrchestrator",
    "DbosOrchestrator",
    "LocalOrchestrator",
    "Orchestrator",
    "Perform",
    "Slice",
    "Told",
    "Worker",
]
