"""Which addresses may be connected to: the public internet's, and nothing else unless the policy names the host.

What is not known to be public is not. IPv4: everything outside the special-purpose registry. IPv6: global unicast
(2000::/3) outside its registry, and NAT64 of a public IPv4 address. Forms that carry an IPv4 address (mapped,
compatible, 6to4, Teredo) are nobody's address in the DNS and are refused whatever they carry.

Source: IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), multicast RFC 5771, 6to4 RFC 7526.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal

Kind = Literal["public", "private", "loopback", "shared", "link-local", "metadata", "multicast", "reserved"]

LOCAL: Final = frozenset[Kind]({"private", "loopback", "shared"})
"""What a policy can allow for a host."""

_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # AWS, Azure, Google, Oracle, DigitalOcean and others
            "169.254.170.2",  # AWS: credentials of ECS tasks
            "169.254.170.23",  # AWS: credentials of EKS pods
            "fd00:ec2::254",  # AWS
            "fd00:ec2::23",  # AWS: credentials of EKS pods
            "fd20:ce::254",  # Google
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure's wire server, in public space
            "fd00:42::42",  # Scaleway
        ),
    )
)
"""Where clouds hand out credentials. Never allowed, not even by a policy."""

_SPECIAL_4: Final[Mapping[str, Kind]] = {
    "0.0.0.0/8": "reserved",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "reserved",
    "192.88.99.0/24": "reserved",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "reserved",
    "198.51.100.0/24": "reserved",
    "203.0.113.0/24": "reserved",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_SPECIAL_6: Final[Mapping[str, Kind]] = {
    "::1/128": "loopback",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
    "2001::/23": "reserved",
    "2001:db8::/32": "reserved",
    "2002::/16": "reserved",
    "3fff::/20": "reserved",
    "2000::/3": "public",
}
"""The first that fits; what none fits is reserved."""
_NETWORKS_4: Final = tuple((IPv4Network(text), kind) for text, kind in _SPECIAL_4.items())
_NETWORKS_6: Final = tuple((IPv6Network(text), kind) for text, kind in _SPECIAL_6.items())
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address."""


def kind_of(address: str) -> Kind:
    """What an address is for. Raises ValueError for a text that is none."""
    parsed = ip_address(address)
    if parsed in _METADATA:
        return "metadata"
    return _kind_4(parsed) if isinstance(parsed, IPv4Address) else _kind_6(parsed)


def refusal(addresses: Iterable[str], *, allow_local: bool) -> Kind | None:
    """The kind of the first address that may not be connected to; None when all may.

    One bad address spoils the name: who answers with a public and a private one means harm or has made a mistake.
    """
    kinds = map(kind_of, addresses)
    return next((kind for kind in kinds if kind != "public" and not (allow_local and kind in LOCAL)), None)


def _kind_4(address: IPv4Address) -> Kind:
    return next((kind for network, kind in _NETWORKS_4 if address in network), "public")


def _kind_6(address: IPv6Address) -> Kind:
    if address.scope_id is not None:
        return "link-local"
    if address in _NAT64:
        carried = kind_of(str(IPv4Address(int(address) & 0xFFFF_FFFF)))
        return "public" if carried == "public" else "reserved"
    return next((kind for network, kind in _NETWORKS_6 if address in network), "reserved")
