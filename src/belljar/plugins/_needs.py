"""What a plugin needs beyond computing, as data that can be compared: with a policy, and with what was approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

TIMEOUT_MS: Final = 2_000
MEMORY_MB: Final = 10
CONCURRENT: Final = 1

NAMED: Final[Mapping[str, str]] = {
    "capabilities": "capability",
    "hosts": "host",
    "secrets": "secret",
    "tools": "tool",
}
"""The needs that are names, and what one of them is called."""
MEASURED: Final = ("timeout_ms", "memory_mb", "concurrent")
"""The needs that are amounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """One need that goes beyond what is allowed."""

    need: str
    """`capability`, `host`, `secret`, `tool`, or the name of a limit."""
    value: str | int
    allowed: int | None = None
    """Of a limit."""

    def is_within(self, other: Needs) -> bool:
        """Whether the other needs have it."""
        name = next((name for name, word in NAMED.items() if word == self.need), self.need)
        return _is_within(name, self.value, getattr(other, name))

    def __str__(self) -> str:
        return f"{self.need} {self.value}" if self.allowed is None else f"{self.need} {self.value:,} > {self.allowed:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Names in order and each once, so that needs are equal where they ask for the same. Without arguments: what every
    plugin may have."""

    capabilities: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    timeout_ms: int = TIMEOUT_MS
    memory_mb: int = MEMORY_MB
    concurrent: int = CONCURRENT

    def __post_init__(self) -> None:
        for name in NAMED:
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    def exceeding(self, other: Needs) -> tuple[Excess, ...]:
        """What is asked for here and not there."""
        named = [
            Excess(need=word, value=each)
            for name, word in NAMED.items()
            for each in getattr(self, name)
            if not _is_within(name, each, getattr(other, name))
        ]
        measured = [
            Excess(need=name, value=getattr(self, name), allowed=getattr(other, name))
            for name in MEASURED
            if not _is_within(name, getattr(self, name), getattr(other, name))
        ]
        return (*named, *measured)

    def beyond(self, other: Needs) -> tuple[str, ...]:
        """`exceeding`, in words."""
        return tuple(map(str, self.exceeding(other)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `from_dict` is its inverse."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Needs:
        """From what `to_dict` made, through JSON or not."""
        given: dict[str, Any] = {
            name: tuple(data[name]) if name in NAMED else data[name] for name in (*NAMED, *MEASURED)
        }
        return cls(**given)


def _is_within(name: str, value: Any, allowed: Any) -> bool:
    return bool(value <= allowed) if name in MEASURED else is_among(value, allowed, is_host=name == "hosts")


def is_among(name: str, allowed: Iterable[str], *, is_host: bool = False) -> bool:
    """Whether a name is one of these; of hosts, `*.a.com` is every name below a.com and every pattern below it."""
    return any(name == each or (is_host and each.startswith("*.") and name.endswith(each[1:])) for each in allowed)
