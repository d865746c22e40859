"""What the compiler says, at its place in the source, and which of it may count at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["member", "call", "iteration", "condition", "operand", "comparison"]

KINDS: Final[dict[int, Kind]] = {
    2339: "member",  # Property 'x' does not exist on type 'T'
    2550: "member",  # the same, there with another lib
    2551: "member",  # the same, with a near name
    2568: "member",  # the same, on a union
    2570: "member",  # the same, with a forgotten await
    2348: "call",  # not callable: a class
    2349: "call",  # This expression is not callable
    2351: "call",  # This expression is not constructable
    2488: "iteration",  # must have a '[Symbol.iterator]()' method
    2504: "iteration",  # must have a '[Symbol.asyncIterator]()' method
    2548: "iteration",  # is not an array type or has no '[Symbol.iterator]()'
    2549: "iteration",  # the same, or a string type
    2801: "condition",  # This condition will always return true since this 'Promise<..>' is always defined
    2362: "operand",  # left-hand side of an arithmetic operation
    2363: "operand",  # right-hand side
    2365: "operand",  # Operator '+' cannot be applied to types
    2367: "comparison",  # the types have no overlap
    2678: "comparison",  # the same, of a `case`
}
"""By the compiler's numbers: src/compiler/diagnosticMessages.json in github.com/microsoft/TypeScript."""

ARGUMENT: Final = frozenset({2322, 2345, 2353, 2554, 2555, 2559, 2560, 2561, 2739, 2740, 2741, 2769, 2820})
"""A value that does not fit what is declared; found for arguments of tools only."""

_TOOL_CALL: Final = "parameter of type 'BelljarArguments<"
"""In the JavaScript reading, the parameters of every tool have this type, and of nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that the compiler says."""

    code: int
    start: int
    """Offset in UTF-16 units of the source."""
    end: int
    message: str
    """The first line is the matter, further ones say why."""
    related: tuple[str, ...] = ()
    """What it says of other places."""

    @property
    def head(self) -> str:
        """The matter, without the reasons."""
        return self.message.partition("\n")[0]

    @property
    def reason(self) -> str:
        """The innermost reason; the matter itself where none is given."""
        return self.message.rpartition("\n")[2]

    @property
    def is_promise(self) -> bool:
        """Whether an `await` was forgotten."""
        return "'Promise<" in self.message or any("'await'" in text for text in self.related)

    @property
    def is_tool_call(self) -> bool:
        """In the JavaScript reading: whether it is about the arguments of a tool, as a whole."""
        return self.code == 2345 and _TOOL_CALL in self.message
