"""The rule of the newest record in Postgres: by rank and not by arrival, merged where asked, and withdrawn keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.newest_model import TABLES, Delivery, deliver, deliveries, every_order, told
from support.postgres_jobs import columns_of, content, make_store, opened, reasons
from support.postgres_server import Database, fresh_database, shared_dsn
from support.postgres_tables import rows_of
from support.storage_journal import ITEM, batch, item

from asyncscrape.model import Column, Table
from asyncscrape.records.chunks import Bounds
from asyncscrape.storage.postgres.store import CHUNK

MERGED = Table("item", ("url",), (Column("url"), Column("name"), Column("price", "float")), merge=True)
FREE = Table("item", ("url",), (), merge=True)
_schemas = count(1)


def at(second: int, page: str = "http://127.0.0.1/page", **values: Any) -> dict[str, Any]:
    """A record of the item "x" from a page, fetched at this second."""
    return {"url": "x", **values, "_url": page, "_fetched_at": f"2026-11-20T10:00:{second:02}.000Z"}


def gone(second: int, page: str = "http://127.0.0.1/page") -> dict[str, Any]:
    """A withdrawal of the item "x"."""
    return at(second, page, _withdrawn=True)


async def item_after(
    database: Database, *batches: Sequence[dict[str, Any]], table: Table = ITEM
) -> list[tuple[Any, Any]]:
    """The name and price of each row, after each of these batches was written on its own."""
    async with opened(database.dsn, table) as store:
        for seq, records in enumerate(batches, 1):
            await store.write([batch(seq, *records)])
    return [(row["name"], row["price"]) for row in content(database, "item")]


# Newest


@pytest.mark.parametrize("together", [True, False])
async def test_the_order_of_arrival_does_not_count(postgres: Database, together: bool) -> None:
    records = [at(2, name="new"), at(1, name="old"), at(2, "http://127.0.0.1/page", name="newer line")]
    batches = [records] if together else [[record] for record in records]
    assert [("newer line", None)] == await item_after(postgres, *batches)


@pytest.mark.parametrize("backwards", [True, False])
async def test_of_pages_fetched_at_the_same_time_the_greater_print_decides(
    postgres: Database, backwards: bool
) -> None:
    prints = {page: postgres.value(f"SELECT sha256('http://{page}')") for page in ("a", "b", "c", "d")}
    expected = max(prints, key=lambda page: prints[page])
    records = [at(1, f"http://{page}", name=page) for page in sorted(prints, reverse=backwards)]
    for batches in ([records], [[record] for record in records]):
        assert [(expected, None)] == await item_after(postgres, *batches)
        postgres.sql("DROP TABLE item; DELETE FROM _asyncscrape_cursor")


async def test_the_users_own_rows_count_as_oldest(postgres: Database) -> None:
    postgres.sql("CREATE TABLE item (url text PRIMARY KEY, name text); INSERT INTO item VALUES ('x', 'mine')")
    assert [("found", None)] == await item_after(postgres, [at(1, name="found")])


async def test_of_records_that_the_server_refuses_the_newest_that_fits_stands(postgres: Database) -> None:
    postgres.sql("CREATE TABLE item (url text PRIMARY KEY, name text CHECK (name <> 'no'), price float8)")
    records = [at(2, name="good"), at(3, name="no"), at(1, name="older")]
    assert [("good", None)] == await item_after(postgres, records)
    assert 1 == len(reasons(postgres, "item"))


# Withdrawals


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([at(1, name="a"), gone(2)], []),
        ([gone(2), at(1, name="a")], []),
        ([gone(2), at(3, name="a")], ["a"]),
        ([at(3, name="a"), gone(2)], ["a"]),
        ([at(2, name="a"), gone(2)], []),
        ([gone(2), at(2, name="a")], ["a"]),
        ([at(3, name="a"), gone(2), gone(4), at(1, name="b")], []),
    ],
)
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("bad", [True, False])
@pytest.mark.parametrize("table", [ITEM, MERGED])
async def test_a_withdrawal_removes_what_is_older(
    postgres: Database, lines: list[dict[str, Any]], expected: list[str], together: bool, bad: bool, table: Table
) -> None:
    misfit = [{**item(9), "price": "?"}] if bad else []
    batches = [[*lines, *misfit]] if together else [[line, *misfit] for line in lines]
    assert [(name, None) for name in expected] == await item_after(postgres, *batches, table=table)
    assert len(misfit) == (len(reasons(postgres, "item")) if bad else 0)


async def test_a_withdrawal_that_comes_again_changes_nothing(postgres: Database) -> None:
    assert [("b", None)] == await item_after(postgres, [at(1, name="a")], [gone(2)], [at(3, name="b")], [gone(2)])
    assert [] == await item_after(postgres, [], [], [], [], [gone(4)], [at(3, name="b")], [at(1, name="a")])


async def test_a_withdrawal_is_remembered_for_the_next_run_and_for_other_jobs(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM, job="a") as store, opened(postgres.dsn, ITEM, job="b") as other:
        await other.write([batch(1, item(1))])
        await store.write([batch(1, gone(2))])
        await other.write([batch(2, at(1, name="late"))])
    async with opened(postgres.dsn, ITEM, job="c") as store:
        await store.write([batch(1, at(1, name="late"))])
    assert ["http://127.0.0.1/item/001"] == [row["url"] for row in content(postgres, "item")]


async def test_keys_of_every_type_can_be_withdrawn(postgres: Database) -> None:
    kinds = {"a": "int", "b": "decimal", "c": "datetime", "d": "date", "e": "bool", "f": "json", "g": "float"}
    table = Table("item", tuple(kinds), tuple(Column(name, kind) for name, kind in kinds.items()))  # type: ignore[arg-type]
    key = {"a": 1, "c": "2026-11-20T10:00:00Z", "d": "2026-11-20", "e": True, "f": {"x": 1, "y": 2}, "g": 0.0}
    same = {**key, "c": "2026-11-20T11:00:00+01:00", "f": {"y": 2, "x": 1}, "g": -0.0}
    origin = {name: at(1)[name] for name in ("_url", "_fetched_at")}
    async with opened(postgres.dsn, table) as store:
        await store.write([batch(1, {**key, "b": 10.50, **origin})])
        await store.write([batch(2, {**same, "b": "10.5000", "_withdrawn": True, **origin})])
        assert [] == content(postgres, "item")
        await store.write([batch(3, {**key, "b": "10.50", **origin, "_fetched_at": "2026-11-20T09:00:00.000Z"})])
    assert [] == content(postgres, "item")


async def test_a_withdrawal_that_the_users_rules_refuse_is_set_aside(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, at(1, name="a"), item(1))])
        postgres.sql("CREATE TABLE mine (url text REFERENCES item); INSERT INTO mine VALUES ('x')")
        await store.write([batch(2, gone(2), item(1, "b"))])
    assert {"a", "b"} == {row["name"] for row in content(postgres, "item")}
    [reason] = reasons(postgres, "item")
    assert "violates foreign key" in reason


async def test_a_parser_may_withdraw_before_any_record_came(postgres: Database) -> None:
    table = Table("item", ("url",), ())
    async with opened(postgres.dsn, table) as store:
        await store.write([batch(1, gone(2))])
        await store.write([batch(2, at(1, name="old"), {**at(1, name="other"), "url": "y"})])
    assert [{"url": "y", "name": "other"}] == content(postgres, "item")


# Merging


async def test_each_column_keeps_its_newest_value(postgres: Database) -> None:
    batches = [[at(3, name="c")], [at(1, name="a", price=1.0)], [at(2, name="b", price=2.0)], [at(4, name=None)]]
    assert [("c", 2.0)] == await item_after(postgres, *batches, table=MERGED)
    assert [["2026-11-20 10:00:04+00"]] == postgres.sql("SET timezone = 'UTC'; SELECT _fetched_at FROM item")
    postgres.sql("DROP TABLE item; DELETE FROM _asyncscrape_cursor")
    together = [record for records in batches for record in records]
    assert [("c", 2.0)] == await item_after(postgres, together, table=MERGED)


async def test_a_withdrawal_empties_the_older_columns(postgres: Database) -> None:
    async with opened(postgres.dsn, MERGED) as store:
        await store.write([batch(1, at(1, name="a"), at(3, price=3.0))])
        await store.write([batch(2, gone(2))])
        await store.write([batch(3, at(1, name="late"))])
        assert [(None, 3.0)] == [(row["name"], row["price"]) for row in content(postgres, "item")]


async def test_a_table_from_before_merging_counts_as_found_when_its_rows_were(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, at(2, name="b", price=None))])
    async with opened(postgres.dsn, MERGED, cursor=1) as store:
        await store.write([batch(2, at(1, name="a", price=1.0))])
        assert [("b", 1.0)] == [(row["name"], row["price"]) for row in content(postgres, "item")]
        await store.write([batch(3, at(3, name="c"))])
    assert [("c", 1.0)] == [(row["name"], row["price"]) for row in content(postgres, "item")]


async def test_undeclared_columns_are_merged_too(postgres: Database) -> None:
    async with opened(postgres.dsn, FREE) as store:
        await store.write([batch(1, at(2, **{"it's \\": 1, "tree": {"a": 1}}))])
        await store.write([batch(2, at(1, **{"it's \\": 2, "tree": None, "b": True}))])
    [row] = content(postgres, "item")
    assert {"url": "x", "it's \\": 1, "tree": {"a": 1}, "b": True} == {n: v for n, v in row.items() if n != "_ranks"}
    assert "jsonb" == columns_of(postgres, "item")["_ranks"]
    assert [] == postgres.sql("SELECT FROM _asyncscrape_column WHERE column_name = '_ranks'")


async def test_where_records_are_merged_a_refused_one_does_not_take_the_others_along(postgres: Database) -> None:
    records = [at(1, name="a", price=1.0), at(3, name="c", price="?"), at(2, name="b"), at(4, name="d\0")]
    assert [("b", 1.0)] == await item_after(postgres, records, table=MERGED)
    assert 2 == len(reasons(postgres, "item"))


# Whatever the order and the steps


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with fresh_database(shared_dsn()) as made:
        yield made


@pytest.mark.parametrize("chunk", [Bounds(50_000, 10**7), Bounds(2, 10**7)], ids=["whole", "split"])
def test_the_newest_stands_whatever_the_order(database: Database, chunk: Bounds) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(deliveries())
    def check(delivery: Delivery) -> None:
        holds_what_is_told(delivery, database, chunk)

    check()


def test_a_swept_row_is_the_same_in_every_order(database: Database) -> None:
    holds_what_is_told(every_order(), database, CHUNK)


def holds_what_is_told(delivery: Delivery, database: Database, chunk: Bounds) -> None:
    """Deliver to a schema of its own."""
    schema = f"s{next(_schemas)}"
    rows = asyncio.run(deliver(delivery, lambda: make_store(database.store(schema), *TABLES, chunk=chunk)))
    for table in TABLES:
        expected = told(delivery, table)
        assert expected == rows_of(database, schema, table)
        assert len(expected) == rows[table.name]
