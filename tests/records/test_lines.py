"""The records of a page as lines: those of one table that are read into structs, and those of any tables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from asyncscrape.crawl.exchange import lines_of
from asyncscrape.model import Record, Request, Response, TypedRecords

URL = "http://127.0.0.1/coins?page=1"
RESPONSE = Response(Request(URL), 200, {}, b"", datetime(2026, 11, 20, 10, 0, 0, 123_456, UTC))
ORIGIN = {"_url": URL, "_fetched_at": "2026-11-20T10:00:00.123Z"}


class Coin(msgspec.Struct):
    """A row whose columns are known."""

    symbol: str
    price: Decimal | float | None = None
    day: date = date(2026, 11, 20)
    tags: tuple[str, ...] = ()


COINS = [Coin("BTC", Decimal("91000.10"), tags=("a", "}\n{")), Coin('"é\u2028', 1e-7), Coin("ETH")]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_structs_make_the_lines_that_their_records_make(count: int) -> None:
    typed = TypedRecords("coin", COINS[:count])
    records = [Record("coin", msgspec.structs.asdict(coin)) for coin in COINS[:count]]
    assert records == list(typed)
    assert lines_of(records, RESPONSE) == lines_of(typed, RESPONSE)


def test_each_record_is_a_line_and_the_first_says_where_all_come_from() -> None:
    lines, counts = lines_of(TypedRecords("coin", COINS), RESPONSE)
    assert ({"coin": 3}, ["coin"]) == (counts, list(lines))
    found = [msgspec.json.decode(line) for line in lines["coin"].splitlines()]
    plain = [msgspec.json.decode(msgspec.json.encode(coin)) for coin in COINS]
    assert [plain[0] | ORIGIN, *plain[1:]] == found


def test_every_table_of_a_page_says_where_its_records_come_from() -> None:
    records = [Record("a", {"n": 1}), Record("b", {"n": 2}), Record("a", {"n": 3})]
    lines, counts = lines_of(records, RESPONSE)
    found = {table: [msgspec.json.decode(line) for line in text.splitlines()] for table, text in lines.items()}
    assert {"a": [{"n": 1} | ORIGIN, {"n": 3}], "b": [{"n": 2} | ORIGIN]} == found
    assert {"a": 2, "b": 1} == counts


@pytest.mark.parametrize("nothing", [TypedRecords("coin", []), [], ()])
def test_no_records_make_no_table(nothing: Collection[Record]) -> None:
    assert ({}, {}) == lines_of(nothing, RESPONSE)
