"""The addresses a crawler may go to, and those it may not."""

import ipaddress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asyncscrape.addresses import Guard, forbidden, public_server
from asyncscrape.errors import FetchError
from asyncscrape.urls import UrlScope

BEYOND_IS_GLOBAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "168.63.129.16/32", "224.0.0.0/4", "2001::/23", "ff00::/8"))
)
"""Refused although Python may call them global: protocol anycast, Azure's own service, multicast."""

CARRIERS = tuple(map(ipaddress.ip_network, ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16")))
"""Networks judged by the IPv4 address inside; Python has changed its mind about these."""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "shared by customers of a provider"),
        ("100.100.100.200", "cloud metadata"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "cloud metadata"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "cloud metadata"),
        ("169.254.170.2", "cloud metadata"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "cloud metadata"),
        ("192.0.0.193", "reserved"),
        ("192.0.2.1", "reserved for documentation"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "reserved for benchmarks"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("0:0:0:0:0:0:0:1", "loopback"),
        ("::1%lo", "loopback"),
        ("::127.0.0.1", "IPv4-compatible, long out of use"),
        ("::8.8.8.8", "IPv4-compatible, long out of use"),
        ("::ffff:127.0.0.1", "loopback: 127.0.0.1 by IPv4-mapped"),
        ("::ffff:a9fe:a9fe", "cloud metadata: 169.254.169.254 by IPv4-mapped"),
        ("::ffff:10.0.0.1%eth0", "private: 10.0.0.1 by IPv4-mapped"),
        ("::ffff:0:127.0.0.1", "IPv4-translated, for use inside a network"),
        ("64:ff9b::10.0.0.1", "private: 10.0.0.1 by NAT64"),
        ("64:ff9b::169.254.169.254", "cloud metadata: 169.254.169.254 by NAT64"),
        ("64:ff9b:1::8.8.8.8", "NAT64 for use inside a network"),
        ("64:ff9b:1:ffff::1", "NAT64 for use inside a network"),
        ("2002:7f00:1::", "loopback: 127.0.0.1 by 6to4"),
        ("2002:c0a8:101::1", "private: 192.168.1.1 by 6to4"),
        ("2001::f5ff:fffe", "a Teredo tunnel"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "a Teredo tunnel"),
        ("2001:1::1", "reserved"),
        ("2001:db8::1", "reserved for documentation"),
        ("3fff::1", "reserved for documentation"),
        ("100::1", "reserved"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fd00:ec2::254", "cloud metadata"),
        ("fd20:ce::254", "cloud metadata"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fe80::1%25eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("", "not an IP address"),
        ("localhost", "not an IP address"),
        ("127.1", "not an IP address"),
        ("0x7f000001", "not an IP address"),
        ("127.0.0.01", "not an IP address"),
        ("127.0.0.1\n", "not an IP address"),
        ("[::1]", "not an IP address"),
        ("::1%", "not an IP address"),
    ],
)
def test_an_address_that_is_not_public_is_forbidden(address, expected):
    assert expected == forbidden(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.0.0.1",
        "128.0.0.1",
        "168.63.129.17",
        "169.253.255.255",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.0.1",
        "192.169.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "2001:200::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_a_public_address_is_not(address):
    assert forbidden(address) is None


def agrees_with_python(address):
    """Whether `forbidden` and `is_global` agree, where both answer the same question."""
    if any(address in network for network in BEYOND_IS_GLOBAL if network.version == address.version):
        return forbidden(str(address)) is not None
    return (forbidden(str(address)) is None) == address.is_global


@settings(max_examples=1000, deadline=None)
@given(st.ip_addresses(v=4))
@example(ipaddress.ip_address("192.88.99.1"))
def test_ipv4_agrees_with_python(address):
    assert agrees_with_python(address)


@settings(max_examples=1000, deadline=None)
@given(st.ip_addresses(v=6))
def test_ipv6_allows_nothing_that_python_does_not_call_global(address):
    if forbidden(str(address)) is None and not any(address in network for network in CARRIERS):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@settings(max_examples=500, deadline=None)
@given(st.ip_addresses(v=6, network="2000::/3"))
def test_given_out_ipv6_agrees_with_python(address):
    special = ("2002::/16", "3fff::/20")  # judged by what is inside; unknown to older Pythons
    if not any(address in ipaddress.ip_network(network) for network in special):
        assert agrees_with_python(address)


@settings(deadline=None)
@given(st.ip_addresses(v=4), st.integers(0, 2**80 - 1))
def test_an_ipv4_address_is_judged_the_same_in_every_disguise(address, rest):
    number = int(address)
    disguises = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | rest),
    ]
    expected = forbidden(str(address)) is None
    assert [expected] * 3 == [forbidden(str(disguise)) is None for disguise in disguises]
    assert forbidden(str(ipaddress.IPv6Address(number))) is not None


@settings(deadline=None)
@given(st.text())
def test_any_text_has_an_answer(text):
    reason = forbidden(text)
    assert reason is None or reason


GUARD = Guard.of(
    ["intra.example.org", "127.0.0.1:8088", "[::1]:81", "localhost:80", "shop.localhost.", "169.254.7.7", "10.0.0.9"],
    ["wiki.example.org:8080", "box.local"],
)
REFUSED = '{} refused: it leads to the private address {}; if you mean it, write private_hosts = ["{}"] under [fetch]'


@pytest.mark.parametrize(
    ("authority", "address"),
    [
        ("127.0.0.1:8088", "127.0.0.1"),
        ("[::1]:81", "::1"),
        ("10.0.0.9", "10.0.0.9"),
        ("169.254.7.7", "169.254.7.7"),
        ("localhost:80", "::1"),
        ("localhost:80", "::ffff:127.0.0.1"),
        ("shop.localhost.", "127.0.0.1"),
        ("wiki.example.org:8080", "10.0.0.1"),
        ("wiki.example.org:8080", "127.0.0.1"),
        ("box.local", "fd12::1"),
        ("anybody.example.org", "93.184.215.14"),
    ],
)
def test_public_addresses_and_those_that_the_user_asks_for_are_let_in(authority, address):
    GUARD.check(authority, address)


@pytest.mark.parametrize(
    ("authority", "address", "reason"),
    [
        ("intra.example.org", "10.0.0.1", "private"),
        ("intra.example.org", "127.0.0.1", "loopback"),
        ("intra.example.org", "::ffff:127.0.0.1", "loopback: 127.0.0.1 by IPv4-mapped"),
        ("evil.example.org", "10.0.0.1", "private"),
        ("wiki.example.org", "10.0.0.1", "private"),
        ("127.0.0.1:8089", "127.0.0.1", "loopback"),
        ("localhost:81", "127.0.0.1", "loopback"),
        ("localhost:80", "10.0.0.1", "private"),
        ("shop.localhost.", "192.168.0.1", "private"),
    ],
)
def test_a_name_may_not_lead_to_a_private_address_unless_it_is_let_in(authority, address, reason):
    """A seed's name least of all: its owner may point it anywhere at any time."""
    with pytest.raises(FetchError) as caught:
        GUARD.check(authority, address)
    assert ("address", False) == (caught.value.reason, caught.value.transient)
    how = f'if you mean it, write private_hosts = ["{authority}"] under [fetch]'
    assert f"{authority} refused: it leads to the private address {address} ({reason}); {how}" == caught.value.detail


METADATA = [
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "192.0.0.192",
    "::169.254.169.254",
    "::ffff:169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "fd00:42::42",
    "fd00:ec2::23",
    "fd00:ec2::254",
    "fe80::5efe:169.254.169.254",
    "fe80::a9fe:a9fe",
]


@pytest.mark.parametrize("address", METADATA)
def test_nothing_opens_a_metadata_service(address):
    literal = f"[{address}]" if ":" in address else address
    guard = Guard.of([literal], [literal, "wiki.example.org"])
    for authority in (literal, "wiki.example.org"):
        with pytest.raises(FetchError, match=r"is where a cloud keeps its secrets \(.*\); no setting opens that"):
            guard.check(authority, address)


@pytest.mark.parametrize("address", ["169.254.7.7", "fe80::1", "::ffff:169.254.7.7"])
def test_only_the_address_itself_leads_to_a_link_local_one(address):
    with pytest.raises(FetchError, match="write that address itself if you mean it"):
        GUARD.check("box.local", address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1..",
        "0.0.0.0",
        "[::1]",
        "[::ffff:7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
        "localhost",
        "localhost.",
        "localhost..",
        "foo.localhost.",
        "ip6-loopback",
        "metadata.google.internal",
        "metadata",
        "printer",
        "printer.",
        "nas.local",
        "git.corp.internal.",
    ],
)
def test_some_names_alone_say_that_they_are_private(host):
    """Behind a proxy nobody sees where a name leads."""
    with pytest.raises(FetchError) as caught:
        Guard.of([]).check_name(f"{host}:8080")
    assert "address" == caught.value.reason


def test_other_names_do_not_and_those_that_the_user_asks_for_may():
    for authority in (
        "example.org",
        "a.example.org.:81",
        "8.8.8.8",
        *GUARD.private_hosts,
        "localhost:80",
        "10.0.0.9",
    ):
        GUARD.check_name(authority)


def test_a_wildcard_of_the_scope_names_no_host():
    guard = Guard.of(UrlScope.of(["*.10.0.0.1", "*", "127.0.0.1:8088"]).named)
    guard.check("127.0.0.1:8088", "127.0.0.1")
    with pytest.raises(FetchError):
        guard.check("10.0.0.1", "10.0.0.1")


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("93.184.215.14", "93.184.215.14"),
        ("::ffff:93.184.215.14", "93.184.215.14"),
        ("64:ff9b::93.184.215.14", "93.184.215.14"),
        ("2002:5db8:d70e:1::1", "93.184.215.14"),
        ("2606:4700:0:1::1111", "2606:4700:0:1::"),
        ("2606:4700:0:1:ffff::1", "2606:4700:0:1::"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("10.0.0.1", ""),
        ("fd00::1", ""),
    ],
)
def test_the_connections_of_a_public_server_count_together(address, server):
    assert server == public_server(address)
