from __future__ import annotations

import time
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from asyncscrape.politeness.path_rules import FewRules, ManyRules, path_rule, precedence
from asyncscrape.politeness.robots import (
    ALLOW_ALL,
    LIMIT,
    parse,
    product_token,
)

AGENT = "catalog-bot (+https://example.org/bot)"
SITE = "https://example.org"
NOW = 1_800_000_000.0


def allowed(text: str | bytes, path: str, agent: str = AGENT) -> bool:
    body = text if isinstance(text, bytes) else text.encode()
    return parse(body, agent).allows(SITE + path)


# Rules: lines for everybody, and their verdict on paths

PATHS = [
    # Prefixes, and an empty Disallow
    (["Disallow: /fish"], "/fish", False),
    (["Disallow: /fish"], "/fish.html", False),
    (["Disallow: /fish"], "/fishheads/yummy.html?id=1", False),
    (["Disallow: /fish"], "/Fish.asp", True),
    (["Disallow: /fish"], "/catfish", True),
    (["Disallow: /fish/"], "/fish", True),
    (["Disallow: /fish/"], "/fish/salmon", False),
    (["Disallow:"], "/anything", True),
    (["Disallow: /"], "/", False),
    (["Disallow: /"], "/robots.txt", True),
    (["Disallow: /robots"], "/robots.txt", True),
    (["Disallow: /"], "/robots.txt.html", False),
    # Wildcards
    (["Disallow: /fish*"], "/fish", False),
    (["Disallow: /*.php"], "/folder/any.php.file.html", False),
    (["Disallow: /*.php"], "/windows.PHP", True),
    (["Disallow: /fish*.php"], "/fishheads/catfish.php?parameters", False),
    (["Disallow: /a*b*c"], "/a-c-b", True),
    (["Disallow: /a*b*c"], "/a-b-c-d", False),
    (["Disallow: /a**b"], "/axb", False),
    (["Disallow: *secret"], "/x/secret", False),
    (["Disallow: /*?"], "/page?x=1", False),
    (["Disallow: /*?"], "/page", True),
    # The end of the path
    (["Disallow: /*.php$"], "/file.php", False),
    (["Disallow: /*.php$"], "/file.php?x=1", True),
    (["Disallow: /*.php$"], "/file.php.php", False),
    (["Disallow: /exact$"], "/exact", False),
    (["Disallow: /exact$"], "/exact/", True),
    (["Disallow: /a$b"], "/a$b", False),
    (["Disallow: /ab*ba$"], "/aba", True),
    (["Disallow: /a*$"], "/a", False),
    # The longest rule decides, and Allow where there are two
    (["Disallow: /folder", "Allow: /folder/page"], "/folder/page", True),
    (["Allow: /folder/page", "Disallow: /folder"], "/folder/other", False),
    (["Allow: /p", "Disallow: /"], "/page", True),
    (["Disallow: /folder", "Allow: /folder"], "/folder/page", True),
    (["Allow: /page", "Disallow: /*.htm"], "/page.htm", False),
    (["Allow: /page", "Disallow: /*.ph"], "/page.php5", True),
    (["Allow: /$", "Disallow: /"], "/", True),
    (["Allow: /$", "Disallow: /"], "/page.htm", False),
    # Escapes
    (["Disallow: /foo/bar?baz=https://foo.bar"], "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False),
    (["Disallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar"], "/foo/bar?baz=https://foo.bar", False),
    (["Disallow: /foo/bar/ツ"], "/foo/bar/%E3%83%84", False),
    (["Disallow: /foo/bar/%e3%83%84"], "/foo/bar/%E3%83%84", False),
    (["Disallow: /foo/bar/%62%61%7A"], "/foo/bar/baz", False),
    (["Disallow: /foo/bar/baz"], "/foo/bar/%62%61%7A", False),
    (["Disallow: /a%2Fb"], "/a/b", True),
    (["Disallow: /a%3Fb"], "/a?b", True),
    (["Disallow: /a b"], "/a%20b", False),
    (["Disallow: /a|b"], "/a%7Cb", False),
    (["Disallow: /file-with-a-%2A.html"], "/file-with-a-*.html", False),
    (["Disallow: /file-with-a-%2A.html"], "/file-with-a-x.html", True),
    (["Disallow: /price-%24$"], "/price-$", False),
    (["Disallow: /100%"], "/100%25", False),
    # Lines that are not rules
    (["Disallow: fish"], "/fish", True),
    (["Disallow: https://example.org/fish"], "/fish", True),
    (["Disallow /fish"], "/fish", False),
    (["dissallow : /fish"], "/fish", False),
    (["DISALLOW:/fish"], "/fish", False),
    (["  Disallow: /fish   # not for bots"], "/fish", False),
    (["#Disallow: /fish"], "/fish", True),
    (["Noindex: /fish"], "/fish", True),
]


@pytest.mark.parametrize(("lines", "path", "expected"), PATHS)
def test_a_rule_says_what_the_rfc_says(lines: list[str], path: str, expected: bool) -> None:
    assert expected == allowed("\n".join(["User-agent: *", *lines]), path)


# Groups

MERGED = """
User-agent: catalog-bot
Disallow: /a

User-agent: *
Disallow: /

User-agent: Catalog-Bot/2.0
Disallow: /b
"""
GROUPS = [
    ("User-agent: *\nDisallow: /\n\nUser-agent: catalog-bot\nDisallow: /a", "/b", True),
    (MERGED, "/a", False),
    (MERGED, "/b", False),
    (MERGED, "/c", True),
    ("User-agent: catalog-bot\n\nUser-agent: *\nDisallow: /", "/", False),
    ("User-agent: catalog-bot\nDisallow:\n\nUser-agent: *\nDisallow: /", "/", True),
    ("User-agent: other-bot\nUser-agent: catalog-bot\nDisallow: /", "/", False),
    ("User-agent: other-bot\nDisallow: /", "/", True),
    # The name is compared as a whole
    ("User-agent: cat\nDisallow: /", "/", True),
    ("User-agent: catalog\nDisallow: /", "/", True),
    ("User-agent: catalog-bot-images\nDisallow: /", "/", True),
    ("User-agent: *bot*\nDisallow: /", "/", True),
    ("User-agent: CATALOG-BOT\nDisallow: /", "/", False),
    ("User-agent: * # everybody\nDisallow: /", "/", False),
    # Only a rule ends a list of user agents
    ("User-agent: catalog-bot\nSitemap: https://example.org/s\nUser-agent: b\nDisallow: /", "/", False),
    ("User-agent: catalog-bot\nCrawl-delay: 3\nUser-agent: b\nDisallow: /", "/", False),
    ("User-agent: catalog-bot\nFoo: bar\n\n# note\nUser-agent: b\nDisallow: /", "/", False),
    ("User-agent: catalog-bot\nDisallow:\nUser-agent: b\nDisallow: /", "/", True),
    # Rules before any user agent apply to nobody
    ("Disallow: /\nUser-agent: catalog-bot\nAllow: /x", "/", True),
    ("", "/", True),
]


@pytest.mark.parametrize(("text", "path", "expected"), GROUPS)
def test_the_groups_of_an_agent_count_together(text: str, path: str, expected: bool) -> None:
    assert expected == allowed(text, path)


@pytest.mark.parametrize(
    ("token", "user_agent"),
    [
        ("catalog-bot", AGENT),
        ("asyncscrape", "asyncscrape/0.1.0"),
        ("bot2", "Bot2"),
        ("catalog-bot", "Mozilla/5.0 (compatible; Catalog-Bot/1.0; +https://example.org)"),
        ("mozilla", "Mozilla/5.0 (X11; Linux x86_64)"),
        ("", "(anonymous)"),
        ("", ""),
    ],
)
def test_the_product_token_is_the_name_of_the_crawler(token: str, user_agent: str) -> None:
    assert token == product_token(user_agent)


def test_an_agent_without_a_name_is_everybody() -> None:
    text = "User-agent:\nDisallow: /\n\nUser-agent: *\nDisallow: /x"
    assert (True, False) == (allowed(text, "/", ""), allowed(text, "/x", ""))


# Bytes

RULES = b"User-agent: *\nDisallow: /x\n"


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + RULES,
        RULES.replace(b"\n", b"\r\n"),
        RULES.replace(b"\n", b"\r"),
        RULES.rstrip(),
        b"\xff\xfe junk\n\0\0\n" + RULES,
        RULES.replace(b"/x", b"/x\0"),
        b"User-agent\t:\t*\nDisallow\t:\t/x",
    ],
)
def test_bytes_are_read_as_they_come(body: bytes) -> None:
    assert not allowed(body, "/x")


def test_only_line_ends_end_a_line() -> None:
    assert allowed("User-agent: *\x0cDisallow: /\u2028Disallow: /\x85Disallow: /", "/")


def test_bytes_that_are_not_utf8_match_the_same_bytes_only() -> None:
    body = b"User-agent: *\nDisallow: /caf\xe9"
    assert (False, True) == (allowed(body, "/caf%E9"), allowed(body, "/caf%E8"))


@pytest.mark.parametrize("start", [b"<!DOCTYPE html>", b"\n <html>", b"\xef\xbb\xbf<?xml version='1.0'?>"])
def test_a_page_in_place_of_a_robots_txt_has_no_rules(start: bytes) -> None:
    assert ALLOW_ALL == parse(start + b"\n<pre>\nUser-agent: *\nDisallow: /\nSitemap: /s\n</pre>", AGENT)


def test_the_first_500_kib_are_read_up_to_a_whole_line() -> None:
    lines = RULES + b"Allow: /filler\n" * 50_000
    torn = lines[: LIMIT - 16] + b"\nDisallow: /torn-apart\nDisallow: /late\n"
    assert len(lines) > 600 * 1024
    assert (False, True, True) == (allowed(lines, "/x"), allowed(torn, "/torn-apart"), allowed(torn, "/late"))
    assert allowed(torn, "/torn")


def test_a_single_line_that_is_too_long_says_nothing() -> None:
    assert ALLOW_ALL == parse(b"Disallow: /" + b"x" * LIMIT, AGENT)


@given(st.binary(max_size=300), st.text(max_size=30))
def test_anything_can_be_read(body: bytes, agent: str) -> None:
    assert isinstance(parse(body, agent).allows(SITE + "/a?b"), bool)


# Crawl-delay and sitemaps


@pytest.mark.parametrize(
    ("delay", "lines"),
    [
        (None, ["Disallow: /"]),
        (10.0, ["Crawl-delay: 10"]),
        (0.5, ["crawl-delay: 0.5 # half a second"]),
        (2.0, ["Crawl-delay: 2s"]),
        (None, ["Crawl-delay: -1"]),
        (None, ["Crawl-delay: soon"]),
        (None, ["Crawl-delay: nan"]),
        (7.0, ["Crawl-delay: 7", "Disallow: /x", "Crawl-delay: 3"]),
    ],
)
def test_the_crawl_delay_is_a_number_of_seconds(delay: float | None, lines: list[str]) -> None:
    assert delay == parse("\n".join(["User-agent: *", *lines]).encode(), AGENT).crawl_delay


def test_the_crawl_delay_of_others_is_not_ours() -> None:
    text = b"User-agent: slow-bot\nCrawl-delay: 60\nDisallow: /x\n\nUser-agent: *\nCrawl-delay: 1\nDisallow: /x"
    assert 1.0 == parse(text, AGENT).crawl_delay


def test_sitemaps_are_for_everybody_and_listed_once() -> None:
    text = b"Sitemap: https://e.org/a.xml\nUser-agent: x\nDisallow: /\nsitemap:https://e.org/b.xml\nSite-map: \n"
    assert ("https://e.org/a.xml", "https://e.org/b.xml") == parse(text * 2, AGENT).sitemaps


# The same as protego where it follows the RFC

PIECES = st.sampled_from(["/", "a", "b", "ab", "*", ".", "?", "=", "%41", "-"])
# protego counts a "?" in a rule as three characters.
IN_RULES = PIECES.filter(lambda piece: piece != "?")
RULE = st.tuples(
    st.sampled_from(["Allow", "Disallow"]), st.lists(IN_RULES, max_size=6).map(lambda p: "/" + "".join(p))
)
PATH = st.lists(PIECES.filter(lambda piece: piece != "*"), max_size=8).map(lambda p: "/" + "".join(p))


@given(st.lists(RULE, max_size=6), PATH)
def test_the_verdict_is_the_one_of_protego(rules: list[tuple[str, str]], path: str) -> None:
    text = "\n".join(["User-agent: *", *(f"{name}: {value}" for name, value in rules)])
    assert Protego.parse(text).can_fetch(SITE + path, AGENT) == allowed(text, path)


# Speed


def test_a_verdict_takes_microseconds() -> None:
    lines = [f"Disallow: /corner-{n}/" for n in range(50)]
    robots = parse("\n".join(["User-agent: *", *lines]).encode(), AGENT)
    url = SITE + "/item/12345-a-record-with-a-name.html?page=2"
    best = min(timeit.repeat(lambda: robots.allows(url), number=1000, repeat=20)) / 1000
    assert best < 6e-6


def test_wildcards_cannot_be_made_to_take_forever() -> None:
    robots = parse(b"User-agent: *\nDisallow: /" + b"*a" * 2000 + b"*b", AGENT)
    assert robots.allows(SITE + "/" + "a" * 7000)


# Many rules


@pytest.mark.parametrize(("kind", "most"), [(FewRules, 256), (ManyRules, 400)])
@pytest.mark.parametrize(
    ("path", "heavy"),
    [("/a/b?c", False), ("/" + "c" * 100, False), ("/" + "a" * 7_900, True), ("/" + "*" * 7_900, True)],
)
def test_whether_a_verdict_takes_long_depends_on_the_path_too(
    kind: type[FewRules | ManyRules], most: int, path: str, heavy: bool
) -> None:
    rules = kind([rule for n in range(most) if (rule := path_rule(f"/*{n:03}", allow=False))])
    assert heavy == rules.heavy(SITE + path)
    began = time.thread_time()
    assert rules.allow(SITE + path)
    assert heavy or 0.01 > time.thread_time() - began, "3 ms, on a machine that may be slower"


@given(st.lists(RULE, max_size=6), PATH)
def test_packed_rules_give_the_same_verdict(rules: list[tuple[str, str]], path: str) -> None:
    found = [path_rule(value, name == "Allow") for name, value in rules]
    in_order = sorted((rule for rule in found if rule), key=precedence)
    assert FewRules(in_order).allow(SITE + path) == ManyRules(in_order).allow(SITE + path)


def test_20_000_rules_take_less_memory_than_their_text() -> None:
    lines = [f"Disallow: /{'*' * (n % 2)}{n}" for n in range(20_000)]
    text = "\n".join(["User-agent: *", *lines, "Allow: /123/b", "Allow: /x*77777", "Disallow: /x*77777$"]).encode()
    robots = parse(text, AGENT)
    assert len(text) > robots.size
    verdicts = {"/2": False, "/x/2": True, "/1": False, "/x/1": False, "/123/b": True, "/x7777": False, "/y": True}
    assert verdicts == {path: robots.allows(SITE + path) for path in verdicts}
