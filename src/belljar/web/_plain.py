"""What the JSON API says of runs, questions, records, workers and agents: plain data, secrets taken out. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from belljar.web._audit_pages import facts_of
from belljar.web._edit import displayed
from belljar.web._visible import cleaned

if TYPE_CHECKING:
    from belljar.audit import AuditRecord
    from belljar.store import AgentRow, Question, RunRow, Vote, WorkerRow


def run_json(run: RunRow) -> dict[str, Any]:
    """One run, without its script."""
    return {name: value for name, value in asdict(run).items() if name != "source"}


def run_and_script_json(run: RunRow) -> dict[str, Any]:
    """One run with its script."""
    return run_json(run) | {"source": run.source}


def question_json(question: Question) -> dict[str, Any]:
    """One question: the arguments as an approver sees them, and the digest that an answer must name."""
    decision, request = question.decision, question.request
    known = request.to_dict() if request is not None else {"arguments": None}  # asked on the spot: never kept whole
    return {
        **known,
        "id": question.id,
        "run_id": question.run_id,
        "tool": question.tool,
        "digest": question.digest,
        "ordinal": question.ordinal,
        "state": question.state,
        "asked_ms": question.asked_ms,
        "expires_ms": question.expires_ms,
        "quorum": {"needed": question.quorum.needed, "of": list(question.quorum.of)} if question.quorum else None,
        "votes": [_vote_json(vote, question) for vote in question.votes],
        "decision": {"verdict": decision.verdict, "who": decision.who, "reason": cleaned(decision.reason)}
        if decision
        else None,
        "decided_ms": question.decided_ms,
        "edited_digest": question.edited_digest,
    }


def _vote_json(vote: Vote, question: Question) -> dict[str, Any]:
    arguments = None
    if vote.arguments is not None and question.request is not None:
        arguments = displayed(vote.arguments, question.request)
    facts = {name: getattr(vote, name) for name in ("who", "source", "at_ms", "verdict", "digest")}
    return facts | {"reason": cleaned(vote.reason), "arguments": arguments}


def record_json(record: AuditRecord) -> dict[str, Any]:
    """One audit record: its facts, its very text, and the hash that chains it."""
    return facts_of(record) | {"seq": record.seq, "hash": record.hash, "text": record.text}


def worker_json(worker: WorkerRow, *, is_dead: bool) -> dict[str, Any]:
    """One worker."""
    return asdict(worker) | {"is_dead": is_dead}


def agent_json(agent: AgentRow) -> dict[str, Any]:
    """One agent, without its data."""
    return {name: value for name, value in asdict(agent).items() if name != "data"}
