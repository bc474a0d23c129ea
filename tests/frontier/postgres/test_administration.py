"""What administrators and other clients do to the database of a job: it is outlived, or told with what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.frontier_work import HOST, counted, offer, page, take, urls
from support.frontiers import address
from support.postgres_server import PASSWORD_USER, Database, PostgresServer, fresh_database, running_postgres

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.frontier.postgres.frontier import PostgresFrontier

SCHEMA = '"asyncscrape_shop"'


@pytest.fixture
def database(own_postgres: PostgresServer) -> Iterator[Database]:
    """A database in which a plain user may make schemas."""
    with fresh_database(own_postgres.dsn()) as database:
        database.sql(f"GRANT CREATE ON DATABASE {name_of(database)} TO {PASSWORD_USER}")
        yield database


def name_of(database: Database) -> str:
    return database.dsn.rpartition("/")[2]


def frontier_of(database: Database) -> PostgresFrontier:
    """The frontier of this user, who does not wait for long."""
    return PostgresFrontier(address(database.user(PASSWORD_USER, "secret")), "shop", patience=0.3)


def cut(database: Database) -> None:
    """End all connections of the user."""
    database.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{PASSWORD_USER}'")


async def test_timeouts_that_a_role_has_for_others_do_not_count(database: Database) -> None:
    for name in ("statement_timeout", "lock_timeout"):
        database.sql(f"ALTER ROLE {PASSWORD_USER} IN DATABASE {name_of(database)} SET {name} = '1ms'")
    async with frontier_of(database).join() as worker:
        assert {HOST: 500} == await offer(worker, *map(page, range(500)))
        assert 500 == len(await take(worker, 500))


async def test_a_call_waits_for_a_connection_but_not_forever(database: Database) -> None:
    frontier = frontier_of(database)
    async with frontier.join() as worker:
        await offer(worker, page(1))
        database.sql(f"ALTER DATABASE {name_of(database)} CONNECTION LIMIT 0")
        with pytest.raises(StoreError, match="no connections left; close some, or raise its max_connections"):
            await frontier.standing()
        assert [page(1).url] == urls(await take(worker)), "who is connected goes on"
        cut(database)
        with pytest.raises(StoreError, match="no connections left"):
            await worker.totals()
        database.sql(f"ALTER DATABASE {name_of(database)} CONNECTION LIMIT -1")
        assert {"leased": 1} == counted(await worker.totals())


async def test_a_right_that_is_taken_away_is_told_and_costs_nothing(database: Database) -> None:
    frontier = frontier_of(database)
    async with frontier.join() as worker:
        await offer(worker, page(1))
        database.sql(f"REVOKE ALL ON {SCHEMA}.url FROM {PASSWORD_USER}")
        with pytest.raises(UsageError, match="the user lacks a right; grant it, or connect as another user"):
            await offer(worker, page(2))
        database.sql(f"REASSIGN OWNED BY {PASSWORD_USER} TO CURRENT_USER")
        with pytest.raises(UsageError, match="is gone, or the right to its schema"):
            await offer(worker, page(2))
        with pytest.raises(UsageError, match="the user lacks a right"):
            await frontier.standing()
    for what in (f"SCHEMA {SCHEMA}", f"ALL TABLES IN SCHEMA {SCHEMA}", f"ALL SEQUENCES IN SCHEMA {SCHEMA}"):
        database.sql(f"GRANT ALL ON {what} TO {PASSWORD_USER}")
    database.sql(f"UPDATE {SCHEMA}.worker SET beat = '-infinity'")
    async with frontier.join() as worker:
        assert [page(1).url] == urls(await take(worker))


async def test_a_user_who_may_no_longer_log_in_is_told_so(database: Database) -> None:
    async with frontier_of(database).join() as worker:
        database.sql(f"ALTER ROLE {PASSWORD_USER} NOLOGIN")
        try:
            cut(database)
            with pytest.raises(UsageError, match="the server refuses this user"):
                await worker.totals()
        finally:
            database.sql(f"ALTER ROLE {PASSWORD_USER} LOGIN")


async def test_who_drops_the_tables_of_a_job_at_work_ends_it_with_a_word(database: Database) -> None:
    async with frontier_of(database).join() as worker:
        await offer(worker, page(1))
        database.sql(f"DROP SCHEMA {SCHEMA} CASCADE")
        with pytest.raises(UsageError, match="a table that was there is gone"):
            await worker.totals()
    assert await frontier_of(database).standing() is None, "and nothing is made anew by one that was at work before"


async def test_what_is_committed_outlives_a_crash_of_a_server_that_may_forget() -> None:
    settings = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
    with running_postgres(**settings) as server:
        frontier = PostgresFrontier(address(server.dsn()), "shop", lease=0.5)
        async with frontier.join() as worker:
            await offer(worker, page(1))
            server.kill()
            server.start(**settings)
            assert [page(1).url] == urls(await take(worker))
