"""URLs as browsers read them, and their canonical form, parts and fingerprint."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ada_url import join_url
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from asyncscrape import urls
from asyncscrape.urls import LONGEST, authority, canonical, fingerprint, origin, path_and_query

STANDARD = json.loads((Path(__file__).parent / "data" / "urltestdata.json").read_text("ascii"))
"""What the WHATWG URL Standard expects: [input, base, [protocol, host, pathname, search] or null]."""

DEVIATIONS: dict[tuple[str, str | None], str] = {}
"""(input, base) of the cases where we deviate on purpose, with the reason. There are none so far. The comparison
leaves out whatever the canonical form never has (other schemes, fragments, credentials, empty queries).
"""

BASE = "https://www.example.org/a/b/page.html?sort=name"

text = st.text(st.characters(codec=None, categories=None), max_size=40)
characters = "/\\.:?#@%&=;,+~!$'()*[]{}|^`\"<> \t\n\r\0abzAZ09-_é☃ß\u00ad\ud800\udfff"
words = ["http:", "https://", "//", "example.org", "www.example.org", "127.1", "0x7f", "[::1]", "u:p@", "xn--"]
escapes = ["..", "%2e", "%2E", ":80", ":443", ":8080"]
pieces = st.sampled_from([*characters, *words, *escapes])
messy = st.lists(pieces, max_size=12).map("".join)
plain = st.text("ab0.-_~/?=&:@+,;!$()*%#'", max_size=30)
anything = st.one_of(text, messy, plain, plain.map("https://www.example.org".__add__))
bases = st.one_of(
    st.none(),
    st.just(BASE),
    st.sampled_from(
        ["http://a", "HTTP://A:80/x/../y/?q=/z", "https://u:p@a/b#c", "http://[::1]:8/", "http://xn--a/b/"]
    ),
    st.sampled_from(
        ["", "mailto:x", "http://[", "file:///c:/x", "about:blank", "https:a", "http://a/b?c/d?e", "//a/"]
    ),
    anything,
)


# ---------------------------------------------------------------- the standard


@pytest.mark.parametrize(("url", "base", "parts"), STANDARD)
def test_the_canonical_form_is_that_of_the_standard(url, base, parts):
    expected = None
    if parts and parts[0] in ("http:", "https:"):
        protocol, host, pathname, search = parts
        expected = f"{protocol}//{host}{pathname}{search}"
    if (url, base) in DEVIATIONS:
        assert expected != canonical(url, base), "this deviation is gone: strike it from the list"
    else:
        assert expected == canonical(url, base)


def test_every_deviation_has_a_case_and_a_reason():
    cases = {(url, base) for url, base, _ in STANDARD}
    assert [] == [case for case, reason in DEVIATIONS.items() if case not in cases or not reason]


def test_the_test_data_holds_what_it_should():
    assert 850 < len(STANDARD)
    assert 250 < sum(parts is None for _, _, parts in STANDARD)


# ---------------------------------------------------------------- the canonical form


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", BASE),
        ("#top", BASE),
        ("?", "https://www.example.org/a/b/page.html"),
        ("?page=2", "https://www.example.org/a/b/page.html?page=2"),
        ("/item/1", "https://www.example.org/item/1"),
        ("item.html?x=1#frag", "https://www.example.org/a/b/item.html?x=1"),
        ("../c", "https://www.example.org/a/c"),
        ("./../../../c/./d/..", "https://www.example.org/c/"),
        ("//other.example.org", "https://other.example.org/"),
        ("HTTP://Example.ORG:80/A/%7e?B#c", "http://example.org/A/%7e?B"),
        ("https://example.org:443", "https://example.org/"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("  /a\tb\r\nc \n", "https://www.example.org/abc"),
        ("/a b", "https://www.example.org/a%20b"),
        ("/é?é", "https://www.example.org/%C3%A9?%C3%A9"),
        ("/x?", "https://www.example.org/x"),
        ("/x?#y?", "https://www.example.org/x"),
        ("/x??", "https://www.example.org/x??"),
        ("/x?a?", "https://www.example.org/x?a?"),
        ("\\a\\b", "https://www.example.org/a/b"),
        ("\\\\other.example.org\\b", "https://other.example.org/b"),
        ("https:foo", "https://www.example.org/a/b/foo"),
        ("http:foo", "http://foo/"),
        ("https:///foo", "https://foo/"),
        ("http://münchen.de/", "http://xn--mnchen-3ya.de/"),
        ("http://XN--MNCHEN-3YA.de/", "http://xn--mnchen-3ya.de/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("http://user:pass@example.org/", "http://example.org/"),
        ("http://a:b@c:d@example.org:81/@x?@y", "http://example.org:81/@x?@y"),
        ("//@example.org/", "https://example.org/"),
        ("/a@b?c@d", "https://www.example.org/a@b?c@d"),
        ("/\0", "https://www.example.org/"),
        ("/a\0b", "https://www.example.org/a%00b"),
        ("/\ud800", "https://www.example.org/%EF%BF%BD"),
        ("/\ud83d\ude00", "https://www.example.org/%F0%9F%98%80"),
        ("http://[", None),
        ("http://[::1", None),
        ("http://[fe80::1%25eth0]/", None),
        ("http://", None),
        ("http://a b/", None),
        ("http://a\0b/", None),
        ("http://a:99999/", None),
        ("http://1.2.3.256/", None),
        ("http://axn--/xn--", "http://axn--/xn--"),
        ("http://xn--a/", None),
        ("http://xn--mnchen-3ya.xn--pokxncvks:8080/", None),
        ("javascript:alert(1)", None),
        ("mailto:a@example.org", None),
        ("data:text/html,<p>", None),
        ("tel:+1", None),
        ("ftp://example.org/", None),
        ("file:///etc/passwd", None),
        ("ws://example.org/", None),
        ("httpx://example.org/", None),
    ],
)
def test_a_link_is_read_as_browsers_read_it(url, expected):
    assert expected == canonical(url, BASE)


@pytest.mark.parametrize(
    "base", ["", "x", "http://[", "mailto:x", "about:blank", "file:///x", "ftp://a/", "http://xn--a/"]
)
def test_a_relative_link_without_a_usable_base_is_none(base):
    assert canonical("/x", base) is None
    assert canonical("x", base) is None
    assert canonical("/x") is None


def test_the_base_need_not_be_canonical():
    assert canonical("/x", "HTTP://User@Example.org:80/a") == "http://example.org/x"
    assert canonical("x", "HTTP://User@Example.org:80/a/../b/c?d/e#f/g") == "http://example.org/b/x"


def test_the_longest_url_is_taken_and_a_longer_one_is_not():
    room = LONGEST - len("http://a/")
    assert LONGEST == len(canonical("http://a/" + "b" * room) or "")
    assert canonical("http://a/" + "b" * (room + 1)) is None
    assert canonical("/" + "b" * room, "http://a/") is not None
    assert canonical("/" + "b" * (room + 1), "http://a/") is None
    assert canonical("b" * (room + 1), "http://a/") is None


def test_a_host_that_no_index_could_hold_is_none():
    host = "x" * 900 + ".example.org"
    assert f"https://{host}/" == canonical(f"//{host}/", BASE)
    assert canonical(f"//x{'x' * 100}{host}/", BASE) is None, "any page may redirect there"


def test_a_url_that_grows_too_long_by_encoding_is_none():
    assert canonical("http://a/" + "é" * (LONGEST // 2)) is None


@pytest.mark.parametrize("piece", ["/a", "é.", " ", "//"])
def test_megabytes_of_link_or_base_cost_nothing(piece):
    huge = "http://a" + piece * 5_000_000
    start = time.process_time()
    assert [None] * 1000 == [canonical(huge, BASE) for _ in range(1000)]
    assert [None] * 1000 == [canonical("x", huge) for _ in range(1000)]
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "piece", ["\u0301\u0323", "一.", "é", "xn--a.", "a9", "a@", "%41", "1:", "1.", "0", "../", "\t", "?", "#"]
)
def test_the_longest_link_is_not_slow(piece):
    links = [
        head + piece * ((LONGEST - 20) // len(piece)) for head in ("http://a", "http://xn--", "http://[", "/", "x")
    ]
    start = time.process_time()
    for link in links:
        canonical(link, BASE)
    assert time.process_time() - start < 1


def test_a_long_link_in_another_alphabet_is_taken_while_it_fits():
    room = LONGEST - len("http://a/")
    assert canonical("/" + "é" * (room // 6), "http://a/") is not None
    assert canonical("/" + "é" * (room // 6 + 1), "http://a/") is None


def host_and_port(url):
    name, colon, port = authority(url).rpartition(":")
    if not colon or authority(url).endswith("]"):
        name, port = authority(url), "443" if url.startswith("https:") else "80"
    return name.strip("[]"), int(port)


@settings(max_examples=1500, deadline=None)
@given(anything, bases)
def test_any_text_gives_a_sendable_url_or_none(url, base):
    found = canonical(url, base)
    if found is None:
        return
    sent = URL(found, encoded=True)
    assert found == canonical(found)
    assert found == canonical(found, "https://elsewhere.example.org/")
    assert found.isascii()
    assert found.isprintable()
    assert " " not in found
    assert "#" not in found
    assert found == str(sent)
    assert path_and_query(found) == sent.raw_path_qs
    assert origin(found) == f"{sent.scheme}://{authority(found)}"
    assert (sent.raw_host, sent.port) == host_and_port(found)
    assert sent.user is None


@settings(max_examples=1500, deadline=None)
@given(anything, bases)
def test_the_short_way_gives_what_the_standard_gives(url, base):
    short = urls._join_plain(url, base) if base else None
    if short is not None:
        assert join_url(base, url).startswith(("http://", "https://"))
        assert short == urls._resolve(url, base)


@pytest.mark.parametrize(
    "url", ["/item/12-a_b~c.html", "/", "/a/", "item.html?x=1&y=%20", "a/b/", BASE, "/x@y,z;a=b"]
)
def test_most_links_take_the_short_way(url):
    assert urls._join_plain(url, BASE) == urls._resolve(url, BASE)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "..",
        "/..",
        "/a/../b",
        "/.",
        "/%2e%2E/b",
        "//a",
        "/\\a",
        "a:b",
        "/a?",
        "?a",
        "/a#b",
        "/a'b",
        "/ä",
        "/a\n",
        "/a?'",
    ],
)
def test_links_that_must_be_worked_out_do_not_take_it(url):
    assert urls._join_plain(url, BASE) is None


# ---------------------------------------------------------------- parts and fingerprint


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://a/", ("a", "http://a", "/")),
        ("https://a/", ("a", "https://a", "/")),
        ("https://www.example.org/x/y?z=/", ("www.example.org", "https://www.example.org", "/x/y?z=/")),
        ("http://127.0.0.1:8088/?", ("127.0.0.1:8088", "http://127.0.0.1:8088", "/?")),
        ("http://[::1]:81/a", ("[::1]:81", "http://[::1]:81", "/a")),
        ("https://[::1]/a@b", ("[::1]", "https://[::1]", "/a@b")),
    ],
)
def test_the_parts_of_a_canonical_url(url, parts):
    assert parts == (authority(url), origin(url), path_and_query(url))


def test_the_fingerprint_never_changes():
    assert fingerprint("page", "https://example.org/").hex() == "33ec6f5616463d09f04856a6599aee01"
    assert fingerprint("blob", "https://example.org/é", "covers/é.jpg").hex() == "f76793dd86816bf1ed29eb24e2450daf"


def test_the_fingerprint_is_the_same_in_another_process():
    code = "from asyncscrape.urls import fingerprint; print(fingerprint('page', 'http://a/', 'b').hex())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert fingerprint("page", "http://a/", "b").hex() == other.stdout.strip()


def test_kind_url_and_path_each_count():
    prints = {fingerprint(*parts) for parts in (("a", "b"), ("ab", ""), ("", "ab"), ("a", "b", "c"), ("a", "bc"))}
    assert 5 == len(prints)


@settings(deadline=None)
@given(text)
def test_any_text_has_a_fingerprint(path):
    assert 16 == len(fingerprint("blob", "http://a/", path))
