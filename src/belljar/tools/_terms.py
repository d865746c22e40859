"""On whose word a tool may be called, and how far an approval for the rest of a run goes."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from belljar.errors import UsageError

HOST: Final = "belljar"
"""Who denies what nobody can decide."""
_WORKER: Final = re.compile(r":[0-9]+:[0-9a-f]{8}\Z")
_NAME_CHARS: Final = 100
_MOST_CALLS: Final = 2**31 - 1
_MOST: Final = 2**53 - 1
"""The largest number that JSON carries exactly everywhere."""


def person_name(name: str) -> str:
    """The name as it is compared and kept: NFKC, without spaces around it. Raises UsageError for one that is none.

    Letters of other alphabets that look alike are not told apart: who gives out names must see to that.
    """
    known = unicodedata.normalize("NFKC", name).strip() if isinstance(name, str) else ""
    is_text = 0 < len(known) <= _NAME_CHARS and known.isprintable() and "," not in known
    if not is_text or known.casefold() == HOST or _WORKER.search(known):
        raise UsageError(
            f"{str(name)[:_NAME_CHARS]!r} cannot be a person's name",
            hint=f"From 1 to {_NAME_CHARS} printable characters, no comma, and not a worker's name or {HOST!r}.",
        )
    return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """Named people, `needed` of whom must approve the same arguments. One who denies is enough to deny."""

    needed: int
    of: tuple[str, ...]
    """Their names, as the console and the command line know them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(person_name(name) for name in self.of))
        if len({name.casefold() for name in self.of}) != len(self.of):
            raise UsageError(f"a quorum is of people with different names, got {self.of!r}")
        if type(self.needed) is not int or not 1 <= self.needed <= len(self.of):
            raise UsageError(f"a quorum needs from 1 to {len(self.of)} of its people, got {self.needed!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How far an approval of a tool for the rest of a run goes, the call that was asked about included.

    At most `calls` calls; and where `sum_of` names a number among the arguments, at most `at_most` of it in all. Calls
    beyond are asked about again. A call whose argument is missing, negative or no number is beyond.
    """

    calls: int | None = None
    sum_of: str | None = None
    at_most: int | float | None = None

    def __post_init__(self) -> None:
        if self.calls is None and self.sum_of is None:
            raise UsageError("a ceiling is a number of calls, a sum over an argument, or both")
        if self.calls is not None and (type(self.calls) is not int or not 1 <= self.calls <= _MOST_CALLS):
            raise UsageError(f"a ceiling's calls are a whole number from 1 to {_MOST_CALLS:,}, got {self.calls!r}")
        if (self.sum_of is None) != (self.at_most is None):
            raise UsageError("a ceiling over an argument has both its name and the most of it: sum_of and at_most")
        if self.at_most is not None and (type(self.at_most) not in (int, float) or not 0 <= self.at_most <= _MOST):
            raise UsageError(f"a ceiling's at_most is a number from 0 to {_MOST:,}, got {self.at_most!r}")

    def covers(self, arguments: Mapping[str, Any], *, calls: int = 0, total: Fraction = Fraction(0)) -> bool:
        """Whether a call with these arguments is within it, after `calls` calls that came to `total`."""
        if self.calls is not None and calls + 1 > self.calls:
            return False
        if self.sum_of is None or self.at_most is None:
            return True
        amount = self.amount(arguments)
        return amount is not None and total + amount <= self.at_most

    def amount(self, arguments: Mapping[str, Any]) -> Fraction | None:
        """What a call adds to the sum, exactly; 0 where there is none, None where the argument is no number from 0."""
        if self.sum_of is None:
            return Fraction(0)
        value = arguments.get(self.sum_of)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return Fraction(value) if math.isfinite(value) and value >= 0 else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for records."""
        return {"calls": self.calls, "sum_of": self.sum_of, "at_most": self.at_most}


@dataclass(slots=True, kw_only=True)
class Grant:
    """A tool that was approved for the rest of a run, and what was used of that."""

    ordinal: int
    """Of the call that the approval was of."""
    ceiling: Ceiling | None = None
    calls: int = 0
    total: Fraction = Fraction(0)

    def covers(self, arguments: Mapping[str, Any]) -> bool:
        """Whether one more call is within it."""
        return self.ceiling is None or self.ceiling.covers(arguments, calls=self.calls, total=self.total)

    def use(self, arguments: Mapping[str, Any]) -> None:
        """Count one call."""
        self.calls += 1
        if self.ceiling is not None:
            self.total += self.ceiling.amount(arguments) or Fraction(0)
