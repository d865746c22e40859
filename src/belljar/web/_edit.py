"""Arguments on a page: what is shown of them, what an edit makes of them, and what differs between two versions.

A person sees and edits the redacted arguments. What they leave as it is shown keeps its real value, secrets and the
long tails of lists included, so that editing an amount does not mean typing a password again; `_hidden` says when that
is certain. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from belljar.audit import REDACTED, redact
from belljar.errors import DecisionRefusedError, SerializationError
from belljar.tools import ApprovalRequest
from belljar.values import canonical_json
from belljar.web._hidden import Entry, Hidden, Path, canonical, entries, items, path_text, same
from belljar.web._visible import free_name, json_text

_DEPTH = 256
"""Limits.return_depth's largest value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place in which two versions differ."""

    path: str
    """`lines[0].cents`."""
    before: str
    """JSON; empty where there was nothing."""
    after: str
    """JSON; empty where nothing is left."""


def edit_text(request: ApprovalRequest) -> str:
    """What the editor begins with."""
    return json_text(request.display)


def read_json(text: str) -> Any:
    """Plain data of a JSON text. Raises DecisionRefusedError: no JSON, a name twice, or more than a script can hold."""
    try:
        value = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
        canonical_json(value, depth=_DEPTH)
    except (ValueError, RecursionError) as error:
        raise DecisionRefusedError(f"this is no JSON: {error}") from None
    except SerializationError as error:
        raise DecisionRefusedError(error.message) from None
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def edited(text: str, request: ApprovalRequest) -> dict[str, Any]:
    """The arguments that the edited `text` means.

    Raises DecisionRefusedError where it is no object, no JSON, or leaves it in doubt which hidden value is meant.
    """
    value = read_json(text)
    if not isinstance(value, dict):
        raise DecisionRefusedError("the arguments are an object, by name: {…}")
    real, was_shown = dict(request.arguments), dict(request.display)
    meant: dict[str, Any] = Hidden.of(was_shown, real).restored(value, was_shown, real)
    return meant


def displayed(arguments: Mapping[str, Any], request: ApprovalRequest) -> dict[str, Any]:
    """What may be shown of other arguments for the same question: what is as it was stays hidden as it was."""
    shown: dict[str, Any] = _displayed(dict(arguments), dict(request.arguments), dict(request.display))
    return shown


def _displayed(new: Any, real: Any, was_shown: Any) -> Any:
    """`new`, redacted afresh where it differs from `real`: the request's own display knows secrets that we do not."""
    if same(new, real):
        return was_shown
    fresh = redact(new)
    if isinstance(new, Mapping) and isinstance(real, Mapping) and isinstance(was_shown, Mapping):
        return _displayed_object(entries(fresh, new), fresh, entries(was_shown, real))
    if isinstance(new, list) and isinstance(real, (list, tuple)) and isinstance(was_shown, list):
        shown = _displayed_items(items(fresh, new), items(was_shown, real))
        return shown + fresh[len(shown) :]
    return fresh


def _displayed_object(own: Mapping[str, Entry], fresh: Mapping[str, Any], known: Mapping[str, Entry]) -> dict[str, Any]:
    before = {entry.name: (shown, entry) for shown, entry in known.items()}
    found: dict[str, Any] = {}
    for shown, item in fresh.items():
        entry = own.get(shown)
        if entry is None or entry.name not in before:
            found[free_name(found, shown)] = item
        else:
            label, old = before[entry.name]
            found[free_name(found, label)] = item if item == REDACTED else _displayed(entry.real, old.real, old.shown)
    return found


def _displayed_items(own: Sequence[tuple[Any, Any]], known: Sequence[tuple[Any, Any]]) -> list[Any]:
    """An item that was there before, wherever it stood, stays hidden as it was."""
    before = {canonical(item): shown for shown, item in known}
    found = []
    for at, (fresh, new) in enumerate(own):
        at_its_place = _displayed(new, known[at][1], known[at][0]) if at < len(known) else fresh
        found.append(before.get(canonical(new), at_its_place))
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs, by place, in the order of `before` and then of `after`."""
    old, new = dict(_leaves(dict(before))), dict(_leaves(dict(after)))
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        Change(path=path, before=_text(old, path), after=_text(new, path))
        for path in paths
        if _text(old, path) != _text(new, path)
    )


def _text(leaves: Mapping[str, Any], path: str) -> str:
    return json.dumps(leaves[path], ensure_ascii=False, default=repr) if path in leaves else ""


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[str, Any]]:
    """Every value that holds no other, by its place."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list) and value:
        for at, item in enumerate(value):
            yield from _leaves(item, (*path, at))
    else:
        yield path_text(path), value
