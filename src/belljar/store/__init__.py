"""The store: what runs, questions, workers and the audit log have in common, in one database, SQLite or PostgreSQL.

`_database` is the thread that writes, `_connect` connections, `_schema` the tables, `_migrations` how they came about,
`_errors` what a driver's errors are here. `_store` opens a store; each of its parts is a module: `_runs` (with
`_leases`, who holds a run, and `_listing`, reading them), `_approvals` (`_questions`, `_voting`, `_asking`,
`_budgets`), `_audit` (`_trail` appends, `_heads` compares journals), `_images`, `_workers` (`_host`), `_agents`,
`_queues`, `_schedules`, `_metrics`. `_sink` keeps the journal of a run that goes on, and `_projection` is what follows
from each record of it.
"""

from belljar.store._agents import AgentLease, AgentRow
from belljar.store._approvals import Standing
from belljar.store._budgets import Budget
from belljar.store._migrations import VERSION
from belljar.store._questions import QUESTION_STATES, Question, Vote
from belljar.store._queues import QueueLimits
from belljar.store._rows import ENDED, STATES, Lease, ReadyRun, RunRequest, RunRow
from belljar.store._schedules import Schedule
from belljar.store._store import DEAD_AFTER_MS, Store, open_store
from belljar.store._trail import Checkpoints
from belljar.store._workers import WorkerRow

__all__ = [
    "DEAD_AFTER_MS",
    "ENDED",
    "QUESTION_STATES",
    "STATES",
    "VERSION",
    "AgentLease",
    "AgentRow",
    "Budget",
    "Checkpoints",
    "Lease",
    "Question",
    "QueueLimits",
    "ReadyRun",
    "RunRequest",
    "RunRow",
    "Schedule",
    "Standing",
    "Store",
    "Vote",
    "WorkerRow",
    "open_store",
]
