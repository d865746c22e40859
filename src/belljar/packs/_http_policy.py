"""What scripts may reach over HTTP, as data that can be printed: secrets do not show in it."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, quote_plus

from belljar.audit._words import word_set
from belljar.errors import NetworkPolicyError, UsageError
from belljar.packs._url import PORTS, Target, is_address, parse_host

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", re.ASCII)
"""A header's name (RFC 9110, section 5.6.2)."""
_RESERVED: Final = word_set(
    "host content-length transfer-encoding connection keep-alive te trailer upgrade expect"
    " x-http-method x-http-method-override x-method-override accept-encoding"
)
"""Headers that decide where a message ends, who it is for, how it is coded, or, for some servers, its method."""
_IN_PIECES: Final = word_set("range if-range")
"""With which an answer comes in pieces, and a secret in it, too."""
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?\Z", re.ASCII)
_METHODS: Final = re.compile(r"(?!CONNECT\Z|TRACE\Z|TRACK\Z)[A-Z]{1,20}\Z", re.ASCII)
"""CONNECT makes a tunnel, the other two answer with the request, its secrets included."""
_SHORTEST: Final = 8
"""Characters of a secret. Every occurrence is taken out of answers, and a shorter one occurs by chance."""
_SHORTEST_PART: Final = 6
_NAMED: Final = re.compile(r"=\"?([^\s\",;]{8,})")
"""The second half of `name=value`, where it is long enough for a secret."""
_KEPT: Final = ("!'()*", "!'()*;,/?:@&=+$#")
"""What JavaScript's encodeURIComponent and encodeURI leave as it is."""
_ESCAPED: Final = ("+&<>'`\"", "&<>'", "&<>")
"""What JSON has as \\u00XX beside what it must: .NET, Flask, Go and Rails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSecret:
    """A header that the host adds to every request to one host, and that no script sees."""

    host: str
    """Its exact name."""
    value: str = field(repr=False)
    """The whole header value, as in `Bearer ...`; at least 8 visible ASCII characters. Where a server repeats it, it is
    taken out of the answer, in the forms that it usually takes; so is a password of Basic authentication from 6
    characters on, and what stands in it as `name=value` from 8 on. A server that wants to hand it to a script can: name
    only hosts that may know it."""
    header: str = "Authorization"
    port: int | None = None
    """It goes to this port alone; None is the only one that the policy names, or else the scheme's own."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", _exact_host(self.host, "HostSecret.host"))
        object.__setattr__(self, "header", self.header.lower())
        if not is_header_name(self.header) or is_reserved_header(self.header):
            raise UsageError(f"HostSecret.header {self.header!r} cannot carry a secret")
        if not _VALUE.match(self.value) or len(self.value) < _SHORTEST:
            raise UsageError(f"HostSecret.value for {self.host} must be {_SHORTEST} or more visible ASCII characters")
        if self.port is not None and not _is_port(self.port):
            raise UsageError(f"HostSecret.port must be a whole number from 1 to 65,535, got {self.port!r}")

    def forms(self) -> set[str]:
        """What must not be seen: the value, what follows its scheme, what Basic authentication wraps, and what has a
        name in it, as in a cookie; all of these escaped, too."""
        _, _, credentials = self.value.partition(" ")
        parts = {part for part in (self.value, credentials, *_basic(credentials)) if len(part) >= _SHORTEST_PART}
        parts |= set(_NAMED.findall(self.value))
        return {form for part in parts for form in (part, html.escape(part), *_percent(part), *_escaped(part))}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPolicy:
    """Who may be asked, how, and how much may come back. Nothing is allowed that is not named here."""

    hosts: Collection[str]
    """Exact names, `*.example.com` for all names below one (not itself), or addresses (IPv6 in brackets)."""
    methods: Collection[str] = ("GET", "HEAD")
    """In capitals. CONNECT and TRACE cannot be allowed."""
    schemes: Collection[str] = ("https",)
    """`https`, `http`. A redirect from the first to the second is refused all the same."""
    ports: Collection[int] | None = None
    """None is the scheme's own: 443, 80."""
    allow_private: Collection[str] = ()
    """Exact names among `hosts` whose addresses may be private, shared (CGNAT) or loopback. Link-local, metadata and
    multicast addresses are refused for these too."""
    secrets: Collection[HostSecret] = ()
    """Each sent to one port of its host, and over https only, except to hosts in `allow_private`."""
    redirects: int = 5
    """Followed in one call. Then NetworkPolicyError. At most 20."""
    response_bytes: int = 1 << 20
    """Of one answer's body. Then ToolExecutionError. At most 64 MiB."""
    timeout_ms: int = 20_000
    """Of one call, with name look-up, redirects and the whole body. Then ToolExecutionError. At most 10 minutes."""

    def __post_init__(self) -> None:
        self._check_ranges()
        self._keep("hosts", (_host_pattern(host) for host in _listed("hosts", self.hosts)))
        self._keep(
            "allow_private",
            (_exact_host(host, "allow_private") for host in _listed("allow_private", self.allow_private)),
        )
        self._keep("methods", _listed("methods", self.methods))
        self._keep("schemes", _listed("schemes", self.schemes))
        self._keep("secrets", self.secrets)
        if self.ports is not None:
            self._keep("ports", self.ports)
        self._check_members()

    # -- questions ------------------------------------------------------------------------------------------------

    def check(self, target: Target, method: str) -> None:
        """Raises NetworkPolicyError for a request that is not allowed, whatever the name resolves to."""
        if not self.allows_host(target.host):
            raise self.refused(f"the host {target.host!r} is not allowed")
        if target.scheme not in self.schemes:
            raise self.refused(f"{target.scheme} is not allowed, only {_and(self.schemes)}")
        if target.port not in (self.ports or (PORTS[target.scheme],)):
            raise self.refused(f"the port {target.port} is not allowed")
        if method not in self.methods:
            raise self.refused(f"the method {method!r} is not allowed, only {_and(self.methods)}")
        if self.secrets_for(target) and not self.may_carry_secrets(target):
            raise self.refused(f"{target.host} is asked over https only")

    def allows_host(self, host: str) -> bool:
        """By its one spelling, see `parse_host`."""
        return any(host.endswith(each[1:]) if each.startswith("*") else host == each for each in self.hosts)

    def allows_local(self, host: str) -> bool:
        """Whether its addresses may be private."""
        return host in self.allow_private

    def secrets_for(self, target: Target) -> dict[str, str]:
        """Header and value of each secret that goes there."""
        return {
            secret.header: secret.value
            for secret in self.secrets
            if (secret.host, self._port_of(secret, target.scheme)) == (target.host, target.port)
        }

    def is_ours(self, header: str, target: Target) -> bool:
        """Whether a header, in lower case, is for the host alone to set. Many servers take `_` for `-` in names."""
        name, taken = header.replace("_", "-"), self.secrets_for(target)
        return (
            is_reserved_header(name)
            or name in {each.replace("_", "-") for each in taken}
            or bool(taken and name in _IN_PIECES)
        )

    def may_carry_secrets(self, target: Target) -> bool:
        """Whether nobody on the way can read them."""
        return target.scheme == "https" or self.allows_local(target.host)

    def refused(self, why: str) -> NetworkPolicyError:
        """The error for what this policy does not allow; it tells what it does."""
        return NetworkPolicyError(
            why, hint=f"Allowed hosts: {_and(self.hosts) or 'none'}.", details={"hosts": list(self.hosts)}
        )

    def description(self) -> str:
        """For the model."""
        return f"Hosts: {_and(self.hosts) or 'none'}. Methods: {_and(self.methods)}."

    # -- construction ---------------------------------------------------------------------------------------------

    def _keep(self, name: str, values: Iterable[Any]) -> None:
        object.__setattr__(self, name, tuple(dict.fromkeys(values)))

    def _port_of(self, secret: HostSecret, scheme: str) -> int:
        own = tuple(self.ports or ())
        return secret.port or (own[0] if len(own) == 1 else PORTS[scheme])

    def _sends(self, secret: HostSecret) -> bool:
        """Whether there is a request that may carry it."""
        ports = {scheme: self.ports or (PORTS[scheme],) for scheme in self.schemes}
        return self.allows_host(secret.host) and any(
            self._port_of(secret, scheme) in allowed for scheme, allowed in ports.items()
        )

    def _check_ranges(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise UsageError(f"HttpPolicy.{name} must be a whole number from {low} to {high}, got {value!r}")

    def _check_members(self) -> None:
        checks: Mapping[str, tuple[Collection[Any], Callable[[Any], bool]]] = {
            "methods": (self.methods, lambda method: bool(_METHODS.match(method))),
            "schemes": (self.schemes, lambda scheme: scheme in PORTS),
            "ports": (self.ports or (), _is_port),
            "allow_private": (self.allow_private, self.allows_host),
            "secrets": (self.secrets, self._sends),
        }
        for name, (values, is_fine) in checks.items():
            for value in values:
                if not is_fine(value):
                    raise UsageError(f"HttpPolicy.{name}: {value!r} cannot be allowed", hint=_HINTS[name])


_RANGES: Final = {"redirects": (0, 20), "response_bytes": (1, 64 << 20), "timeout_ms": (1, 600_000)}
_HINTS: Final[Mapping[str, str]] = {
    "methods": "Methods are words in capitals; CONNECT, TRACE and TRACK cannot be allowed.",
    "schemes": 'There are "https" and "http".',
    "ports": "Ports are whole numbers from 1 to 65,535.",
    "allow_private": "Name the host in hosts, too.",
    "secrets": "Name its host in hosts; where there are several ports, say in HostSecret.port which of them.",
}


def is_header_name(name: str) -> bool:
    """Whether it can stand in a message."""
    return _TOKEN.match(name) is not None


def is_reserved_header(name: str) -> bool:
    """Whether a header, in lower case, is ours alone to set."""
    return name in _RESERVED or name.startswith("proxy-")


def _is_port(port: Any) -> bool:
    return type(port) is int and 1 <= port <= 0xFFFF


def _listed(name: str, values: Collection[str]) -> Collection[str]:
    if isinstance(values, str):
        raise UsageError(f"HttpPolicy.{name} must be a collection, got a str")
    return values


def _host_pattern(text: str) -> str:
    if not text.startswith("*."):
        return _exact_host(text, "hosts")
    name = _exact_host(text[2:], "hosts")
    if "." not in name or is_address(name):
        raise UsageError(f"HttpPolicy.hosts: {text!r} is too wide", hint='Write it like "*.example.com".')
    return f"*.{name}"


def _exact_host(text: str, name: str) -> str:
    try:
        return parse_host(text)
    except ValueError as error:
        raise UsageError(f"{name}: {text!r} {error}") from None


def _basic(credentials: str) -> tuple[str, ...]:
    """User and password as they are before they are encoded (RFC 7617)."""
    try:
        pair = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return pair, pair.partition(":")[2]


def _percent(text: str) -> Iterable[str]:
    """As JavaScript and as Java's forms have it in a URL, where that differs from Python's way."""
    yield quote_plus(text, safe="*").replace("~", "%7E")
    yield from (quote(text, safe=kept) for kept in _KEPT)


def _escaped(text: str) -> Iterable[str]:
    """As PHP writes JSON, and as others do."""
    yield text.replace("/", "\\/")
    for escaped in _ESCAPED:
        yield "".join(f"\\u{ord(each):04x}" if each in escaped else each for each in text)


def _and(values: Collection[Any]) -> str:
    return ", ".join(map(str, values))
