"""The meaning of an answer to robots.txt, and how long it lasts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from asyncscrape.model import Request, Response
from asyncscrape.politeness.robots import (
    DAY,
    LIMIT,
    Cached,
    Hop,
    Later,
    judge,
    robots_url,
)

AGENT = "catalog-bot (+https://example.org/bot)"
SITE = "https://example.org"
NOW = 1_800_000_000.0

# The meaning of an answer


def answer(
    status: int,
    body: bytes = b"",
    hops: tuple[str, ...] = (),
    *,
    location: str | None = None,
    cache: str | None = None,
) -> Response:
    url = "https://b.example.net/robots.txt" if hops else f"{SITE}/robots.txt"
    headers = {"Location": location, "Cache-Control": cache}
    named = CIMultiDict({name: value for name, value in headers.items() if value is not None})
    return Response(Request(url, hops=hops), status, named, body, datetime.now(UTC))


FORBID = b"User-agent: *\nDisallow: /\n"
HOPS = (f"{SITE}/robots.txt", *(f"{SITE}/{n}" for n in range(5)))


def verdict(response: Response) -> str:
    """A judgement in one word."""
    judged = judge(response, NOW)
    if isinstance(judged, Cached):
        return "allowed" if judged.robots(AGENT).allows(f"{SITE}/page") else "forbidden"
    return judged.url if isinstance(judged, Hop) else judged.reason


@pytest.mark.parametrize(
    ("expected", "response"),
    [
        ("forbidden", answer(200, FORBID)),
        ("forbidden", answer(203, FORBID)),
        ("allowed", answer(204)),
        ("allowed", answer(200, b"<html>\n" + FORBID)),
        *(
            ("https://a.example/r", answer(status, location="https://a.example/r"))
            for status in (301, 302, 303, 307, 308)
        ),
        ("https://example.org/other.txt", answer(301, FORBID, location="/other.txt")),
        ("https://b.example.net/2", answer(301, hops=HOPS[:1], location="2#x")),
        ("https://a.example/r", answer(302, FORBID, HOPS[:4], location="https://a.example/r")),
        ("allowed", answer(302, FORBID, HOPS[:5], location="https://a.example/r")),
        ("forbidden", answer(200, FORBID, HOPS[:5])),
        ("allowed", answer(301, FORBID)),
        ("allowed", answer(301, FORBID, location="")),
        ("allowed", answer(301, FORBID, location="javascript:alert(1)")),
        ("allowed", answer(301, FORBID, location="http://[")),
        ("allowed", answer(300, FORBID, location="/x")),
        ("allowed", answer(304, FORBID)),
        *(("allowed", answer(status, FORBID)) for status in (400, 401, 403, 404, 410, 418, 429, 451)),
        *((f"http {status}", answer(status, FORBID)) for status in (500, 502, 503, 504, 521, 599)),
        ("http 101", answer(101, FORBID)),
        ("http 999", answer(999, FORBID)),
    ],
)
def test_an_answer_means_what_the_rfc_says(expected: str, response: Response) -> None:
    assert expected == verdict(response)


def test_a_fifth_redirect_is_followed_and_a_sixth_is_not() -> None:
    followed = 0
    while isinstance(judge(answer(301, hops=HOPS[:followed], location="https://a.example/r"), NOW), Hop):
        followed += 1
    assert 5 == followed


def test_later_says_why() -> None:
    assert Later("http 503") == judge(answer(503), NOW)


@pytest.mark.parametrize(
    ("seconds", "cache"),
    [
        (DAY, None),
        (3600, "public, max-age=3600"),
        (60, 'MAX-AGE="60"'),
        (DAY, "max-age=0"),
        (DAY, "max-age=31536000"),
        (DAY, "s-maxage=99, no-store"),
        (DAY, "max-age=garbage"),
    ],
)
def test_an_answer_is_good_for_a_day_at_most(seconds: float, cache: str | None) -> None:
    for response in (answer(200, FORBID, cache=cache), answer(404, cache=cache)):
        judged = judge(response, NOW)
        assert isinstance(judged, Cached)
        assert NOW + seconds == judged.expires


def test_the_rules_behind_a_redirect_are_those_of_the_origin_first_asked() -> None:
    judged = judge(answer(200, FORBID, HOPS[:1]), NOW)
    assert isinstance(judged, Cached)
    assert SITE == judged.origin


def test_what_is_cached_comes_back_the_same() -> None:
    judged = judge(answer(200, FORBID + b"\xff\0" + b"Disallow: /y\n" * 60_000), NOW)
    assert isinstance(judged, Cached)
    assert len(judged.text) <= LIMIT
    loaded = Cached.load(judged.dump())
    assert judged == loaded
    assert not loaded.robots(AGENT).allows(f"{SITE}/page")


def test_a_missing_robots_txt_is_remembered_with_its_reason() -> None:
    assert Cached(SITE, NOW + DAY, b"", "http 404") == judge(answer(404, FORBID), NOW)


def test_the_robots_txt_of_an_origin_lies_at_its_root() -> None:
    assert "http://127.0.0.1:8088/robots.txt" == robots_url("http://127.0.0.1:8088")
