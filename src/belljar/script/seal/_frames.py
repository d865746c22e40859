"""How much of the engine's stack a call takes, so that calls end at the profile's depth and never at the stack.

A level of calls takes 1,020 bytes in the guest and 8 for each name and pending operand of the function (measured in
QuickJS-ng 0.17; V8 takes less). With 256 levels and `WIDEST` of these, 466 kB: inside of the 512 kB that a machine
has. Functions that are wider are refused. The program itself and async functions do not nest on the stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from belljar.script._findings import Reporter
from belljar.script.seal import _program as p
from belljar.script.seal._reader import LANGUAGE, MOST_ARGUMENTS

WIDEST: Final = 100
_CALLS: Final = (p.Call, p.MethodCall, p.BuiltInCall, p.EffectCall, p.Template)
_COPIES: Final = 3
"""Of each argument on its way through the runtime."""
_APPENDED: Final = 34
"""Elements of a literal that wait at the same time; the engine appends the rest one by one."""


def report_wide(program: p.Function, reporter: Reporter) -> None:
    """Functions that take too much stack."""
    for function in _functions(program):
        if not function.is_async and (width := frame_width(function)) > WIDEST:
            reporter.add(
                LANGUAGE,
                function.at,
                f"the function is too large: {width} names and pending operands, {WIDEST} are allowed",
                hint="Split it into functions, or keep its data in constants outside of it.",
            )


def frame_width(function: p.Function) -> int:
    """Names, what taking patterns apart keeps, arguments of its calls of itself, and the most operands that wait."""
    own = list(_own(function))
    names = sum(isinstance(node, p.Target) for node in own)
    patterns = sum(isinstance(node, p.RecordPattern | p.ArrayPattern) for node in own)
    itself = (node for node in own if isinstance(node, p.Call) and _is_named(node.callee, function.name))
    kept = sum(len(call.arguments) for call in itself)
    return names + len(function.parameters) + 2 * patterns + kept + max(map(_operands, p.children(function)), default=0)


def _functions(node: p.Node) -> Iterator[p.Function]:
    for child in p.children(node):
        if isinstance(child, p.Function):
            yield child
        yield from _functions(child)


def _own(node: p.Node) -> Iterator[p.Node]:
    """What is in a function and in no function within."""
    for child in p.children(node):
        yield child
        if not isinstance(child, p.Function):
            yield from _own(child)


def _is_named(callee: p.Expression, name: str) -> bool:
    return isinstance(callee, p.Name) and callee.name == name


def _operands(node: p.Node) -> int:
    """Values that wait while a node is computed, at most."""
    if isinstance(node, p.Function):
        return 3
    first = 1 if isinstance(node, p.Binary | p.Unary | p.Property | p.Element) else 2
    parts = list(p.children(node))
    if isinstance(node, p.Block | p.If | p.Const | p.Return | p.Run):
        return max(map(_operands, parts), default=0)  # one after another
    appended = _APPENDED if isinstance(node, p.Array | p.Record) else MOST_ARGUMENTS
    waiting = (first + min(at, appended) + _operands(part) for at, part in enumerate(parts))
    handed_on = first + _COPIES * len(parts) if isinstance(node, _CALLS) else 1
    return max(handed_on, *waiting) if parts else handed_on
