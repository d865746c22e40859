"""The interpreter: it walks the nodes of a program.

Rule 1: a segment is paid for before its first operation. Rule 2: a tail call is a value (`_Tail`) that the call it
would have ended unrolls, so only the other calls are deeper. Rule 3: nothing catches a `Stop` but `run`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from oracle import operators
from oracle import syntax as s
from oracle.encode import cbor_at
from oracle.natives import called, check_arity, part_text, require
from oracle.prices import Prices, ends_segment
from oracle.reader import read
from oracle.scope import UNSET, Scope
from oracle.tables import BUILT_INS, METHODS, UNITS
from oracle.values import (
    MAX_CALL_DEPTH,
    NOWHERE,
    Closure,
    Place,
    Record,
    Stop,
    Value,
    array,
    from_python,
    kind_of,
    record,
    string,
    type_name,
)

FUEL: Final = 2_000_000
"""Nodes walked; only a loop of tail calls without gas gets there within a test."""

_FRAMES: Final = 60_000
"""Python frames: 256 calls, each through some ten expressions of five frames."""


class EffectFailedError(Exception):
    """What an effect raises that could not be performed; it ends the run."""


EffectCall = tuple[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended: a value, or a code with its place; and what it did until then."""

    value: Value = None
    error: str | None = None
    at: Place = NOWHERE
    gas_used: int = 0
    log: tuple[str, ...] = ()
    effects: tuple[EffectCall, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tail:
    """A call that the caller's caller makes."""

    function: Value
    arguments: tuple[Value, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class _Done:
    """A `return` on its way out."""

    value: Value


Effects = dict[str, Callable[..., Any]]


def run(source: str, *, input: object = None, gas_limit: int = 10_000_000, effects: Effects | None = None) -> Outcome:
    """Run a program to its end. Raises `Unsealed` for a text outside the subset, nothing for what happens in it."""
    machine = Machine(gas_limit, effects or {})
    program = read(source)
    with _deep():
        end = machine.result(program, from_python(input))
    return Outcome(**end, gas_used=machine.gas_used, log=tuple(machine.log), effects=tuple(machine.effect_calls))


@contextmanager
def _deep() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Machine:
    """One run."""

    def __init__(self, gas_limit: int, effects: Effects) -> None:
        self.gas_limit = gas_limit
        self.gas_used = 0
        self.log: list[str] = []
        self.effect_calls: list[EffectCall] = []
        self._effects = effects
        self._prices = Prices()
        self._depth = 0
        self._fuel = FUEL

    def result(self, program: tuple[s.Statement, ...], given: Value) -> dict[str, Any]:
        """How the program ends; an answer must have an encoding."""
        scope = Scope(None, ["input", *s.declared(program)], level=0)
        scope.values["input"] = given
        try:
            value = self._unrolled(self._body(program, scope))
            cbor_at(value, NOWHERE)
        except Stop as stop:
            return {"error": stop.code, "at": stop.at}
        return {"value": value}

    # what built-ins ask for

    def charge(self, row: str, times: int = 1) -> None:
        """Pay for a row."""
        self._pay(UNITS[row] * times)

    def apply(self, function: Value, arguments: tuple[Value, ...], at: Place) -> Value:
        """Call, one deeper, through all its tail calls."""
        if self._depth >= MAX_CALL_DEPTH:
            raise Stop("LimitError", at)
        self._depth += 1
        value = self._unrolled(_Tail(function, arguments, at))
        self._depth -= 1
        return value

    def say(self, line: str) -> None:
        """Write a line."""
        self.log.append(line)

    def _pay(self, units: int) -> None:
        if self.gas_used + units > self.gas_limit:
            raise Stop("GasExhausted", NOWHERE)
        self.gas_used += units

    def _enter(self, segment: Any) -> None:
        self._pay(self._prices.of(segment))

    # calls

    def _unrolled(self, value: Any) -> Value:
        while isinstance(value, _Tail):
            value = self._entered(value)
        return value

    def _entered(self, call: _Tail) -> Value:
        """The value of a function's body, which may be a tail call again."""
        closure = called(call.function, call.at)
        code = closure.code
        fixed = len(code.parameters)
        check_arity(closure, len(call.arguments), call.at)
        scope = self._call_scope(closure)
        self._enter(code.body)
        for pattern, argument in zip(code.parameters, call.arguments, strict=False):
            self._bind(pattern, argument, scope)
        if code.rest is not None:
            self._bind(code.rest, call.arguments[fixed:], scope)
        return self._body(code.body, scope, is_paid=True)

    def _call_scope(self, closure: Closure) -> Scope:
        code = closure.code
        patterns = code.parameters if code.rest is None else (*code.parameters, code.rest)
        names = [name for pattern in patterns for name in s.names_of(pattern)]
        own = s.declared(code.body) if isinstance(code.body, tuple) else []
        return Scope(closure.scope, [*names, *own], level=closure.scope.level + 1)

    def _body(self, body: Any, scope: Scope, *, is_paid: bool = False) -> Any:
        if not is_paid:
            self._enter(body)
        if not isinstance(body, tuple):
            return self._value(body, scope)
        done = self._statements(body, scope)
        return done.value if done else None

    # statements

    def _statements(self, statements: tuple[s.Statement, ...], scope: Scope) -> _Done | None:
        for index, node in enumerate(statements):
            done = self._statement(node, scope)
            if done:
                return done
            if ends_segment(node):
                self._enter(statements[index + 1 :])
        return None

    def _statement(self, node: s.Statement, scope: Scope) -> _Done | None:
        return _STATEMENTS[type(node)](self, node, scope)

    def _const(self, node: s.Const, scope: Scope) -> None:
        self._bind(node.pattern, self._value(node.value, scope), scope)

    def _if(self, node: s.If, scope: Scope) -> _Done | None:
        is_true = require(self._value(node.test, scope), "boolean", node.at)
        arm = node.then if is_true else node.otherwise
        if arm is None:
            return None
        self._enter(arm)
        return self._statement(arm, scope)

    def _return(self, node: s.Return, scope: Scope) -> _Done:
        return _Done(self._value(node.value, scope))

    def _do(self, node: s.Do, scope: Scope) -> None:
        self._value(node.value, scope)

    def _block(self, node: s.Block, scope: Scope) -> _Done | None:
        return self._statements(node.statements, Scope(scope, s.declared(node.statements), level=scope.level))

    # patterns

    def _bind(self, pattern: s.Pattern, value: Value, scope: Scope) -> None:
        if isinstance(pattern, s.NamePattern):
            scope.values[pattern.name] = value
        elif isinstance(pattern, s.RecordPattern):
            self._bind_record(pattern, value, scope)
        else:
            self._bind_array(pattern, value, scope)

    def _bind_record(self, pattern: s.RecordPattern, value: Value, scope: Scope) -> None:
        target = require(value, "record", pattern.at)
        parts = [operators.field(target, name, pattern.at) for name, _ in pattern.fields]
        for (_, part), found in zip(pattern.fields, parts, strict=True):
            self._bind(part, found, scope)
        if pattern.rest is not None:
            taken = {name for name, _ in pattern.fields}
            rest = {name: item for name, item in target.fields.items() if name not in taken}
            self._bind(pattern.rest, Record(rest), scope)

    def _bind_array(self, pattern: s.ArrayPattern, value: Value, scope: Scope) -> None:
        count = len(pattern.items)
        if len(require(value, "array", pattern.at)) < count:
            raise Stop("IndexOutOfRangeError", pattern.at)
        for part, item in zip(pattern.items, value, strict=False):
            self._bind(part, item, scope)
        if pattern.rest is not None:
            self._bind(pattern.rest, value[count:], scope)

    # expressions

    def _value(self, node: s.Expression, scope: Scope) -> Value:
        """The value of an expression; a `_Tail` where the reader has marked a tail call."""
        self._fuel -= 1
        if self._fuel < 0:
            raise Stop("CpuLimitError", NOWHERE)
        return _EXPRESSIONS[type(node)](self, node, scope)

    def _values(self, nodes: tuple[s.Expression, ...], scope: Scope) -> tuple[Value, ...]:
        return tuple([self._value(node, scope) for node in nodes])

    def _literal(self, node: s.Literal, _scope: Scope) -> Value:
        return node.value

    def _name(self, node: s.Name, scope: Scope) -> Value:
        found = scope.find(node.name)
        if found is None or found.values[node.name] is UNSET:
            raise Stop("UseBeforeDeclarationError", node.at)
        return found.values[node.name]

    def _template(self, node: s.Template, scope: Scope) -> str:
        made = node.texts[0]
        for (at, part), text in zip(node.parts, node.texts[1:], strict=True):
            made = string(made + part_text(self._value(part, scope), at) + text, at)
        return made

    def _array(self, node: s.ArrayLiteral, scope: Scope) -> tuple[Value, ...]:
        made: list[Value] = []
        for item in node.items:
            if isinstance(item, s.Spread):
                made += require(self._value(item.value, scope), "array", item.at)
            else:
                made.append(self._value(item, scope))
        return array(tuple(made), node.at)

    def _record(self, node: s.RecordLiteral, scope: Scope) -> Record:
        made: dict[str, Value] = {}
        for item in node.items:
            if isinstance(item, s.Spread):
                made |= require(self._value(item.value, scope), "record", item.at).fields
            else:
                key = require(self._value(item.key, scope), "string", item.at)
                made[key] = self._value(item.value, scope)
        return record(made, node.at)

    def _property(self, node: s.Property, scope: Scope) -> Value:
        return operators.property_of(self._value(node.target, scope), node.name, node.at)

    def _element(self, node: s.Element, scope: Scope) -> Value:
        target = self._value(node.target, scope)
        return operators.element(target, self._value(node.index, scope), node.at)

    def _call(self, node: s.Call, scope: Scope) -> Value:
        function = self._value(node.callee, scope)
        arguments = self._values(node.arguments, scope)
        if node.is_tail:
            return _Tail(function, arguments, node.at)
        return self.apply(function, arguments, node.at)

    def _method(self, node: s.Method, scope: Scope) -> Value:
        target = self._value(node.target, scope)
        arguments = self._values(node.arguments, scope)
        if isinstance(target, Record):
            return self._own_method(target, node, arguments)
        kind = kind_of(target)
        if kind not in METHODS:
            raise Stop("TypeMismatchError", node.at)
        method = METHODS[kind].get(node.name)
        if method is None:
            raise Stop("PropertyNotFoundError", node.at)
        return method.call(self, node.at, (target, *arguments))

    def _own_method(self, target: Record, node: s.Method, arguments: tuple[Value, ...]) -> Value:
        """A record's function: only a call that is one is charged, both rows at once."""
        function = called(operators.field(target, node.name, node.at), node.at)
        self._pay(UNITS["property"] + UNITS["call"])
        return self.apply(function, arguments, node.at)

    def _built_in(self, node: s.BuiltIn, scope: Scope) -> Value:
        return BUILT_INS[node.name].call(self, node.at, self._values(node.arguments, scope))

    def _effect(self, node: s.Effect, scope: Scope) -> Value:
        arguments = self._values(node.arguments, scope)
        cbor_at(arguments, node.at)
        self.effect_calls.append((node.name, arguments))
        try:
            answer = self._effects[node.name](*arguments)
        except EffectFailedError:
            raise Stop("ToolExecutionError", node.at) from None
        return from_python(answer, node.at)

    def _function(self, node: s.Function, scope: Scope) -> Closure:
        return Closure(node, scope)

    def _conditional(self, node: s.Conditional, scope: Scope) -> Value:
        is_true = require(self._value(node.test, scope), "boolean", node.at)
        arm = node.then if is_true else node.otherwise
        self._enter(arm)
        return self._value(arm, scope)

    def _logical(self, node: s.Logical, scope: Scope) -> Value:
        left = require(self._value(node.left, scope), "boolean", node.at)
        if left is (node.operator == "||"):
            return left
        self._enter(node.right)
        return self._value(node.right, scope)

    def _unary(self, node: s.Unary, scope: Scope) -> Value:
        value = self._value(node.operand, scope)
        if node.operator == "-":
            return operators.negated(value, node.at)
        return type_name(value) if node.operator == "typeof" else not require(value, "boolean", node.at)

    def _binary(self, node: s.Binary, scope: Scope) -> Value:
        left = self._value(node.left, scope)
        return operators.binary(node.operator, left, self._value(node.right, scope), node.at)


_STATEMENTS: Final[dict[type, Callable[[Machine, Any, Scope], _Done | None]]] = {
    s.Const: Machine._const,
    s.If: Machine._if,
    s.Return: Machine._return,
    s.Do: Machine._do,
    s.Block: Machine._block,
}

_EXPRESSIONS: Final[dict[type, Callable[[Machine, Any, Scope], Value]]] = {
    s.Literal: Machine._literal,
    s.Name: Machine._name,
    s.Template: Machine._template,
    s.ArrayLiteral: Machine._array,
    s.RecordLiteral: Machine._record,
    s.Property: Machine._property,
    s.Element: Machine._element,
    s.Call: Machine._call,
    s.Method: Machine._method,
    s.BuiltIn: Machine._built_in,
    s.Effect: Machine._effect,
    s.Function: Machine._function,
    s.Conditional: Machine._conditional,
    s.Logical: Machine._logical,
    s.Unary: Machine._unary,
    s.Binary: Machine._binary,
}
