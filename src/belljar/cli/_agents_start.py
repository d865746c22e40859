"""What commands about jobs share: which job is meant, how it is named to a person, where its result may go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from belljar.cli._plugin import policy_of
from belljar.cli._screen import err, safe
from belljar.cli._store import command
from belljar.errors import ManifestError, NotInStoreError, UsageError
from belljar.plugins import Policy

if TYPE_CHECKING:
    from belljar.store import AgentRow, Store


def agent_policy(file: Path | None) -> Policy:
    """The file's; without one nothing is granted. A policy with faults is a fault of the call: no job came of it."""
    try:
        return policy_of(file)
    except ManifestError as error:
        raise UsageError(error.message, hint="Correct the file that --policy names.", details=error.details) from None


def named_job(store: Store, job_id: str, named: str | None) -> AgentRow:
    """The job that a command names. Raises NotInStoreError."""
    try:
        return store.agents.get(job_id)
    except NotInStoreError as error:
        hint = f"{command('agents', 'status', store=named)} shows those that there are."
        raise NotInStoreError(f"there is no job {job_id!r}", hint=hint, details=error.details) from None


def announce(job_id: str, store: str | None) -> None:
    """Say which job it is and how it is stopped, before it does anything."""
    line = command("agents", "stop", job_id, store=store)
    err().print(Text(safe(f"job: {job_id}    stop it: {line}"), style="dim"), soft_wrap=True)


def can_write(file: Path | None) -> None:
    """Raises UsageError where no file of this name can be made: better now than after the work."""
    if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UsageError(f"no file can be written to {file}", hint="Name a file in a folder that is there.")
