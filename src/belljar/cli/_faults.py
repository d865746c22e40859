"""An error on its way to a person: with --debug as Python shows it; what is not belljar's own is a bug, or an extra."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from typing import Final

from belljar.cli._options import DEBUG_VARIABLE
from belljar.errors import BelljarError, HarnessInternalError, UsageError

_EXTRAS: Final[Mapping[str, str]] = {
    "bandit": "agents",
    "croniter": "store",
    "cryptography": "store",
    "jinja2": "web",
    "jsonschema": "store",
    "mcp": "mcp",
    "mini_racer": "v8",
    "packaging": "agents",
    "psycopg": "postgres",
    "python_multipart": "web",
    "semver": "agents",
    "sqlalchemy": "store",
    "starlette": "web",
    "uvicorn": "web",
    "zstandard": "snapshot",
}
"""The extra that brings a package."""


def show_trace(error: BaseException) -> None:
    """Where it was raised, for whoever asked for that with --debug."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)


def as_ours(error: BaseException) -> BelljarError:
    """The error as one of ours, with what to do next."""
    if isinstance(error, BelljarError):
        return error
    if isinstance(error, ModuleNotFoundError) and (extra := _EXTRAS.get((error.name or "").partition(".")[0])):
        return UsageError(f"this needs {error.name}", hint=f"pip install 'belljar[{extra}]'")
    return HarnessInternalError(
        f"{type(error).__name__}: {error}", hint="This is a bug in belljar. --debug shows where; please report it."
    )
