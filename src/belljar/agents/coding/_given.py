"""What a job of the code-generation agent is given, and what came of it: plain data, so that any process goes on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from belljar.agents._model import check_model, host_secrets
from belljar.agents.coding._deliver import unfit
from belljar.agents.coding._spec import Specification, load_text, read_specification
from belljar.audit import secret_spans
from belljar.errors import PolicyRefusedError, SecretFoundError, UsageError
from belljar.machine import _cache

if TYPE_CHECKING:
    from belljar.agents._job import Job

State: TypeAlias = Literal["finished", "waiting", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInput:
    """The input of a job. All paths are absolute."""

    file: str
    """The specification's name."""
    text: str
    """All of the specification."""
    model: str
    """As `open_model` takes it."""
    out: str
    """Where the patch goes once it is approved."""
    repository: str | None
    """What to begin with; None: an empty folder."""
    apply: bool
    """Whether the approved patch is applied to the repository, too."""
    scratch: str
    """The folder that scratch workspaces are made in."""

    @property
    def specification(self) -> Specification:
        """Raises ManifestError."""
        return read_specification(self.text, self.file)

    def to_data(self) -> dict[str, Any]:
        """For `Job.begin`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What came of a job, as far as it went."""

    job: str
    state: State
    patch_sha256: str
    summary: str
    """How many files and lines the patch changes."""
    out: str
    repairs: int
    """How often the acceptance command refused the work."""
    approval: str | None = None
    """The question that is waited for."""
    applied: bool = False
    reason: str = ""
    """Of the denial."""
    skipped: int = 0
    """Entries of the repository that the work began without: links that lead out, submodules, what is no file."""


def build_input(
    specification: str | os.PathLike[str],
    *,
    model: str,
    out: str | os.PathLike[str],
    repository: str | os.PathLike[str] | None = None,
    apply: bool = False,
    scratch: str | os.PathLike[str] | None = None,
) -> BuildInput:
    """The input of a job, checked. `scratch` None: a folder of this user's cache.

    Raises ManifestError for what is wrong in the specification, SecretFoundError for a secret in it, UsageError for
    paths that cannot work.
    """
    text, file = load_text(specification), Path(specification).name
    _refuse_secrets(text, file)
    terms = read_specification(text, file).terms
    _refuse_secrets(" ".join((*terms.accept, *terms.files)), f"the block of {file}")  # as it reads without escapes
    check_model(model)
    if apply and repository is None:
        raise UsageError("a patch is applied to a repository, and none is given")
    if repository is not None and not Path(repository).is_dir():
        raise UsageError(f"the repository {os.fspath(repository)!r} is no folder")
    if not Path(out).absolute().parent.is_dir() or Path(out).is_dir():
        raise UsageError(
            f"no patch can be written to {os.fspath(out)!r}", hint="Name a file in a folder that is there."
        )
    if why := unfit(Path(out).resolve()):
        raise UsageError(f"no patch can be written to {os.fspath(out)!r}: {why}", hint="Name a file that is not there.")
    return BuildInput(
        file=file,
        text=text,
        model=model,
        out=str(Path(out).resolve()),
        repository=str(Path(repository).resolve()) if repository is not None else None,
        apply=apply,
        scratch=str(Path(scratch).resolve() if scratch is not None else _cache.folder() / "agents"),
    )


def _refuse_secrets(text: str, place: str) -> None:
    """Of every kind: what people write goes to the model's provider, and into the store. Raises SecretFoundError."""
    for span in secret_spans(text, secrets=host_secrets()):
        line = text.count("\n", 0, span.start) + 1
        raise SecretFoundError(
            f"{place}:{line} holds a secret: {span.kind}",
            hint="Take it out: a specification goes to the model's provider, and is kept.",
            details={"path": f"{place}:{line}", "kind": span.kind},
        )


def read_input(data: Mapping[str, Any]) -> BuildInput:
    """What `to_data` gave. Raises UsageError for the input of another agent's job."""
    try:
        return BuildInput(**data)
    except TypeError:
        raise UsageError("this job is none of the code-generation agent") from None


def check_permission(job: Job, given: BuildInput) -> None:
    """Raises PolicyRefusedError where the policy does not grant the command, or the repository."""
    permission = job.permission
    if permission is None or permission.checksum != job.checksum:
        raise PolicyRefusedError(f"{job.name} may not start: no policy was asked", details={"kind": "not asked"})
    grant, program = permission.grant, given.specification.terms.accept[0]
    place = grant.place or "the policy"
    reasons = []
    if program not in grant.commands:
        listed = ", ".join(grant.commands) or "none"
        reasons.append(f"the acceptance command starts {program!r}, and {place} lets it start {listed}")
    if not _is_in(given.repository, grant.workspace):
        reasons.append(f"the repository {given.repository} is outside of the workspace in {place}")
    if reasons:
        raise PolicyRefusedError(
            f"{permission.name} may not start: {'; '.join(reasons)}",
            details={"kind": "not granted", "needs": reasons, "where": grant.place},
        )


def _is_in(repository: str | None, workspace: Path | None) -> bool:
    """Where the policy names no workspace, whoever starts the job chooses."""
    return repository is None or workspace is None or Path(repository).resolve().is_relative_to(workspace.resolve())
