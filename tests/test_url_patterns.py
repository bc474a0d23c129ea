"""The URLs that match a pattern, and those that belong to a crawl."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.urls import LONGEST, UrlScope, glob

# ---------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/item/*", "/item/", True),
        ("/item/*", "/item/1/2?x=y", True),
        ("/item/*", "/items/1", False),
        ("/item/*", "/a/item/1", False),
        ("/item/*.html", "/item/1.html", True),
        ("/item/*.html", "/item/a/b.html", True),
        ("/item/*.html", "/item/1.html?x", False),
        ("/item/*.html", "/item/1xhtml", False),
        ("*.html", "/a/b.html", True),
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a", "/a?b", False),
        ("/a?b=*", "/a?b=c", True),
        ("/a?b=*", "/axb=c", False),
        ("/a[1]", "/a[1]", True),
        ("/a[1]", "/a1", False),
        ("/[!a]", "/b", False),
        ("/a*b*c", "/aXbYc", True),
        ("/a*b*c", "/aXcYb", False),
        ("/a*ab", "/aab", True),
        ("*a*a", "/a", False),
        ("*a*a", "/aa", True),
        ("**", "/", True),
        ("", "/", False),
        ("/café/*", "/caf%C3%A9/1", True),
        ("/a b", "/a%20b", True),
        ("/a%20b", "/a%20b", True),
        ("/.*", "/x", False),
        ("re:^/item/\\d+$", "/item/12", True),
        ("re:^/item/\\d+$", "/item/x", False),
        ("re:\\d", "/item/1/x", True),
        ("re:(?i)ITEM", "/item", True),
        ("re:", "/", True),
        ("RE:x", "/x", False),
    ],
)
def test_a_pattern_fits_path_and_query(pattern, path, fits):
    assert fits == bool(glob(pattern).search(path))
    assert fits == UrlScope.of(["*"], include=[pattern]).accepts("http://a" + path, 0)
    assert fits != UrlScope.of(["*"], exclude=[pattern]).accepts("http://a" + path, 0)
    assert fits == UrlScope.of(["*"], include=["/never", pattern, "re:never"]).accepts("http://a" + path, 0)


@pytest.mark.parametrize("pattern", ["re:(", "re:[", "re:*", "re:a{99999999999}", "re:(?<=a*)b"])
def test_a_bad_regular_expression_is_named(pattern):
    with pytest.raises(ValueError, match="is not a regular expression"):
        glob(pattern)
    with pytest.raises(ValueError, match="is not a regular expression"):
        UrlScope.of(["*"], exclude=[pattern])


def test_a_glob_with_many_stars_is_fast_on_a_hostile_path():
    start = time.process_time()
    path = "/" + "a" * (LONGEST - 10)
    assert not glob("/*a*a*a*a*a*a*a*a*b").search(path)
    assert not UrlScope.of(["*"], exclude=["/*a*aa*aaa*b", "*a*a*b*c", "*?a=*&b=*"]).paths.why_not(f"http://a{path}")
    assert time.process_time() - start < 3


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["*", "a", "b", "/", "?", ".", "["]), max_size=8).map("".join),
    st.text("ab/?.[", max_size=8),
)
def test_a_glob_fits_what_the_plain_definition_says(pattern, path):
    def fits(pattern, path):
        if not pattern:
            return not path
        if pattern[0] == "*":
            return any(fits(pattern[1:], path[at:]) for at in range(len(path) + 1))
        return path[:1] == pattern[0] and fits(pattern[1:], path[1:])

    assert fits(pattern, path) == bool(glob(pattern).search(path))


# ---------------------------------------------------------------- scope


@pytest.mark.parametrize(
    ("host", "inside", "outside"),
    [
        (
            "example.org",
            ["http://example.org/", "https://example.org/"],
            [
                "http://example.org:8080/",
                "https://example.org:80/",
                "http://www.example.org/",
                "http://example.org.evil.net/",
            ],
        ),
        ("EXAMPLE.org:80", ["http://example.org/", "https://example.org:80/"], ["https://example.org/"]),
        ("example.org:443", ["https://example.org/", "http://example.org:443/"], ["http://example.org/"]),
        (
            "127.0.0.1:8088",
            ["http://127.0.0.1:8088/", "https://127.0.0.1:8088/"],
            ["http://127.0.0.1/", "http://127.0.0.1:80880/"],
        ),
        ("[::1]:81", ["http://[::1]:81/"], ["http://[::1]/"]),
        ("münchen.de", ["https://xn--mnchen-3ya.de/"], ["https://munchen.de/"]),
        (
            "*.example.org",
            ["http://example.org/", "https://a.example.org/", "http://a.b.example.org/"],
            [
                "http://a.example.org:8080/",
                "http://notexample.org/",
                "http://example.org.net/",
                "http://aexample.org/",
                "http://exampleXorg/",
            ],
        ),
        ("*.example.org:81", ["http://example.org:81/", "https://a.example.org:81/"], ["http://a.example.org/"]),
        ("*.münchen.de", ["http://a.xn--mnchen-3ya.de/"], ["http://xn--mnchen-3ya.de.net/"]),
        ("*", ["http://a/", "https://b:81/", "http://[::1]/"], []),
    ],
)
def test_a_host_in_scope(host, inside, outside):
    scope = UrlScope.of([host])
    assert [] == [url for url in inside if not scope.accepts(url, 0)]
    assert [] == [url for url in outside if scope.accepts(url, 0)]


def test_several_hosts_and_wildcards_go_together():
    scope = UrlScope.of(["a.net", "*.b.net", "*.c.net:81"])
    assert [True, True, True, False] == [
        scope.accepts(url, 0) for url in ("http://a.net/", "https://x.b.net/", "http://c.net:81/", "http://x.a.net/")
    ]


@pytest.mark.parametrize(
    "host",
    [
        "http://example.org",
        "example.org/",
        "example.org/path",
        "u@example.org",
        "a:b",
        "a:99999",
        "[::1",
        "::1",
        "exa mple.org",
        "a#b",
        "a?b",
        "a\tb",
        "",
        " ",
        "xn--a",
        "a�b",
        "*.",
        "*example.org",
        "www.*.org",
        "*.*.org",
        "example.*",
        "*:80",
    ],
)
def test_what_cannot_be_a_host_is_named(host):
    with pytest.raises(ValueError, match=r"is not a host|stands alone"):
        UrlScope.of([host])


def test_without_hosts_nothing_is_in_scope():
    assert "host a is not in [scope].hosts" == UrlScope.of([]).why_not("http://a/", 0)


@pytest.mark.parametrize(
    ("url", "depth", "expected"),
    [
        ("https://example.org/item/1", 3, None),
        ("https://example.org/list/1", 0, None),
        ("https://example.org/item/1", 4, "deeper than max_depth 3"),
        ("https://other.org/item/1", 0, "host other.org is not in [scope].hosts"),
        ("https://example.org:81/item/1", 0, "host example.org:81 is not in [scope].hosts"),
        ("https://example.org/item/print/1", 0, "excluded by */print/*"),
        ("https://example.org/item/1?session=1", 0, r"excluded by re:\bsession="),
        ("https://example.org/about", 0, "not included by /item/*, /list/*"),
    ],
)
def test_the_reason_is_told_in_words(url, depth, expected):
    scope = UrlScope.of(["example.org"], ["/item/*", "/list/*"], ["*/print/*", r"re:\bsession="], max_depth=3)
    assert expected == scope.why_not(url, depth)
    assert (expected is None) == scope.accepts(url, depth)


def test_any_depth_is_accepted_without_max_depth():
    assert UrlScope.of(["*"]).accepts("http://a/", 10**9)
    assert not UrlScope.of(["*"], max_depth=0).accepts("http://a/", 1)


def test_only_hosts_that_are_written_out_are_named():
    scope = UrlScope.of(["Example.org", "intra.example.org:443", "*.corp.example", "*", "127.0.0.1:8088"])
    assert {"example.org", "intra.example.org", "intra.example.org:443", "127.0.0.1:8088"} == scope.named
