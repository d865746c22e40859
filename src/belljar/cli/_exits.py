"""What a command ends with: one number for each kind of error, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

import typer

from belljar.errors import (
    AgentBudgetError,
    AgentStoppedError,
    ApprovalDeniedError,
    AuditBrokenError,
    BelljarError,
    CacheError,
    EngineUnavailableError,
    HarnessInternalError,
    HostError,
    ImageError,
    ManifestError,
    ModelError,
    PluginSignatureError,
    PolicyRefusedError,
    QueueFullError,
    ReplayDivergedError,
    RunSuspendedError,
    ScriptTimeoutError,
    SecretFoundError,
)


class ExitCode(IntEnum):
    """Documented in `belljar --help`; scripts rely on them."""

    FINE = 0
    FAILED = 1
    """The script, the check or the replay found something wrong."""
    USAGE = 2
    """Wrong options, or an input that cannot be used."""
    DENIED = 3
    TIME_LIMIT = 4
    INTERNAL = 5
    """belljar or its installation is at fault."""
    WAITING = 6
    """A run waits in the store for a decision: neither done nor failed."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it: 128 + SIGINT."""
    BROKEN_PIPE = 141
    """Nobody reads standard output any more: 128 + SIGPIPE."""


EXIT_CODES: Final[Mapping[type[BaseException], ExitCode]] = {
    BelljarError: ExitCode.FAILED,
    HostError: ExitCode.USAGE,
    ApprovalDeniedError: ExitCode.DENIED,
    RunSuspendedError: ExitCode.WAITING,
    ScriptTimeoutError: ExitCode.TIME_LIMIT,
    AuditBrokenError: ExitCode.FAILED,
    ReplayDivergedError: ExitCode.FAILED,
    ImageError: ExitCode.FAILED,
    ManifestError: ExitCode.FAILED,
    PluginSignatureError: ExitCode.FAILED,
    PolicyRefusedError: ExitCode.DENIED,
    QueueFullError: ExitCode.FAILED,
    AgentStoppedError: ExitCode.FAILED,
    AgentBudgetError: ExitCode.FAILED,
    ModelError: ExitCode.FAILED,
    SecretFoundError: ExitCode.FAILED,
    CacheError: ExitCode.INTERNAL,
    EngineUnavailableError: ExitCode.INTERNAL,
    HarnessInternalError: ExitCode.INTERNAL,
    BrokenPipeError: ExitCode.BROKEN_PIPE,
    KeyboardInterrupt: ExitCode.INTERRUPTED,
    typer.Abort: ExitCode.INTERRUPTED,
    BaseException: ExitCode.INTERNAL,
}
"""The nearest class in an error's ancestry decides."""
_SEVERITY: Final = (ExitCode.FINE, ExitCode.WAITING)
"""What any other code outweighs; those go by their number."""


def exit_code_of(error: BaseException | None) -> ExitCode:
    """The code for `error`; FINE where there is none."""
    if error is None:
        return ExitCode.FINE
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """What several runs or answers come to; FINE where there are none."""
    return max(codes, key=lambda code: (code not in _SEVERITY, code), default=ExitCode.FINE)
