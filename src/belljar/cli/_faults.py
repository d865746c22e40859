"""An error on its way to a person: with --debug as Python shows it, and one that is not belljar's own as a bug."""

from __future__ import annotations

import os
import traceback

from belljar.cli._options import DEBUG_VARIABLE
from belljar.errors import BelljarError, HarnessInternalError


def show_trace(error: BaseException) -> None:
    """Where it was raised, for whoever asked for that with --debug."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)


def as_ours(error: BaseException) -> BelljarError:
    """The error as one of ours, with what to do next."""
    if isinstance(error, BelljarError):
        return error
    return HarnessInternalError(
        f"{type(error).__name__}: {error}", hint="This is a bug in belljar. --debug shows where; please report it."
    )
