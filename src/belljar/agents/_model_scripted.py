"""A model that reads its answers from a list: for tests, for demonstrations, for a rehearsal without a provider.

Which answer it is depends on the conversation alone (its n-th answer to the n-th question), so a job that is killed and
resumed hears the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from belljar.agents._model import Message, ModelReply, model_error
from belljar.errors import UsageError
from belljar.packs._plain_file import beginning_of

_FILE_BYTES: Final = 4 << 20
_CHARACTERS: Final = 4
"""That a token is taken for, where the list says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """One answer."""

    text: str
    expect: tuple[str, ...] = ()
    """What must stand in the question: the last message."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    """None: by the length of the texts."""
    stop_reason: str = "end"


class ScriptedModel:
    """Raises ModelError for a question after the last answer, and for one that is not the expected one."""

    def __init__(self, replies: Sequence[str | Scripted]) -> None:
        self._replies = [Scripted(text=each) if isinstance(each, str) else each for each in replies]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ScriptedModel:
        """From a JSON file: a list of texts, or of objects with `text` and the other fields of `Scripted`."""
        try:
            raw = beginning_of(path, _FILE_BYTES + 1)
            entries = json.loads(raw) if len(raw) <= _FILE_BYTES else None
        except OSError as error:
            raise UsageError(f"the answers in {os.fspath(path)!r} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            entries = None
        if not isinstance(entries, list):
            raise UsageError(f"{os.fspath(path)!r} is no JSON list of at most {_FILE_BYTES:,} bytes")
        return cls([_entry(number, each) for number, each in enumerate(entries, start=1)])

    async def reply(self, messages: Sequence[Message], *, max_tokens: int) -> ModelReply:
        """The answer that this question has in the list."""
        number = sum(message.role == "assistant" for message in messages)
        if number >= len(self._replies):
            raise model_error(f"the list has {len(self._replies)} answers, and none for one more", is_passing=False)
        scripted, asked = self._replies[number], messages[-1].text
        if missing := [text for text in scripted.expect if text not in asked]:
            message = f"question {number + 1} lacks {missing[0]!r}; it ends with {asked[-200:]!r}"
            raise model_error(message, is_passing=False)
        counted = sum(len(message.text) for message in messages) // _CHARACTERS
        told = scripted.output_tokens if scripted.output_tokens is not None else len(scripted.text) // _CHARACTERS
        return ModelReply(
            text=scripted.text,
            input_tokens=scripted.input_tokens if scripted.input_tokens is not None else counted,
            output_tokens=min(told, max_tokens),
            stop_reason=scripted.stop_reason,
        )


def _entry(number: int, entry: Any) -> Scripted:
    if isinstance(entry, str):
        return Scripted(text=entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise UsageError(f"answer {number} of the list is neither a text nor an object with one")
    if unknown := entry.keys() - set(Scripted.__slots__):
        raise UsageError(f"answer {number} of the list has the unknown field {min(unknown)!r}")
    for name, (what, holds) in _FIELDS.items():
        if name in entry and not holds(entry[name]):
            raise UsageError(f"answer {number} of the list: `{name}` is {what}")
    return Scripted(**entry | {"expect": tuple(entry.get("expect", ()))})


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_FIELDS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "expect": ("a list of texts", _are_texts),
    "input_tokens": ("a whole number", _is_count),
    "output_tokens": ("a whole number", _is_count),
    "stop_reason": ("a text", lambda value: isinstance(value, str)),
}
