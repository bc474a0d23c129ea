"""The records of a page as lines: from structs of one table, or from records of any tables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from asyncscrape.model import KeptBlob, Origin, Record, StoredBlob, TypedRecords, Withdrawal
from asyncscrape.records.lines import decode_blob, encode, encode_blob, is_withdrawal, part_sweeps, swept_by

URL = "http://127.0.0.1/coins?page=1"
ORIGIN = Origin(URL, "2026-11-20T10:00:00.123Z")
TOLD = {"_url": ORIGIN.url, "_fetched_at": ORIGIN.fetched_at}


class Coin(msgspec.Struct):
    """A row with known columns."""

    symbol: str
    price: Decimal | float | None = None
    day: date = date(2026, 11, 20)
    tags: tuple[str, ...] = ()


COINS = [Coin("BTC", Decimal("91000.10"), tags=("a", "}\n{")), Coin('"é\u2028', 1e-7), Coin("ETH")]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_structs_make_the_lines_that_their_records_make(count: int) -> None:
    typed = TypedRecords({"coin": COINS[:count]})
    records = [Record("coin", msgspec.structs.asdict(coin)) for coin in COINS[:count]]
    assert records == list(typed)
    assert encode(records, ORIGIN) == encode(typed, ORIGIN)


def test_each_record_is_a_line_and_the_first_says_where_all_come_from() -> None:
    lines = encode(TypedRecords({"coin": COINS}), ORIGIN)
    assert [("coin", 3)] == [(table, some.count) for table, some in lines.items()]
    found = [msgspec.json.decode(line) for line in lines["coin"].text.splitlines()]
    plain = [msgspec.json.decode(msgspec.json.encode(coin)) for coin in COINS]
    assert [plain[0] | TOLD, *plain[1:]] == found


def test_every_table_of_a_page_says_where_its_records_come_from() -> None:
    records = [Record("a", {"n": 1}), Record("b", {"n": 2}), Record("a", {"n": 3})]
    lines = encode(records, ORIGIN)
    found = {table: [msgspec.json.decode(line) for line in some.text.splitlines()] for table, some in lines.items()}
    assert {"a": [{"n": 1} | TOLD, {"n": 3}], "b": [{"n": 2} | TOLD]} == found
    assert {"a": 2, "b": 1} == {table: some.count for table, some in lines.items()}


class Note(msgspec.Struct):
    """A row whose text the program knows."""

    text: str


def test_texts_become_what_every_store_can_hold() -> None:
    odd = {"a\ud800": "b\0c\udfff", "list": [{"\0": "\ud83d\ude00"}, ("\\u0000", 1)], "n": Decimal("1.50")}
    [line] = encode([Record("a", odd)], ORIGIN)["a"].text.splitlines()
    mended = {"a\ufffd": "b\ufffdc\ufffd", "list": [{"\ufffd": "😀"}, ["\\u0000", 1]], "n": "1.50"}
    assert mended | TOLD == msgspec.json.decode(line)
    for text in ("\0", "\\\0", "\ud800"):
        [line] = encode(TypedRecords({"note": [Note(text)]}), ORIGIN)["note"].text.splitlines()
        assert {"text": text[:-1] + "\ufffd"} | TOLD == msgspec.json.decode(line)
    [line] = encode((), ORIGIN, [Withdrawal("a", {"id": "\ud800"})])["a"].text.splitlines()
    assert {"id": "\ufffd", "_withdrawn": True} | TOLD == msgspec.json.decode(line)


@pytest.mark.parametrize("nothing", [TypedRecords({"coin": []}), [], ()])
def test_no_records_make_no_table(nothing: Collection[Record]) -> None:
    assert {} == encode(nothing, ORIGIN)


def test_a_withdrawal_is_a_line_after_the_records_and_does_not_count() -> None:
    lines = encode([Record("a", {"n": 1})], ORIGIN, [Withdrawal("a", {"n": 2}), Withdrawal("b", {"n": 3})])
    found = {table: [msgspec.json.decode(line) for line in some.text.splitlines()] for table, some in lines.items()}
    gone = {"_withdrawn": True}
    assert {"a": [{"n": 1} | TOLD, {"n": 2} | gone], "b": [{"n": 3} | gone | TOLD]} == found
    assert {"a": 1, "b": 0} == {table: some.count for table, some in lines.items()}
    assert [[False, True], [True]] == [list(map(is_withdrawal, some.text.splitlines())) for some in lines.values()]


def test_a_withdrawal_that_lacks_a_part_of_the_key_is_a_sweep() -> None:
    gone = [Withdrawal("a", key) for key in ({"n": 2, "m": 3}, {"n": 2}, {"x": "y", "b": None})]
    text = encode([Record("a", {"n": 1, "m": '"_withdrawn":true'})], ORIGIN, gone)["a"].text
    sweeps, others = part_sweeps(text, ("n", "m"))
    assert [{"n": b"2"}, {"b": b"null", "x": b'"y"'}] == list(map(swept_by, sweeps))
    assert text.splitlines(keepends=True)[:2] == others.splitlines(keepends=True)


def test_a_text_or_a_nested_field_of_that_name_withdraws_nothing() -> None:
    values = [{"n": '"_withdrawn":true'}, {"n": {"_withdrawn": True}}]
    lines = encode([Record("a", value) for value in values], ORIGIN)["a"].text.splitlines()
    assert [False, False] == list(map(is_withdrawal, lines))


def test_a_stored_file_is_the_same_value_before_and_after_its_line() -> None:
    kept = KeptBlob(StoredBlob(URL, "a/ü.png", "5a" * 32, 3, "image/png", 1, 2), ORIGIN)
    lines = encode_blob(kept)
    assert 1 == lines.count
    assert msgspec.structs.asdict(kept.blob) | TOLD == msgspec.json.decode(lines.text)
    assert kept == decode_blob(lines.text)
