"""What a model's reply consists of, before anything of it is worked off.

A reply that is one text is one TextPart. An adapter to a provider gives the parts as the provider's response has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text for the user; scripts in it stand between tags."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingPart:
    """Thinking. Never looked into for scripts."""

    text: str


@dataclass(frozen=True, slots=True)
class ScriptPart:
    """A script that the model handed to a `run_typescript` tool: the source, no tags."""

    source: str


@dataclass(frozen=True, slots=True)
class CallPart:
    """A structured call of one tool. Parts of this kind that follow one another run at the same time."""

    tool: str
    arguments: Any
    """What the model gave, as JSON data: an object unless the model erred."""


Part: TypeAlias = TextPart | ThinkingPart | ScriptPart | CallPart
