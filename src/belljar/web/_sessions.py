"""Signed cookies: who signed in, until when. The server keeps only which sessions were ended early.

A cookie is `base64url(JSON).HMAC`, signed with a key that this process made for itself: a restart signs everybody out.
A visitor who has not signed in has a session too, without a name: so the sign-in form has its token like any other.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

COOKIE: Final = "belljar_session"
_COOKIE_DOMAIN: Final = b"belljar web session 1\0"
_FORM_DOMAIN: Final = b"belljar web form 1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser's visit."""

    id: str
    name: str
    """Stands in every decision; empty before sign-in."""
    until: int
    """Seconds since 1970."""

    @property
    def is_signed_in(self) -> bool:
        """Whether a token was shown."""
        return bool(self.name)


class Sessions:
    """Makes, reads and ends sessions. Used from the event loop's thread only."""

    def __init__(self, *, lifetime_s: int, clock: Callable[[], float], key: bytes | None = None) -> None:
        self.lifetime_s = lifetime_s
        self._clock = clock
        self._key = key or secrets.token_bytes(32)
        self._ended: dict[str, int] = {}
        """Ids of sessions that were signed out before their time, and that time."""

    def new(self, name: str = "") -> Session:
        """A fresh session; signing in always makes one, so that no id from before can be used after."""
        return Session(id=secrets.token_urlsafe(18), name=name, until=int(self._clock()) + self.lifetime_s)

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        facts = json.dumps([session.id, session.name, session.until], separators=(",", ":"))
        body = base64.urlsafe_b64encode(facts.encode()).decode()
        return f"{body}.{self._mac(_COOKIE_DOMAIN, body)}"

    def open(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None where it is not ours, too old, or signed out."""
        body, _, mac = (cookie or "").rpartition(".")
        if not body.isascii() or not mac.isascii() or not hmac.compare_digest(mac, self._mac(_COOKIE_DOMAIN, body)):
            return None
        session = _session(json.loads(base64.urlsafe_b64decode(body)))
        is_over = session.until <= self._clock() or session.id in self._ended
        return None if is_over else session

    def is_live(self, session: Session) -> bool:
        """Whether a session that was opened before still holds."""
        return session.until > self._clock() and session.id not in self._ended

    def end(self, session: Session) -> None:
        """Sign out: the cookie is refused from now on, wherever a copy of it is."""
        now = self._clock()
        self._ended = {id_: until for id_, until in self._ended.items() if until > now}
        self._ended[session.id] = session.until

    def form_token(self, session: Session) -> str:
        """What every form of this session carries."""
        return self._mac(_FORM_DOMAIN, session.id)

    def is_form_token(self, session: Session, token: str) -> bool:
        """Whether a form came from a page of this session."""
        return token.isascii() and hmac.compare_digest(token, self.form_token(session))

    def _mac(self, domain: bytes, text: str) -> str:
        return hmac.digest(self._key, domain + text.encode(), "sha256").hex()


def _session(facts: list[Any]) -> Session:
    return Session(id=facts[0], name=facts[1], until=facts[2])
