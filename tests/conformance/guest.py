"""The guest as a subject: the sealed runtime itself, on either engine, asked by programs as a compiler writes them."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from sealed_engines import GAS, NAMES, Engine, P, Told, engines

from belljar.values import canonical_json
from belljar.values._decimal import Decimal128
from belljar.values._sealed_json import plain_json

_UNARY: Final = frozenset(("reduce", "toIntegral", "abs", "negate"))
_NUMBER: Final = "match(bi(P, 'Decimal.of', {}))"
_OPENED: Final = "const match = (result) => bi(P, 'Result.getOr', result, none);"
"""What `Decimal.of` gives for a text that is a Decimal."""
_SHOWN: Final = (
    "const shown = (d) => arr([bi(P, 'Decimal.coefficient', d), bi(P, 'Decimal.scale', d)]);"
    "const told = (r) => bi(P, 'Result.isOk', r) ? shown(match(r)) : r;"
)
_PLAIN: Final = frozenset(("min", "max", "abs", "negate", "reduce", "toIntegral"))
"""Operations whose answer is a Decimal and not a Result."""


class GuestSide:
    """The runtime on one engine."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = f"guest on {name}"
        self._engine = engine

    def fnv1a64(self, data: bytes) -> int:
        return int(self._step({"hash": data.hex()}).value, 16)

    def cbor(self, value: Any) -> bytes:
        text = json.dumps(canonical_json(plain_json(value)))
        return bytes.fromhex(self._run(f"return bi(P, 'Result.getOr', bi(P, 'Json.parse', {text}), none);").cbor)

    def canonical(self, text: str) -> str | None:
        parsed = f"const parsed = bi(P, 'Json.parse', {json.dumps(text)});"
        written = "bi(P, 'Json.stringify', bi(P, 'Result.getOr', parsed, none))"
        told = self._run(f"{parsed} return bi(P, 'Result.isOk', parsed) ? arr([{written}]) : arr([]);")
        return told.value[0] if told.value else None

    def decimal(self, operation: str, operands: tuple[Decimal128, ...]) -> Decimal128 | int | str:
        numbers = [_NUMBER.format(json.dumps(_text(operand))) for operand in operands]
        if operation == "quantize":
            numbers[1] = str(operands[1].scale)
        answer = f"bi(P, 'Decimal.{operation}', {', '.join(numbers[: 1 if operation in _UNARY else 2])})"
        if operation == "compare":
            return int(self._run(f"{_OPENED} return {answer};").value)
        show = "shown" if operation in _PLAIN else "told"
        value = self._run(f"{_OPENED} {_SHOWN} return {show}({answer});").value
        if isinstance(value, dict):
            return str(value["err"])
        coefficient, scale = value
        return Decimal128(coefficient=int(coefficient), scale=scale)

    def _run(self, body: str) -> Told:
        code = f"(function* ($, input) {{ 'use strict'; const {{ {NAMES} }} = $; const P = {P};\n{body}\n}})"
        told = self._step({"code": code, "gas": GAS, "answers": []})
        assert not told.error, told.error
        return told

    def _step(self, message: dict[str, Any]) -> Told:
        return Told(**json.loads(self._engine.step(json.dumps(message))))


def guest_side(name: str) -> GuestSide:
    """On an engine; skips where it is not installed."""
    here = dict(zip(("quickjs", "v8"), engines(), strict=False))
    if name not in here:
        pytest.skip(f"the engine {name} is not installed")
    return GuestSide(here[name], name)


def _text(number: Decimal128) -> str:
    """With its scale, which the canonical text leaves out."""
    digits = str(abs(number.coefficient)).rjust(number.scale + 1, "0")
    point = len(digits) - number.scale
    sign = "-" if number.coefficient < 0 else ""
    return f"{sign}{digits[:point]}{'.' if number.scale else ''}{digits[point:]}"
