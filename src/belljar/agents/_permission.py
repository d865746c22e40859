"""Whether an agent may start: the policy is asked as it is for a plugin, and the answer is on record either way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from belljar.audit import AuditEvent
from belljar.errors import PolicyRefusedError
from belljar.plugins import Permission, Policy, check
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.agents._registry import AgentInfo
    from belljar.store import AgentRow, Store


def may_start(agent: AgentInfo, policy: Policy) -> PolicyRefusedError | None:
    """Why the policy would not let the agent start; None where it would. Nothing is written down."""
    try:
        _checked(agent, policy)
    except PolicyRefusedError as error:  # boundary: the answer to a question
        return error
    return None


def permit(
    store: Store, agent: AgentInfo, policy: Policy, *, folder: Path | None = None, programs: Sequence[str] = ()
) -> Permission:
    """What the policy grants, which is all that the agent asks for, in a job over `folder` that starts `programs`.

    Raises PolicyRefusedError where it is not; then that is on record, and nothing began.
    """
    _record(store, "gate.used", agent, {"version": agent.version, **policy.facts(agent.plugin)})
    try:
        permission = _checked(agent, policy)
        _check_job(permission, folder, programs)
    except PolicyRefusedError as error:
        _record(store, "policy.refused", agent, {"message": error.message, **error.details})
        raise
    return permission


def _checked(agent: AgentInfo, policy: Policy) -> Permission:
    """An agent is code of this library: installing it is its approval, so a grant by name suffices."""
    try:
        return check(agent.plugin, policy, approved=agent.manifest.needs)
    except PolicyRefusedError as error:
        if not policy.grant_for(agent.plugin, None).is_for_nobody:
            raise
        hint = f"Grant it in a policy file, and name that with --policy: {_example(agent)}"
        raise PolicyRefusedError(error.message, hint=hint, details=error.details) from None


def _example(agent: AgentInfo) -> str:
    """The lines of a grant."""
    capabilities = ", ".join(f'"{each}"' for each in agent.capabilities)
    return f'[[grant]] plugin = "{agent.name}" capabilities = [{capabilities}] workspace = "FOLDER" commands = [...]'


def _check_job(permission: Permission, folder: Path | None, programs: Sequence[str]) -> None:
    reasons = list(_beyond(permission, folder, programs))
    if reasons:
        details = {"kind": "not granted", "needs": reasons, "where": permission.grant.place}
        raise PolicyRefusedError("\n".join((f"agent {permission.name} may not start:", *reasons)), details=details)


def _beyond(permission: Permission, folder: Path | None, programs: Sequence[str]) -> Iterator[str]:
    """What this one job would need beyond the grant: a folder outside of the workspace, a program."""
    grant = permission.grant
    root = grant.workspace.resolve() if grant.workspace is not None else None
    if folder is not None and root is not None and not folder.resolve().is_relative_to(root):
        yield f"folder {folder}: outside of the workspace {root} ({grant.place})"
    for program in programs:
        if program not in grant.commands:
            listed = ", ".join(grant.commands) or "none"
            yield f"command {program}: granted are {listed} ({grant.place})"


def _record(store: Store, event: str, agent: AgentInfo, details: dict[str, Any]) -> None:
    fact = AuditEvent(
        event,
        f"agent {agent.name}",
        actor=store.worker,
        time_ms=wall_ms(),
        manifest_sha256=agent.checksum,
        details=details,
    )
    store.audit.append(fact)


def stop(store: Store, agent_id: str, *, who: str, source: str) -> AgentRow:
    """Stop a job, wherever it goes on; it ends within a second. Harmless twice. Raises NotInStoreError.

    That the gate was used, by whom and from where, is on record before it is done.
    """
    row = store.agents.get(agent_id)
    used = AuditEvent(
        "gate.used",
        f"stop of {agent_id}",
        actor=who,
        time_ms=wall_ms(),
        manifest_sha256=row.manifest_sha256,
        details={"source": source},
    )
    store.audit.append(used)
    return store.agents.stop(agent_id, who=who, now_ms=wall_ms())
