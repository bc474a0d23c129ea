"""Sorting and deduplicating lines: the same result in memory, in runs, and in runs of runs."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.storage_journal import lines

from asyncscrape.model import Column, FieldType, Table
from asyncscrape.storage.files.external_sort import BUDGET, FAN_IN, sort_parts
from asyncscrape.storage.files.keys import plain_keys, ranked_keys

PAIR = Table("pair", ("a b", "n"), (Column("a b"), Column("n", "int"), Column("note")))


def table(kind: FieldType) -> Table:
    return Table("one", ("key",), (Column("key", kind),))


Records = list[dict[str, Any]]


def sorted_once(
    about: Table, *parts: list[dict[str, Any]], budget: int = BUDGET, fan_in: int = FAN_IN
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scratch").mkdir()
        sources = [folder / str(number) for number in range(len(parts))]
        for source, records in zip(sources, parts, strict=True):
            source.write_bytes(lines(records))
        with (folder / "out").open("wb") as out:
            sort_parts(about, sources, out, folder / "scratch", budget, fan_in)
        text = (folder / "out").read_bytes()
    return [msgspec.json.decode(line) for line in text.split(b"\n") if line]


def keys_of(kind: FieldType, *values: Any) -> list[Any]:
    return [record["key"] for record in sorted_once(table(kind), [{"key": value} for value in values])]


words = st.text(alphabet='ab\n\r\u2028é,"', max_size=3)
mixed = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), words)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.tuples(words, st.integers(-3, 3))), max_size=9), st.sampled_from([1, 10**9]))
def test_each_key_once_newest_wins_sorted(parts: list[list[tuple[str, int]]], budget: int) -> None:
    count = iter(range(10**6))
    records = [[{"a b": word, "n": n, "note": str(next(count))} for word, n in part] for part in parts]
    newest = {(record["a b"], record["n"]): record for part in records for record in part}
    assert [newest[key] for key in sorted(newest)] == sorted_once(PAIR, *records, budget=budget)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(mixed, max_size=4), max_size=6))
def test_mixed_types_have_one_order_however_they_are_split(parts: list[list[Any]]) -> None:
    records = [[{"key": value} for value in part] for part in parts]
    assert sorted_once(table("str"), *records) == sorted_once(table("str"), *records, budget=1)


def test_more_runs_than_can_be_merged_at_once() -> None:
    parts = [[{"key": n % 17, "version": n}] for n in range(40)]
    expected = [{"key": key, "version": max(n for n in range(40) if n % 17 == key)} for key in range(17)]
    assert expected == sorted_once(table("int"), *parts, budget=1, fan_in=3)


def test_a_key_whose_lines_fill_many_blocks_is_merged_as_one() -> None:
    about = Table("one", ("key",), (Column("key", "int"),), merge=True)
    parts = [[{"key": 1, f"c{part}_{n}": "x" * 2000, **seen(n % 7)} for n in range(100)] for part in range(3)]
    expected = {f"c{part}_{n}" for part in range(3) for n in range(100)}
    found = sorted_once(about, *parts, budget=1)
    assert expected == {name for record in found for name in record if name.startswith("c")}
    assert sorted(record["_fetched_at"] for record in found) == [record["_fetched_at"] for record in found]


def seen(second: int) -> dict[str, Any]:
    return {"_url": "http://127.0.0.1/", "_fetched_at": f"2026-11-20T10:00:0{second}.000Z"}


def test_values_sort_by_meaning() -> None:
    assert [-2, 9, 10] == keys_of("int", 10, 9, -2)
    assert [-2.5, 1, 10.0] == keys_of("float", 10.0, -2.5, 1)
    assert ["9.5", "10"] == keys_of("decimal", "10", "9.5")
    assert ["B", "a", "ä"] == keys_of("str", "ä", "a", "B")
    assert [False, True] == keys_of("bool", True, False)


def test_decimals_that_mean_the_same_are_one_key() -> None:
    assert ["1.50"] == keys_of("decimal", "1.5", "1.50")


def test_types_that_do_not_compare_are_sorted_by_type() -> None:
    values = ["x", 2**70, [1], True, 1.5, None, {"b": 1, "a": 2}, "2"]
    assert [None, True, 1.5, 2**70, "2", "x", [1], {"b": 1, "a": 2}] == keys_of("json", *values)
    assert ["1.5", "none", "other"] == keys_of("decimal", "other", "none", "1.5")


def test_typed_keys_agree_with_natural_ones() -> None:
    block = lines({"a b": word, "n": n} for word in ("b", "a", "") for n in (2, -1))
    fast = plain_keys(PAIR)
    assert fast
    by_value = sorted(zip(fast(block), block.splitlines(), strict=True))
    by_type = sorted(zip(ranked_keys(PAIR)(block), block.splitlines(), strict=True))
    assert [line for _, line in by_value] == [line for _, line in by_type]


def test_without_a_key_all_records_stay_in_journal_order() -> None:
    records = [{"n": 2}, {"n": 1}, {"n": 2}]
    assert records == sorted_once(Table("all", (), ()), records[:2], records[2:])


def test_a_key_that_no_column_declares_sorts_too() -> None:
    about = Table("python", ("id",), ())
    assert [{"id": 9}, {"id": 10}] == sorted_once(about, [{"id": 10}, {"id": 9}])


def test_decimal_keys_may_be_numbers() -> None:
    assert [Decimal(1), Decimal(2)] == [Decimal(value) for value in keys_of("decimal", 2, 1)]
