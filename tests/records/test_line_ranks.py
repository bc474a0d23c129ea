"""The rank of a line is that of its origin, however the line is written."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.model import Origin, Record
from asyncscrape.records.line_ranks import by_rank, line_rank, replaces
from asyncscrape.records.lines import encode
from asyncscrape.records.newest import Rank, rank

urls = st.sampled_from(["http://127.0.0.1/a", "http://127.0.0.1/b", 'http://127.0.0.1/","_url":"é'])
times = st.sampled_from(["2026-11-20T10:00:00.123Z", "2026-11-20T10:00:00.124Z"])


def line(url: str, fetched_at: str) -> bytes:
    return encode([Record("t", {"n": "_url"})], Origin(url, fetched_at))["t"].text[:-1]


@given(urls, times)
def test_a_line_has_the_rank_of_its_origin(url: str, fetched_at: str) -> None:
    assert rank(url, fetched_at) == line_rank(line(url, fetched_at))
    turned = {"_fetched_at": fetched_at, "_url": url, "nested": {"_fetched_at": fetched_at}}
    assert rank(url, fetched_at) == line_rank(msgspec.json.encode(turned))


def test_a_line_without_an_origin_has_the_lowest_rank() -> None:
    assert rank("", "") == line_rank(b'{"n":1}')
    assert replaces(line("http://127.0.0.1/a", "2026-11-20T10:00:00.123Z"), b'{"n":1}')


@given(urls, times, urls, times)
def test_the_later_line_stands_unless_its_rank_is_lower(url: str, at: str, other_url: str, other_at: str) -> None:
    ranks: list[Rank] = [rank(url, at), rank(other_url, other_at)]
    assert (ranks[0] >= ranks[1]) == replaces(line(url, at), line(other_url, other_at))
    assert sorted(ranks) == list(map(line_rank, by_rank([line(url, at), line(other_url, other_at)])))
