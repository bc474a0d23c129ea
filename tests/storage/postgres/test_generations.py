"""A new generation beside the tables in place, the switch to it, and readers who look on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from support.cut_connection import cut_connection
from support.postgres_jobs import (
    SECOND,
    away,
    begun,
    columns_of,
    content,
    make_store,
    reasons,
    record,
    refused,
    tables_of,
)
from support.postgres_server import Database
from support.storage_journal import ITEM, ROW, batch, item, row

from asyncscrape.model import Column, Generation, Table

THIRD = Generation(3, beside=True, begin=2)
LATER = "2026-11-21T10:00:00.000Z"
EARLIER = "2026-11-19T10:00:00.000Z"
FREE = Table("free", ("id",), ())


async def first_items(database: Database, *records: dict[str, Any], tables: Sequence[Table] = (ITEM,)) -> None:
    """Write the first generation: one batch."""
    async with begun(database.dsn, *tables) as store:
        await store.write([batch(1, *records, table=tables[0].name)])


def names(database: Database) -> list[str]:
    """The items' names."""
    return [row["name"] for row in content(database, "item")]


async def test_a_generation_stays_beside_until_the_switch(postgres: Database) -> None:
    await first_items(postgres, item(1, "a"), item(2, "a"), item(3, "a"))
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(2, "a"), item(3, "b"), item(4, "b"))])
        assert ["a", "a", "a"] == names(postgres)
        assert ["a", "b", "b"] == [row["name"] for row in content(postgres, "item__next")]
        await store.switch()
        await store.switch()
        assert ["a", "b", "b"] == names(postgres)
        assert "item__next" not in tables_of(postgres)
        await store.write([batch(3, item(5, "c"))])
    assert ["a", "b", "b", "c"] == names(postgres)


async def test_the_tables_views_grants_indexes_and_references_stay(postgres: Database) -> None:
    await first_items(postgres, item(1), item(2))
    postgres.sql(
        "CREATE VIEW cheap AS SELECT * FROM item WHERE price < 2; CREATE INDEX mine ON item (name);"
        "GRANT SELECT ON item TO public; CREATE TABLE liked (url text REFERENCES item);"
        "INSERT INTO liked SELECT url FROM item WHERE url LIKE '%1';"
        "ALTER TABLE item ADD COLUMN note text DEFAULT 'x'"
    )
    before = postgres.value("SELECT 'item'::regclass::oid")
    wider = Table("item", ITEM.key, (*ITEM.columns, Column("stock", "int")))
    async with begun(postgres.dsn, wider, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, {**item(1, "new"), "stock": 5}, item(3))])
        await store.switch()
    assert before == postgres.value("SELECT 'item'::regclass::oid")
    assert [["new", "x", "5"], ["thing", "x", ""]] == postgres.sql("SELECT name, note, stock FROM item ORDER BY url")
    assert "2" == postgres.value("SELECT count(*) FROM cheap")
    assert "1" == postgres.value("SELECT count(*) FROM pg_indexes WHERE indexname = 'mine'")


async def test_a_table_of_another_key_or_type_is_made_anew(postgres: Database) -> None:
    await first_items(postgres, item(1), item(2))
    changed = Table("item", ("url", "name"), (Column("url"), Column("name"), Column("price", "decimal")))
    async with begun(postgres.dsn, changed, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "a"), item(1, "b"))])
        await store.switch()
        assert ["a", "b"] == names(postgres)
        assert "numeric" == columns_of(postgres, "item")["price"]
        await store.write([batch(3, item(1, "c"))])
    assert ["a", "b", "c"] == names(postgres)


async def test_a_view_in_the_way_of_a_new_table_is_named(postgres: Database) -> None:
    await first_items(postgres, item(1))
    postgres.sql("CREATE VIEW mine AS SELECT * FROM item")
    changed = Table("item", ITEM.key, (Column("url"), Column("name"), Column("price", "decimal")))
    async with begun(postgres.dsn, changed, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "new"))])
        with refused('"item"', "view mine depends on table item", "run again"):
            await store.switch()
    postgres.sql("DROP VIEW mine")
    async with begun(postgres.dsn, changed, cursor=2, generation=SECOND) as store:
        await store.switch()
    assert ["new"] == names(postgres)


async def test_a_table_that_does_not_exist_yet_is_created_at_the_switch(postgres: Database) -> None:
    await first_items(postgres, item(1))
    async with begun(postgres.dsn, ITEM, ROW, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1)), batch(3, row(1, 1), table="row")])
        assert "row" not in tables_of(postgres)
        await store.switch()
    assert [1] == [one["n"] for one in content(postgres, "row")]


async def test_undeclared_columns_and_tables_take_part(postgres: Database) -> None:
    await first_items(postgres, record(id="a", x=1, y=1), record(id="b"), tables=[FREE, ITEM])
    async with begun(postgres.dsn, FREE, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, record(id="a", y=2, z=3), record(id="c"), table="free")])
        await store.switch()
        await store.write([batch(3, record(id="c", z=4, w=5), table="free")])
    expected = [{"id": "a", "x": None, "y": 2, "z": 3, "w": None}, {"id": "c", "x": None, "y": None, "z": 4, "w": 5}]
    assert expected == content(postgres, "free")


async def test_a_table_for_which_nothing_was_found_becomes_empty(postgres: Database) -> None:
    await first_items(postgres, record(id="a"), tables=[FREE])
    async with begun(postgres.dsn, FREE, cursor=1, generation=SECOND) as store:
        await store.switch()
    assert [] == content(postgres, "free")


async def test_withdrawals_act_on_their_own_generation_only(postgres: Database) -> None:
    gone = {"url": item(1)["url"], "_withdrawn": True, "_url": "u", "_fetched_at": LATER}
    async with begun(postgres.dsn, ITEM) as store:
        await store.write([batch(1, gone, item(2))])
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1), item(2), {**gone, "url": item(2)["url"]})])
        assert ["thing"] == names(postgres)
        await store.switch()
        await store.write([batch(3, item(2, "old"), item(1, "old"))])
    assert [(item(1)["url"], "old")] == [(row["url"], row["name"]) for row in content(postgres, "item")]


async def test_the_rules_of_the_users_table_hold_beside_it(postgres: Database) -> None:
    postgres.sql("CREATE TABLE item (id serial PRIMARY KEY, url varchar(50) UNIQUE, price real CHECK (price > 0))")
    await first_items(postgres, item(1))
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(2), item(3, price=-1.0), {**item(4), "url": "x" * 51})])
        await store.switch()
    assert [item(2)["url"]] == [row["url"] for row in content(postgres, "item")]
    assert 2 == len(reasons(postgres, "item"))


async def test_a_generation_goes_on_after_a_crash(postgres: Database) -> None:
    await first_items(postgres, item(1, "a"))
    async with begun(postgres.dsn, ITEM, FREE, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b")), batch(3, record(id="x", n=1), table="free")])
    again = make_store(postgres.dsn, ITEM, FREE, job_name="shop")
    assert 3 == await again.open(1, SECOND)
    await again.write([batch(4, item(2, "b")), batch(5, record(id="y", n=2), table="free")])
    await again.switch()
    await again.close()
    assert (["b", "b"], 2) == (names(postgres), len(content(postgres, "free")))


async def test_what_a_generation_left_beside_is_dropped_by_the_next_one(postgres: Database) -> None:
    await first_items(postgres, item(1, "a"))
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"), item(2, "b"))])
    async with begun(postgres.dsn, ITEM, cursor=2, generation=THIRD) as store:
        await store.write([batch(3, item(3, "c"))])
        await store.switch()
    assert ["c"] == names(postgres)
    assert "item__next" not in tables_of(postgres)


async def test_a_table_of_the_user_in_the_way_is_named(postgres: Database) -> None:
    await first_items(postgres, item(1))
    postgres.sql("CREATE TABLE item__next (mine int)")
    with refused('"item__next"', "in the way of --again"):
        await make_store(postgres.dsn, ITEM, job_name="shop").open(1, SECOND)
    with refused("asyncscrape uses the table name"):
        await make_store(postgres.dsn, Table("item__next", ITEM.key, ITEM.columns)).open(0)


# Crashes


@pytest.mark.parametrize("heard", [False, True])
async def test_a_connection_that_breaks_at_the_commit_of_the_switch(postgres: Database, heard: bool) -> None:
    await first_items(postgres, item(1, "a"))
    async with cut_connection(postgres.dsn) as way, begun(way.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(2, "b"))])
        way.heard = heard
        with away("connection was lost"):
            await store.switch()
        way.heard = None
    async with begun(postgres.dsn, ITEM, cursor=2, generation=SECOND) as store:
        assert (["b"] if heard else ["a"]) == names(postgres)
        await store.switch()
        assert ["b"] == names(postgres)
        await store.write([batch(3, item(3, "b"))])
    assert ["b", "b"] == names(postgres)
    assert "item__next" not in tables_of(postgres)


async def test_a_connection_that_is_cut_in_the_middle_of_the_switch(postgres: Database) -> None:
    import asyncpg

    await first_items(postgres, item(1, "a"))
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"))])
        holder = await asyncpg.connect(postgres.dsn)
        await holder.execute("BEGIN; SELECT FROM item FOR UPDATE")
        switching = asyncio.create_task(store.switch())
        async with asyncio.timeout(120):
            while "t" != postgres.value("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                await asyncio.sleep(0.01)
        postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asyncscrape'")
        with away("administrator command"):
            await switching
        await holder.close()
    assert ["a"] == names(postgres)
    async with begun(postgres.dsn, ITEM, cursor=2, generation=SECOND) as store:
        await store.switch()
    assert ["b"] == names(postgres)


# Readers

QUERIES = [
    f"SELECT count(*), min({gen}), max({gen}) FROM {table}" for table, gen in (("item", "price"), ("row", "gen"))
]
GEN_ROW = Table("row", ("url", "n"), (*ROW.columns, Column("gen", "int")))


async def test_readers_only_ever_see_whole_generations(postgres: Database) -> None:
    """Each generation has twice as many rows as the one before, all with its number."""
    seen: set[tuple[Any, ...]] = set()
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()
        await write_generation(postgres, 1)
        readers = [group.create_task(poll(postgres.dsn, level, done, seen)) for level in ("read", "repeatable")]
        for number in range(2, 6):
            await write_generation(postgres, number)
        done.set()
    assert all(reader.result() > 5 for reader in readers)
    assert seen <= {(size(number), number, number) * 2 for number in range(1, 6)}
    assert len(seen) > 1


def size(number: int) -> int:
    return 50 * 2**number


async def write_generation(database: Database, number: int) -> None:
    generation = Generation(number, beside=number > 1, begin=2 * number - 2)
    items = [item(n, price=number) for n in range(size(number))]
    rows = [{**row(n, n), "gen": number} for n in range(size(number))]
    if number == 1:  # in place, so before anybody looks
        async with begun(database.dsn, ITEM, GEN_ROW) as store:
            await store.write([batch(1, *items), batch(2, *rows, table="row")])
        return
    async with begun(database.dsn, ITEM, GEN_ROW, cursor=2 * number - 2, generation=generation) as store:
        await store.write([batch(2 * number - 1, *items)])
        await store.write([batch(2 * number, *rows, table="row")])
        await store.switch()


async def poll(dsn: str, level: str, done: asyncio.Event, seen: set[tuple[Any, ...]]) -> int:
    """Look all the time, in one statement or in several with one snapshot; the number of times."""
    import asyncpg

    connection = await asyncpg.connect(dsn)
    times = 0
    while not done.is_set() or times == 0:
        if level == "read":
            found = await connection.fetch(" UNION ALL ".join(QUERIES))
        else:
            async with connection.transaction(isolation="repeatable_read"):
                await connection.fetchval("SELECT 1")  # the snapshot is taken here
                found = [await connection.fetchrow(query) for query in QUERIES]
        seen.add(tuple(value for one in found for value in one))
        times += 1
    await connection.close()
    return times
