"""Who may sign in, and by which token.

A file of `NAME:TOKEN` lines gives each person a token of their own, and the name in a decision is the token's. With one
shared token the name is what the person says: good for a record of who sat there, no proof, and a quorum of named
people then means no more than the people's word.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from belljar.errors import UsageError
from belljar.tools._terms import person_name
from belljar.web._visible import shown

MIN_TOKEN: Final = 16
"""Characters. At ten attempts a minute even a random half of them would outlast the machine."""
MAX_NAME: Final = 80
NOBODY: Final = "somebody"
"""Who does something, in the log, before a token says who it is."""
SHARED: Final = "api"
"""Who reads over the API with the shared token, in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One token, kept as its digest, and whose it is."""

    name: str | None
    """None for the shared token: whoever has it says who they are."""
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """All tokens that open the console and its API."""

    entries: tuple[Entry, ...]

    @classmethod
    def shared(cls, token: str) -> People:
        """One token for everybody. Raises UsageError where it is short."""
        return cls(entries=(Entry(name=None, digest=_digest(_checked(token, "the token"))),))

    @classmethod
    def from_file(cls, path: Path) -> People:
        """A line `NAME:TOKEN` for each person, or one line with a token alone.

        Raises UsageError, also for a file that everybody may read. A group may: so a container is given its secrets.
        """
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the token file {path} cannot be read: {error}") from None
        if os.name == "posix" and mode & stat.S_IRWXO:
            raise UsageError(
                f"the token file {path} is open to everybody on this computer",
                hint=f"chmod o= {shlex.quote(str(path))}",
            )
        return cls(entries=_entries(text, path))

    @property
    def is_named(self) -> bool:
        """Whether a name is proven by a token."""
        return all(entry.name is not None for entry in self.entries)

    def find(self, token: str) -> Entry | None:
        """The entry of a token. Every entry is compared, so the time tells nothing."""
        digest = _digest(token)
        found = [entry for entry in self.entries if hmac.compare_digest(entry.digest, digest)]
        return found[0] if found else None


def new_token() -> str:
    """A token that nobody guesses: 192 bits."""
    return secrets.token_urlsafe(24)


def clean_name(text: str) -> str:
    """A name as it stands in decisions: one line, not too long, and nothing in it that cannot be seen."""
    return shown(" ".join(text.split()))[:MAX_NAME]


def person(text: str) -> str:
    """The name of a person. Raises UsageError for one that the log has for another: the host, a worker, nobody."""
    name = person_name(clean_name(text))
    if name.casefold() in (NOBODY, SHARED):
        raise UsageError(f"{name!r} cannot be a person's name", hint="The audit log has it for who gave no name.")
    return name


def _entries(text: str, path: Path) -> tuple[Entry, ...]:
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    kept = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if len(kept) == 1 and ":" not in kept[0][1]:
        return People.shared(kept[0][1]).entries
    entries = tuple(_named(kept, path))
    if not entries:
        raise UsageError(f"the token file {path} is empty", hint="Write a line NAME:TOKEN for each person.")
    for what, found in (("name", {(e.name or "").casefold() for e in entries}), ("token", {e.digest for e in entries})):
        if len(found) != len(entries):
            raise UsageError(
                f"the token file {path} has one {what} twice", hint="Each person has a token of their own."
            )
    return entries


def _named(lines: list[tuple[int, str]], path: Path) -> Iterator[Entry]:
    for number, line in lines:
        name, colon, token = line.partition(":")
        if not colon or not clean_name(name):
            raise UsageError(f"line {number} of the token file {path} is not NAME:TOKEN")
        checked = _checked(token.strip(), f"the token in line {number} of {path}")
        yield Entry(name=person(name), digest=_digest(checked))


def _checked(token: str, what: str) -> str:
    if len(token) < MIN_TOKEN:
        raise UsageError(
            f"{what} has {len(token)} characters, and {MIN_TOKEN} are the least",
            hint='python -c "import secrets; print(secrets.token_urlsafe(24))" makes one.',
        )
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
