"""A response as it streams in: what can be shown at once, and what must wait because it may be part of a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from belljar.errors import UsageError
from belljar.providers._shape import Plain
from belljar.providers._turn import ProviderTurn
from belljar.script import Detector, Segment
from belljar.tools.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """The next piece of text for the user; never half a tag, never a script."""

    name: ClassVar[str] = "text_delta"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """The next piece of thinking that can be read."""

    name: ClassVar[str] = "reasoning_delta"
    text: str


Delta: TypeAlias = TextDelta | ReasoningDelta
LiveEvent: TypeAlias = Delta | Event | ProviderTurn


class Reading(Protocol):
    """One streamed response while it comes in."""

    texts: Texts

    def feed(self, event: Any) -> Iterable[Delta]:
        """What the provider's next event allows to be shown."""
        ...

    def response(self) -> Plain:
        """The whole response, as if it had not been streamed; what is missing of it at the end is missing in it."""
        ...


class Growing:
    """A JSON object that is streamed in pieces: texts grow, objects are entered, the rest is replaced.

    `whole` are keys of texts that come in one piece, and by some servers again and again. Linear in the size.
    """

    def __init__(self, begun: Plain, *, whole: frozenset[str] = frozenset()) -> None:
        self._whole = whole
        self._values: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}
        self._objects: dict[str, Growing] = {}
        self.add(begun)

    def add(self, piece: Plain) -> None:
        """The next piece. A null says nothing new."""
        for name, value in piece.items():
            if isinstance(value, dict):
                self._enter(name, value)
            elif isinstance(value, str) and name not in self._whole:
                self._texts.setdefault(name, []).append(value)
            elif value is not None:
                self._values[name] = value
            else:
                self._values.setdefault(name, None)

    def _enter(self, name: str, value: Plain) -> None:
        if name in self._objects:
            self._objects[name].add(value)
        else:
            self._objects[name] = Growing(value, whole=self._whole)

    def value(self) -> Plain:
        """The object as far as it has come."""
        texts = {name: "".join(pieces) for name, pieces in self._texts.items()}
        return {**self._values, **texts, **{name: each.value() for name, each in self._objects.items()}}


class Texts:
    """The texts of one response, each read for tags on its own: no script reaches from one into the next."""

    def __init__(self) -> None:
        self._detectors: dict[Hashable, Detector] = {}

    def feed(self, key: Hashable, text: str) -> Iterator[Delta]:
        """More of the text `key`."""
        if key not in self._detectors:
            yield from self.close()
            self._detectors[key] = Detector()
        yield from _shown(self._detectors[key].feed(text))

    def close(self) -> Iterator[Delta]:
        """What was held back, now that no more text follows."""
        detectors, self._detectors = self._detectors, {}
        for detector in detectors.values():
            yield from _shown(detector.finish())


def _shown(segments: Iterable[Segment]) -> Iterator[Delta]:
    for segment in segments:
        if segment.kind == "text":
            yield TextDelta(text=segment.text)
        elif segment.kind == "thinking":
            yield ReasoningDelta(text=segment.text)


async def each(events: AsyncIterable[Any] | Iterable[Any]) -> AsyncGenerator[Any]:
    """The events of a stream of either kind of client. A sync one is waited for in a thread: the event loop goes on."""
    if isinstance(events, AsyncIterable):
        async for event in events:
            yield event
        return
    if not isinstance(events, Iterable):
        raise UsageError(
            f"a {type(events).__name__} is no stream",
            hint="Give what `create(stream=True)` returned.",
        )
    iterator, end = iter(events), object()
    while (event := await asyncio.to_thread(next, iterator, end)) is not end:
        yield event
