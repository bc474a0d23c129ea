"""The state of a job moves from its file into Postgres: all of it, once, and at any failure not at all."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from support.frontier_work import (
    HOST,
    OTHER,
    blob,
    commit,
    commit_rows,
    counted,
    done,
    failed,
    fresh,
    hop,
    kept,
    offer,
    page,
    paths_to_copy,
    seqs,
    take,
    urls,
)
from support.frontiers import address
from support.postgres_server import Database

from asyncscrape.bundles import Candidate, Closed, Growth
from asyncscrape.config.stores import record_destination
from asyncscrape.destinations import ConfiguredStore, FrontierPlace, PostgresDestination
from asyncscrape.errors import JobChanged, JobRunning, UsageError
from asyncscrape.frontier.base import Frontier, Group
from asyncscrape.frontier.build import moved_state
from asyncscrape.frontier.moving import TABLES, JobFacts, StateFacts, Successor
from asyncscrape.frontier.postgres.arriving import NAMES
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.frontier.sqlite.database import LAYOUT
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.model import Finding, Flaw, FlawKind, Kind, Lines, Link, LinkLeft, Origin, Outcome, Request, State
from asyncscrape.urls import fingerprint

SCHEMA = "asyncscrape_job"
BEGIN_ANEW = {
    "host": {"owner", "unclean", "open", "wished", "wished_until"},
    "url": {"holder"},
    "journal": {"stream"},
    "flaw": {"worker", "found"},
    "tally": {"worker"},
    "bundle": {"holder"},
}
"""Columns of Postgres that a job does not bring along."""
ITS_OWN = {"worker", "place", "path_turn"}
"""Tables of Postgres that a job does not bring along."""


class Stopped(Exception):
    """The end of a move that is not over."""


async def nothing_to_carry(facts: JobFacts) -> Sequence[Successor]:
    return ()


class Move:
    """A job in a folder, and the database that it moves into."""

    def __init__(self, folder: Path, postgres: Database) -> None:
        destination = record_destination(postgres.dsn)
        assert isinstance(destination, PostgresDestination)
        self.file = folder / "state.db"
        self.before: Frontier = SqliteFrontier(folder)
        self.after: Frontier = PostgresFrontier(address(postgres.dsn), "job")
        self._place = FrontierPlace(folder, "job", ConfiguredStore(destination, postgres.dsn))

    async def make(self, *, fail_at: float | None = None, killed: bool = False) -> StateFacts:
        """Move the state; fail when this part of the rows has moved, or end just before the file is set aside."""

        def tell(moved: int, rows: int) -> None:
            if fail_at is not None and moved >= fail_at * rows:
                raise Stopped

        async with moved_state(self._place, tell, nothing_to_carry) as facts:
            if killed:
                raise Stopped
        return facts


@pytest.fixture
def move(tmp_path: Path, postgres: Database) -> Move:
    return Move(tmp_path, postgres)


async def make_file(move: Move) -> None:
    async with move.before.join():
        pass


# Everything


async def test_every_table_and_column_is_known_to_move_or_to_stay(move: Move, postgres: Database) -> None:
    await make_file(move)
    with closing(sqlite3.connect(move.file)) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        here = {name: [row[1] for row in file.execute(f"PRAGMA table_info({name})")] for name in names}
    assert {table.name: sorted(table.columns) for table in TABLES} == {
        name: sorted(columns) for name, columns in here.items() if name != "sqlite_sequence"
    }
    await move.make()
    there: dict[str, set[str]] = {}
    columns = f"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '{SCHEMA}'"
    for table, column in postgres.sql(columns):
        there.setdefault(table, set()).add(column)
    arrive = {table.name: {NAMES.get((table.name, one), one) for one in table.columns} for table in TABLES}
    assert there.keys() == arrive.keys() | ITS_OWN
    for name, columns in arrive.items():
        assert set() == there[name] - columns - BEGIN_ANEW.get(name, set()), name
        assert columns <= there[name], name


async def test_every_value_arrives(move: Move, postgres: Database) -> None:
    await make_file(move)
    with closing(sqlite3.connect(move.file)) as file:
        for table in TABLES:
            fill(file, table.name)
        file.execute("UPDATE url SET detail = 'bad' || char(0) WHERE id = 2")
        file.commit()
        sent = {table.name: stored(file, table.name, table.columns) for table in TABLES}
    told = await move.make()
    connection = await asyncpg.connect(postgres.dsn)
    for name, columns in TABLES:
        selected = ", ".join(f'"{NAMES.get((name, column), column)}"' for column in columns)
        rows = [tuple(row) for row in await connection.fetch(f'SELECT {selected} FROM "{SCHEMA}".{name}')]
        assert sent[name] == Counter(row for row in rows if row[0] not in ("layout", "moved", "trimmed")), name
    await connection.close()
    assert sum(map(len, sent.values())) == told.rows


def fill(file: sqlite3.Connection, table: str) -> None:
    """Three rows with another value in each column."""
    columns = file.execute(f"PRAGMA table_info({table})").fetchall()
    for n in (1, 2, 3):
        row = [value(kind, f"{table}.{name} {n}", place * 10 + n) for place, name, kind, *_ in columns]
        if table in ("url", "host", "journal"):
            row[0] = n
        if table == "experience":
            row[1] = n  # one of these hosts
        file.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def value(kind: str, text: str, number: int) -> object:
    return {"TEXT": text, "BLOB": text.encode(), "INTEGER": number, "REAL": number + 0.5}[kind]


def stored(file: sqlite3.Connection, table: str, columns: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """The rows as they should arrive."""
    rows = [tuple(row) for row in file.execute(f"SELECT {', '.join(columns)} FROM {table}")]
    if table == "experience":
        rows = [(row[0], f"host.name {row[1]}", *row[2:]) for row in rows]
    if table == "url":
        rows = [tuple(one.replace("\0", "\ufffd") if isinstance(one, str) else one for one in row) for row in rows]
    return Counter(row for row in rows if row[0] != "layout")


# A job goes on


async def begun(move: Move) -> None:
    """A run that is killed in the middle of its work."""
    async with move.before.join() as worker:
        await worker.journal.register({"fast": ["jsonl"], "slow": ["csv"]})
        await commit_rows(worker, 1, 2, 3)
        await worker.journal.advance("fast", 3)
        await worker.journal.advance("slow", 1)
        await offer(worker, page(4), page(5), page(6), page(7, OTHER), blob("a", 1), blob("b", 1), blob("c", 2))
        await worker.commit_and_take(Group(clocks={HOST: b"clock"}, robots={f"http://{HOST}": b"robots"}), {}, 0.0)
        four, five, six, one, two = await take(worker)
        flaw = Flaw("item", "price", FlawKind.MISFIT, 2, "about 5")
        await commit(worker, done(four, flaws=[flaw], uses=["rule 1"], left=[LinkLeft(page(8).url, "scope")]))
        await commit(worker, failed(five), Outcome(six, State.SKIPPED, "scope"), kept(one))
        await fresh(worker, hop(two, blob("", 3).url))
        await take(worker)  # leased when it dies


async def seen(frontier: Frontier) -> list[object]:
    """What anybody can see of a job from outside."""
    return [
        await frontier.standing(),
        await frontier.failures(),
        await frontier.skipped(),
        await frontier.pages_read(),
        await frontier.past([Kind.PAGE, Kind.BLOB]),
    ]


async def test_a_moved_job_is_what_it_was_and_goes_on(move: Move) -> None:
    await begun(move)
    with closing(sqlite3.connect(move.file)) as file:
        job_id = file.execute("SELECT value FROM meta WHERE name = 'job'").fetchone()[0]
    before = await seen(move.before)
    moved = await move.make()
    assert not move.file.exists()
    assert before == await seen(move.after)
    async with move.after.join() as worker:
        assert job_id == worker.job_id == moved.job_id
        assert {"c": False} == await worker.unfinished_paths()
        grants = {grant.host: grant for grant in await worker.acquire()}
        assert (b"clock", 1) == (grants[HOST].clock, grants[HOST].unclean)
        assert b"robots" == await worker.robots(f"http://{HOST}")
        assert {} == await offer(worker, *map(page, range(1, 7)), page(7, OTHER), blob("c", 2))
        assert {HOST: 1} == await offer(worker, page(9))
        retaken = (await worker.poll({HOST: 10}, 0.0))[HOST].requests
        assert [(blob("", 3).url, 1), (page(9).url, 0)] == [(one.url, one.deaths) for one in retaken]
        assert retaken[0].id < retaken[1].id
        assert ["b"] == await paths_to_copy(worker)


async def test_each_store_goes_on_at_its_place_in_the_journal(move: Move) -> None:
    await begun(move)
    await move.make()
    async with move.after.join() as worker:
        journal = worker.journal
        with pytest.raises(JobChanged, match="would miss the records"):
            await journal.register({"fast": ["jsonl"], "slow": ["csv"], "new": ["postgres"]})
        await journal.register({"fast": ["jsonl"], "slow": ["csv"]})
        assert (3, 1, 4) == (await journal.cursor("fast"), await journal.cursor("slow"), await journal.end())
        assert {"jsonl": 1, "csv": 3} == (await journal.backlog()).lags
        assert [2, 3, 4] == seqs(await journal.read(1, 1000))
        await worker.commit_and_take(Group(made={"item": Lines(1, b'{"id":9}\n')}), {}, 0.0)
        assert [4, 5] == seqs(await journal.read(3, 1000))


async def test_a_retry_keeps_its_time_and_a_bundle_its_findings_and_candidates(move: Move) -> None:
    async with move.before.join() as worker:
        seeds = [msgspec.structs.replace(page(n), opens=f"seed {n}") for n in (1, 2)]
        await worker.commit_and_take(Group(offers=seeds, growth=Growth(9, chooses=False)), {}, 0.0)
        first, second = await take(worker)
        await commit(worker, finding(first, b"one"), finding(second, b"two", links=[page(3)]))
        (third,) = await take(worker)
        tried = msgspec.structs.replace(third, attempts=1)
        await commit(worker, Outcome(tried, State.PENDING, "http 503", retry_at=100.0))
        assert await worker.ended_bundle() is not None
        found = [Candidate(f"{n}", f"candidate {n}", n, Link(page(n).url), b"told") for n in (7, 8)]
        await worker.commit_and_take(Group(closed=Closed(1, candidates=found)), {}, 0.0)
    await move.make()
    async with move.after.join() as worker:
        assert [] == await take(worker, now=99.0)
        (third,) = await take(worker, now=100.0)
        assert (page(3).url, 2, 1) == (third.url, third.bundle, third.attempts)
        await commit(worker, finding(third, b"three"))
        ended = await worker.ended_bundle()
        assert ended is not None
        assert (2, "seed 2", [b"two", b"three"]) == (ended.number, ended.name, [one.data for one in ended.findings])
        await worker.commit_and_take(Group(closed=Closed(2), growth=Growth(1)), {}, 0.0)
        assert [page(8).url] == urls(await take(worker))


def finding(request: Request, data: bytes, **more: object) -> Outcome:
    return done(request, finding=Finding(request.kind, data, Origin(request.url, "2026-11-26T10:00:00.000Z")), **more)


# Failures


async def test_a_move_that_fails_midway_leaves_the_job_where_it_is(move: Move) -> None:
    await begun(move)
    before = await seen(move.before)
    for part in (0, 0.5, 1):
        with pytest.raises(Stopped):
            await move.make(fail_at=part)
    assert await move.after.standing() is None
    assert before == await seen(move.before)
    await move.make()
    assert before == await seen(move.after)


async def test_a_move_that_was_killed_before_its_end_is_completed_by_the_next(move: Move) -> None:
    await begun(move)
    with pytest.raises(Stopped):
        await move.make(killed=True)
    async with move.after.join() as worker:
        await worker.acquire()
        await offer(worker, page(20))
    gone_on = await seen(move.after)
    await move.make()
    assert (False, True) == (move.file.exists(), move.file.with_name("state.db.moved").exists())
    assert gone_on == await seen(move.after)
    with pytest.raises(UsageError, match="was moved from"):
        await make_file(move)


async def test_two_states_of_a_job_are_not_made_one(move: Move) -> None:
    await begun(move)
    with pytest.raises(Stopped):
        await move.make(killed=True)
    async with move.before.join() as worker:
        await worker.acquire()
        await offer(worker, page(30))
    there = await seen(move.after)
    with pytest.raises(UsageError, match=f'used again after that; .*DROP SCHEMA "{SCHEMA}" CASCADE'):
        await move.make()
    assert move.file.exists()
    assert there == await seen(move.after)


async def test_nobody_is_at_a_job_that_moves(move: Move) -> None:
    async with move.before.join(), move.after.join():
        with pytest.raises(JobRunning, match="already running as process"):
            await move.make()
    await make_file(move)
    async with move.after.join():
        with pytest.raises(JobRunning, match="somebody is at work"):
            await move.make()


@pytest.mark.parametrize("layout", range(1, LAYOUT))
async def test_the_file_of_an_older_version_moves(move: Move, layout: int) -> None:
    with closing(sqlite3.connect(move.file)) as old:
        old.executescript(Path(__file__).with_name("sqlite").joinpath(f"layout_{layout}.sql").read_text())
        old.execute("INSERT INTO meta VALUES ('layout', ?)", (str(layout),))
        old.execute("INSERT INTO host (name) VALUES (?)", (HOST,))
        add = "INSERT INTO url (fp, url, kind, host, depth, parent, path) VALUES (?, ?, 'page', 1, 0, 0, '')"
        old.execute(add, (fingerprint(Kind.PAGE, page(1).url), page(1).url))
        old.execute("INSERT INTO tally VALUES ('page.pending', 1)")
        old.commit()
    await move.make()
    async with move.after.join() as worker:
        assert {"pending": 1} == counted(await worker.totals())
        assert [page(1).url] == urls(await take(worker))


async def test_the_file_of_a_newer_version_is_refused(move: Move) -> None:
    await make_file(move)
    with closing(sqlite3.connect(move.file)) as newer:
        newer.execute("UPDATE meta SET value = '99' WHERE name = 'layout'")
        newer.commit()
    with pytest.raises(UsageError, match="newer version of asyncscrape"):
        await move.make()
    assert await move.after.standing() is None
