"""`--json`: exactly one document on standard output, whatever a tool or its module prints besides."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from typing import Any, TextIO

_STREAM: ContextVar[TextIO | None] = ContextVar("_STREAM", default=None)


@contextmanager
def one_document() -> Iterator[None]:
    """Inside, standard output is for `print_json` alone; ordinary prints go to standard error."""
    token = _STREAM.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _STREAM.reset(token)


def print_json(value: Any) -> None:
    """The document: ASCII, so that no encoding on the way can harm it."""
    print(json.dumps(value, indent=2), file=_STREAM.get() or sys.stdout, flush=True)
