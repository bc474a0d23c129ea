"""The facts about tables in Postgres, and how a new generation differs from the tables in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from support.postgres_jobs import SECOND, begun, make_store, opened, record
from support.postgres_server import Database
from support.storage_journal import ITEM, ROW, batch, item, row

from asyncscrape.expectations import ColumnExpectation, Missed, TableExpectation
from asyncscrape.facts import Changes, ColumnFacts, TableFacts
from asyncscrape.model import Column, Table

KINDS = Table(
    "kinds",
    ("n",),
    (
        Column("n", "int"),
        Column("price", "decimal"),
        Column("tags", "json"),
        Column("day", "date"),
        Column("moment", "datetime"),
        Column("new", "bool"),
    ),
    merge=True,
)


async def test_the_facts_say_what_the_rows_hold(postgres: Database) -> None:
    records = [item(n, name="" if n < 3 else f"name {n % 2}", price=float(n)) for n in range(11)]
    async with opened(postgres.dsn, ITEM, ROW) as store:
        await store.write([batch(1, *records)])
        facts = await store.finish()
    assert TableFacts(0, dict.fromkeys(("url", "n"), ColumnFacts(0, 0))) == facts["row"]
    assert (11, {"url", "name", "price"}) == (facts["item"].rows, facts["item"].columns.keys())
    name, price = facts["item"].columns["name"], facts["item"].columns["price"]
    assert (8, 2, {"name 0", "name 1"}) == (name.filled, name.distinct, set(name.examples))
    assert records[0]["_url"][:-3] == name.empty_at[:-3]
    assert (11, 11, 0.0, 10.0) == (price.filled, price.distinct, price.least, price.greatest)
    assert (1,) * 9 + (2,) == price.bars


async def test_facts_about_every_type(postgres: Database) -> None:
    values = {"price": "1.50", "tags": ["x"], "day": "2021-04-08", "moment": "2021-04-08T10:00:00Z", "new": False}
    nothing = {**dict.fromkeys(values), "tags": []}
    async with opened(postgres.dsn, KINDS) as store:
        await store.write([batch(1, record(n=1, **values), record(n=2, **nothing), table="kinds")])
        columns = (await store.finish())["kinds"].columns
    assert ["n", *values] == list(columns)
    assert {"n": 2, **dict.fromkeys(values, 1)} == {name: one.filled for name, one in columns.items()}
    shown = {name: one.examples for name, one in columns.items() if name != "n"}
    assert {
        "price": ("1.50",),
        "tags": ('["x"]',),
        "day": ("2021-04-08",),
        "new": ("false",),
    }.items() <= shown.items()
    assert "2021-04-08" == columns["day"].least
    assert str(columns["moment"].least).startswith("2021-04-08T10:00:00")


async def test_an_undeclared_table_that_never_got_a_record_has_no_rows(postgres: Database) -> None:
    async with opened(postgres.dsn, Table("free", ("id",), ())) as store:
        assert {"free": TableFacts(0)} == await store.finish()


async def test_expectations_that_are_not_met_are_told_with_examples(postgres: Database) -> None:
    expected = TableExpectation(
        columns={
            "price": ColumnExpectation(min=0),
            "name": ColumnExpectation(pattern="name .*", filled=0.9),
            "url": ColumnExpectation(unique=True, pattern="http://.*"),
        }
    )
    records = [item(1, "name 1", -1.0), item(2, "other"), item(3, "name 3"), item(4, "")]
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, *records)])
        missed = (await store.finish({"item": expected}))["item"].missed
        assert () == (await store.finish())["item"].missed
    assert [("name", 2), ("price", 1)] == [
        (name, sum(one.column == name for one in missed)) for name in ("name", "price")
    ]
    [below] = [one for one in missed if one.column == "price"]
    assert isinstance(below, Missed)
    assert ("item", (("-1.0", item(1)["_url"]),)) == (below.table, below.examples)
    assert "below 0" in below.what


async def test_an_expected_column_that_no_row_has_is_empty(postgres: Database) -> None:
    expected = {"free": TableExpectation(columns={"stock": ColumnExpectation(filled=0.5)})}
    async with opened(postgres.dsn, Table("free", ("id",), ())) as store:
        assert () == (await store.finish(expected))["free"].missed
        await store.write([batch(1, record(id="a"), table="free")])
        facts = (await store.finish(expected))["free"]
    assert (0, ["stock"]) == (facts.columns["stock"].filled, [one.column for one in facts.missed])


async def test_finishing_again_tells_of_later_records(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        for seq in (1, 2):
            await store.write([batch(seq, item(seq))])
            assert [seq, seq] == [(await store.finish())["item"].rows for _ in range(2)]


async def test_rows_from_before_fresh_do_not_count(postgres: Database) -> None:
    expected = {"item": TableExpectation(columns={"name": ColumnExpectation(filled=1.0)})}
    later = {"_fetched_at": "2026-11-21T10:00:00.000Z"}
    async with opened(postgres.dsn, ITEM, ROW, job="old") as old:
        await old.write([batch(1, item(1, "old"), item(2, "old"), item(3, "old")), batch(2, row(1, 1), table="row")])
    postgres.sql("INSERT INTO item (url) VALUES ('mine')")
    async with opened(postgres.dsn, ITEM, ROW, job="fresh") as fresh:
        assert [0, 0] == [facts.rows for facts in (await fresh.finish()).values()]
        await fresh.write([batch(1, {**item(1, ""), **later})])
        await fresh.write([batch(2, {**item(4, ""), **later})])
        facts = await fresh.finish(expected)
    assert (2, 0, 0) == (facts["item"].rows, facts["item"].columns["name"].filled, facts["row"].rows)
    assert ["name"] == [one.column for one in facts["item"].missed]
    postgres.sql("UPDATE _asyncscrape_cursor SET begun_at = NULL, facts = NULL")
    async with opened(postgres.dsn, ITEM, ROW, job="fresh") as fresh:
        await fresh.write([batch(3, {**item(4, ""), **later})])
        assert 5 == (await fresh.finish())["item"].rows, "an older version did not note when it began"


async def test_known_facts_are_told_without_reading_the_table(postgres: Database) -> None:
    expected = {"item": TableExpectation(columns={"name": ColumnExpectation(filled=1.0)})}
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1), item(2, "\0"), item(3, "\U0001f600"))])
        first = await store.finish()
    postgres.sql("DELETE FROM item")
    async with opened(postgres.dsn, ITEM) as store:
        assert first == await store.finish()
        assert 0 == (await store.finish(expected))["item"].rows
    async with opened(postgres.dsn, ITEM, job="other") as other:
        await other.write([batch(1, item(4))])
    async with opened(postgres.dsn, ITEM) as store:
        assert 1 == (await store.finish(expected))["item"].rows
        await store.write([batch(2, item(5))])
        assert 2 == (await store.finish(expected))["item"].rows


async def test_known_changes_are_told_without_comparing_the_tables(postgres: Database) -> None:
    async with begun(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1), item(2))])
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(2, "new"), item(3))])
        first = await store.finish()
    postgres.sql("DELETE FROM item")
    async with begun(postgres.dsn, ITEM, cursor=2, generation=SECOND) as store:
        assert first == await store.finish()
        assert Changes(new=1, gone=1, changed=1) == first["item"].changes
        await store.switch()
        assert None is (await store.finish())["item"].changes


async def changes(database: Database, records: Sequence[dict[str, Any]], table: Table = ITEM) -> Changes | None:
    """How the second generation, of these records, differs from a first one of three items."""
    async with opened(database.dsn, ITEM) as store:
        await store.write([batch(1, item(1), item(2), item(3))])
        assert (await store.finish())["item"].changes is None
    store = make_store(database.dsn, table)
    await store.open(1, SECOND)
    await store.write([batch(2, *records)])
    facts = (await store.finish())["item"]
    assert len(records) == facts.rows
    await store.switch()
    assert (await store.finish())["item"].changes is None
    await store.close()
    return facts.changes


async def test_where_and_when_a_row_was_found_is_no_change(postgres: Database) -> None:
    later = {"_url": "http://127.0.0.1/elsewhere", "_fetched_at": "2026-11-21T10:00:00.000Z"}
    records = [{**item(1), **later}, {**item(2, "new"), **later}, item(4), item(5)]
    assert Changes(new=2, gone=1, changed=1) == await changes(postgres, records)


@pytest.mark.parametrize(
    ("key", "columns", "expected"),
    [
        (("url",), (Column("price", "decimal"), Column("stock", "int")), Changes(new=0, gone=1, changed=1)),
        (("url", "price"), (Column("price", "float"),), Changes(new=2, gone=3, changed=0)),
    ],
)
async def test_changes_against_a_table_of_another_shape(
    postgres: Database, key: tuple[str, ...], columns: tuple[Column, ...], expected: Changes
) -> None:
    table = Table("item", key, (Column("url"), Column("name"), *columns))
    assert expected == await changes(postgres, [item(1), {**item(2), "stock": 1}], table)


async def test_everything_is_new_in_a_table_that_does_not_exist_yet(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM):
        pass
    store = make_store(postgres.dsn, ITEM, ROW)
    await store.open(1, SECOND)
    await store.write([batch(2, row(1, 1), row(1, 2), table="row")])
    assert Changes(new=2) == (await store.finish())["row"].changes
    await store.close()
