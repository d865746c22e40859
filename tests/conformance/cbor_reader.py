"""The sealed value that published CBOR bytes are of, read by other means than the encoder writes them.

Knows only what a sealed value can be; everything else is InexpressibleError with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from belljar.values import MAX_SAFE_INTEGER
from belljar.values._sealed import JSON_NULL
from conformance.cases import InexpressibleError

_INDEFINITE: Final = 31
_SIMPLE: Final[dict[int, Any]] = {20: False, 21: True, 22: JSON_NULL}


def sealed_value(data: bytes) -> Any:
    """The value of exactly these bytes."""
    reader = _Reader(data)
    value = reader.value()
    assert reader.at == len(data), f"bytes after the value: {data.hex()}"
    return value


def refuse(reason: str) -> NoReturn:
    raise InexpressibleError(reason)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def value(self) -> Any:
        initial = self.take(1)[0]
        return _MAJORS[initial >> 5](self, initial & 31)

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def argument(self, low: int) -> int:
        if low == _INDEFINITE:
            refuse("an indefinite length")
        return low if low < 24 else int.from_bytes(self.take(1 << low - 24), "big")

    def unsigned(self, low: int) -> int:
        number = self.argument(low)
        return number if number <= MAX_SAFE_INTEGER else refuse("an integer beyond ±(2^53 - 1)")

    def negative(self, low: int) -> int:
        number = -1 - self.argument(low)
        return number if number >= -MAX_SAFE_INTEGER else refuse("an integer beyond ±(2^53 - 1)")

    def text(self, low: int) -> str:
        return self.take(self.argument(low)).decode()

    def array(self, low: int) -> list[Any]:
        return [self.value() for _ in range(self.argument(low))]

    def record(self, low: int) -> dict[str, Any]:
        return {self.key(): self.value() for _ in range(self.argument(low))}

    def key(self) -> str:
        if self.data[self.at] >> 5 != 3:
            refuse("a map whose keys are no text")
        key: str = self.value()
        return key

    def tag(self, low: int) -> Any:
        refuse("a bignum outside a Decimal" if self.argument(low) in (2, 3) else "a tag that no sealed value has")

    def simple(self, low: int) -> Any:
        if low in _SIMPLE:
            return _SIMPLE[low]
        return refuse("a float" if low in (25, 26, 27) else "undefined or another simple value")


_MAJORS: Final[tuple[Callable[[_Reader, int], Any], ...]] = (
    _Reader.unsigned,
    _Reader.negative,
    lambda _reader, _low: refuse("a byte string"),
    _Reader.text,
    _Reader.array,
    _Reader.record,
    _Reader.tag,
    _Reader.simple,
)
