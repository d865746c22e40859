"""Which declarations and names of a large catalogue go into so many tokens.

Everything is counted in sixths of a token, so that a text is counted in whole numbers and the cost of parts adds up to
the cost of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from belljar.tools._declare import declarations
from belljar.tools._tool import AnyTool

SIXTHS: Final = 6
"""Of a token: what `cost` counts in."""


def estimated_tokens(text: str) -> int:
    """How many tokens a text is at most, in all likelihood: one for three ASCII bytes or two others.

    Real tokenizers make fewer of belljar's prompts: one of 2,000 tokens by this count is 1,510 of o200k_base, 1,496 of
    cl100k_base and 1,659 of Claude 2; one of 8,000 is 5,570, 5,505 and 6,075; the declarations of 1,000 tools have 4.4,
    4.5 and 4.1 bytes a token (November 2026). Descriptions in German, Russian, Chinese, Japanese, Korean, Arabic and
    Hindi have 4.1 and more bytes a token of o200k_base, 2.7 and more of cl100k_base, 2.0 and more of Claude 2. Digests,
    rare symbols and scripts such as Tibetan make more tokens than this count says.
    """
    return -(-cost(text) // SIXTHS)


def cost(text: str) -> int:
    """Of a text, in sixths of a token."""
    size = len(text)
    if text.isascii():
        return 2 * size
    plain = sum(letter < "\x80" for letter in text)
    return 2 * plain + 3 * (len(text.encode("utf-8", "surrogatepass")) - plain)


# -- declarations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Price:
    """What the declaration of one tool costs."""

    method: int
    """The method and its comment."""
    types: tuple[str, ...]
    """The types before it, which other tools may share."""
    fence: int
    """What it adds to the fence when its text has a run of backticks."""


_prices: WeakKeyDictionary[AnyTool, _Price] = WeakKeyDictionary()

_BETWEEN_TYPES: Final = re.compile(r"(?<=;\n)(?=type |/\*\*)")
_HEAD: Final = "declare const tools: "
_WRAPPING: Final = cost(f"{_HEAD}{{\n}};\n")


def _price(tool: AnyTool) -> _Price:
    found = _prices.get(tool)
    if found is None:
        text = declarations([tool])
        head, _, body = text.rpartition(f"\n{_HEAD}") if f"\n{_HEAD}" in text else ("", "", text)
        wrapping = sum(map(_group_cost, _groups_of(tool))) + _WRAPPING
        found = _prices[tool] = _Price(
            method=cost(body) + cost(_HEAD) * bool(head) - wrapping,
            types=tuple(_BETWEEN_TYPES.split(f"{head}\n")) if head else (),
            fence=2 * cost("`") * max(0, longest_fence(text) - 3),
        )
    return found


def least_cost(tools: Iterable[AnyTool]) -> int:
    """A bound that the cost of all declarations together cannot be under: that of the methods alone."""
    return sum(_price(tool).method for tool in tools)


def longest_fence(text: str) -> int:
    """One more than the longest run of backticks, and at least three."""
    return max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def _groups_of(tool: AnyTool) -> list[str]:
    """`mcp`, `mcp.github` of `mcp.github.search`."""
    segments = tool.name.split(".")
    return [".".join(segments[:length]) for length in range(1, len(segments))]


def _group_cost(group: str) -> int:
    depth = group.count(".") + 1
    return cost(f"{'  ' * depth}{group.rpartition('.')[2]}: {{\n{'  ' * depth}}};\n")


@dataclass(slots=True, kw_only=True)
class _Purse:
    """Room for declarations, and what has been bought already."""

    left: int
    paid: set[str] = field(default_factory=set)
    """Types and groups, which are written once for all tools."""
    bought: dict[AnyTool, None] = field(default_factory=dict)

    def buy(self, tools: Iterable[AnyTool]) -> None:
        """All of these or, where the room is too small, none."""
        wanted = [tool for tool in tools if tool not in self.bought]
        prices = [_price(tool) for tool in wanted]
        shared = {text: cost(text) for price in prices for text in price.types}
        shared |= {group: _group_cost(group) for tool in wanted for group in _groups_of(tool)}
        own = sum(price.method + price.fence for price in prices)
        total = own + sum(shared[key] for key in shared.keys() - self.paid)
        if total <= self.left:
            self.left -= total
            self.paid |= shared.keys()
            self.bought |= dict.fromkeys(wanted)


def choose(tools: Sequence[AnyTool], relevant: Sequence[AnyTool], room: int) -> list[AnyTool]:
    """The tools to declare in `room` sixths, `relevant` ones first, else whole groups in order, then single tools.

    In the order of `tools`. The sum is that of their parts; where two tools' types have one name it may be a few bytes
    short.
    """
    purse = _Purse(left=room - _WRAPPING)
    for tool in relevant:
        purse.buy([tool])
    for group in by_group(tools).values():
        purse.buy(group)
    for tool in tools:
        purse.buy([tool])
    return [tool for tool in tools if tool in purse.bought]


# -- names ------------------------------------------------------------------------------------------------------------


def by_group(tools: Iterable[AnyTool]) -> dict[str, list[AnyTool]]:
    """Tools by what stands before the last dot of their name, in order."""
    groups: dict[str, list[AnyTool]] = {}
    for tool in tools:
        groups.setdefault(tool.name.rpartition(".")[0], []).append(tool)
    return groups


@dataclass(slots=True, kw_only=True)
class _Line:
    """One group of the list: `- tools.mcp.github (50): createIssue, listIssues, ...`."""

    start: str
    names: list[str]
    shown: int = 0

    @classmethod
    def of(cls, group: str, tools: Sequence[AnyTool]) -> _Line:
        start = f"- tools{'.' if group else ''}{group} ({len(tools)})"
        return cls(start=start, names=[tool.name.rpartition(".")[2] for tool in tools])

    def text(self) -> str:
        more = ["..."] if 0 < self.shown < len(self.names) else []
        names = ", ".join(self.names[: self.shown] + more)
        return f"{self.start}: {names}\n" if names else f"{self.start}\n"

    def next_cost(self) -> int:
        """Of one name more: `: a, ...` for the first, `, b` for others; the last needs no dots any more."""
        is_last = self.shown + 1 == len(self.names)
        dots = -cost(", ...") if is_last and self.shown else 0 if is_last or self.shown else cost(", ...")
        return cost(f", {self.names[self.shown]}") + dots


def names_text(tools: Sequence[AnyTool], room: int) -> str:
    """A line for each group with its count, and as many names as go into `room` sixths, shared out evenly.

    Where not even the lines fit, the last says how many groups are missing; that line is there in any case.
    """
    lines = [_Line.of(group, members) for group, members in by_group(tools).items()]
    kept = _first_lines(lines, room)
    left = room - sum(cost(line.text()) for line in kept) - cost(_rest(lines[len(kept) :]))
    for line in _turns(kept):
        price = line.next_cost()
        if price <= left:
            left -= price
            line.shown += 1
    return "".join(line.text() for line in kept) + _rest(lines[len(kept) :])


def _first_lines(lines: Sequence[_Line], room: int) -> list[_Line]:
    costs = [cost(line.text()) for line in lines]
    if sum(costs) <= room:
        return list(lines)
    left = room - cost(_rest(lines))
    count = 0
    while costs[count] <= left:
        left -= costs[count]
        count += 1
    return list(lines[:count])


def _turns(lines: Sequence[_Line]) -> Iterable[_Line]:
    """Every line once, then again as long as it has names."""
    for turn in range(max((len(line.names) for line in lines), default=0)):
        yield from (line for line in lines if turn < len(line.names))


def rest_cost(tools: Sequence[AnyTool]) -> int:
    """Of the shortest list that `names_text` can make of these tools, or of some of them."""
    return cost(_rest([_Line.of(group, members) for group, members in by_group(tools).items()]))


def _rest(lines: Sequence[_Line]) -> str:
    """The line for groups that are left out."""
    tools = sum(len(line.names) for line in lines)
    return f"- {tools} tools in {len(lines)} more groups\n" if lines else ""
