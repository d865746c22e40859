"""The tables of the store, as the newest migration leaves them. What a column means stands beside it.

JSON is text: one format on both databases, and no database reads into it. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

metadata: Final = MetaData()


class Escaped(TypeDecorator[str]):
    """Text as it stands inside a JSON string: ASCII. A script may hold NUL and lone surrogates, PostgreSQL may not."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002  (the base's signature)
        """What the column holds."""
        return None if value is None else escaped(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002  (the base's signature)
        """What went in."""
        return None if value is None else str(json.loads(f'"{value}"'))


def escaped(text: str) -> str:
    """`text` as it stands inside a JSON string."""
    return json.dumps(text)[1:-1]


schema_version: Final = Table(
    "belljar_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

runs: Final = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("not_before_ms", BigInteger, nullable=False, default=0),
    Column("taken_ms", BigInteger),  # of the last lease
    Column("script_sha256", String, nullable=False),
    Column("source", Escaped, nullable=False),
    Column("request", Text, nullable=False),  # JSON of the RunRequest, but for the source
    Column("profile", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("priority", BigInteger, nullable=False, default=0),
    Column("agent_id", String),
    Column("owner", String),  # the worker with the lease
    Column("epoch", Integer, nullable=False, default=0),
    Column("slice", Integer, nullable=False, default=0),
    Column("steps", Integer, nullable=False, default=0),
    Column("calls", Integer, nullable=False, default=0),
    Column("tools", Text, nullable=False, default=""),  # names of the tools called, each between spaces
    Column("spent_ms", BigInteger, nullable=False, default=0),
    Column("records", Integer, nullable=False, default=0),
    Column("journal_bytes", BigInteger, nullable=False, default=0),
    Column("head", String, nullable=False),
    Column("error", String),  # code
    Column("outcome_sha256", String),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Index("runs_by_state", "state", "priority", "created_ms"),
    Index("runs_by_age", "created_ms", "id"),
    Index("runs_by_agent", "agent_id"),
    Index("runs_to_cancel", "cancel_requested", "state"),
    Index("runs_by_queue", "queue", "state", "taken_ms"),
)

journal: Final = Table(
    "journal",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("type", String, nullable=False),
    Column("line", Text, nullable=False),  # the line of a journal file, without its end
    Column("sha256", String, nullable=False),
)

approvals: Final = Table(
    "approvals",
    metadata,
    Column("id", String, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("tool", String, nullable=False),
    Column("state", String, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("digest", String, nullable=False),
    Column("request", Text),  # wire JSON of the ApprovalRequest; none where a live approver was asked
    Column("decision", Text),  # wire JSON of the Decision
    Column("decided_ms", BigInteger),
    Column("edited_digest", String),
    Column("decided_seq", BigInteger),  # the record of the audit log that tells of the decision
    Column("taken_up_ms", BigInteger),  # when the run went on with how the question had ended
    Index("approvals_by_state", "state", "asked_ms"),
    Index("approvals_by_expiry", "state", "expires_ms"),
    Index("approvals_by_run", "run_id", "ordinal"),
    Index("approvals_by_age", "asked_ms", "id"),
    # Of all questions that ever were, the few that somebody has answered and the run has not heard of.
    Index("approvals_to_take_up", "taken_up_ms", "state", "run_id"),
)

votes: Final = Table(
    "votes",
    metadata,
    Column("approval_id", String, primary_key=True),
    Column("who", Escaped, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("source", Escaped, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("verdict", String, nullable=False),
    Column("reason", Escaped, nullable=False),
    Column("digest", String, nullable=False),  # of the call with the arguments that were voted for
    Column("decision", Text, nullable=False),  # wire JSON of the Decision
)

budgets: Final = Table(
    "budgets",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("approval_id", String, primary_key=True),
    Column("tool", String, nullable=False),
    Column("calls_used", BigInteger, nullable=False, default=0),
    Column("calls_max", BigInteger),
    Column("sum_of", Escaped),
    Column("sum_used", Float(53), nullable=False, default=0),
    Column("sum_max", Float(53)),
)

images: Final = Table(
    "images",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("image", LargeBinary, nullable=False),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("event", String, nullable=False),
    Column("run_id", String),
    Column("actor", Escaped, nullable=False),
    Column("hash", String, nullable=False),
    Column("text", Text, nullable=False),  # canonical JSON: what the hash is over
    Index("audit_by_run", "run_id", "seq"),
    Index("audit_by_event", "event", "seq"),
)

audit_head: Final = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1
    Column("seq", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
)

checkpoints: Final = Table(
    "checkpoints",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("line", Text, nullable=False),  # Checkpoint.to_line
)

workers: Final = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", String, nullable=False),  # names this process among all that ever had its number, or empty
    Column("started_ms", BigInteger, nullable=False),
    Column("beat_ms", BigInteger, nullable=False),
    Column("state", String, nullable=False),  # running, stopped, lost
    Column("version", String, nullable=False),
    Index("workers_by_state", "state"),
)

agents: Final = Table(
    "agents",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("version", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("state", String, nullable=False),  # running, stopped, lost
    Column("owner", String),
    Column("epoch", Integer, nullable=False, default=0),
    Column("beat_ms", BigInteger, nullable=False, default=0),
    Column("data", Text, nullable=False),  # JSON
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("manifest_sha256", String),
)

queues: Final = Table(
    "queues",
    metadata,
    Column("name", String, primary_key=True),
    Column("concurrency", Integer),  # runs at once over all workers; none: any number
    Column("rate_limit", Integer),  # starts in each period
    Column("rate_period_ms", BigInteger),
)

schedules: Final = Table(
    "schedules",
    metadata,
    Column("id", String, primary_key=True),
    Column("agent_id", String),
    Column("queue", String, nullable=False),
    Column("every_ms", BigInteger),
    Column("cron", String),
    Column("next_ms", BigInteger, nullable=False),
    Column("request", Text, nullable=False),  # JSON
    Column("priority", BigInteger, nullable=False, default=0),
    Column("enabled", Boolean, nullable=False, default=True),
    Index("schedules_by_time", "enabled", "next_ms"),
)
