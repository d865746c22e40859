"""What leaves a run of a plugin: its outcome and its events, without secrets and without control characters.

Whatever text there is in them is cleaned, by no list of names: a field that is new is clean as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from belljar.harness import Outcome
from belljar.plugins._clean import Cleaner
from belljar.tools.events import Event, ScriptFinished

Listener = Callable[[Event], None]
T = TypeVar("T")


def sanitised(outcome: Outcome, cleaner: Cleaner) -> Outcome:
    """The outcome as it may be shown, kept and sent on. Its journal is the run's own, and so is what a suspended run
    needs to go on."""
    value = cleaner.shown(outcome.value)
    error = outcome.error
    return replace(
        outcome,
        value=value,
        answer=outcome.answer if value == outcome.value else None,
        error=cleaner.error(error) if error is not None else None,
        calls=tuple(_clean(call, cleaner) for call in outcome.calls),
        partial=tuple(replace(part, value=cleaner.shown(part.value)) for part in outcome.partial),
        console=tuple(_clean(line, cleaner) for line in outcome.console),
        progress=tuple(_clean(each, cleaner) for each in outcome.progress),
        warnings=tuple(cleaner.error(warning) for warning in outcome.warnings),
    )


def told(listener: Listener | None, cleaner: Cleaner) -> Listener | None:
    """A listener that hears sanitised events; None stays None."""
    if listener is None:
        return None
    return lambda event: listener(_event(event, cleaner))


def _event(event: Event, cleaner: Cleaner) -> Event:
    if isinstance(event, ScriptFinished) and isinstance(event.outcome, Outcome):
        event = replace(event, outcome=sanitised(event.outcome, cleaner))
    return _clean(event, cleaner)


def _clean(item: T, cleaner: Cleaner) -> T:
    """A copy of a dataclass in which each text, and each object, is clean."""
    given: Any = item
    values = {each.name: getattr(given, each.name) for each in fields(given)}
    said = {name: cleaner.shown(value) for name, value in values.items() if isinstance(value, str | Mapping)}
    copy: T = replace(given, **said)
    return copy
