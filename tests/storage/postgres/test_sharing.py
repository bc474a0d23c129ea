"""Several jobs in one schema, some of which make a new generation; and what is left of those that no longer live."""

from __future__ import annotations

import pytest
from support.postgres_jobs import SECOND, begun, content, make_store, refused, tables_of
from support.postgres_server import Database
from support.storage_journal import ITEM, ROW, batch, item, row

from asyncscrape.model import BLOBS, Generation
from asyncscrape.storage.postgres.store import PostgresStore


async def first_items(database: Database, name: str = "shop") -> None:
    """Write the first generation: one batch of one item."""
    async with begun(database.dsn, ITEM, BLOBS, name=name) as store:
        await store.write([batch(1, item(1, "a"))])


def blob(number: int) -> dict[str, str]:
    url = f"http://127.0.0.1/{number}.png"
    return {"url": url, "path": f"{number}.png", "_url": url, "_fetched_at": "2026-11-20T10:00:00.000Z"}


# Jobs of one name


async def test_what_a_job_left_beside_before_fresh_is_dropped(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"))])
    async with begun(postgres.dsn, ITEM, job="fresh"):
        assert "item__next" not in tables_of(postgres)


async def test_another_job_of_the_name_that_is_at_work_is_left_alone(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"), item(2, "b"))])
        other = make_store(postgres.dsn, ITEM, job="other", job_name="shop")
        for generation in (Generation(), Generation(2, beside=True)):
            with refused('"item"', 'another process of a job "shop"', "another name"):
                await other.open(0, generation)
            with refused('"item"', 'another process of a job "shop"'):
                await other.probe(generation)
        async with begun(postgres.dsn, ROW, job="third") as third:
            await third.write([batch(1, row(1, 1), table="row")])
        await store.write([batch(3, item(3, "b"))])
        await store.switch()
    assert ["b", "b", "b"] == [row["name"] for row in content(postgres, "item")]


async def test_another_job_of_the_name_that_writes_right_now_must_not_lose_its_rows(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, job="other"):
        with refused('"item"', "written to right now by another process"):
            await make_store(postgres.dsn, ITEM, job_name="shop").open(1, SECOND)
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND):
        pass


# What is gone


async def written_beside(database: Database) -> None:
    """Write the first records of the second generation."""
    await first_items(database)
    async with begun(database.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"))])


async def refuse_half(database: Database) -> None:
    store = make_store(database.dsn, ITEM, job_name="shop")
    with refused("is gone", "the records of generation 2", "--again or --fresh"):
        await store.open(2, SECOND)
    with refused("is gone", "the records of generation 2"):
        await store.probe(SECOND)


async def test_half_a_generation_is_refused_after_another_state_took_over(postgres: Database) -> None:
    await written_beside(postgres)
    async with begun(postgres.dsn, ITEM, job="fresh"):
        pass
    await refuse_half(postgres)


async def test_half_a_generation_is_refused_without_its_tables(postgres: Database) -> None:
    await written_beside(postgres)
    postgres.sql("DROP TABLE item__next")
    await refuse_half(postgres)


async def test_half_a_generation_is_not_switched_in(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"))])
        postgres.sql("DROP TABLE item__next")
        with refused('"item__next"', "is gone"):
            await store.switch()
    assert ["a"] == [row["name"] for row in content(postgres, "item")]


async def test_a_generation_that_has_written_nothing_yet_has_lost_nothing(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND):
        pass
    postgres.sql("DROP TABLE item__next")
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(2, "b"))])
        await store.switch()
    assert ["b"] == [row["name"] for row in content(postgres, "item")]


@pytest.mark.parametrize("known", [0, 1])
async def test_a_store_begins_with_a_generation(postgres: Database, known: int) -> None:
    """It needs nothing that was written before: neither a new store, nor one that was away for a while."""
    if known:
        await first_items(postgres)
    third = Generation(3, beside=True, begin=7)
    with refused("fewer records"):
        await make_store(postgres.dsn, ITEM, job_name="shop").open(8, third)
    async with begun(postgres.dsn, ITEM, cursor=7, generation=third) as store:
        assert 0 == (await store.finish())["item"].rows
        await store.write([batch(8, item(2, "b"))])
        await store.switch()
        await store.write([batch(9, item(3, "c"))])
    async with begun(postgres.dsn, ITEM, cursor=9, generation=Generation(3, begin=7)):
        assert ["b", "c"] == [row["name"] for row in content(postgres, "item")]


# Probing


async def test_a_probe_raises_what_open_would_raise_and_changes_nothing(postgres: Database) -> None:
    await first_items(postgres)
    store = make_store(postgres.dsn, ITEM, BLOBS, job_name="shop")
    before = tables_of(postgres), postgres.sql("SELECT * FROM _asyncscrape_cursor")
    await store.probe(SECOND)
    async with begun(postgres.dsn, ITEM, job="another", name="archive"):
        pass
    with refused('"item"', 'the job "archive"', "?schema="):
        await store.probe(SECOND)
    await store.probe()
    postgres.sql("DELETE FROM _asyncscrape_cursor WHERE job = 'another'")
    assert before == (tables_of(postgres), postgres.sql("SELECT * FROM _asyncscrape_cursor"))
    postgres.sql("CREATE TABLE item__next (mine int)")
    with refused('"item__next"', "in the way of --again"):
        await store.probe(SECOND)
    postgres.sql("DROP TABLE item__next, item")
    with refused('"item"', "is gone"):
        await store.probe()


async def test_a_probe_of_a_database_that_an_older_version_wrote(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, job="another", name="archive"):
        pass
    postgres.sql(
        "DELETE FROM _asyncscrape_migrations WHERE number > 3; ALTER TABLE _asyncscrape_cursor DROP COLUMN job_name,"
        "DROP COLUMN generation, DROP COLUMN beside, DROP COLUMN begun_at, DROP COLUMN facts"
    )
    store = make_store(postgres.dsn, ITEM, job_name="shop")
    await store.probe()
    with refused('"item"', "an older version"):
        await store.probe(SECOND)


async def test_a_probe_knows_what_open_would_drop(postgres: Database) -> None:
    await written_beside(postgres)
    await make_store(postgres.dsn, ITEM, job_name="shop").probe(Generation(3, beside=True, begin=2))
    await make_store(postgres.dsn, ITEM, job="fresh", job_name="shop").probe(SECOND)
    assert "item__next" in tables_of(postgres)


# Jobs of other names


async def test_a_table_that_another_job_fills_too_is_refused(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, job="another", name="archive"):
        pass
    with refused('"item"', 'the job "archive"', "?schema="):
        await make_store(postgres.dsn, ITEM, job_name="shop").open(1, SECOND)
    async with begun(postgres.dsn, ITEM, job="fresh", name="archive"):
        pass
    postgres.sql("UPDATE _asyncscrape_cursor SET job_name = '' WHERE job <> 'job'")
    with refused('"item"', "an older version", """DELETE FROM "_asyncscrape_cursor" WHERE job = 'another'"""):
        await make_store(postgres.dsn, ITEM, job_name="shop").open(1, SECOND)


async def test_a_job_that_joins_later_does_not_lose_its_rows(postgres: Database) -> None:
    await first_items(postgres)
    async with begun(postgres.dsn, ITEM, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, item(1, "b"))])
        async with begun(postgres.dsn, ITEM, job="other", name="archive") as other:
            await other.write([batch(1, item(77, "theirs"))])
        with refused('"item"', 'the job "archive"'):
            await store.switch()
    assert ["a", "theirs"] == [row["name"] for row in content(postgres, "item")]


async def fill_blobs(store: PostgresStore, seq: int, *numbers: int) -> None:
    await store.write([batch(seq, *map(blob, numbers), table="blobs")])


async def test_jobs_share_the_table_of_files_and_nothing_is_removed_from_it(postgres: Database) -> None:
    async with begun(postgres.dsn, ITEM, BLOBS) as store:
        await fill_blobs(store, 1, 1, 2)
    async with begun(postgres.dsn, ROW, BLOBS, job="other", name="archive") as other:
        await fill_blobs(other, 1, 3)
    async with begun(postgres.dsn, ITEM, BLOBS, cursor=1, generation=SECOND) as store:
        await fill_blobs(store, 2, 2, 4)
        changes = (await store.finish())["blobs"].changes
        assert changes is not None
        assert (1, 0) == (changes.new, changes.gone)
        with refused('"blobs"', 'the job "shop"', "finish or accept"):
            await make_store(postgres.dsn, ROW, BLOBS, job="other", job_name="archive").open(1, SECOND)
        async with begun(postgres.dsn, ROW, BLOBS, job="other", name="archive", cursor=1) as other:
            await fill_blobs(other, 2, 5)
        await store.switch()
    assert [f"{number}.png" for number in range(1, 6)] == [row["path"] for row in content(postgres, "blobs")]
