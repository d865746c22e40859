"""Agents: programs of ours that do a job on the harness, durable, under a policy, and on record.

Gated: without `PHASE5_ENABLE` nothing here loads. `_registry` says which agents there are and `_permission` whether one
may start; `_job` is one execution of one, `_view` how people look at it; `security/` and `coding/` are the two that
ship.
"""

from belljar import gate

gate.require("belljar.agents")

from belljar.agents._job import Job  # noqa: E402 - nothing loads before the gate is asked
from belljar.agents._permission import may_start, permit, stop  # noqa: E402
from belljar.agents._registry import AGENTS, AgentInfo  # noqa: E402
from belljar.agents._view import JobHead, JobView, newest_jobs, one_job  # noqa: E402

__all__ = [
    "AGENTS",
    "AgentInfo",
    "Job",
    "JobHead",
    "JobView",
    "may_start",
    "newest_jobs",
    "one_job",
    "permit",
    "stop",
]
