"""Whoever answers the published vectors: the sealed values of the host here, the guest wherever somebody passes one.

A suite asks its subject only through `Subject`, so the same cases hold for every implementation of the sealed profile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from belljar.errors import SerializationError
from belljar.values import canonical_json
from belljar.values._cbor import encode_cbor
from belljar.values._decimal import Decimal128
from belljar.values._fnv import fnv1a64
from belljar.values._sealed import Err, Ok
from belljar.values._sealed_json import plain_json
from belljar.values._strict_json import parse_json


class Subject(Protocol):
    """An implementation of the sealed values. Values are what the host holds them as."""

    @property
    def name(self) -> str:
        """What the summary calls it."""

    def fnv1a64(self, data: bytes) -> int:
        """The hash of these bytes."""

    def cbor(self, value: Any) -> bytes:
        """The deterministic encoding of a sealed value."""

    def canonical(self, text: str) -> str | None:
        """JSON text, parsed strictly and written after RFC 8785; None where the text is refused."""

    def decimal(self, operation: str, operands: tuple[Decimal128, ...]) -> Decimal128 | int | str:
        """The answer, or the text of the Err. `quantize` takes its scale from the second operand."""


_OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": Decimal128.add,
    "subtract": Decimal128.subtract,
    "multiply": Decimal128.multiply,
    "divide": Decimal128.divide,
    "compare": Decimal128.compare,
    "quantize": lambda value, pattern: value.quantize(pattern.scale),
    "reduce": Decimal128.reduce,
    "toIntegral": Decimal128.to_integral,
    "min": Decimal128.min,
    "max": Decimal128.max,
    "abs": Decimal128.abs,
    "negate": Decimal128.negate,
}


class PythonSide:
    """`belljar.values`."""

    name = "python"

    def fnv1a64(self, data: bytes) -> int:
        return fnv1a64(data)

    def cbor(self, value: Any) -> bytes:
        return encode_cbor(value)

    def canonical(self, text: str) -> str | None:
        try:
            value = parse_json(text)
        except SerializationError:
            return None
        return canonical_json(plain_json(value))

    def decimal(self, operation: str, operands: tuple[Decimal128, ...]) -> Decimal128 | int | str:
        answer: Decimal128 | int | Ok | Err = _OPERATIONS[operation](*operands)
        return _opened(answer) if isinstance(answer, Ok | Err) else answer


def _opened(answer: Ok | Err) -> Decimal128 | str:
    opened: Decimal128 | str = answer.value if isinstance(answer, Ok) else answer.error
    return opened
