"""The addresses a crawler may connect to. Pure: nothing here looks names up.

A page can link to any name, and a name can lead to any address: the machine we run on, a printer, the service that
gives a cloud machine its passwords. So every address is checked here after its lookup, just before connecting, and
refused if it is not public, unless the user named that host.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from asyncscrape.errors import FetchError, Reason

_IPV4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by customers of a provider"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),  # Azure; a public number, but it answers only inside that cloud
        ("169.254.169.254/32", "cloud metadata"),
        ("169.254.170.2/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)
"""IANA's registry of special addresses, and the places where clouds keep their secrets. The first match counts."""

_IPV6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible, long out of use"),
        ("::ffff:0:0:0/96", "IPv4-translated, for use inside a network"),
        ("64:ff9b:1::/48", "NAT64 for use inside a network"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved for documentation"),
        ("3fff::/20", "reserved for documentation"),
        ("fd00:ec2::254/128", "cloud metadata"),
        ("fd20:ce::254/128", "cloud metadata"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

_CARRIERS = (
    (IPv6Network("::ffff:0:0/96"), 0, "IPv4-mapped"),
    (IPv6Network("64:ff9b::/96"), 0, "NAT64"),
    (IPv6Network("2002::/16"), 80, "6to4"),
)
"""IPv6 networks that lead to an IPv4 address inside: how many bits follow it, and their common name."""

_GLOBAL_IPV6 = IPv6Network("2000::/3")
"""The only part assigned for public use so far."""


def forbidden(address: str) -> str | None:
    """The reason, in a few words, not to go there unasked; None for a public address. Takes any text."""
    try:
        found = ip_address(address)
    except ValueError:
        return "not an IP address"
    return _forbidden_ipv4(found) if isinstance(found, IPv4Address) else _forbidden_ipv6(found)


def _forbidden_ipv4(address: IPv4Address) -> str | None:
    return next((reason for network, reason in _IPV4 if address in network), None)


def _forbidden_ipv6(address: IPv6Address) -> str | None:
    for network, bits, how in _CARRIERS:
        if address in network:
            inner = IPv4Address(int(address) >> bits & 0xFFFFFFFF)
            reason = _forbidden_ipv4(inner)
            return f"{reason}: {inner} by {how}" if reason else None
    reason = next((reason for network, reason in _IPV6 if address in network), None)
    return reason or (None if address in _GLOBAL_IPV6 else "reserved")


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse connections to addresses that are not public, except for hosts the user named."""

    named: frozenset[str]
    """Authorities, as `urls.authority` makes them: each covers only its own port."""

    @classmethod
    def of(cls, authorities: Iterable[str]) -> Guard:
        """The guard that lets these pass. Wildcards do not count: a domain's owner can point its names anywhere."""
        return cls(frozenset(authority for authority in authorities if "*" not in authority))

    def check(self, authority: str, address: str) -> None:
        """Raise FetchError unless a connection to this address may be made for this host."""
        reason = None if authority in self.named else forbidden(address)
        if reason:
            raise FetchError(
                Reason.ADDRESS,
                f"{authority} refused: it leads to the private address {address} ({reason}); "
                "name the host in seeds or [scope].hosts if you mean it",
                transient=False,
            )
