"""The addresses a crawler may go to, and those it may not."""

import ipaddress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asyncscrape.addresses import Guard, forbidden
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
        ("100.100.100.200", "shared by customers of a provider"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "cloud metadata"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "cloud metadata"),
        ("169.254.170.2", "cloud metadata"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved"),
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


def test_a_host_that_is_named_may_be_anywhere():
    guard = Guard.of(["intra.example.org", "127.0.0.1:8088", "[::1]:81"])
    guard.check("intra.example.org", "10.0.0.1")
    guard.check("127.0.0.1:8088", "127.0.0.1")
    guard.check("[::1]:81", "::1")


def test_a_host_that_is_not_named_may_be_public():
    Guard.of([]).check("example.org", "93.184.215.14")


@pytest.mark.parametrize(
    "authority",
    [
        "evil.example.org",
        "intra.example.org:8080",
        "127.0.0.1",
        "127.0.0.1:8089",
        "a.corp.example",
        "*.corp.example",
        "*",
    ],
)
def test_a_host_that_is_not_named_may_not_be_private(authority):
    guard = Guard.of(["intra.example.org", "127.0.0.1:8088", "*.corp.example", "*"])
    with pytest.raises(FetchError) as caught:
        guard.check(authority, "10.0.0.1")
    assert "address" == caught.value.reason
    assert caught.value.transient is False
    assert (
        f"{authority} refused: it leads to the private address 10.0.0.1 (private); "
        "name the host in seeds or [scope].hosts if you mean it"
    ) == caught.value.detail


def test_the_names_of_a_scope_go_straight_into_the_guard():
    guard = Guard.of(UrlScope.of(["Intra.example.org", "*.corp.example", "127.0.0.1:8088"]).named)
    guard.check("intra.example.org", "10.0.0.1")
    guard.check("127.0.0.1:8088", "127.0.0.1")
    with pytest.raises(FetchError):
        guard.check("corp.example", "10.0.0.1")
