"""The addresses a crawler may connect to. Pure: nothing here looks names up.

A page can link to any name, and a name can lead to any address: the machine we run on, a printer, the service that
gives a cloud machine its passwords. So every address is checked here after its lookup, just before connecting, and
refused if it is not public, unless the user asked for that address. To name a host is not enough: whoever owns the
name can point it elsewhere at any time, so only IP addresses, `localhost` and [fetch].private_hosts open anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from asyncscrape.errors import FetchError, Reason
from asyncscrape.urls import canonical, host_of

METADATA = "cloud metadata"
LINK_LOCAL = "link-local"
LOOPBACK = "loopback"

_IPV4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.100.100.200/32", METADATA),
        ("100.64.0.0/10", "shared by customers of a provider"),
        ("127.0.0.0/8", LOOPBACK),
        ("168.63.129.16/32", METADATA),  # Azure; a public number, but it answers only inside that cloud
        ("169.254.169.254/32", METADATA),
        ("169.254.170.2/32", METADATA),
        ("169.254.170.23/32", METADATA),
        ("169.254.0.0/16", LINK_LOCAL),
        ("172.16.0.0/12", "private"),
        ("192.0.0.192/32", METADATA),
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
        ("::1/128", LOOPBACK),
        ("::/96", "IPv4-compatible, long out of use"),
        ("::ffff:0:0:0/96", "IPv4-translated, for use inside a network"),
        ("64:ff9b:1::/48", "NAT64 for use inside a network"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved for documentation"),
        ("3fff::/20", "reserved for documentation"),
        ("fd00:42::42/128", METADATA),
        ("fd00:c1::a9fe:a9fe/128", METADATA),
        ("fd00:ec2::23/128", METADATA),
        ("fd00:ec2::254/128", METADATA),
        ("fd20:ce::254/128", METADATA),
        ("fe80::a9fe:a9fe/128", METADATA),
        ("fc00::/7", "private"),
        ("fe80::/10", LINK_LOCAL),
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

_METADATA_NAMES = frozenset({"metadata", "metadata.goog", "metadata.google.internal", "metadata.tencentyun.com"})
_LOCALHOST_NAMES = frozenset({"ip6-localhost", "ip6-loopback", "localhost4", "localhost6"})
_PRIVATE_DOMAINS = (
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localdomain4",
    "localdomain6",
    "private",
)
"""Domains that are reserved for private networks, or kept out of the public name servers because so many use them."""
_PRIVATE_ENDINGS = tuple(f".{domain}" for domain in _PRIVATE_DOMAINS)


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


def public_server(address: str) -> str:
    """The server at a public address, in one spelling; "" for others. An IPv6 network of 64 bits counts as one.

    Whoever has one of its addresses has all of them.
    """
    if forbidden(address):
        return ""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return str(found)
    for network, bits, _ in _CARRIERS:
        if found in network:
            return str(IPv4Address(int(found) >> bits & 0xFFFFFFFF))
    return str(IPv6Address(int(found) >> 64 << 64))


def leads_to_metadata(address: str) -> bool:
    """Whether a cloud keeps its secrets there, in whatever form an IPv6 address may carry the IPv4 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return _forbidden_ipv4(found) == METADATA
    inner = _forbidden_ipv4(IPv4Address(int(found) & 0xFFFFFFFF))
    reason = _forbidden_ipv6(found) or ""
    return reason.startswith(METADATA) or (bool(reason) and inner == METADATA)


def is_localhost(host: str) -> bool:
    """Whether a name means this machine wherever it is looked up (RFC 6761), or on nearly every system."""
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost") or name in _LOCALHOST_NAMES


def is_literal(host: str) -> bool:
    """Whether a host of a canonical URL is an IP address, which no name server can point elsewhere."""
    return host.startswith("[") or _is_address(host)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse connections to addresses that are not public, except where the user asked for them.

    Both sets hold authorities, as `urls.authority` makes them: each covers only its own port.
    """

    named: frozenset[str]
    """Hosts in the seeds and the config. Of these, IP addresses are let in, and `localhost` to this machine."""
    private_hosts: frozenset[str] = frozenset()
    """Names that may lead to private addresses."""

    @classmethod
    def of(cls, named: Iterable[str], private_hosts: Iterable[str] = ()) -> Guard:
        """The guard that lets these pass."""
        return cls(frozenset(named), frozenset(private_hosts))

    def check(self, authority: str, address: str) -> None:
        """Raise FetchError unless a connection to this address may be made for this host."""
        reason = forbidden(address)
        if reason is None:
            return
        if leads_to_metadata(address):
            raise _refused(
                authority, f"{address} is where a cloud keeps its secrets ({reason}); no setting opens that"
            )
        host = host_of(authority)
        if reason.startswith(LINK_LOCAL) and not is_literal(host):
            raise _refused(authority, f"it leads to {address} ({reason}); write that address itself if you mean it")
        if not self._lets_in(authority, host, reason):
            raise _refused(authority, f"it leads to the private address {address} ({reason}); {_how(authority)}")

    def check_name(self, authority: str) -> None:
        """Raise FetchError if the name alone says that it leads to a private address.

        For requests through a proxy, where nobody here sees the address.
        """
        host = _bare(host_of(authority))
        if is_literal(host):
            self.check(authority, host.strip("[]"))
        elif is_localhost(host):
            self.check(authority, "127.0.0.1")
        elif host in _METADATA_NAMES:
            raise _refused(authority, "that is where clouds keep their secrets; no setting opens that")
        elif ("." not in host or host.endswith(_PRIVATE_ENDINGS)) and authority not in self.private_hosts:
            raise _refused(authority, f"its name is one of a private network; {_how(authority)}")

    def _lets_in(self, authority: str, host: str, reason: str) -> bool:
        if authority in self.private_hosts:
            return True
        fixed = is_literal(host) or (is_localhost(host) and reason.startswith(LOOPBACK))
        return fixed and authority in self.named


def _bare(host: str) -> str:
    """The host without dots at its end: "127.1.." means "127.0.0.1"."""
    found = canonical(f"http://{host.rstrip('.')}/")
    return host_of(found[7:-1]) if found else host


def _how(authority: str) -> str:
    return f'if you mean it, write private_hosts = ["{authority}"] under [fetch]'


def _refused(authority: str, why: str) -> FetchError:
    return FetchError(Reason.ADDRESS, f"{authority} refused: {why}", transient=False)
