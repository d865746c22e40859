"""A provider's reply, read: what goes back into the history as it is, and what there is to do.

An adapter reads a response into a `Reply`; `_work` has it worked off, `_turn` writes what follows it. Everything here
is data, so that a turn which waits for a person can be written down and finished in another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from belljar.errors import BelljarError, ToolValidationError
from belljar.harness import CallPart, Part, ScriptPart, TextPart, ThinkingPart
from belljar.providers._shape import NotJson, Plain

RUN_TYPESCRIPT = "run_typescript"
"""Name of the tool that takes a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where the answer to one thing in the reply goes."""

    reference: Plain | None = None
    """What the provider's answer needs, its call id among it; None where no answer is due."""
    is_text: bool = False
    """Whether the thing is text: scripts in it are answered in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a reply's turn looks like apart from what came of it. JSON data."""

    said: tuple[Plain, ...] = ()
    """What the model said, in the provider's shape: the history's next items."""
    slots: tuple[Slot, ...] = ()
    stop: str = ""
    """The provider's own word for why the model stopped."""
    model: str | None = None
    refusal: str | None = None
    is_paused: bool = False
    """Whether the provider itself has more to do: the same history again, with what the model said."""
    is_silent: bool = False
    """Whether nothing is to be told to the model: the reply is void, or was cut off with nothing to run in it."""
    unanswered: tuple[Plain, ...] = ()
    """Calls of the provider's own client-side tools (computer, shell): the host's to answer, not belljar's."""
    request: Plain = field(default_factory=dict)
    """Parameters that the next request must carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in the reply that becomes items: a text, a thought, a script, a call."""

    part: Part
    reference: Plain | None = None
    """See `Slot`."""
    program: str | None = None
    """Id of the provider's program that makes this call; None where the model itself does."""
    fault: BelljarError | None = None
    """Why this is not tried at all."""

    @property
    def slot(self) -> Slot:
        """Where the answer goes."""
        return Slot(reference=self.reference, is_text=isinstance(self.part, TextPart))


@dataclass(slots=True, kw_only=True)
class Reply:
    """One response of a provider, as it is read. The fields are those of `Frame` and a few that end with the work."""

    said: list[Plain] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    stop: str = ""
    refusal: str | None = None
    is_paused: bool = False
    unanswered: list[Plain] = field(default_factory=list)
    request: Plain = field(default_factory=dict)
    model: str | None = None
    flaw: str = ""
    """Why nothing of the reply may run: it was cut off, refused or broken."""
    is_void: bool = False
    """Whether the reply must not go into the history at all."""
    _seen: set[str] = field(default_factory=set, init=False, repr=False)

    def frame(self, *, is_silent: bool) -> Frame:
        """What stays of it for the turn. Nothing of a void reply goes back."""
        is_silent = is_silent or self.is_void
        return Frame(
            said=() if self.is_void else tuple(self.said),
            slots=tuple(entry.slot for entry in self.entries),
            stop=self.stop,
            model=self.model,
            refusal=self.refusal,
            is_paused=self.is_paused and not is_silent,
            is_silent=is_silent,
            unanswered=() if self.is_void else tuple(self.unanswered),
            request=self.request,
        )

    def say(self, text: str) -> None:
        """Text for the user, in which there may be scripts."""
        if text:
            self.entries.append(Entry(part=TextPart(text)))

    def refuse(self, text: str) -> None:
        """The model declined: nothing beside its refusal runs."""
        self.refusal = (self.refusal or "") + text
        self.flaw = self.flaw or "the model refused, so nothing of its reply was run"

    def think(self, text: str) -> None:
        """A thought that can be read."""
        if text:
            self.entries.append(Entry(part=ThinkingPart(text)))

    def call(self, name: str, arguments: Any, reference: Plain, *, program: str | None = None) -> bool:
        """A call of `name`; `arguments` is JSON data, or the text that is none. False where its id was there before.

        A source for `run_typescript` comes as {"code": source}. Two calls of one id cannot both be answered: the first
        is the call, the second is not made.
        """
        call_id = str(reference["id"])
        part, fault = _part(name, arguments)
        if call_id in self._seen:
            fault = ToolValidationError("this call has the id of another one of the same reply; it was not made")
            self.entries.append(Entry(part=CallPart(name, arguments), fault=fault))
            return False
        self._seen.add(call_id)
        self.entries.append(Entry(part=part, reference=reference, program=program, fault=fault))
        return True


def _part(name: str, arguments: Any) -> tuple[Part, ToolValidationError | None]:
    if not isinstance(arguments, Mapping):
        return CallPart(name, arguments), _unfit(arguments)
    if name != RUN_TYPESCRIPT:
        return CallPart(name, dict(arguments)), None
    source = arguments.get("code")
    if not isinstance(source, str):
        fault = ToolValidationError(f"{RUN_TYPESCRIPT} takes the script as text in `code`", tool=RUN_TYPESCRIPT)
        return CallPart(name, dict(arguments)), fault
    return ScriptPart(source), None


def _unfit(arguments: Any) -> ToolValidationError:
    if isinstance(arguments, NotJson):
        return ToolValidationError("the arguments are not valid JSON", hint="Send the call again with a JSON object.")
    return ToolValidationError(
        "the arguments are no JSON object", hint="Send the call again with a JSON object of named arguments."
    )
