"""The cookies of sites: who sees them, and how many are kept."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from asyncscrape.fetchers.cookies import MOST, MOST_BYTES, Jar

WWW = "https://www.example.org/a/b?q"
PLAIN = WWW.replace("https:", "http:")


def shown(url: str, *lines: str, by: str = WWW, domains: tuple[str, ...] = ("example.org",)) -> dict[str, str]:
    """What a URL sees after these lines have been set by another."""
    jar = Jar(domains)
    jar.take(by, lines)
    return jar.shown_to(url)


@pytest.mark.parametrize(
    ("line", "seen_by"),
    [
        ("a=1", ["https://www.example.org/a/x", "https://www.example.org:8443/a/", "http://www.example.org/a"]),
        ("a=1; Path=/", ["https://www.example.org/", "http://www.example.org/x"]),
        ("a=1; Path=/a/b", ["https://www.example.org/a/b/c"]),
        ("a=1; Path=nonsense", ["https://www.example.org/a/b"]),
        ("a=1; Domain=example.org; Path=/", ["https://example.org/", "https://x.y.example.org/", WWW]),
        ("a=1; Domain=.Example.ORG; Path=/", ["https://example.org/"]),
        ("a=1; Domain=www.example.org; Path=/", ["https://www.example.org/"]),
        ("a=1; Secure; Path=/", ["https://www.example.org/"]),
        ("__Host-a=1; Secure; Path=/", [WWW]),
        ("__Secure-a=1; Secure", [WWW]),
        ("a=1; Expires=Wed, 09 Jun 2196 10:18:14 GMT", [WWW]),
        ("a=1; Expires=nonsense; Max-Age=60", [WWW]),
    ],
)
def test_a_cookie_is_shown_where_it_belongs(line: str, seen_by: list[str]) -> None:
    for url in seen_by:
        assert ["1"] == list(shown(url, line).values()), url


@pytest.mark.parametrize(
    ("line", "hidden_from"),
    [
        ("a=1", ["https://example.org/a/b", "https://x.www.example.org/a/b", "https://www.example.org/ab"]),
        ("a=1; Path=/a/b", ["https://www.example.org/a/bc", "https://www.example.org/a"]),
        ("a=1; Domain=www.example.org; Path=/", ["https://x.www.example.org/"]),
        ("a=1; Domain=other.org", [WWW, "https://other.org/a/b"]),
        ("a=1; Domain=xample.org", [WWW]),
        ("a=1; Domain=x.www.example.org", [WWW]),
        ("a=1; Secure; Path=/", ["http://www.example.org/"]),
        ("__Host-a=1; Secure; Path=/; Domain=example.org", [WWW]),
        ("__Secure-a=1", [WWW]),
        ("a=1; Max-Age=0", [WWW]),
        ("a=1; Expires=Wed, 09 Jun 2021 10:18:14 GMT", [WWW]),
        ("no name", [WWW]),
        ("=1", [WWW]),
        ("a=\x01", [WWW]),
        (f"a={'1' * 4096}", [WWW]),
    ],
)
def test_a_cookie_is_hidden_from_others(line: str, hidden_from: list[str]) -> None:
    for url in hidden_from:
        assert {} == shown(url, line), url


@pytest.mark.parametrize("suffix", ["co.uk", "github.io", "uk", "example.org"])
def test_a_domain_that_the_user_has_not_named_is_shared_with_nobody(suffix: str) -> None:
    """It may be a public suffix. The host that sets the cookie keeps it all the same."""
    set_by, other = f"https://a.{suffix}/", f"https://b.{suffix}/"
    line = f"a=1; Domain={suffix}"
    assert ({"a": "1"}, {}) == tuple(shown(url, line, by=set_by, domains=("a.x", "*.x")) for url in (set_by, other))


def test_no_domain_of_an_ip_address_is_shared() -> None:
    lines = "a=1; Domain=0.0.1", "b=1; Domain=1", "c=1; Domain=127.0.0.1"
    assert {"c": "1"} == shown("http://127.0.0.1/", *lines, by="http://127.0.0.1:81/", domains=("1", "0.0.1"))


def test_an_answer_without_tls_leaves_secure_cookies_alone() -> None:
    jar = Jar(("example.org",))
    jar.take(WWW, ["s=safe; Secure; Path=/", "t=safe; Secure; Path=/; Domain=example.org", "u=safe"])
    jar.take(PLAIN, ["s=evil", "t=evil", "u=new", "v=evil; Secure", "s=evil; Domain=example.org; Max-Age=0"])
    assert {"s": "safe", "t": "safe", "u": "new"} == jar.shown_to(WWW)
    assert {"u": "new"} == jar.shown_to(PLAIN)


def test_an_answer_without_tls_hides_no_secure_cookie_of_a_host_below() -> None:
    jar = Jar(("example.org",))
    jar.take("https://x.www.example.org/a/", ["s=safe; Secure; Path=/", "p=safe; Secure; Path=/b"])
    jar.take(PLAIN, [f"{name}=evil; Domain=example.org; Path=/a" for name in "sp"] + ["s=own; Path=/a"])
    assert {"s": "own", "p": "evil"} == jar.shown_to(PLAIN)
    assert {"s": "safe", "p": "evil"} == jar.shown_to("https://x.www.example.org/a")


@pytest.mark.parametrize("more", ["", "; Domain=example.org"])
def test_the_number_of_hosts_does_not_slow_down_an_answer_without_tls(more: str) -> None:
    jar = Jar(("example.org",))
    for n in range(1000):
        jar.take(f"https://h{n}.example.net/", ["s=1; Secure"])
    began = time.thread_time()
    jar.take(PLAIN, [f"n{n}=1{more}" for n in range(40)])
    assert 0.1 > time.thread_time() - began, "each line must not walk through all hosts"
    assert 40 == len(jar.shown_to(PLAIN))


def test_the_most_particular_path_wins_and_goes_out_first() -> None:
    lines = "a=top; Path=/", "a=below; Path=/a", "b=1; Path=/"
    assert [("a", "below"), ("b", "1")] == sorted(shown(WWW, *lines).items())
    assert "a" == next(iter(shown(WWW, "b=1; Path=/", "a=1; Path=/a")))


def test_a_cookie_ends_with_its_time() -> None:
    now = 0.0
    jar = Jar((), lambda: now)
    jar.take(WWW, ["a=1; Max-Age=10", "b=1; Max-Age=100"])
    now = 11.0
    assert ({"b": "1"}, 1) == (jar.shown_to(WWW), len(jar))


def test_a_site_cannot_fill_the_memory() -> None:
    jar = Jar(())
    jar.take(WWW, [f"n{n}=1" for n in range(10 * MOST)])
    assert MOST == len(jar)
    assert f"n{10 * MOST - 1}" in jar.shown_to(WWW)
    jar.take(WWW, [f"n{n}={'x' * 4000}" for n in range(20)])
    assert MOST_BYTES >= sum(map(len, jar.shown_to(WWW).values()))


def test_the_host_asked_longest_ago_loses_its_cookies_when_all_are_too_many() -> None:
    jar = Jar((), most=200_000)
    lines = [f"n{n}={'x' * 3990}; Path=/" for n in range(4)]
    jar.take("https://first/", lines)
    jar.take("https://second/", lines)
    for n in range(10):
        assert jar.shown_to("https://first/")
        jar.take(f"https://h{n}/", lines)
    assert (4, 0) == (len(jar.shown_to("https://first/")), len(jar.shown_to("https://second/")))


def test_small_cookies_of_many_hosts_take_no_more_memory_than_they_may() -> None:
    jar = Jar((), most=300_000)
    tracemalloc.start()
    for n in range(1_000):
        jar.take(f"https://h{n}.example.org/", ["a="])
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 200 < len(jar)
    assert 300_000 > used


def test_hosts_whose_cookies_have_expired_take_no_memory() -> None:
    now = 0.0
    jar = Jar((), lambda: now, most=20_000)
    jar.take(WWW, ["a=1"])
    for n in range(100):
        jar.take(f"https://h{n}/", ["a=1; Max-Age=10"])
        now += 11
        assert {"a": "1"} == jar.shown_to(WWW)
        assert {} == jar.shown_to(f"https://h{n}/")
    assert 1 == len(jar)
