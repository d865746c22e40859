"""What a stub server is told to say, in no provider's shape, and what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from belljar.harness import CallPart, ScriptPart, TextPart, ThinkingPart

Plain: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Raw:
    """An output item or content block in the provider's own shape. For Chat Completions: fields of the message."""

    block: Mapping[str, Any]


StubPart: TypeAlias = TextPart | ThinkingPart | ScriptPart | CallPart | Raw
"""A script is handed to `run_typescript` in the form that the request declares it in, and else stands in text, between
tags. A call whose arguments are a text has that text for its JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StubReply:
    """One whole reply of the model."""

    parts: Sequence[StubPart] = ()
    stop: str | None = None
    """The provider's word for why the model stopped; None is the one that fits the parts."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the response."""
    is_broken: bool = False
    """Whether a stream of it ends before the reply does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StubError:
    """An error instead of a reply, as an overloaded service gives it. Clients may try again at once."""

    status: int
    message: str = "try again"


@dataclass(frozen=True, slots=True, kw_only=True)
class StubRequest:
    """One request, as it came in."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Plain
    """Empty where it was no JSON object."""


Say: TypeAlias = StubReply | StubError
Replies: TypeAlias = Sequence[Say] | Callable[[StubRequest], Say]


class RefusedError(Exception):
    """A request that the real service would refuse."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
