"""The boundary between a run and whoever watches it: what fails over there is logged and changes nothing here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_log = logging.getLogger("belljar")


@contextmanager
def watching(what: str) -> Iterator[None]:
    """Around every word to OpenTelemetry: its processors and exporters are the application's, and fail no run."""
    try:
        yield
    except Exception:  # the boundary that this module is for
        _log.exception("telemetry failed at %s; the run goes on", what)
