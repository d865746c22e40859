"""What a suite of published vectors is made of, and how one is run against a subject."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from conformance.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One published vector that the sealed profile can express."""

    name: str
    ask: Callable[[Subject], Any]
    want: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One that it cannot."""

    name: str
    reason: str


Vector: TypeAlias = Case | Left


class InexpressibleError(Exception):
    """The sealed profile has no such value; the message is the reason, one of few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of a suite."""

    suite: str
    run: int
    failures: tuple[str, ...]
    left: dict[str, int]
    """How many could not be expressed, by reason."""

    def lines(self) -> list[str]:
        """For the terminal."""
        passed = self.run - len(self.failures)
        head = f"{self.suite}: run {self.run}, passed {passed}, not expressible {sum(self.left.values())}"
        return [head, *(f"    {count:5} {reason}" for reason, count in self.left.items())]


def run_suite(suite: str, vectors: Iterable[Vector], subject: Subject) -> Tally:
    """Every vector once."""
    listed = list(vectors)
    cases = [vector for vector in listed if isinstance(vector, Case)]
    left = Counter(vector.reason for vector in listed if isinstance(vector, Left))
    failures = tuple(failure for case in cases if (failure := _failure(case, subject)))
    return Tally(suite=suite, run=len(cases), failures=failures, left=dict(left.most_common()))


def _failure(case: Case, subject: Subject) -> str:
    got = case.ask(subject)
    return "" if got == case.want else f"{case.name}: {got!r} instead of {case.want!r}"


def loader(vectors: Path, name: str) -> ModuleType:
    """The module `load_NAME.py` beside the vectors."""
    spec = importlib.util.spec_from_file_location(f"load_{name}", vectors / f"load_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
