"""What a URL of a stranger's means, in one reading only.

A URL that two programs read differently leads one of them somewhere else: a name in front of `@`, `0x7f.1` or `127.1`
for an address, a dot at the end, digits of another script, a backslash for a slash. So only plain spellings are taken,
and the rest is refused; nothing is repaired but the path, where characters that a URL may not hold are percent-encoded.
What was read here is what is connected to: no other program reads the URL again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin

PORTS: Final = {"https": 443, "http": 80}
"""Of each scheme there is."""

_MOST_CHARACTERS: Final = 8_000
"""Longer ones are not required to be understood by anybody (RFC 9110, section 4.1)."""

_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)(?:#.*)?\Z", re.ASCII | re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[^\[\]@]*\]|[^:\[\]@]*)(?::([0-9]{1,5}))?\Z", re.ASCII)
_NAME: Final = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.(?!\Z)|\Z))+\Z", re.ASCII)
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z", re.ASCII)
"""A last label that makes programs take a name for an IPv4 address (WHATWG URL, "ends in a number")."""
_PLAIN: Final = "%/?:@!$&'()*+,;=~[]"
"""What stays as it is in a path and a query, beside letters, digits and `-._` (RFC 3986; brackets as browsers do)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes."""

    scheme: str
    """`https` or `http`."""
    host: str
    """A name in lower case, or an address without brackets."""
    port: int
    path: str
    """With the query; begins with a slash."""

    @property
    def authority(self) -> str:
        """As the Host header has it: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to (RFC 6454)."""
        return self.scheme, self.host, self.port


def parse_url(url: str) -> Target:
    """Raises ValueError that says, in a sentence without subject, what is wrong with it."""
    if len(url) > _MOST_CHARACTERS:
        raise ValueError(f"is longer than {_MOST_CHARACTERS:,} characters")
    _refuse_controls(url)
    if (parts := _URL.match(url)) is None:
        raise ValueError("is no absolute URL like https://host/path")
    scheme = parts[1].lower()
    if scheme not in PORTS:
        raise ValueError(f"has the scheme {scheme[:20]!r}; there are only {' and '.join(PORTS)}")
    host, port = _host_and_port(parts[2])
    path = quote(parts[3], safe=_PLAIN)
    return Target(
        scheme=scheme,
        host=host,
        port=PORTS[scheme] if port is None else port,
        path=path if path.startswith("/") else f"/{path}",
    )


def join_url(base: Target, reference: str) -> Target:
    """Where a redirect from `base` leads. Raises ValueError as `parse_url` does."""
    _refuse_controls(reference)  # urljoin drops some of them
    if "\\" in reference:
        raise ValueError("holds a backslash")
    try:
        joined = urljoin(base.url, reference)
    except ValueError:
        raise ValueError("has no plain host and port") from None
    return parse_url(joined)


def parse_host(host: str) -> str:
    """The one spelling of a name or an address; an IPv6 address comes in brackets, and leaves without.

    Raises ValueError as `parse_url` does.
    """
    if not host.isascii():
        raise ValueError("has a host that is not ASCII; write an international name as xn--...")
    if host.startswith("["):
        return _address6(host[1:-1])
    name = host.lower()
    if _NUMBER.match(name.rpartition(".")[2]):
        return _address4(name)
    if not _NAME.match(name):
        raise ValueError("has no host name that is plain letters, digits, '-' and '.'")
    return name


def is_address(host: str) -> bool:
    """Whether a host in its one spelling is an address."""
    return ":" in host or host.replace(".", "").isdigit()


def _refuse_controls(text: str) -> None:
    if any(character <= "\x1f" or character == "\x7f" for character in text):
        raise ValueError("holds a control character")


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise ValueError("holds a user name or password; credentials go into headers")
    if (parts := _AUTHORITY.match(authority)) is None:
        raise ValueError("has no plain host and port")
    port = int(parts[2]) if parts[2] is not None else None
    if port is not None and not 1 <= port <= 0xFFFF:
        raise ValueError(f"has the port {port}, which does not exist")
    return parse_host(parts[1]), port


def _address4(text: str) -> str:
    try:
        return str(IPv4Address(text))  # four decimal numbers without leading zeros, nothing else
    except ValueError:
        raise ValueError("has a host that is a number, but no address like 192.0.2.1") from None


def _address6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise ValueError("has no IPv6 address in its brackets") from None
    if address.scope_id is not None:
        raise ValueError("has an address with a zone")
    return str(address)
