"""Tables of an older layout: they are read as they are, and upgraded in place by whoever works on the job."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.frontier_work import HOST, commit, counted, done, offer, page, take, urls
from support.frontiers import TEAM, address
from support.postgres_server import Database

from asyncscrape.errors import UsageError
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.model import Kind
from asyncscrape.urls import fingerprint

SCHEMA = '"asyncscrape_shop"'


@pytest.fixture
def frontier(postgres: Database) -> PostgresFrontier:
    """A job of layout 1: a page is done and one waits; its last worker was killed long ago and had leased a third."""
    rows = ", ".join(
        f"({n}, '\\x{fingerprint(Kind.PAGE, url).hex()}', '{url}', 'page', 1, 0, 0, '', {state}, {holder})"
        for n, state, holder in ((1, 2, "NULL"), (2, 0, "NULL"), (3, 1, "1"))
        for url in (page(n).url,)
    )
    postgres.sql(
        f"CREATE SCHEMA {SCHEMA}; SET search_path = {SCHEMA};"
        + Path(__file__).with_name("layout_1.sql").read_text()
        + f"""
        INSERT INTO meta VALUES ('layout', '1'), ('job', 'the job''s id');
        INSERT INTO worker (id, beat, commits, reads) VALUES (nextval('worker_id'), 'yesterday', 1, true);
        INSERT INTO host (id, name, owner) VALUES (nextval('host_id'), '{HOST}', 1);
        INSERT INTO url (id, fp, url, kind, host, depth, parent, path, state, holder) VALUES {rows};
        SELECT setval('url_id', 3);
        INSERT INTO tally VALUES (1, 'page.done', 1), (1, 'page.pending', 1), (1, 'page.leased', 1);
        INSERT INTO store VALUES ('tables', '["postgres"]', 0);
        INSERT INTO journal VALUES (nextval('journal_seq'), 1, 'item', 1, 'a line');
        """
    )
    return PostgresFrontier(address(postgres.dsn), "shop")


def layout(database: Database) -> str:
    return database.value(f"SELECT value FROM {SCHEMA}.meta WHERE name = 'layout'")


async def test_a_look_at_a_job_of_layout_1_changes_nothing(frontier: PostgresFrontier, postgres: Database) -> None:
    standing = await frontier.standing()
    assert standing is not None
    assert ({"done": 1, "leased": 1, "pending": 1}, {"postgres": 1}, ()) == (
        counted(standing.totals),
        standing.lags,
        standing.workers,
    )
    assert "1" == layout(postgres)


async def test_a_job_of_layout_1_goes_on_with_everything_that_it_had(
    frontier: PostgresFrontier, postgres: Database
) -> None:
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        assert "2" == layout(postgres)
        assert ("the job's id", {}) == (one.job_id, await offer(one, page(1), page(2), page(3)))
        asked = await take(one)
        assert [page(2).url, page(3).url] == urls(asked)
        await commit(one, *map(done, asked))
        assert {"done": 3} == counted(await two.totals())
        await two.journal.register({"tables": ["postgres"]})
        assert [b"a line"] == [batch.lines for batch in await two.journal.read(0, 1000)]


async def test_an_owner_upgrades_the_tables_too(frontier: PostgresFrontier, postgres: Database) -> None:
    async with frontier.alone() as owner:
        assert 0 == await owner.requeue()
    assert "2" == layout(postgres)


async def test_upgraded_tables_are_those_of_a_new_job(frontier: PostgresFrontier, postgres: Database) -> None:
    for one in (frontier, PostgresFrontier(address(postgres.dsn), "new")):
        async with one.join():
            pass
    assert shape(postgres, "asyncscrape_new") == shape(postgres, "asyncscrape_shop")


def shape(database: Database, schema: str) -> tuple[list[list[str]], list[list[str]]]:
    """All columns and indexes."""
    columns = database.sql(
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
        f"WHERE table_schema = '{schema}' ORDER BY 1, 2"
    )
    indexes = database.sql(f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY 1")
    return columns, [[name, text.replace(schema, "")] for name, text in indexes]


@pytest.mark.parametrize("other", ["0", "3", "x"])
async def test_tables_of_another_version_are_refused(
    frontier: PostgresFrontier, postgres: Database, other: str
) -> None:
    postgres.sql(f"UPDATE {SCHEMA}.meta SET value = '{other}' WHERE name = 'layout'")
    with pytest.raises(UsageError, match="another version of asyncscrape"):
        async with frontier.join():
            pass
    with pytest.raises(UsageError, match=f"layout {other}"):
        await frontier.standing()
