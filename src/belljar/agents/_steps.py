"""What a job keeps in its agent's data: its input, what its steps gave, what it notes for itself, how it ended.

Plain JSON data, bounded: it is written again as a whole at each step. What is large (files, output) belongs into a
workspace or a run; a step gives what the next steps must know.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from belljar.errors import StoreError, UsageError
from belljar.values import canonical_json

if TYPE_CHECKING:
    from belljar.store import AgentRow

FORM: Final = 1
"""Of the data, so that a later belljar knows what it reads."""
STEP_BYTES: Final = 1 << 18
"""Of one step's result: a model's longest reply, about 64,000 tokens."""
DATA_BYTES: Final = 4 << 20
"""Of all of it. Writing so much takes about 20 ms."""
STEPS: Final = 1_000
SHOWN_BYTES: Final = 1 << 15
"""Of one result that is shown to people whole, and kept of a job that is over."""
ALL_SHOWN_BYTES: Final = 1 << 18
"""Of all results of a job together."""
_NAME: Final = 100

ENDED: Final = ("finished", "denied")
"""Outcomes that nothing follows. A job that failed, waits or was stopped can be resumed."""
OUTCOMES: Final = (*ENDED, "waiting", "failed", "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobData:
    """All that a job keeps."""

    job: int = FORM
    input: Any = None
    steps: Mapping[str, Any] = field(default_factory=dict)
    """Results by name, in the order in which the steps ended."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = None
    """One of OUTCOMES; None while somebody works at it."""
    result: Any = None
    error: Mapping[str, str] | None = None
    """code and message."""

    def to_data(self) -> dict[str, Any]:
        """`of` reads it again."""
        return {**asdict(self), "order": list(self.steps)}

    @classmethod
    def of(cls, agent_id: str, data: Any) -> JobData:
        """As `to_data` gave it. Raises StoreError for the data of an agent that is no job of ours."""
        if not _is_job(data):
            raise StoreError(f"agent {agent_id!r} is no job that this belljar can go on with")
        steps = {name: data["steps"][name] for name in data["order"]}  # the store sorts names
        return cls(**{each.name: data[each.name] for each in fields(cls)} | {"steps": steps})

    def closed(self) -> JobData:
        """As it is kept when it is over: nothing goes on with it, so large results stay as their digests only."""
        return replace(self, steps=shortened(self.steps))

    def with_step(self, name: str, result: Any) -> JobData:
        """With what a step gave. Raises UsageError where it is too much, SerializationError where it is no JSON."""
        return replace(self, steps={**self.steps, name: as_kept(f"the step {name!r}", result)})._checked()

    def with_note(self, name: str, value: Any) -> JobData:
        """With a note, instead of the one of this name before. Raises as `with_step`."""
        return replace(self, notes={**self.notes, name: as_kept(f"the note {name!r}", value)})._checked()

    def _checked(self) -> JobData:
        if _size(canonical_json([self.input, self.steps, self.notes])) > DATA_BYTES:
            raise UsageError(f"the job keeps more than {DATA_BYTES:,} bytes", hint="Begin a job with less to do.")
        return self

    def check_name(self, name: str) -> None:
        """Raises UsageError for a step that cannot be kept."""
        if not 1 <= len(name) <= _NAME:
            raise UsageError(f"a step's name has 1 to {_NAME} characters, got {name[:_NAME]!r}")
        if len(self.steps) >= STEPS:
            raise UsageError(f"a job has at most {STEPS:,} steps")


def as_kept(what: str, value: Any) -> Any:
    """`value` as it will be read again. Raises UsageError where it is too much, SerializationError for no JSON."""
    text = canonical_json(value)
    if _size(text) > STEP_BYTES:
        raise UsageError(f"{what} gave {_size(text):,} bytes, at most {STEP_BYTES:,} can be kept")
    return json.loads(text)


def _size(text: str) -> int:
    return len(text.encode())


def digest_of(value: Any) -> dict[str, Any]:
    """What a record says of plain data, instead of the data."""
    text = canonical_json(value).encode()
    return {"digest": hashlib.sha256(text).hexdigest(), "bytes": len(text)}


def shortened(results: Mapping[str, Any]) -> dict[str, Any]:
    """The results by name; of a large one, or where they are too many, size and digest, as its record has them.

    Nothing is cut in the middle: half of a secret looks like none.
    """
    room, short = ALL_SHOWN_BYTES, {}
    for name, value in results.items():
        size = _size(canonical_json(value))
        if size > min(SHOWN_BYTES, room):
            short[name] = digest_of(value)
        else:
            short[name], room = value, room - size
    return short


def job_of(row: AgentRow) -> JobData | None:
    """What the job keeps; None of an agent that is none of ours."""
    return JobData.of(row.id, row.data) if _is_job(row.data) else None


def job_state(row: AgentRow) -> str:
    """In one word where a job is: running, lost, or one of OUTCOMES. Of another agent: running, lost or stopped."""
    job = job_of(row)
    outcome = job.outcome if job is not None else None
    is_told = row.state == "stopped" or outcome in ENDED  # a process may die between its last word and its stop
    return outcome or "stopped" if is_told else row.state


def _is_job(data: Any) -> bool:
    """Whether the data is a job's of this form: agents of the host's own keep what they like."""
    names = {each.name for each in fields(JobData)} | {"order"}
    return (
        isinstance(data, dict)
        and data.keys() == names
        and data["job"] == FORM
        and isinstance(data["notes"], dict)
        and isinstance(data["steps"], dict)
        and _are_names(data["order"], data["steps"])
        and data["outcome"] in (None, *OUTCOMES)
        and _is_error(data["error"])
    )


def _are_names(order: Any, steps: Mapping[str, Any]) -> bool:
    is_list = isinstance(order, list) and all(isinstance(each, str) for each in order)
    return is_list and sorted(order) == sorted(steps)


def _is_error(error: Any) -> bool:
    if error is None:
        return True
    is_one = isinstance(error, dict) and error.keys() == {"code", "message"}
    return is_one and all(isinstance(each, str) for each in error.values())
