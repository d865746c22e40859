"""How a long loop over lines can be ended from outside. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, TypeVar

_EVERY: Final = 1024

Pace: TypeAlias = Callable[[], None]
"""Called often in whatever takes time; ends it by raising."""

T = TypeVar("T")


def paced(items: Sequence[T], pace: Pace) -> Iterator[T]:
    """`items`, with a call of `pace` before the first and every 1,024."""
    for at in range(0, len(items), _EVERY):
        pace()
        yield from items[at : at + _EVERY]
