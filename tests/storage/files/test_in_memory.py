"""Tables made in memory: the same, file by file, as those made in the slower way on the disk."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars import selectors
from support.storage_journal import SEEN, batch

from asyncscrape.destinations import TableForm
from asyncscrape.model import Column, FieldType, Table
from asyncscrape.storage.files import in_memory, text_columns
from asyncscrape.storage.files.finish import FinishedForm
from asyncscrape.storage.files.store import FileStore

FORMS = tuple(TableForm)
KINDS: tuple[FieldType, ...] = ("str", "int", "float", "decimal", "bool", "date", "datetime", "url", "json")
WHERE = {"_url": "http://127.0.0.1/", "_fetched_at": SEEN}

Record = dict[str, Any]
Parts = Sequence[Sequence[Record]]


class Finished(NamedTuple):
    """A finished table, and the way it was made."""

    rows: int
    files: Mapping[str, bytes]
    in_one_go: bool
    """Whether it was made in memory: only then do several parts stay as they were."""


def finished(
    about: Table,
    parts: Parts,
    *,
    forms: Sequence[TableForm] = FORMS,
    most_bytes: int = in_memory.MOST_BYTES,
    reopened: bool = False,
) -> Finished:
    """The table from these parts; if `reopened`, the store that finishes it is not the one that wrote them."""

    async def job(directory: Path) -> Finished:
        store = store_in(directory, about, forms, most_bytes)
        await store.open(0)
        for seq, records in enumerate(parts, 1):
            await store.write([batch(seq, *records, table=about.name)])
        if reopened:
            await store.close()
            store = store_in(directory, about, forms, most_bytes)
            await store.open(len(parts))
        before = files_in(directory / "parts" / about.name)
        rows = (await store.finish())[about.name].rows
        await store.close()
        left = files_in(directory / "parts" / about.name)
        files = {form: (directory / form.file_name(about.name)).read_bytes() for form in forms}
        return Finished(rows, files, len(before) > 1 and before.items() <= left.items())

    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(job(Path(name)))


def store_in(directory: Path, about: Table, forms: Sequence[TableForm], most_bytes: int) -> FileStore:
    wanted = {form: FinishedForm(form, directory) for form in forms}
    return FileStore(directory, [about], wanted, most_in_memory=most_bytes)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def shown(parquet: bytes) -> tuple[Any, str]:
    """Schema and values, with the sign of a zero; times as numbers, since some are too early for Python."""
    frame = pl.read_parquet(parquet)
    return frame.schema, repr(frame.with_columns(selectors.temporal().to_physical()).rows())


# --- any table, any records -------------------------------------------------------------------

NAMES = ("a", "b b", "c0", "line", 'say "x"', "x, y", "*", "^c.*$", "two\nlines", " ä ", "_url", "_fetched_at")
OWN = frozenset(NAMES) - WHERE.keys()
words = st.text(alphabet="ab 01.-,;\"'#\r\n\t\u2028é\x00\x7f\\", max_size=4)
anything = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from([1.0, 2.5, 2**70, [1], {}]), words)
exponents = st.builds("{}E{:+}".format, st.integers(-1000, 1000), st.integers(-12, 12))
long_numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=9)
clocks = st.datetimes().map(lambda time: f"{time.isoformat()}Z")
ORDINARY: dict[FieldType, st.SearchStrategy[Any]] = {
    "str": words,
    "int": st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)]),
    "float": st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-2, 2)
    | st.sampled_from([1e16, 1e-7, -0.0, 2, 5e-324, 1.7976931348623157e308, 2**70]),
    "decimal": long_numbers.map(str)
    | exponents
    | st.sampled_from(["0E-24", "1E+3", "1e3", "-0", "007", "-00.50", "1.500", "0.00", "5.", "9" * 20, "0E+90"]),
    "bool": st.booleans(),
    "date": st.dates().map(str),
    "url": words,
    "datetime": clocks | st.sampled_from([SEEN, "2026-11-20T10:00:00.1Z", "2026-11-20T10:00:00Z"]),
    "json": st.recursive(anything, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=3),
}
ODD: Mapping[FieldType, Sequence[Any]] = {
    "int": (2**63, 2**70, 1.0),
    "float": ("1.5", "1", "nan", True),
    "decimal": (
        *(
            "NaN",
            "-Infinity",
            "",
            " 1 ",
            "1_000",
            "+1",
            ".5",
            "-.5",
            ".",
            "-",
            "1E",
            "٣",
            "0x1",
            "1.5.1",
            2,
            2.5,
            2**70,
        ),
        *("9" * 38, "9" * 39, f"0.{'0' * 37}1", f"0.{'0' * 38}1", "1E+37", "1E+38", "1E-38", "1E-39", "1E+999999"),
        *(f"1.{'0' * 80}1", f"1.{'0' * 80}1E+0", f"{'1' * 90}E-70", f"{'0' * 90}1.{'0' * 90}"),
    ),
    "date": ("2026-1-2", "0000-01-01", "2026-02-30", "20261120", "2026-11-20\n", "12026-01-01", ""),
    "datetime": (
        *("2026-11-20T10:00:00", "2026-11-20T10:00:00+02:00", "2026-11-20T10:00:00-00:00", "2026-11-20t10:00:00z"),
        *("2026-11-20 10:00:00Z", "2026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00.123456900Z", "2026-11-20"),
        *("2026-11-20T10:00:60Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2026-11-20T24:00:00Z"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z", "2026-11-20T10:00Z"),
    ),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True).filter(OWN.intersection))
    columns = tuple(Column(name, draw(st.sampled_from(KINDS))) for name in names)
    usual = [column.name for column in columns if column.type in in_memory.KEYS]
    choice = names if not usual or draw(st.sampled_from([True, False, False])) else usual
    key = draw(st.lists(st.sampled_from(choice), max_size=2, unique=True))
    return Table("t", tuple(key), columns, strict=draw(st.booleans()))


def cells(column: Column, *, odd: bool) -> st.SearchStrategy[Any]:
    usual = ORDINARY[column.type]
    return st.one_of(usual, usual, st.sampled_from(ODD.get(column.type, [None])), anything) if odd else usual


@st.composite
def records(draw: st.DrawFn, about: Table) -> st.SearchStrategy[Record]:
    """Records of this table, all or most of which match its declaration."""
    odd = {column.name for column in about.columns if not about.strict and not draw(st.integers(0, 9))}
    named = {column.name: cells(column, odd=column.name in odd) for column in about.columns}
    needed = {name: named[name] for name in about.key if name not in odd and name not in WHERE}
    optional = {name: st.none() | cell for name, cell in named.items() if name not in needed and name not in WHERE}
    if not about.strict and not draw(st.integers(0, 9)):
        optional["extra"] = anything
    [name, *_] = [*optional, *needed]  # no record is completely empty
    return st.fixed_dictionaries(needed, optional=optional).map(lambda record: record or {name: None})


@st.composite
def tables_with_records(draw: st.DrawFn) -> tuple[Table, list[list[Record]]]:
    about = draw(tables())
    some = draw(st.lists(draw(records(about)), max_size=12))
    repeated = draw(st.lists(st.sampled_from(some))) if some else []
    size = draw(st.integers(1, 8))
    pages = draw(st.lists(st.integers(1, 3), min_size=size, max_size=size))
    parts = [with_origins(part, pages) for part in batched([*some, *repeated], size)]
    return about, [*parts, [], []][: max(2, len(parts))]


def batched(records: list[Record], size: int) -> list[list[Record]]:
    return [records[start : start + size] for start in range(0, len(records), size)]


def with_origins(records: list[Record], pages: Sequence[int]) -> list[Record]:
    """Records in a part, where only the first of each page says its origin."""
    said, number = [], 0
    for place, record in enumerate(records):
        origin = {**WHERE, "_url": f"http://127.0.0.1/{place}"} if place == number else {}
        said.append(record | origin)
        number += pages[place] if origin else 0
    return said


def assert_the_same(slow: Finished, fast: Finished) -> None:
    assert (slow.rows, slow.files["jsonl"]) == (fast.rows, fast.files["jsonl"])
    for form in (TableForm.CSV, TableForm.CSV_EXCEL, TableForm.XLSX):
        assert slow.files[form] == fast.files[form], form
    assert shown(slow.files["parquet"]) == shown(fast.files["parquet"])


def test_however_a_table_is_made_it_is_the_same() -> None:
    ways: Counter[bool] = Counter()

    @settings(deadline=None, max_examples=70)
    @given(tables_with_records())
    def check(case: tuple[Table, Parts]) -> None:
        slow, fast, reopened = finished(*case, most_bytes=-1), finished(*case), finished(*case, reopened=True)
        assert not slow.in_one_go
        assert_the_same(slow, fast)
        assert_the_same(slow, reopened)
        ways[fast.in_one_go] += 1

    check()
    assert min(ways[True], ways[False]) > 10


@pytest.mark.parametrize("kind", ODD)
def test_a_single_odd_value_is_the_same_however_its_table_is_made(kind: FieldType) -> None:
    about = Table("t", (), (Column("value", kind),))
    for value in ODD[kind]:
        parts: Parts = [[{"value": value, **WHERE}], []]
        assert_the_same(finished(about, parts, most_bytes=-1), finished(about, parts))


@pytest.mark.parametrize(
    ("text", "expected"),
    [(" 1 ", 1), ("1_000", 1000), ("٣", 3), ("-.5", Decimal("-0.5")), ("1E+37", Decimal("1E+37"))],
)
def test_no_decimal_is_lost_because_it_is_written_in_an_unusual_way(text: str, expected: Any) -> None:
    about = Table("t", (), (Column("value", "decimal"),))
    for most_bytes in (-1, in_memory.MOST_BYTES):
        files = finished(about, [[{"value": text, **WHERE}]], most_bytes=most_bytes).files
        assert [expected] == pl.read_parquet(files["parquet"])["value"].to_list()


def test_no_digit_is_lost_because_there_are_so_many() -> None:
    about, text = Table("t", (), (Column("value", "decimal"),)), f"1.{'0' * 80}1E+0"
    files = finished(about, [[{"value": text, **WHERE}]]).files
    assert [text] == pl.read_parquet(files["parquet"])["value"].to_list()


# --- which way is taken -----------------------------------------------------------------------

ABOUT = Table("t", ("id", "day"), (Column("id", "int"), Column("day", "date"), Column("price", "decimal")))
ROW = {"id": 1, "day": "2026-11-20", "price": "1.50"}


def made_in_one_go(about: Table, *records: Record, **options: Any) -> bool:
    """Whether a table of these records, each in its own part, was made in memory."""
    return finished(about, [[{**record, **WHERE}] for record in records], **options).in_one_go


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_table_is_made_in_one_go(kind: FieldType, reopened: bool, strict: bool) -> None:
    values: dict[FieldType, list[Any]] = {
        "str": ["", ' ä, "b"\r\n'],
        "int": [2**63 - 1, -1],
        "float": [2, -0.5],
        "decimal": ["1E-24", "-7.50"],
        "bool": [True, False],
        "date": ["1969-12-31", "2026-11-20"],
        "datetime": [SEEN, "2026-11-20T10:00:00Z"],
        "url": ["http://e.org/a", ""],
        "json": [{"a": [1]}, "x"],
    }
    about = Table("t", ("id",), (Column("id", "int"), Column("value", kind)), strict=strict)
    records = [{"id": number, "value": value} for number, value in enumerate([*values[kind], None])]
    assert made_in_one_go(about, *records, reopened=reopened)


@pytest.mark.parametrize("kind", sorted(in_memory.KEYS))
def test_a_table_with_an_ordinary_key_is_made_in_one_go(kind: FieldType) -> None:
    key = {"str": "a", "int": 1, "bool": True, "date": "2026-11-20", "datetime": SEEN, "url": "http://e.org/"}[kind]
    assert made_in_one_go(Table("t", ("key",), (Column("key", kind),)), {"key": key}, {"key": key})


def test_a_table_without_a_key_is_made_in_one_go() -> None:
    assert made_in_one_go(Table("t", (), ABOUT.columns), ROW, ROW)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": None},
        {"day": None},
        {"undeclared": None},
        {"id": "1"},
        {"id": 2**63},
        {"price": 1.5},
        {"price": "on request"},
        {"price": "NaN"},
        {"price": "9" * 39},
        {"price": "1_000"},
        {"day": "2026-1-2"},
        {"day": "2026-02-30"},
        {"day": "0000-01-01"},
    ],
    ids=str,
)
def test_a_table_that_does_not_match_its_declaration_is_not(odd: Record) -> None:
    assert made_in_one_go(ABOUT, ROW, ROW)
    assert not made_in_one_go(ABOUT, ROW, {**ROW, **odd})


@pytest.mark.parametrize("kind", sorted(set(KINDS) - in_memory.KEYS))
def test_a_table_whose_keys_are_compared_by_meaning_is_not(kind: FieldType) -> None:
    key = {"float": 1.5, "decimal": "1.5", "json": [1]}[kind]
    assert not made_in_one_go(Table("t", ("key",), (Column("key", kind),)), {"key": key}, {"key": key})


def test_a_table_with_a_key_that_no_column_declares_is_not() -> None:
    assert not made_in_one_go(Table("t", ("id",), ()), {"id": 1}, {"id": 2})


@pytest.mark.parametrize("strict", [False, True])
def test_a_merged_table_and_one_with_withdrawals_are_not(strict: bool) -> None:
    about = msgspec.structs.replace(ABOUT, strict=strict)
    gone = {"id": 2, "day": "2026-11-20", "_withdrawn": True}
    assert made_in_one_go(about, ROW, ROW)
    assert not made_in_one_go(about, ROW, gone)
    assert not made_in_one_go(msgspec.structs.replace(about, merge=True), ROW, ROW)


def test_without_parquet_nothing_is_made_in_one_go() -> None:
    assert made_in_one_go(ABOUT, ROW, ROW, forms=[TableForm.PARQUET])
    assert not made_in_one_go(ABOUT, ROW, ROW, forms=[TableForm.CSV, TableForm.JSONL])


def test_a_table_of_too_many_parts_or_too_many_bytes_is_not() -> None:
    assert made_in_one_go(ABOUT, *([ROW] * in_memory.MOST_PARTS))
    assert not made_in_one_go(ABOUT, *([ROW] * (in_memory.MOST_PARTS + 1)))
    line = len(msgspec.json.encode({**ROW, **WHERE})) + 1
    two = 2 * (line + sum(map(len, WHERE.values())) + text_columns.CELL * (len(ABOUT.columns) + len(WHERE)))
    assert made_in_one_go(ABOUT, ROW, ROW, most_bytes=two, forms=(TableForm.PARQUET, TableForm.CSV))
    assert not made_in_one_go(ABOUT, ROW, ROW, most_bytes=two - 1, forms=(TableForm.PARQUET, TableForm.CSV))
    assert made_in_one_go(ABOUT, ROW, ROW, most_bytes=2 * two)
    assert not made_in_one_go(ABOUT, ROW, ROW, most_bytes=2 * two - 1)


def test_the_newest_version_may_be_the_one_that_matches_the_declaration() -> None:
    about = Table("t", ("id",), (Column("id", "int"), Column("price", "decimal")))
    parts = [[{"id": 1, "price": price, **WHERE}] for price in ("on request", "1.50")]
    assert "1.5" == str(pl.read_parquet(finished(about, parts).files["parquet"])["price"].item())
