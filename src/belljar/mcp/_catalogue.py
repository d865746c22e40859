"""A server's list of tools, as tools.

Nothing in a list is an exception: what cannot be used is made wide or left out, and a `Problem` says so. A tool that
has not changed stays the same object from one list to the next, so that its compiled types are used again.

What a server says of its tools (read-only, idempotent) is a claim. It decides nothing unless the operator trusts it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import mcp_types as types

from belljar.errors import UsageError
from belljar.mcp._faults import shortened
from belljar.mcp._link import TOOLS
from belljar.mcp._names import script_names
from belljar.mcp._schemas import (
    ANY_ARGUMENTS,
    ANYTHING,
    Schema,
    complaint_of,
    is_wrapper,
    parameters_of,
    unwrapped_schema,
)
from belljar.mcp._values import is_json_text, plain_value
from belljar.tools import AnyTool, CallInfo, Tool, declaration
from belljar.tools._infer import Shape
from belljar.tools._tool import Approval

_LOG: Final = logging.getLogger("belljar.mcp")

_DESCRIPTION: Final = 4_000
"""Characters: some 1,000 tokens, for which a model pays in every request."""

ApprovalRule: TypeAlias = Literal["never", "always"] | Callable[[str, types.Tool], Approval]
"""Who must agree to calls. A function gets the operator's name of the server and what the server says of one tool, and
gives "never", "always", or a function of a call's arguments (see `belljar.tool`)."""

Call = Callable[[str, dict[str, Any], CallInfo], Awaitable[types.CallToolResult]]
"""Makes a call: the server's name of the tool, the arguments, and the script's call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something about a server that the operator should know. No run fails of it."""

    server: str
    """By the operator's name."""
    tool: str | None
    """By the server's name; None where it is the server itself."""
    message: str
    """What was wrong, and what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator decided for all servers."""

    approval: ApprovalRule | None = None
    """None asks always, and with `trust_hints` for what is not said to be read-only."""
    trust_hints: bool = False
    """Whether a server's claims count."""

    def __post_init__(self) -> None:
        if not (callable(self.approval) or self.approval in (None, "never", "always")):
            raise UsageError(f'approval must be "never", "always" or a function, got {self.approval!r}')

    def approval_of(self, server: str, entry: types.Tool) -> Approval:
        """Whether a person must agree to calls of this tool. Raises what the operator's function raises."""
        if self.approval is None:
            return "never" if self.trust_hints and _hint(entry, "read_only_hint") else "always"
        return self.approval(server, entry) if callable(self.approval) else self.approval

    def is_idempotent(self, entry: types.Tool) -> bool:
        """Whether a call may be repeated when nobody knows if it took place."""
        return self.trust_hints and (_hint(entry, "idempotent_hint") or _hint(entry, "read_only_hint"))


@dataclass(slots=True)
class _Offer:
    """One tool of the list, and what its results have shown of themselves."""

    entry: types.Tool
    name: str
    """The script's."""
    shape: Shape = field(default_factory=Shape)
    is_json: bool = False
    """Whether every result was a text that holds JSON."""
    tool: AnyTool | None = None
    declared: tuple[Schema, str] | None = None
    """What `tool` says of its result."""
    complaints: list[str] = field(default_factory=list)

    def saw(self, value: Any) -> bool:
        """Learn from a result; whether it shows something new."""
        before = self.shape, self.is_json
        self.is_json = is_json_text(value) and (self.is_json or self.shape == Shape())
        self.shape |= Shape.of(value)
        return before != (self.shape, self.is_json)

    def result(self) -> tuple[Schema, str]:
        """The schema of what scripts get, and what is to be said of it."""
        schema = self.entry.output_schema
        if schema is None:
            return self._inferred()
        if complaint_of(schema) is not None:
            return ANYTHING, ""
        return (unwrapped_schema(schema) if is_wrapper(schema) else schema), ""

    def _inferred(self) -> tuple[Schema, str]:
        if self.shape == Shape():
            return ANYTHING, "@returns the server does not say what"
        text = "JSON text for JSON.parse; " if self.is_json else ""
        return self.shape.schema, f"@returns {text}inferred from a real result, may be incomplete"


class Catalogue:
    """One server's tools."""

    def __init__(self, server: str, policy: Policy, call: Call) -> None:
        self._server = server
        self._policy = policy
        self._call = call
        self._offers: dict[str, _Offer] = {}
        self._problems: list[Problem] = []
        self._told: set[Problem] = set()
        """Logged once each."""
        self._tools: tuple[AnyTool, ...] | None = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of the last list."""
        of_tools = (
            self._problem(offer.entry.name, text) for offer in self._offers.values() for text in offer.complaints
        )
        return (*self._problems, *of_tools)

    def tools(self) -> tuple[AnyTool, ...]:
        """In the server's order. A tool whose results have shown something new is another object than before."""
        if self._tools is None:
            self._tools = tuple(self._tool(offer) for offer in self._offers.values())
        return self._tools

    def take(self, entries: Sequence[types.Tool], repairs: Sequence[tuple[str, str]] = ()) -> None:
        """A new list in the place of the old one."""
        self._problems = [self._problem(name, why) for name, why in repairs]
        if len(entries) > TOOLS:
            self._problems.append(self._problem("", f"it lists more than {TOOLS:,} tools: the rest was left out"))
        listed: dict[str, types.Tool] = {}
        for entry in entries[:TOOLS]:
            if entry.name in listed:
                self._problems.append(self._problem(entry.name, "it is listed twice: the second was left out"))
            listed.setdefault(entry.name, entry)
        names = script_names(listed)
        self._offers = {name: self._offer(entry, names[name]) for name, entry in listed.items()}
        self._tools = None

    def _offer(self, entry: types.Tool, name: str) -> _Offer:
        known = self._offers.get(entry.name)
        return known if known is not None and known.entry == entry and known.name == name else _Offer(entry, name)

    def _problem(self, tool: str, message: str) -> Problem:
        problem = Problem(server=self._server, tool=shortened(tool, 100) or None, message=message)
        if problem not in self._told:
            self._told.add(problem)
            _LOG.warning("MCP server %s, %s: %s", self._server, problem.tool or "its list", message)
        return problem

    # -- one tool -----------------------------------------------------------------------------------------------------

    def _tool(self, offer: _Offer) -> AnyTool:
        declared = offer.result()
        if offer.tool is None or declared != offer.declared:
            offer.complaints.clear()
            offer.tool, offer.declared = self._made(offer, declared), declared
        return offer.tool

    def _made(self, offer: _Offer, declared: tuple[Schema, str]) -> AnyTool:
        complaint = complaint_of(offer.entry.input_schema)
        parameters = ANY_ARGUMENTS if complaint is not None else parameters_of(offer.entry.input_schema)
        if complaint is not None:
            offer.complaints.append(f"the schema of its arguments {complaint}: it takes anything")
        unused = complaint_of(offer.entry.output_schema or {})
        if unused is not None:
            offer.complaints.append(f"the schema of its result {unused}: it gives anything")
        try:
            return self._declarable(offer, parameters, declared)
        except Exception as error:  # whatever a stranger's schema does to us, its tool stays
            offer.complaints.append(f"its schemas cannot be used ({type(error).__name__}): it takes and gives anything")
            return self._declarable(offer, ANY_ARGUMENTS, (ANYTHING, declared[1]))

    def _declarable(self, offer: _Offer, parameters: Schema, declared: tuple[Schema, str]) -> AnyTool:
        """A tool that is sure to have a declaration."""
        made = Tool.from_schema(
            self._function(offer),
            name=f"mcp.{self._server}.{offer.name}",
            parameters=parameters,
            result=declared[0],
            description=_description(offer, declared[1]),
            approval=self._approval(offer),
            idempotent=self._policy.is_idempotent(offer.entry),
        )
        declaration(made)
        return made

    def _approval(self, offer: _Offer) -> Approval:
        try:
            decided = self._policy.approval_of(self._server, offer.entry)
            if not (callable(decided) or decided in ("never", "always")):
                raise TypeError(f"{decided!r} is no approval")
            return decided
        except Exception as error:  # the operator's function: what it cannot decide is asked
            offer.complaints.append(f"the approval rule failed ({type(error).__name__}): a person is asked")
            return "always"

    def _function(self, offer: _Offer) -> Callable[..., Any]:
        entry = offer.entry
        is_declared, is_wrapped = entry.output_schema is not None, is_wrapper(entry.output_schema)

        async def function(arguments: dict[str, Any], call: CallInfo) -> Any:
            result = await self._call(entry.name, arguments, call)
            value = plain_value(result, tool=call.tool, is_declared=is_declared, is_wrapped=is_wrapped)
            if not is_declared and offer.saw(value):
                self._tools = None
            return value

        return function


def _hint(entry: types.Tool, name: str) -> bool:
    return getattr(entry.annotations, name, None) is True


def _description(offer: _Offer, note: str) -> str:
    entry = offer.entry
    title = entry.title or (entry.annotations.title if entry.annotations is not None else None)
    text = shortened(entry.description or title or "", _DESCRIPTION)
    named = f"The server calls it {shortened(entry.name, 200)!r}." if entry.name != offer.name else ""
    return "\n".join(filter(None, [text, named, note]))
