"""An advisory as OSV (osv.dev) writes it, as far as it is read here, and whether it is about a version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from belljar.agents.security._cvss import base_score, severity_of
from belljar.agents.security._finding import SEVERITIES, Severity
from belljar.agents.security._versions import Ecosystem, VersionUnreadableError

_WORDS: Final[dict[str, Severity]] = {
    "LOW": "low",
    "MODERATE": "medium",
    "MEDIUM": "medium",
    "HIGH": "high",
    "CRITICAL": "critical",
}
_UNKNOWN: Final[Severity] = "high"
"""Where an advisory says nothing of how bad it is: nobody should have to guess that it was harmless."""
_MALICIOUS: Final = "MAL-"
"""Prefix of the advisories about packages that are an attack themselves."""
_BEGINNING: Final = "0"
"""The version before all others, by the schema."""


def _list(value: Any) -> Any:
    return [] if value is None else value


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


_Facts = Annotated[dict[str, Any], BeforeValidator(_object)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Event(_Part):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(_Part):
    type: str
    events: Annotated[list[_Event], BeforeValidator(_list)] = []


class _Severity(_Part):
    type: str
    score: str


class _Package(_Part):
    ecosystem: str
    name: str


class Affected(_Part):
    """One package of an advisory."""

    package: _Package | None = None
    ranges: Annotated[list[_Range], BeforeValidator(_list)] = []
    versions: Annotated[list[str], BeforeValidator(_list)] = []
    severity: Annotated[list[_Severity], BeforeValidator(_list)] = []
    database_specific: _Facts = {}
    ecosystem_specific: _Facts = {}

    def has(self, version: str, ecosystem: Ecosystem) -> bool:
        """Whether a version is affected: it is listed, or lies in a range.

        Raises VersionUnreadableError where neither holds, and it or an end of a range is no version.
        """
        if version in self.versions:
            return True
        own = ecosystem.version(version)
        if any(_is_same(own, each, ecosystem) for each in self.versions):
            return True
        unread = None
        for each in self.ranges:
            try:
                if each.type != "GIT" and _is_in(own, each.events, ecosystem):
                    return True
            except VersionUnreadableError as error:
                unread = error
        if unread is not None:
            raise unread
        return False

    @property
    def fixed(self) -> list[str]:
        """Versions that no longer have it."""
        return [event.fixed for each in self.ranges if each.type != "GIT" for event in each.events if event.fixed]


class Advisory(_Part):
    """One advisory."""

    id: Annotated[str, Field(pattern=r"^[\w.:-]{1,100}$")]
    summary: str = ""
    aliases: Annotated[list[str], BeforeValidator(_list)] = []
    withdrawn: str | None = None
    affected: Annotated[list[Affected], BeforeValidator(_list)] = []
    severity: Annotated[list[_Severity], BeforeValidator(_list)] = []
    database_specific: _Facts = {}

    def severity_for(self, affected: Affected) -> Severity:
        """By the score for the package, else for the whole, else by the database's word."""
        if self.id.startswith(_MALICIOUS):
            return "critical"
        scores = _scores(affected.severity) or _scores(self.severity)
        if scores:
            return severity_of(max(scores))
        facts = (affected.database_specific, affected.ecosystem_specific, self.database_specific)
        words = [_WORDS[word] for each in facts if (word := str(each.get("severity")).upper()) in _WORDS]
        return max(words, key=SEVERITIES.index, default=_UNKNOWN)

    @property
    def cwe(self) -> int | None:
        """The first weakness that the database names."""
        ids = self.database_specific.get("cwe_ids")
        first = str(ids[0]).removeprefix("CWE-") if isinstance(ids, list) and ids else ""
        return int(first) if first.isascii() and first.isdigit() and len(first) < 6 else None


def _scores(severities: Iterable[_Severity]) -> list[float]:
    return [score for each in severities if (score := base_score(each.score)) is not None]


def _is_same(own: Any, listed: str, ecosystem: Ecosystem) -> bool:
    """A listed version that cannot be read is no other spelling of one that can."""
    try:
        return bool(own == ecosystem.version(listed))
    except VersionUnreadableError:
        return False


def _is_in(own: Any, events: Iterable[_Event], ecosystem: Ecosystem) -> bool:
    """The schema's own algorithm: the events in order of their versions, the last one that applies decides."""
    is_affected = False
    moments = [moment for event in events for moment in _moments(event, ecosystem)]
    limits = [version for kind, version in moments if kind == "limit" and version is not None]
    if limits and not any(own < limit for limit in limits):
        return False
    for kind, version in sorted((each for each in moments if each[0] != "limit"), key=_order):
        if version is None or _APPLIES[kind](own, version):
            is_affected = kind == "introduced"
    return is_affected


_APPLIES: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "introduced": lambda own, version: bool(own >= version),
    "fixed": lambda own, version: bool(own >= version),
    "last_affected": lambda own, version: bool(own > version),
}


def _moments(event: _Event, ecosystem: Ecosystem) -> Iterator[tuple[str, Any]]:
    for kind in _Event.model_fields:
        text = getattr(event, kind)
        if text == "*" and kind == "limit":
            continue
        if text is not None:
            yield kind, None if text == _BEGINNING and kind == "introduced" else ecosystem.version(text)


def _order(moment: tuple[str, Any]) -> tuple[bool, Any]:
    return moment[1] is not None, moment[1]
