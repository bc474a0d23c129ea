"""The switch to a new generation in tables where the user has rows and rules of their own."""

from __future__ import annotations

import pytest
from support.postgres_jobs import SECOND, begun, content, record, refused
from support.postgres_server import Database
from support.storage_journal import ITEM, batch, item

from asyncscrape.facts import Changes
from asyncscrape.model import Column, Table

FREE = Table("free", ("id",), ())


async def first_items(database: Database, *names: str) -> None:
    """Write the first generation: one batch of items with these names."""
    async with begun(database.dsn, ITEM) as store:
        await store.write([batch(1, *[item(n, name) for n, name in enumerate(names, 1)])])


async def switch_to(database: Database, *names: str, table: Table = ITEM) -> Changes | None:
    """Write the second generation and switch to it; the changes."""
    async with begun(database.dsn, table, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, *[item(n, name) for n, name in enumerate(names, 1) if name])])
        changes = (await store.finish())["item"].changes
        await store.switch()
    return changes


def names(database: Database) -> list[str]:
    """The items' names."""
    return [row["name"] for row in sorted(content(database, "item"), key=lambda row: row["url"])]


# The user's own rows


async def test_the_users_own_rows_stay_and_are_not_gone(postgres: Database) -> None:
    postgres.sql(
        "CREATE TABLE item (url text PRIMARY KEY, name text, price double precision, mine text);"
        "INSERT INTO item VALUES ('mine', 'mine', 1, 'precious')"
    )
    await first_items(postgres, "a", "a")
    assert Changes(new=1, gone=1, changed=0) == await switch_to(postgres, "a", "", "b")
    assert ["a", "b", "mine"] == names(postgres)


async def test_the_users_own_rows_stay_where_nothing_was_found(postgres: Database) -> None:
    async with begun(postgres.dsn, FREE) as store:
        await store.write([batch(1, record(id="a"), table="free")])
    postgres.sql("INSERT INTO free VALUES ('mine')")
    async with begun(postgres.dsn, FREE, cursor=1, generation=SECOND) as store:
        facts = (await store.finish())["free"]
        await store.switch()
    assert (Changes(gone=1), ["mine"]) == (facts.changes, [row["id"] for row in content(postgres, "free")])


async def test_a_table_with_rows_of_the_user_is_not_made_anew(postgres: Database) -> None:
    changed = Table("item", ITEM.key, (Column("url"), Column("name"), Column("price", "decimal")))
    await first_items(postgres, "a")
    async with begun(postgres.dsn, changed, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"))])
        postgres.sql("INSERT INTO item VALUES ('mine', 'mine')")
        with refused('"item"', "rows of your own", "move them elsewhere"):
            await store.switch()
    postgres.sql("DROP TABLE item__next; UPDATE _asyncscrape_cursor SET seq = 1")
    with refused('"item"', "rows of your own", "move them elsewhere"):
        await store.probe(SECOND)
    with refused('"item"', "rows of your own", "move them elsewhere"):
        await switch_to(postgres, "b", table=changed)
    assert ["a", "mine"] == names(postgres)


# Constraints


async def test_rows_swap_a_unique_value(postgres: Database) -> None:
    await first_items(postgres, "a", "b", "c")
    postgres.sql(
        "CREATE UNIQUE INDEX ON item (name); ALTER TABLE item ADD COLUMN note text DEFAULT 'x';"
        "UPDATE item SET note = 'mine'; CREATE TABLE liked (url text REFERENCES item ON DELETE CASCADE);"
        "INSERT INTO liked SELECT url FROM item"
    )
    await switch_to(postgres, "b", "a", "d", "c")
    assert ["b", "a", "d", "c"] == names(postgres)
    assert ["mine", "mine", "mine", "x"] == [note for [note] in postgres.sql("SELECT note FROM item ORDER BY url")]
    assert "3" == postgres.value("SELECT count(*) FROM liked")


async def test_a_unique_value_that_must_be_there_may_be_swapped_later(postgres: Database) -> None:
    await first_items(postgres, "a", "b")
    postgres.sql("ALTER TABLE item ALTER name SET NOT NULL, ADD CONSTRAINT one_name UNIQUE (name)")
    with refused('"item"', '"one_name"', "(name)=(", "DEFERRABLE", "run again"):
        await switch_to(postgres, "b", "a")
    assert ["a", "b"] == names(postgres)
    postgres.sql("ALTER TABLE item DROP CONSTRAINT one_name, ADD CONSTRAINT one_name UNIQUE (name) DEFERRABLE")
    async with begun(postgres.dsn, ITEM, cursor=2, generation=SECOND) as store:
        await store.switch()
    assert ["b", "a"] == names(postgres)


@pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
async def test_a_row_that_is_gone_but_needed_is_named(postgres: Database, deferred: str) -> None:
    await first_items(postgres, "a", "b")
    postgres.sql(f"CREATE TABLE orders (url text CONSTRAINT of_item REFERENCES item {deferred})")
    postgres.sql("INSERT INTO orders SELECT url FROM item")
    with refused('"orders"', '"of_item"', "refer to those that are gone", "ON DELETE", "run again"):
        await switch_to(postgres, "b")
    assert ["a", "b"] == names(postgres)
    postgres.sql("DELETE FROM orders")
    async with begun(postgres.dsn, ITEM, cursor=2, generation=SECOND) as store:
        await store.switch()
    assert ["b"] == names(postgres)
