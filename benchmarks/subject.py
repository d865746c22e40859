"""What a runtime offers to the benchmark: a few verbs, from which every row is made.

Rule 1: a subject does what its own documentation recommends, and says so in `settings`. Rule 2: what it cannot do is
named in `lacks`, with the words the report prints. Rule 3: a subject belongs to the thread that made it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping
from importlib import metadata, util
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeAlias

from benchmarks.workloads import Work

Ability: TypeAlias = Literal["run", "tools", "hold", "freeze", "first", "parse"]
"""run: evaluate in a fresh machine; tools: call the host's tools; hold: stay suspended at a call; freeze: turn such a
machine into bytes; first: be started in a new process; parse: check and erase TypeScript apart from running it."""


class Subject(ABC):
    """One runtime, in one thread. Use it in a `with` statement."""

    name: ClassVar[str]
    module: ClassVar[str]
    """What `import` needs."""
    distribution: ClassVar[str]
    """Its name on the package index."""
    settings: ClassVar[str]
    """How it is configured, for the report."""
    lacks: ClassVar[Mapping[Ability, str]] = MappingProxyType({})
    """What it cannot do, and the words for it."""
    first_result: ClassVar[str] = ""
    """A program that prints 2 after evaluating 1+1 the recommended way."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __enter__(self) -> Subject:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()

    @classmethod
    def installed(cls) -> bool:
        return util.find_spec(cls.module) is not None

    @classmethod
    def version(cls) -> str:
        """Of the installed distribution; `source` for a tree that is not installed."""
        try:
            return metadata.version(cls.distribution)
        except metadata.PackageNotFoundError:
            return "source"

    def wait(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on this subject's loop."""
        return self.loop.run_until_complete(doing)

    @abstractmethod
    def open(self) -> Any:
        """A fresh isolated machine."""

    @abstractmethod
    def evaluate(self, machine: Any, work: Work) -> Any:
        """The value of `work`, which calls no tool."""

    def close(self, machine: Any) -> None:  # noqa: B027 - most peers free a machine with its last reference
        """Give the machine back. May come after the machine ended by itself."""

    @abstractmethod
    def call_tools(self, work: Work) -> Any:
        """The value of `work` in a fresh machine that may call `add` and `mul`; the machine is dropped after it."""

    def suspend(self, work: Work) -> Any:
        """A machine that waits for the tools of `work`."""
        raise NotImplementedError

    def freeze(self, held: Any) -> bytes:
        """A suspended machine as bytes; it stays as it is."""
        raise NotImplementedError

    def thaw(self, image: bytes) -> Any:
        """The suspended machine of `freeze`."""
        raise NotImplementedError

    def finish(self, held: Any) -> Any:
        """Answer what a suspended machine waits for, and drop it: the value of its script."""
        raise NotImplementedError

    def parse(self, source: str) -> str:
        """Check TypeScript and take its types away: JavaScript."""
        raise NotImplementedError

    def held_bytes(self, held: list[Any]) -> int:  # noqa: ARG002 - for subjects with workers
        """Memory of suspended machines that lives outside this process."""
        return 0
