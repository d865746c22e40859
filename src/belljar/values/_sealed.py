"""The values of the sealed profile that Python has no type for.

The host holds a sealed value as: int (within ±(2^53 - 1)), bool, str; list or tuple for an array; dict with string keys
for a record; `JSON_NULL`; `Some` and `NONE`; `Ok` and `Err`; `Dict`; `Decimal128`. A function cannot leave a script.
Python holds `1 == True`; a sealed script does not. Two values are the same to a script when their CBOR is the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Final


@dataclass(frozen=True, slots=True)
class JsonNull:
    """JSON's null. A script can meet it in its data, and has no other null."""


JSON_NULL: Final = JsonNull()


class Tagged(ABC):
    """A value that CBOR writes as an array with a tag before it."""

    __slots__ = ()

    rank: ClassVar[int]
    """Its place in the order of keys: `key_order` sorts by this first."""
    cbor_tag: ClassVar[int]

    @abstractmethod
    def cbor_items(self) -> tuple[Any, ...]:
        """What the array behind the tag holds."""

    @abstractmethod
    def json_form(self) -> Any:
        """The sealed value that stands for this one in JSON, which has no tags."""


class Option(Tagged):
    """`Some` or `NONE`."""

    __slots__ = ()
    rank = 7
    cbor_tag = 40500


@dataclass(frozen=True, slots=True)
class Some(Option):
    """A value that is there."""

    value: Any

    def cbor_items(self) -> tuple[Any, ...]:
        return (self.value,)

    def json_form(self) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Nothing(Option):
    """No value: `NONE` is the one instance to use."""

    def cbor_items(self) -> tuple[Any, ...]:
        return ()

    def json_form(self) -> JsonNull:
        return JSON_NULL


NONE: Final = Nothing()


class Result(Tagged):
    """`Ok` or `Err`."""

    __slots__ = ()
    rank = 8
    cbor_tag = 40501


@dataclass(frozen=True, slots=True)
class Ok(Result):
    """The value of something that went well."""

    value: Any

    def cbor_items(self) -> tuple[Any, ...]:
        return (True, self.value)

    def json_form(self) -> dict[str, Any]:
        return {"ok": self.value}


@dataclass(frozen=True, slots=True)
class Err(Result):
    """What went wrong, as a value."""

    error: Any

    def cbor_items(self) -> tuple[Any, ...]:
        return (False, self.error)

    def json_form(self) -> dict[str, Any]:
        return {"err": self.error}
