"""Withdrawals by other columns than the key, in Postgres; orders and steps are in test_newest."""

from __future__ import annotations

import pytest
from support.postgres_jobs import SECOND, begun, content, opened, reasons
from support.postgres_server import Database
from support.storage_journal import batch
from support.sweeping import COLUMNS, COMMENT, TRACK, at, gone

from asyncscrape.model import Column, FieldType, Table


def ids(database: Database, table: str = "item") -> list[int]:
    return [row["id"] for row in content(database, table)]


async def test_other_jobs_and_later_runs_obey_a_sweep(postgres: Database) -> None:
    async with opened(postgres.dsn, COMMENT, job="a") as store, opened(postgres.dsn, COMMENT, job="b") as other:
        await other.write([batch(1, at(1, id=1, artist_id=7), at(1, id=2, artist_id=8))])
        await store.write([batch(1, gone(2, artist_id=7))])
        await other.write([batch(2, at(1, id=3, artist_id=7), at(3, id=4, artist_id=7))])
    async with opened(postgres.dsn, COMMENT, job="c") as store:
        await store.write([batch(1, at(1, id=5, artist_id=7), at(1, id=6))])
    assert [2, 4, 6] == ids(postgres)


async def test_a_record_without_the_column_goes_along_with_its_row(postgres: Database) -> None:
    async with opened(postgres.dsn, TRACK) as store:
        await store.write([batch(1, at(2, id=1, bpm=128), gone(3, artist_id=7))])
        assert [1] == ids(postgres)
        await store.write([batch(2, at(1, id=1, artist_id=7, title="a"))])
        assert [] == ids(postgres)
        await store.write([batch(3, at(4, id=1, bpm=130))])
    [row] = content(postgres, "item")
    assert (1, None, None, 130) == tuple(row[column.name] for column in COLUMNS)


KINDS: dict[str, FieldType] = {
    "a": "int",
    "b": "decimal",
    "c": "datetime",
    "d": "date",
    "e": "bool",
    "f": "json",
    "g": "float",
    "it's \\": "str",
}


@pytest.mark.parametrize("merge", [False, True])
async def test_values_of_every_type_can_be_swept_by(postgres: Database, merge: bool) -> None:
    columns = (Column("id", "int"), *(Column(name, kind) for name, kind in KINDS.items()))
    values = {"a": 1, "b": "10.50", "c": "2026-11-20T10:00:00Z", "d": "2026-11-20", "e": True, "f": {"x": 1, "y": 2}}
    values |= {"g": 0.0, "it's \\": "it's \\"}
    same = values | {"b": 10.5, "c": "2026-11-20T11:00:00+01:00", "f": {"y": 2, "x": 1}, "g": -0.0}
    records = [at(1, id=n, **{name: value}) for n, (name, value) in enumerate(values.items())]
    async with opened(postgres.dsn, Table("item", ("id",), columns, merge=merge)) as store:
        await store.write([batch(1, *records, at(1, id=99))])
        await store.write([batch(2, *(gone(2, **{name: value}) for name, value in same.items()))])
        assert [99] == ids(postgres)
        await store.write([batch(3, *records, *({**record, "id": record["id"] + 50} for record in records))])
    assert [99] == ids(postgres)


async def test_keys_are_known_again_whatever_the_time_zone_of_the_connection(postgres: Database) -> None:
    table = Table("item", ("id", "at"), (*COLUMNS, Column("at", "datetime")), merge=True)
    key = {"id": 1, "at": "2026-11-20T10:00:00Z"}
    async with opened(postgres.dsn, table) as store:
        await store.write([batch(1, at(1, **key, artist_id=7)), batch(2, gone(2, artist_id=7))])
    name = postgres.value("SELECT current_database()")
    postgres.sql(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'")
    async with opened(postgres.dsn, table, cursor=2) as store:
        await store.write([batch(3, at(1, **key, title="late"))])
        assert [] == ids(postgres)
        await store.write([batch(4, at(3, **key, artist_id=8))])
    assert [(8, "late")] == [(row["artist_id"], row["title"]) for row in content(postgres, "item")]


@pytest.mark.parametrize("table", [TRACK, COMMENT])
async def test_a_sweep_acts_on_its_own_generation_and_is_taken_along(postgres: Database, table: Table) -> None:
    found = [at(1, id=1, artist_id=7), at(1, id=2, artist_id=8)]
    async with begun(postgres.dsn, table) as store:
        await store.write([batch(1, *found, gone(2, artist_id=8))])
    async with begun(postgres.dsn, table, cursor=1, generation=SECOND) as store:
        await store.write([batch(2, *found, gone(2, artist_id=7))])
        assert [1] == ids(postgres)
        await store.switch()
        assert [2] == ids(postgres)
        late = [at(1, id=3, artist_id=7), at(1, id=4, artist_id=8), at(3, id=1, artist_id=9)]
        await store.write([batch(3, *late)])
    assert [1, 2, 4] == ids(postgres)
    assert [["item"]] == postgres.sql("SELECT table_name FROM _asyncscrape_sweep")


async def test_a_sweep_that_does_not_fit_is_set_aside(postgres: Database) -> None:
    async with opened(postgres.dsn, COMMENT) as store:
        await store.write([batch(1, *(at(1, id=n, artist_id=6 + n) for n in (1, 2, 3)))])
        postgres.sql("CREATE TABLE mine (id bigint REFERENCES item); INSERT INTO mine VALUES (1)")
        sweeps = [gone(2, artist_id=7), gone(2, label="x"), gone(2, artist_id="x"), gone(2, artist_id=None)]
        await store.write([batch(2, *sweeps, gone(2, artist_id=8))])
        await store.write([batch(3, at(1, id=4, artist_id=7))])
    assert [1, 3, 4] == ids(postgres)
    assert 3 == len(reasons(postgres, "item"))


async def test_of_records_that_the_server_refuses_the_others_are_swept(postgres: Database) -> None:
    columns = "id bigint PRIMARY KEY, artist_id bigint, title text CHECK (title <> 'no'), bpm bigint"
    postgres.sql(f"CREATE TABLE item ({columns})")
    async with opened(postgres.dsn, TRACK) as store:
        await store.write([batch(1, at(1, id=1, artist_id=7, title="a"), gone(2, artist_id=7))])
        await store.write([batch(2, at(3, id=1, title="no"), at(1, id=1, bpm=1), at(1, id=2, artist_id=7))])
        assert [] == ids(postgres)
        await store.write([batch(3, at(4, id=1, artist_id=8))])
    assert [("a", 1)] == [(row["title"], row["bpm"]) for row in content(postgres, "item")]
    assert 1 == len(reasons(postgres, "item"))
