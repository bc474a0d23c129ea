"""The behaviour that all record stores share. A new store joins with one more entry in HOMES."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.postgres_server import Database
from support.storage_journal import ITEM, ROW, batch, item, row

from asyncscrape.config.stores import record_store
from asyncscrape.model import Column, Table
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_stores

EVIL = 'select"; drop'
NAMED = Table(EVIL, (EVIL, "a\\b"), (Column(EVIL), Column("a\\b", "int"), Column("a\nb", "decimal"), Column("'")))
TABLES = (ITEM, ROW, NAMED)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def read_parquet(path: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(path).to_dicts()


class FilesHome:
    """The files of a store, from one process to the next."""

    def __init__(self, spec: str, read: Callable[[Path], list[dict[str, Any]]], directory: Path) -> None:
        self.spec = spec
        self.directory = directory
        self.read = read

    def store(self) -> RecordStore:
        return build_stores([record_store(self.spec)], self.directory, TABLES)[0]

    def rows(self, table: str, *columns: str) -> list[tuple[str, ...]]:
        """The finished table as text, in its stored order."""
        records = self.read(self.directory / f"{table}.{self.spec}")
        return [tuple(str(record[column]) for column in columns) for record in records]


class PostgresHome:
    """A database and the job that writes to it, from one process to the next."""

    spec = "postgres"

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.directory = directory

    def store(self) -> RecordStore:
        return build_stores([record_store(self.database.dsn)], self.directory, TABLES, job="job")[0]

    def rows(self, table: str, *columns: str) -> list[tuple[str, ...]]:
        """The table as text, sorted by key, followed by the records that did not fit, as they came."""
        [key] = [some.key for some in TABLES if some.name == table]
        rows = self.database.sql(f"SELECT {quoted(columns)} FROM {quoted([table])} ORDER BY {quoted(key)}")
        refused, aside = [], quoted([f"{table}_rejected"])
        if ["t"] in self.database.sql(f"SELECT to_regclass('{aside}') IS NOT NULL"):
            refused = [json.loads(record) for [record] in self.database.sql(f"SELECT record FROM {aside}")]
        texts = [tuple(str(record[column]) for column in columns) for record in refused]
        return [*map(tuple, rows), *sorted(texts)]


def quoted(names: Iterable[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


Home = FilesHome | PostgresHome
FILES = {"jsonl": read_jsonl, "csv": read_csv, "parquet": read_parquet}
HOMES = (*FILES, "postgres")


@pytest.fixture(params=HOMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    if request.param == "postgres":
        return PostgresHome(request.getfixturevalue("postgres"), tmp_path / "job")
    return FilesHome(request.param, FILES[request.param], tmp_path / "job")


async def test_every_record_is_in_its_table_in_the_order_of_the_key(home: Home) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, item(2), item(1)), batch(2, row(1, 10), row(1, 9), table="row"), batch(3, item(3))])
    await store.finish()
    urls = [f"http://127.0.0.1/item/{number:03}" for number in (1, 2, 3)]
    assert [(url,) for url in urls] == home.rows("item", "url")
    assert [(urls[0], "9"), (urls[0], "10")] == home.rows("row", "url", "n")


async def test_records_say_where_they_come_from(home: Home) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, item(1))])
    await store.finish()
    [(url, fetched_at)] = home.rows("item", "_url", "_fetched_at")
    assert ("http://127.0.0.1/item/001", "2026-11-20") == (url, fetched_at[:10])


async def test_the_newest_version_of_a_key_wins(home: Home) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, item(1, "a"), item(1, "b"), item(2, "a"), item(3, "a")), batch(2, item(2, "b"))])
    await store.write([batch(3, item(3, "b"))])
    await store.finish()
    assert [("b",), ("b",), ("b",)] == home.rows("item", "name")


async def test_a_repeated_delivery_changes_nothing(home: Home) -> None:
    batches = [batch(1, item(1, "a")), batch(2, item(2, "a")), batch(3, item(1, "b"))]
    first = home.store()
    await first.open(0)
    await first.write(batches[:1])
    await first.write(batches[1:])
    await first.close()
    again = home.store()
    await again.open(1)
    await again.write(batches[1:2])
    await again.write(batches[2:])
    await again.finish()
    assert [("b",), ("a",)] == home.rows("item", "name")


async def test_finishing_twice_changes_nothing(home: Home) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, item(1)), batch(2, item(2))])
    await store.finish()
    once = home.rows("item", "url", "name", "price")
    await store.finish()
    assert once == home.rows("item", "url", "name", "price")


@pytest.mark.parametrize("reopened", [False, True])
async def test_records_that_come_after_a_finish_join_the_earlier_ones(home: Home, reopened: bool) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, item(1, "a")), batch(2, item(2, "a"))])
    await store.finish()
    if reopened:
        await store.close()
        store = home.store()
        await store.open(2)
    await store.write([batch(3, item(2, "b")), batch(4, item(3, "b"))])
    await store.finish()
    assert [("a",), ("b",), ("b",)] == home.rows("item", "name")


async def test_a_table_without_records_exists_and_is_empty(home: Home) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, item(1))])
    await store.finish()
    assert [] == home.rows("row", "url", "n")


async def test_values_of_the_wrong_type_are_kept(home: Home) -> None:
    store = home.store()
    await store.open(0)
    await store.write([batch(1, {**item(1), "price": "on request"}, item(2, price=2.5))])
    await store.write([batch(2, {**row(1, 0), "n": 2**70}, {**row(1, 0), "n": "x"}, row(1, 3), table="row")])
    await store.finish()
    assert sorted([("on request",), ("2.5",)]) == sorted(home.rows("item", "price"))
    assert [("3",), (str(2**70),), ("x",)] == home.rows("row", "n")


async def test_a_store_knows_its_names_in_the_config(home: Home) -> None:
    store = home.store()
    assert ((home.spec,), True) == (store.names, bool(store.id))
    await store.close()
    await store.close()


async def test_names_are_only_ever_names(home: Home) -> None:
    """Even if some values are not of their column's type."""

    def record(number: int, price: Any) -> dict[str, Any]:
        return {**item(number), EVIL: f"{number:03}", "a\\b": number, "a\nb": price, "'": EVIL, 'new"; field': "x"}

    store = home.store()
    await store.open(0)
    await store.write([batch(1, record(2, "2.5"), record(1, "1.5"), table=EVIL)])
    await store.write([batch(2, record(2, "3.5"), record(3, "4.5"), table=EVIL)])
    await store.finish()
    expected = [("001", "1", "1.5", EVIL, "x"), ("002", "2", "3.5", EVIL, "x"), ("003", "3", "4.5", EVIL, "x")]
    assert expected == home.rows(EVIL, EVIL, "a\\b", "a\nb", "'", 'new"; field')
    await store.write([batch(3, record(4, "on request"), table=EVIL)])
    await store.finish()
    await store.close()
    assert ("004", "4", "on request", EVIL, "x") == home.rows(EVIL, EVIL, "a\\b", "a\nb", "'", 'new"; field')[-1]
