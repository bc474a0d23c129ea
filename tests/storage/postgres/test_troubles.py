"""Everything a database can do to a store: trouble that passes, and errors that tell the user what to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.postgres_jobs import away, content, make_store, opened, refused
from support.postgres_server import (
    NOBODY_USER,
    PASSWORD_USER,
    Database,
    PostgresServer,
    fresh_database,
    running_postgres,
)
from support.storage_journal import ITEM, batch, item

from asyncscrape.destinations import PostgresDestination
from asyncscrape.storage.postgres.store import PostgresStore

DEADLINE = 120


@pytest.fixture
def guarded(own_postgres: PostgresServer) -> Iterator[Database]:
    """A database whose server has a role with a password."""
    with fresh_database(own_postgres.dsn()) as database:
        yield database


async def complete(store: PostgresStore, database: Database, seq: int = 1) -> None:
    """Deliver again after a failure: every record is there exactly once."""
    place = await store.open(seq - 1)
    await store.write([one for one in [batch(seq, item(1), item(2))] if one.seq > place])
    await store.close()
    assert 2 == len(content(database, "item"))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


# Trouble that may pass


async def test_nobody_listens() -> None:
    port = unused_port()
    with away(f"postgres at 127.0.0.1:{port}/db", "refuses connections"):
        await make_store(f"postgres://user:secret@127.0.0.1:{port}/db", ITEM).open(0)
    with away("postgres (env:DATABASE_URL): the server refuses connections"):
        await make_store(
            f"postgres://user@127.0.0.1:{port},127.0.0.1:{port}/db", ITEM, source="env:DATABASE_URL"
        ).open(0)


async def test_the_servers_name_is_unknown() -> None:
    with away("the server's name cannot be resolved"):
        await make_store("postgres://user@no-such-host.invalid/db", ITEM).probe()


async def test_the_socket_does_not_exist(tmp_path: Path) -> None:
    with away("socket does not exist"):
        await make_store(f"postgres://user@/db?host={tmp_path}", ITEM).open(0)


async def test_somebody_else_listens() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with away("postgres at"):
        await make_store(f"postgres://user@127.0.0.1:{port}/db", ITEM).open(0)
    server.close()


async def test_the_connection_is_cut_in_the_middle_of_a_write(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        async with waiting(store, postgres) as write:
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asyncscrape'"
            )
            with away("administrator command"):
                await write
        with away("connection was lost"):
            await store.write([batch(1, item(1))])
        await complete(store, postgres)


async def test_a_statement_timeout_of_the_role(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM):
        pass
    database = postgres.value("SELECT current_database()")
    postgres.sql(f"ALTER DATABASE {database} SET statement_timeout = '2s'")
    async with opened(postgres.dsn, ITEM) as store:
        async with waiting(store, postgres) as write:
            with away("statement timeout"):
                await write
        await complete(store, postgres)


async def test_a_lock_timeout_of_the_role(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM):
        pass
    postgres.sql(f"ALTER DATABASE {postgres.value('SELECT current_database()')} SET lock_timeout = '200ms'")
    async with opened(postgres.dsn, ITEM) as store:
        async with waiting(store, postgres) as write:
            with away("lock"):
                await write
        await complete(store, postgres)


async def test_a_deadlock_with_another_client_is_tried_again_at_once(postgres: Database) -> None:
    import asyncpg

    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1, "a"), item(2, "a"))])
    name = postgres.value("SELECT current_database()")
    postgres.sql(f"ALTER DATABASE {name} SET deadlock_timeout = '3s'")
    other = await asyncpg.connect(postgres.dsn, server_settings={"deadlock_timeout": "1min"})
    async with opened(postgres.dsn, ITEM, cursor=1) as store:
        await other.execute("BEGIN; UPDATE item SET name = 'x' WHERE url LIKE '%2'")
        write = asyncio.create_task(store.write([batch(2, item(1, "b"), item(2, "b"))]))
        await until_it_waits(postgres, write)
        await other.execute("UPDATE item SET name = 'x' WHERE url LIKE '%1'")
        await other.execute("COMMIT")
        await write
    await other.close()
    assert ["b", "b"] == [row["name"] for row in content(postgres, "item")]


async def test_a_write_that_is_cancelled_leaves_nothing_half_done(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        async with waiting(store, postgres) as write:
            write.cancel()
            with pytest.raises(asyncio.CancelledError):
                await write
        assert [] == content(postgres, "item")
        await complete(store, postgres)


async def test_no_connection_is_left() -> None:
    with running_postgres(max_connections="4", superuser_reserved_connections="0") as server:
        stores = [make_store(server.dsn(), ITEM, job=f"job {n}") for n in range(4)]
        for store in stores:
            await store.open(0)
        with away("no connections left"):
            await make_store(server.dsn(), ITEM, job="last").open(0)
        for store in stores:
            await store.close()


async def test_the_server_stops_crashes_and_comes_back() -> None:
    with running_postgres() as server:
        store = make_store(server.dsn(), ITEM)
        await store.open(0)
        await store.write([batch(1, item(1, "a"))])
        server.stop()
        with away("postgres at"):
            await store.write([batch(2, item(2, "b"))])
        with away("refuses connections"):
            await store.open(1)
        server.start()
        assert 1 == await store.open(1)
        await store.write([batch(2, item(2, "b"))])
        server.kill()
        with away("postgres at"):
            await store.write([batch(3, item(3, "c"))])
        server.start()
        assert 2 == await store.open(2)
        await store.write([batch(3, item(3, "c"))])
        await store.close()
        assert ["a", "b", "c"] == [row["name"] for row in content(server.database(), "item")]


async def test_a_server_that_falls_silent_is_noticed() -> None:
    with running_postgres() as server:
        store = make_store(server.dsn(), ITEM, timeout=3.0)
        await store.open(0)
        server.pause()
        async with asyncio.timeout(DEADLINE):
            with away("does not answer"):
                await store.write([batch(1, item(1), item(2))])
            await store.close()
            await store.close()
        server.resume()
        await complete(store, server.database())


async def test_a_full_disk_may_have_room_later(postgres: Database) -> None:
    postgres.sql(
        "CREATE TABLE item (url text PRIMARY KEY, name text, price float8, _url text, _fetched_at timestamptz);"
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;"
        "CREATE TRIGGER fill BEFORE INSERT ON item EXECUTE FUNCTION fill()"
    )
    async with opened(postgres.dsn, ITEM) as store:
        with away("the server's disk is full"):
            await store.write([batch(1, item(1))])
        postgres.sql("DROP TRIGGER fill ON item")
        await complete(store, postgres)


async def test_a_commit_whose_answer_never_comes_is_found_out(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1), item(2))])
    again = make_store(postgres.dsn, ITEM)
    assert 1 == await again.open(0)
    await complete(again, postgres)


# Mistakes that somebody must correct


async def test_a_wrong_password(guarded: Database) -> None:
    for dsn in (guarded.user(PASSWORD_USER, "wrong"), guarded.user(PASSWORD_USER)):
        with refused("the password is wrong or missing", "PGPASSFILE"):
            await make_store(dsn, ITEM).open(0)
    with pytest.raises(Exception, match="password") as caught:
        await make_store(guarded.user(PASSWORD_USER, "hunter2"), ITEM, source="file:dsn").probe()
    assert not {word for word in ("hunter2", PASSWORD_USER, "127.0.0.1") if word in str(caught.value)}


async def test_a_password_from_a_file(guarded: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"127.0.0.1:*:*:{PASSWORD_USER}:secret\n")
    passwords.chmod(0o600)
    guarded.sql(f"GRANT CREATE ON SCHEMA public TO {PASSWORD_USER}")
    assert "PostgreSQL" in await make_store(f"{guarded.user(PASSWORD_USER)}?passfile={passwords}", ITEM).probe()
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    async with opened(guarded.user(PASSWORD_USER), ITEM) as store:
        await store.write([batch(1, item(1))])
    assert 1 == len(content(guarded, "item"))


async def test_a_user_whom_the_server_refuses(guarded: Database) -> None:
    with refused("the server refuses this user", "pg_hba.conf"):
        await make_store(guarded.user(NOBODY_USER), ITEM).open(0)
    with refused("the server refuses this user"):
        await make_store(guarded.user("nobody_at_all"), ITEM).probe()


async def test_a_database_that_does_not_exist(guarded: Database) -> None:
    with refused("the database does not exist"):
        await make_store(guarded.dsn + "_not", ITEM).open(0)


async def test_a_server_without_tls(guarded: Database) -> None:
    with refused("offers no TLS", "sslmode"):
        await make_store(f"{guarded.dsn}?sslmode=require", ITEM).open(0)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("sslmode=perhaps", "sslmode"),
        ("sslmode=verify-full&sslrootcert=/no/such/file", "TLS"),
        ("target_session_attrs=best", "address is wrong"),
        ("sslmode", "address is wrong"),
    ],
)
async def test_an_address_that_asyncpg_cannot_use(guarded: Database, query: str, word: str) -> None:
    with refused(word):
        await make_store(PostgresDestination(f"{guarded.dsn}?{query}"), ITEM).open(0)


async def test_a_table_that_vanishes_during_a_run(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1))])
        postgres.sql("DROP TABLE item")
        with refused("item"):
            await store.write([batch(2, item(2))])


@asynccontextmanager
async def waiting(store: PostgresStore, database: Database) -> AsyncIterator[asyncio.Task[None]]:
    """A write that waits in the middle of its transaction, because another session holds its table."""
    import asyncpg

    holder = await asyncpg.connect(database.dsn)
    await holder.execute("BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    write = asyncio.create_task(store.write([batch(1, item(1), item(2))]))
    await until_it_waits(database, write)
    try:
        yield write
    finally:
        await holder.close()


async def until_it_waits(database: Database, write: asyncio.Task[None]) -> None:
    """Wait until a write waits for a lock, or has ended already."""
    async with asyncio.timeout(DEADLINE):
        while "t" != database.value("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)") and not write.done():
            await asyncio.sleep(0.01)
