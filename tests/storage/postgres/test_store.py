"""A database as a store: its tables, its cursor, and everything it refuses before the crawl starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.postgres_jobs import (
    URL,
    away,
    columns_of,
    content,
    make_store,
    opened,
    reasons,
    record,
    refused,
    tables_of,
)
from support.postgres_server import Database, PostgresServer
from support.storage_journal import ITEM, ROW, SEEN, batch, item, row

from asyncscrape.config.stores import POSTGRES_HELP, postgres_destination, record_store
from asyncscrape.config.values import Misfit, quoted
from asyncscrape.destinations import PostgresDestination
from asyncscrape.model import BLOBS, Column, Table
from asyncscrape.postgres.address import address_of
from asyncscrape.storage.build import build_stores
from asyncscrape.storage.postgres import loader as loader_module
from asyncscrape.storage.postgres import store as store_module
from asyncscrape.storage.postgres.store import CHUNK, of_few_tables

EVIL = 'select"; drop table item; --'
OURS = [
    *(f"_asyncscrape_{name}" for name in ("column", "cursor", "migrations", "sweep", "swept", "withdrawn")),
    "blobs",
]
EVERYTHING = Table(
    "everything",
    ("id",),
    (
        Column("id", "int"),
        Column("text"),
        Column("number", "float"),
        Column("exact", "decimal"),
        Column("yes", "bool"),
        Column("day", "date"),
        Column("moment", "datetime"),
        Column("tree", "json"),
    ),
)


# Tables


async def test_columns_have_the_types_of_their_fields(postgres: Database) -> None:
    async with opened(postgres.dsn, EVERYTHING):
        assert {
            "id": "bigint",
            "text": "text",
            "number": "double precision",
            "exact": "numeric",
            "yes": "boolean",
            "day": "date",
            "moment": "timestamp with time zone",
            "tree": "jsonb",
            "_url": "text",
            "_fetched_at": "timestamp with time zone",
        } == columns_of(postgres, "everything")


async def test_every_type_comes_back_as_it_was(postgres: Database) -> None:
    values = {"id": -(2**63), "text": 'naïve "x" \\ \n 🦜', "number": 1e-300, "exact": 123.25, "yes": True}
    values |= {"day": "2024-02-29", "moment": "2026-11-20T09:30:00.125Z", "tree": {"a": [1, None, "b", {"c": 2.5}]}}
    nothing = {"id": 2**63 - 1} | dict.fromkeys(list(values)[1:])
    async with opened(postgres.dsn, EVERYTHING) as store:
        await store.write([batch(1, record(**values), record(**nothing), table="everything")])
    expected = [values | {"moment": "2026-11-20T09:30:00.125+00:00"}, nothing]
    assert expected == content(postgres, "everything")
    assert [["t"]] == postgres.sql("SELECT tree IS NULL FROM everything WHERE id > 0")
    assert [[URL, "t"]] == postgres.sql(f"SELECT DISTINCT _url, _fetched_at = timestamptz '{SEEN}' FROM everything")


async def test_decimals_keep_every_digit(postgres: Database) -> None:
    line = b'{"id":1,"exact":0.10000000000000000000000000000000000000000000000001}\n'
    one = batch(1, table="everything")
    async with opened(postgres.dsn, EVERYTHING) as store:
        await store.write([type(one)(1, "everything", 1, line)])
    assert line.decode()[16:-2] == postgres.value("SELECT exact FROM everything")


async def test_the_schema_is_created_and_holds_our_tables_beside_those_of_the_job(postgres: Database) -> None:
    async with opened(postgres.store("cat%20alog"), ITEM, ROW, BLOBS):
        pass
    assert sorted([*OURS, "item", "row"]) == tables_of(postgres, '"cat alog"')
    assert [] == tables_of(postgres)


async def test_the_table_of_blobs_is_the_one_that_the_migration_made(postgres: Database) -> None:
    async with opened(postgres.store("with_blobs"), BLOBS):
        made = columns_of(postgres, "blobs", "with_blobs")
    copy = Table("copy", BLOBS.key, BLOBS.columns)
    async with opened(postgres.store("with_copy"), copy):
        assert columns_of(postgres, "copy", "with_copy") == made


async def test_names_are_only_ever_names(postgres: Database) -> None:
    table = Table("item", (EVIL,), (Column(EVIL), Column("$1"), Column("a\nb"), Column("Ünï"), Column(" ")))
    values = {EVIL: EVIL, "$1": "a", "a\nb": "b", "Ünï": "c", " ": "d"}
    async with opened(postgres.store("%22%3B%20drop%20schema%20public"), table) as store:
        await store.write([batch(1, record(**values))])
        await store.write([batch(2, record(**values, **{"'; DROP": 1}))])
    [row] = content(postgres, "item", '"; drop schema public')
    assert values | {"'; DROP": 1} == row


async def test_a_new_field_adds_a_column(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1))])
    wider = Table("item", ITEM.key, (*ITEM.columns, Column("stock", "int")))
    async with opened(postgres.dsn, wider, cursor=1) as store:
        await store.write([batch(2, {**item(2), "stock": 5})])
    assert [None, 5] == [row["stock"] for row in content(postgres, "item")]


async def test_a_field_that_is_gone_leaves_its_column_alone(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1, "old"))])
    narrower = Table("item", ITEM.key, (Column("url"), Column("price", "float")))
    async with opened(postgres.dsn, narrower, cursor=1) as store:
        newer = {name: value for name, value in item(1, price=2.0).items() if name != "name"}
        await store.write([batch(2, newer)])
    [row] = content(postgres, "item")
    assert ("old", 2.0) == (row["name"], row["price"])


@pytest.mark.parametrize("job", ["job", "another"])
async def test_a_changed_type_is_refused(postgres: Database, job: str) -> None:
    async with opened(postgres.dsn, ITEM):
        pass
    changed = Table("item", ITEM.key, (Column("url"), Column("name"), Column("price", "decimal")))
    store = make_store(postgres.dsn, changed, job=job)
    words = ('"item"', '"price"', "double precision", "numeric", "rename or drop the table", "?schema=")
    with refused(*words):
        await store.open(0)
    with refused(*words):
        await store.probe()


async def test_text_and_urls_are_the_same_type_of_column(postgres: Database) -> None:
    for kind in ("str", "url"):
        async with opened(postgres.dsn, Table("page", ("link",), (Column("link", kind),)), cursor=0) as store:  # type: ignore[arg-type]
            await store.write([batch(1, {"link": f"http://e.org/{kind}"}, table="page")])
    assert [["text"]] == postgres.sql("SELECT DISTINCT pg_typeof(link) FROM page")


async def test_a_changed_key_is_refused(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM):
        pass
    store = make_store(postgres.dsn, Table("item", ("url", "name"), ITEM.columns))
    with refused('"item"', '("url")', '("url", "name")', "change the config back"):
        await store.open(0)


async def test_the_users_own_table_is_filled(postgres: Database) -> None:
    postgres.sql(
        "CREATE TABLE item (id serial PRIMARY KEY, url varchar(100) NOT NULL UNIQUE, price real, seen int DEFAULT 7,"
        " note text, _url text, _fetched_at timestamptz)"
    )
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1), item(2))])
        postgres.sql("UPDATE item SET note = 'mine'")
        await store.write([batch(2, item(1, "newer"), {**item(3), "url": "x" * 101})])
    assert [("newer", "mine", 7), ("thing", "mine", 7)] == [
        (row["name"], row["note"], row["seen"]) for row in sorted(content(postgres, "item"), key=lambda r: r["url"])
    ]
    assert ["value too long for type character varying(100)"] == reasons(postgres, "item")


async def test_a_column_that_nobody_fills_must_not_need_a_value(postgres: Database) -> None:
    postgres.sql("CREATE TABLE item (url text PRIMARY KEY, owner text NOT NULL)")
    with refused('"owner"', "give it a default"):
        await make_store(postgres.dsn, ITEM).open(0)


async def test_a_view_in_the_place_of_a_table_is_refused(postgres: Database) -> None:
    postgres.sql("CREATE VIEW item AS SELECT 'a' AS url")
    with refused("is not a table that can be written to"):
        await make_store(postgres.dsn, ITEM).open(0)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (Table("x" * 60, ("url",), (Column("url"),)), "63 bytes"),
        (Table("item", ("url",), (Column("url"), Column("ä" * 32))), "63 bytes"),
        (Table("item", ("url",), (Column("url"), Column("ctid"))), "is reserved by Postgres"),
        (Table("item", ("url",), (Column("url"), Column("a\0b"))), "NUL"),
        (Table("_asyncscrape_cursor", ("url",), (Column("url"),)), "asyncscrape uses the table name"),
    ],
)
async def test_impossible_names_are_refused(postgres: Database, table: Table, word: str) -> None:
    for attempt in (make_store(postgres.dsn, table).probe(), make_store(postgres.dsn, table).open(0)):
        with refused(word):
            await attempt


async def test_a_table_where_refused_records_would_go_is_refused(postgres: Database) -> None:
    clash = Table("item_rejected", ("url",), (Column("url"),))
    with refused('"item_rejected"'):
        await make_store(postgres.dsn, ITEM, clash).open(0)
    postgres.sql("CREATE TABLE item_rejected (mine int)")
    with refused('"item_rejected"', "no key"):
        await make_store(postgres.dsn, ITEM).open(0)


async def test_tables_of_a_newer_version_are_refused(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM):
        pass
    postgres.sql("INSERT INTO _asyncscrape_migrations (number, name) VALUES (99, 'future')")
    with refused("newer version"):
        await make_store(postgres.dsn, ITEM).open(0)


async def test_a_database_from_an_older_version_is_brought_up_to_date(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1, "old"))])
    postgres.sql(
        "DROP TABLE _asyncscrape_withdrawn, _asyncscrape_sweep, _asyncscrape_swept;"
        "DELETE FROM _asyncscrape_migrations WHERE number > 2;"
        "ALTER TABLE _asyncscrape_cursor DROP COLUMN job_name, DROP COLUMN generation, DROP COLUMN beside,"
        "DROP COLUMN begun_at, DROP COLUMN facts, DROP COLUMN streams, DROP COLUMN writes"
    )
    async with opened(postgres.dsn, ITEM, cursor=1) as store:
        await store.write([batch(2, item(1, "new"))])
    assert ["new"] == [row["name"] for row in content(postgres, "item")]


async def test_withdrawn_keys_of_a_version_before_sweeps_stay_out(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, {**item(1), "_withdrawn": True}, item(2))])
    postgres.sql(
        "DROP TABLE _asyncscrape_sweep, _asyncscrape_swept; DELETE FROM _asyncscrape_migrations WHERE number = 6"
    )
    origin = {"_url": "u", "_fetched_at": "2026-11-19T10:00:00.000Z"}
    async with opened(postgres.dsn, ITEM, cursor=1) as store:
        await store.write([batch(2, {**item(1), **origin}, {**item(3, "other"), **origin})])
        await store.write(
            [batch(3, {"name": "thing", "_withdrawn": True, "_url": "u", "_fetched_at": "2026-11-21T10:00:00.000Z"})]
        )
    assert ["other"] == [row["name"] for row in content(postgres, "item")]


# The cursor


async def test_the_database_knows_the_name_of_the_job(postgres: Database, tmp_path: Path) -> None:
    [store] = build_stores([record_store(postgres.dsn)], tmp_path / "shop", [ITEM], job="random id")
    await store.open(0)
    await store.close()
    assert [["random id", "shop"]] == postgres.sql("SELECT job, job_name FROM _asyncscrape_cursor")


async def test_the_database_remembers_the_cursor_of_the_job(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1)), batch(2, item(2))])
    again = make_store(postgres.dsn, ITEM)
    assert 2 == await again.open(1)
    await again.close()


async def test_records_that_the_database_already_has_change_nothing(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1, "a")), batch(2, item(1, "b"))])
        await store.write([batch(1, item(1, "a"))])
    assert ["b"] == [row["name"] for row in content(postgres, "item")]


async def test_a_database_that_lost_records_is_refused(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1)), batch(2, item(2))])
    for job, cursor in (("job", 3), ("unknown", 1)):
        with refused("fewer records than this job has delivered", "--fresh"):
            await make_store(postgres.dsn, ITEM, job=job).open(cursor)


async def test_a_table_that_was_dropped_is_missed(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM, ROW) as store:
        await store.write([batch(1, item(1))])
    postgres.sql("DROP TABLE item")
    with refused('"item"', "is gone"):
        await make_store(postgres.dsn, ITEM, ROW).open(1)


async def test_a_second_process_with_a_copy_of_the_state_is_refused(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as first, opened(postgres.dsn, ITEM) as second:
        await first.write([batch(1, item(1, "first"))])
        with refused("another process"):
            await second.write([batch(1, item(1, "second"))])
    assert ["first"] == [row["name"] for row in content(postgres, "item")]


async def test_many_stores_that_open_at_once_all_succeed(postgres: Database) -> None:
    stores = [make_store(postgres.store("fresh"), ITEM, BLOBS, job=f"job {n}") for n in range(8)]
    assert [0] * 8 == await asyncio.gather(*(store.open(0) for store in stores))
    await asyncio.gather(*(store.write([batch(1, item(n))]) for n, store in enumerate(stores)))
    await asyncio.gather(*(store.close() for store in stores))
    assert 8 == len(content(postgres, "item", "fresh"))


async def test_two_jobs_write_one_table_at_the_same_time(postgres: Database) -> None:
    async def work(name: str, backwards: bool) -> None:
        async with opened(postgres.dsn, ITEM, ROW, job=name) as store:
            for seq in range(1, 9):
                numbers = range(299, -1, -1) if backwards else range(300)
                items, rows = [item(n, f"{name} {seq}") for n in numbers], [row(n, seq) for n in numbers]
                await store.write([batch(seq, *items), batch(seq, *rows, table="row")])

    await asyncio.gather(work("a", False), work("b", True), work("c", False))
    assert {("a 8"), ("b 8"), ("c 8")} >= {row["name"] for row in content(postgres, "item")}
    assert (300, 2400) == (len(content(postgres, "item")), len(content(postgres, "row")))


async def test_writes_that_cannot_keep_to_the_order_of_keys_do_not_meet(postgres: Database) -> None:
    chunk = CHUNK._replace(rows=50)

    async def work(name: str, backwards: bool) -> None:
        async with opened(postgres.dsn, ITEM, job=name, chunk=chunk) as store:
            for seq in range(1, 6):
                await store.write(
                    [batch(seq, *[item(n, name) for n in (range(400, 0, -1) if backwards else range(1, 401))])]
                )

    await asyncio.gather(work("a", False), work("b", True))
    assert 400 == len(content(postgres, "item"))


# The address


def test_an_address_gives_nothing_away() -> None:
    destination = postgres_destination("postgres://user:secret@db.example.org/crawl?schema=x&sslmode=require")
    address = address_of(destination)
    assert "postgres at db.example.org:5432/crawl" == address.label
    assert ("postgres://user:secret@db.example.org/crawl?sslmode=require", "x") == (address.dsn, address.schema)
    assert "postgres (env:DATABASE_URL)" == address_of(destination, "env:DATABASE_URL").label
    assert "secret" not in repr(destination) + str(destination)


def test_a_store_is_the_same_after_a_move() -> None:
    ids = [
        address_of(postgres_destination(text)).id
        for text in (
            "postgres://a@one/db",
            "postgresql://b:c@two:99/db?schema=public",
            "postgres://a@one/db?schema=b",
        )
    ]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    "text",
    [
        "postgres://user:se/cret@host/db",
        "postgres://user:secret#@host/db",
        "postgres://user:secret?@host/db",
        "postgres://user:sec@ret@host/db",
        "postgres://user:secret@host:port/db",
        "postgres://user:secret@[::1/db",
        "postgres://host/db?password=sec@ret",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(text: str) -> None:
    with pytest.raises(Misfit) as caught:
        postgres_destination(text)
    told = caught.value.told(quoted(text))
    assert "%" in told or POSTGRES_HELP in told
    assert not {word for word in ("sec", "cret", "ret@") if word in told}


@pytest.mark.parametrize(
    ("schema", "word"), [("", "empty"), ("x" * 64, "63 bytes"), ("pg_mine", "Postgres reserves")]
)
def test_an_impossible_schema_is_refused(schema: str, word: str) -> None:
    with refused(word):
        address_of(PostgresDestination("postgres://host/db", schema=schema))


async def test_the_environment_fills_gaps_in_the_address(
    own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", str(own_postgres.port))
    monkeypatch.setenv("PGUSER", "postgres")
    assert "PostgreSQL 1" in await make_store("postgres:///postgres", ITEM).probe()


# Probing


async def test_a_probe_changes_nothing(postgres: Database) -> None:
    store = make_store(postgres.store("later"), ITEM, ROW)
    version = postgres.value("SHOW server_version").split()[0]
    assert f"PostgreSQL {version}, schema later, 0 of this job's 2 tables exist" == await store.probe()
    assert [] == postgres.sql("SELECT FROM pg_namespace WHERE nspname = 'later'")
    await store.open(0)
    assert f"PostgreSQL {version}, schema later, 2 of this job's 2 tables exist" == await store.probe()
    await store.close()


async def test_a_probe_of_a_secret_address_keeps_the_secret(postgres: Database) -> None:
    found = await make_store(postgres.store("hidden"), ITEM, source="env:DATABASE_URL").probe()
    assert "hidden" not in found


@pytest.mark.parametrize(
    ("rights", "word"),
    [
        ("REVOKE CREATE ON SCHEMA public FROM public", "create tables"),
        (
            "REVOKE TEMP ON DATABASE {database} FROM public; GRANT CREATE ON SCHEMA public TO plain",
            "temporary tables",
        ),
        ("CREATE TABLE item (url text PRIMARY KEY); GRANT CREATE ON SCHEMA public TO plain", "write to the table"),
    ],
)
async def test_missing_rights_are_named(postgres: Database, rights: str, word: str) -> None:
    database = postgres.value("SELECT current_database()")
    postgres.sql("DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$")
    postgres.sql(rights.format(database=database))
    store = make_store(postgres.user("plain"), ITEM)
    with refused(word):
        await store.probe()
    with refused("lacks a right"):
        await store.open(0)
        await store.write([batch(1, item(1))])
    await store.close()
    postgres.sql("DROP OWNED BY plain CASCADE")


async def test_a_read_only_server_may_accept_changes_later(postgres: Database) -> None:
    database = postgres.value("SELECT current_database()")
    postgres.sql(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    store = make_store(postgres.dsn, ITEM)
    with away("the server is read-only for now"):
        await store.open(0)
    with away("the server is read-only for now"):
        await store.probe()


async def test_very_many_tables_are_made_and_written_a_few_at_a_time(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "TABLES_AT_ONCE", 2)
    monkeypatch.setattr(loader_module, "MOST_STAGES", 2)
    tables = [Table(f"t{n}", ("url",), ITEM.columns) for n in range(5)]
    written = [batch(seq, item(seq), table=f"t{seq % 5}") for seq in range(1, 13)]
    assert [2, 2, 2, 2, 2, 2] == [len(group) for group in of_few_tables(written, 2)]
    async with opened(postgres.dsn, *tables) as store:
        await store.write(written[:7])
        await store.write(written[3:])
        assert [2, 3, 3, 2, 2] == [facts.rows for facts in (await store.finish()).values()]
    async with opened(postgres.dsn, *tables, cursor=12) as store:
        assert 5 == len(await store.finish())
    assert "12" == postgres.value("SELECT seq FROM _asyncscrape_cursor")
