"""From a program to plain JavaScript for the machine: every operation is one of the runtime's, every name a number.

The text is one function of the runtime and the input. It uses no global, no property and no operator of JavaScript on a
program's values but what is written out here, so nothing that a program computes leads out of the runtime. Positions
go along as numbers, line * 65,536 + column, so the machine's own positions do not matter.

A function that calls itself in tail position becomes a loop; every turn declares its names anew, so closures keep the
values of their own turn. Other tail calls are handed to the caller's trampoline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from belljar.script._text import Lines, from_units
from belljar.script.seal import _program as p
from belljar.script.seal._built_ins import VALUES
from belljar.script.seal._gas import Gas
from belljar.script.seal._names import Binding, Names

_Form = TypeVar("_Form", bound=p.Expression)

_BINARY: Final = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem", "in": "has",
    "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
}  # fmt: skip
_EQUAL: Final = {"===": "eq", "!==": "ne"}
_UNARY: Final = {"-": "neg", "!": "not"}
_RUNTIME: Final = (
    "charge", *_BINARY.values(), *_EQUAL.values(), *_UNARY.values(), "bool", "type", "at", "prop", "text", "arr",
    "arrSpread", "rec", "recSpread", "fn", "call", "tail", "agcall", "method", "bi", "effect", "early", "U", "pobj",
    "prest", "parr", *sorted(VALUES - {"input"}),
)  # fmt: skip
"""What the compiled text takes from the runtime."""
_COLUMNS: Final = 0x10000


def emit(program: p.Function, names: Names, gas: Gas, lines: Lines) -> str:
    """The text of the function. It is a generator where the program awaits."""
    return _Emitter(names, gas, lines).program(program)


class _Emitter:
    def __init__(self, names: Names, gas: Gas, lines: Lines) -> None:
        self._names = names
        self._gas = gas
        self._lines = lines
        self._out: list[str] = []
        self._functions: list[p.Function] = []
        self._made = 0

    def program(self, program: p.Function) -> str:
        self._put(f"(function* ($, input) {{ 'use strict'; const {{ {', '.join(_RUNTIME)} }} = $;")
        self._functions.append(program)
        self._charge(program)
        self._block(program.body)
        self._put("return JsonNull; })")
        return "\n".join(self._out)

    # -- statements ---------------------------------------------------------------------------------------------------

    def _block(self, block: p.Block) -> None:
        self._checked_names(block)
        for statement in block.statements:
            self._charge(statement)
            self._statement(statement)

    def _checked_names(self, block: p.Block) -> None:
        """Names that may be read too early are there from the beginning, and say that they are not ready."""
        for binding in self._declared(block):
            if binding.is_checked:
                self._put(f"let {_name(binding)} = U;")

    def _declared(self, block: p.Block) -> Iterable[Binding]:
        for statement in block.statements:
            if isinstance(statement, p.Declaration):
                yield self._names.of_target[statement.at]
            elif isinstance(statement, p.Const):
                yield from (self._names.of_target[target.at] for target in p.names_in(statement.target))

    def _statement(self, statement: p.Statement) -> None:
        match statement:
            case p.Const():
                self._bind(statement.target, self._value(statement.value))
            case p.Declaration():
                self._bind(p.Target(at=statement.at, name=""), self._function(statement.function))
            case p.If():
                self._if(statement)
            case p.Return():
                self._return(statement.value)
            case p.Run():
                self._put(f"{self._value(statement.value)};")
            case p.Block():
                self._put("{")
                self._block(statement)
                self._put("}")

    def _if(self, node: p.If) -> None:
        self._put(f"if ({self._condition(node.condition)}) {{")
        self._arm(node.then)
        if node.otherwise is not None:
            self._put("} else {")
            self._arm(node.otherwise)
        self._put("}")

    def _arm(self, block: p.Block) -> None:
        self._charge(block)
        self._block(block)

    def _return(self, value: p.Expression | None) -> None:
        """A value in tail position; the arms of conditions become statements, so that a loop can go on from there."""
        match value:
            case None:
                self._put("return JsonNull;")
            case p.Conditional():
                self._put(f"if ({self._condition(value.condition)}) {{")
                self._return_arm(value.then)
                self._put("} else {")
                self._return_arm(value.otherwise)
                self._put("}")
            case p.Logical():
                sign = "" if value.operator == "&&" else "!"
                self._put(f"if ({sign}{self._condition(value.left)}) {{")
                self._return_arm(value.right)
                self._put(f"}} return {'false' if value.operator == '&&' else 'true'};")
            case p.Call() if self._is_turn(value):
                self._turn(value)
            case p.Call() if self._gas.is_tail(value):
                self._put(f"return tail({self._call(value)});")
            case _:
                self._put(f"return {self._value(value)};")

    def _return_arm(self, value: p.Expression) -> None:
        self._charge(value)
        self._return(value)

    # -- functions ----------------------------------------------------------------------------------------------------

    def _function(self, function: p.Function) -> str:
        """`fn(code, arity, has rest, function, captured values)`; the text of its body goes between parentheses."""
        before, self._out = self._out, []
        self._functions.append(function)
        is_loop = any(self._gas.is_tail(call) and self._is_turn(call) for call in _calls(function.body))
        count = len(function.parameters)
        given = [f"a{at}" for at in range(count)]
        arguments = ", ".join([*given, "...rest"] if function.rest is not None else given)
        self._put(
            f"function{'*' if function.is_async else ''} ({arguments}) {{{' turn: for (;;) {' if is_loop else ''}"
        )
        self._charge(function)
        for pattern, value in zip(function.parameters, given, strict=True):
            self._bind(pattern, value)
        if function.rest is not None:
            self._bind(function.rest, "arr(rest)")
        self._block(function.body)
        self._put(f"return JsonNull; }}{' }' if is_loop else ''}")
        self._functions.pop()
        text, self._out = "\n".join(self._out), before
        captured = ", ".join(map(_name, self._names.captures[function.at]))
        has_rest = int(function.rest is not None)
        return f"fn({function.at}, {count}, {has_rest}, {text}, {f'() => [{captured}]' if captured else 'null'})"

    def _is_turn(self, call: p.Call) -> bool:
        """Whether a function calls itself, with as many arguments as it has parameters."""
        here = self._functions[-1]
        binding = self._names.of_use.get(call.callee.at) if isinstance(call.callee, p.Name) else None
        return (
            binding is not None
            and binding.function is here
            and here.rest is None
            and len(call.arguments) == len(here.parameters)
        )

    def _turn(self, call: p.Call) -> None:
        values = [self._keep(self._value(argument)) for argument in call.arguments]
        for at, value in enumerate(values):
            self._put(f"a{at} = {value};")
        self._put("continue turn;")

    # -- names --------------------------------------------------------------------------------------------------------

    def _bind(self, pattern: p.Pattern, value: str) -> None:
        match pattern:
            case p.Target():
                binding = self._names.of_target[pattern.at]
                self._put(f"{'' if binding.is_checked else 'const '}{_name(binding)} = {value};")
            case p.RecordPattern():
                self._bind_record(pattern, value)
            case p.ArrayPattern():
                has_rest = int(pattern.rest is not None)
                parts = self._keep(f"parr({value}, {len(pattern.items)}, {has_rest}, {self._place(pattern)})")
                for at, item in enumerate((*pattern.items, *((pattern.rest,) if pattern.rest else ()))):
                    self._bind(item, f"{parts}[{at}]")

    def _bind_record(self, pattern: p.RecordPattern, value: str) -> None:
        record = self._keep(value)
        keys = ", ".join(_text(key) for key, _ in pattern.fields)
        parts = self._keep(f"pobj({record}, [{keys}], {self._place(pattern)})")
        for at, (_, item) in enumerate(pattern.fields):
            self._bind(item, f"{parts}[{at}]")
        if pattern.rest is not None:
            self._bind(pattern.rest, f"prest({record}, [{keys}], {self._place(pattern)})")

    def _keep(self, value: str) -> str:
        self._made += 1
        self._put(f"const t{self._made} = {value};")
        return f"t{self._made}"

    # -- expressions --------------------------------------------------------------------------------------------------

    def _value(self, node: p.Expression) -> str:
        write: Callable[[p.Expression], str] = _WRITERS[type(node)].__get__(self)
        return write(node)

    def _values(self, nodes: Sequence[p.Expression]) -> str:
        return "".join(f", {self._value(node)}" for node in nodes)

    def _charged(self, node: p.Expression) -> str:
        """An expression that is a segment of its own."""
        units = self._gas.charge(node)
        return f"(charge({units}), {self._value(node)})" if units else self._value(node)

    def _condition(self, node: p.Expression) -> str:
        return f"bool({self._value(node)}, {self._place(node)})"

    def _literal(self, node: p.Literal) -> str:
        if isinstance(node.value, str):
            return _text(node.value)
        return str(node.value).lower()

    def _template(self, node: p.Template) -> str:
        parts = [_text(part) if isinstance(part, str) else self._value(part) for part in node.parts]
        return f"text({self._place(node)}, {', '.join(parts)})" if len(parts) > 1 else parts[0]

    def _read(self, node: p.Name) -> str:
        binding = self._names.of_use.get(node.at)
        if binding is None:
            return node.name
        name = _name(binding)
        return f"({name} === U ? early({self._place(node)}) : {name})" if node.at in self._names.early else name

    def _array(self, node: p.Array) -> str:
        if not any(isinstance(item, p.Spread) for item in node.items):
            return f"arr([{', '.join(self._value(item) for item in node.items)}])"  # type: ignore[arg-type]  # no spread among them
        items = [f"{int(isinstance(item, p.Spread))}, {self._value(_unspread(item))}" for item in node.items]
        return f"arrSpread({self._place(node)}, [{', '.join(items)}])"

    def _record(self, node: p.Record) -> str:
        if not any(isinstance(field, p.Spread) for field in node.fields):
            fields = [
                f"{self._value(each.key)}, {self._value(each.value)}"
                for each in node.fields
                if isinstance(each, p.Field)
            ]
            return f"rec({self._place(node)}, [{', '.join(fields)}])"
        parts = [
            f"1, {self._value(each.value)}"
            if isinstance(each, p.Spread)
            else f"0, {self._value(each.key)}, {self._value(each.value)}"
            for each in node.fields
        ]
        return f"recSpread({self._place(node)}, [{', '.join(parts)}])"

    def _property(self, node: p.Property) -> str:
        return f"prop({self._value(node.object)}, {_text(node.name)}, {self._place(node)})"

    def _element(self, node: p.Element) -> str:
        return f"at({self._value(node.object)}, {self._value(node.index)}, {self._place(node)})"

    def _unary(self, node: p.Unary) -> str:
        if node.operator == "typeof":
            return f"type({self._value(node.operand)})"
        return f"{_UNARY[node.operator]}({self._value(node.operand)}, {self._place(node)})"

    def _binary(self, node: p.Binary) -> str:
        left, right = self._value(node.left), self._value(node.right)
        if node.operator in _EQUAL:
            return f"{_EQUAL[node.operator]}({left}, {right})"
        return f"{_BINARY[node.operator]}({left}, {right}, {self._place(node)})"

    def _logical(self, node: p.Logical) -> str:
        return f"(bool({self._value(node.left)}, {self._place(node)}) {node.operator} {self._charged(node.right)})"

    def _conditional(self, node: p.Conditional) -> str:
        return f"({self._condition(node.condition)} ? {self._charged(node.then)} : {self._charged(node.otherwise)})"

    def _called(self, node: p.Call) -> str:
        return f"(yield* agcall({self._call(node)}))" if node.awaited else f"call({self._call(node)})"

    def _call(self, node: p.Call) -> str:
        return f"{self._place(node)}, {self._value(node.callee)}{self._values(node.arguments)}"

    def _method(self, node: p.MethodCall) -> str:
        return (
            f"method({self._place(node)}, {self._value(node.object)}, {_text(node.name)}{self._values(node.arguments)})"
        )

    def _built_in(self, node: p.BuiltInCall) -> str:
        return f"bi({self._place(node)}, {_text(node.name)}{self._values(node.arguments)})"

    def _effect(self, node: p.EffectCall) -> str:
        return f"(yield* effect({self._place(node)}, {_text(node.name)}{self._values(node.arguments)}))"

    # -- text ---------------------------------------------------------------------------------------------------------

    def _put(self, text: str) -> None:
        self._out.append(text)

    def _charge(self, node: p.Node) -> None:
        if units := self._gas.charge(node):
            self._put(f"charge({units});")

    def _place(self, node: p.Node) -> int:
        line, column = self._lines.position(node.at)
        return line * _COLUMNS + min(column, _COLUMNS - 1)


_WRITERS: Final = {
    p.Literal: _Emitter._literal,
    p.Template: _Emitter._template,
    p.Name: _Emitter._read,
    p.Array: _Emitter._array,
    p.Record: _Emitter._record,
    p.Property: _Emitter._property,
    p.Element: _Emitter._element,
    p.Unary: _Emitter._unary,
    p.Binary: _Emitter._binary,
    p.Logical: _Emitter._logical,
    p.Conditional: _Emitter._conditional,
    p.Function: _Emitter._function,
    p.Call: _Emitter._called,
    p.MethodCall: _Emitter._method,
    p.BuiltInCall: _Emitter._built_in,
    p.EffectCall: _Emitter._effect,
}
"""How each form is written."""


def _calls(node: p.Node) -> Iterable[p.Call]:
    """The calls in a function's own statements, not in functions within."""
    for child in p.children(node):
        if isinstance(child, p.Call):
            yield child
        if not isinstance(child, p.Function):
            yield from _calls(child)


def _unspread(item: p.Expression | p.Spread) -> p.Expression:
    return item.value if isinstance(item, p.Spread) else item


def _name(binding: Binding) -> str:
    return f"v{binding.number}"


def _text(units: str) -> str:
    """A JavaScript string, in ASCII."""
    return json.dumps(from_units(units))
