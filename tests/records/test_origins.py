"""Lines without an origin get that of the line before them."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.storage_journal import lines, page_lines

from asyncscrape.records.lines import with_origins

texts = st.text(alphabet='a,"_url:\\{}\n\u2028é', max_size=12)
rows = st.lists(st.dictionaries(st.text("ab", min_size=1, max_size=2), texts, min_size=1), min_size=1, max_size=4)
origins = st.builds(
    lambda url, n: {"_url": url, "_fetched_at": f"2026-11-20T10:00:00.{n:03}Z"}, texts, st.integers(0, 999)
)
pages = st.lists(st.tuples(rows, origins), max_size=5)


@given(pages, st.lists(st.integers(0, 500), max_size=4))
def test_every_record_gets_the_origin_of_its_page(
    found: list[tuple[list[dict[str, Any]], dict[str, Any]]], cuts: list[int]
) -> None:
    journal = b"".join(page_lines(records, origin) for records, origin in found)
    ends = [place + 1 for place, byte in enumerate(journal) if byte == ord("\n")]
    whole_lines = sorted({0, len(journal), *(ends[cut % len(ends)] for cut in cuts if ends)})
    blocks = [journal[begin:end] for begin, end in pairwise(whole_lines)]
    expected = lines(record | origin for records, origin in found for record in records)
    assert expected == b"".join(with_origins(blocks))
    assert expected == b"".join(with_origins([expected]))


def test_the_journal_says_an_origin_once_for_each_page() -> None:
    origin = {"_url": "http://127.0.0.1/", "_fetched_at": "2026-11-20T10:00:00.123Z"}
    found = [msgspec.json.decode(line) for line in page_lines([{"n": 1}, {"n": 2}], origin).splitlines()]
    assert [{"n": 1, **origin}, {"n": 2}] == found


@pytest.mark.parametrize("time", ["2026-11-20T10:00:00.123Z", "2026-11-20T10:00:00.123", "2026-11-20T10:00:00.1234Z"])
@pytest.mark.parametrize("names", [("_url", "_fetched_at"), ("_fetched_at",)])
def test_nested_names_that_look_like_an_origin_are_none(time: str, names: tuple[str, ...]) -> None:
    origin = {"_url": "http://127.0.0.1/", "_fetched_at": "2026-11-20T10:00:00.123Z"}
    records = [{"n": 1}, {"n": 2, "tree": dict.fromkeys(names, time)}, {"n": 3}]
    completed = chain.from_iterable(block.splitlines() for block in with_origins([page_lines(records, origin)]))
    assert [record | origin for record in records] == list(map(msgspec.json.decode, completed))
