"""How often an address may guess a token. Used from the event loop's thread only.

An address that has guessed too often is told nothing more, not even of the right token: who guesses on would be let in.
A token that was right from there lately is no guess, so people behind one address do not lock each other out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from belljar.web._buckets import Buckets, Rate
from belljar.web._people import Entry

_LATELY_S: Final = 3600
"""A monitor asks every minute or so; a person's page lives longer than this by its cookie."""


class Attempts:
    """Wrong tokens, by address."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong = Buckets(rate, clock)
        self._right: dict[tuple[str, bytes], float] = {}
        """Address and token's digest -> until when it is no guess."""

    def wait_s(self, address: str, entry: Entry | None) -> float:
        """Seconds until this address may be told whether the token is right; 0: now. A wrong one (None) costs one."""
        if entry is None:
            return self._wrong.wait_s(address)
        now, key = self._clock(), (address, entry.digest)
        wait = 0.0 if self._right.get(key, 0) > now else self._wrong.until_s(address)
        if not wait:
            self._right = {each: until for each, until in self._right.items() if until > now}
            self._right[key] = now + _LATELY_S
        return wait
