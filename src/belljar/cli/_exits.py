"""What a command ends with: one number for each kind of error, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import typer

from belljar.errors import (
    ApprovalDeniedError,
    BelljarError,
    CacheError,
    EngineUnavailableError,
    HarnessInternalError,
    HostError,
    ImageError,
    ReplayDivergedError,
    ScriptTimeoutError,
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
    INTERRUPTED = 130
    """Ctrl-C, as shells count it: 128 + SIGINT."""
    BROKEN_PIPE = 141
    """Nobody reads standard output any more: 128 + SIGPIPE."""


EXIT_CODES: Final[Mapping[type[BaseException], ExitCode]] = {
    BelljarError: ExitCode.FAILED,
    HostError: ExitCode.USAGE,
    ApprovalDeniedError: ExitCode.DENIED,
    ScriptTimeoutError: ExitCode.TIME_LIMIT,
    ReplayDivergedError: ExitCode.FAILED,
    ImageError: ExitCode.FAILED,
    CacheError: ExitCode.INTERNAL,
    EngineUnavailableError: ExitCode.INTERNAL,
    HarnessInternalError: ExitCode.INTERNAL,
    BrokenPipeError: ExitCode.BROKEN_PIPE,
    KeyboardInterrupt: ExitCode.INTERRUPTED,
    typer.Abort: ExitCode.INTERRUPTED,
    BaseException: ExitCode.INTERNAL,
}
"""The nearest class in an error's ancestry decides."""


def exit_code_of(error: BaseException | None) -> ExitCode:
    """The code for `error`; FINE where there is none."""
    if error is None:
        return ExitCode.FINE
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
