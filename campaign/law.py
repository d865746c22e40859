"""How a law is stated: `must(holds, law)`."""

from __future__ import annotations


class BrokenLawError(AssertionError):
    """A reader's answer is not what its law says."""


def must(holds: object, law: str) -> None:
    """Raise BrokenLawError with the text of `law` unless it holds."""
    if not holds:
        raise BrokenLawError(law)
