"""The file itself: its layouts, its pages, and failures to read or write it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.frontier_work import (
    HOST,
    ITEM,
    OTHER,
    blob,
    commit,
    commit_rows,
    counted,
    done,
    item_of,
    offer,
    page,
    seqs,
    take,
    urls,
)

from asyncscrape import sql_files
from asyncscrape.errors import JobChanged, StoreError, UsageError
from asyncscrape.frontier.base import Frontier, GivenUp, Group, Taken
from asyncscrape.frontier.sqlite.database import LAYOUT, StateDatabase
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.frontier.sqlite.journal import JournalTable
from asyncscrape.frontier.sqlite.page_findings import forget_findings
from asyncscrape.frontier.sqlite.worker import Opened
from asyncscrape.model import BLOBS, Batch, Column, Flaw, FlawKind, Kind, LinkLeft, Request, Table
from asyncscrape.snapshots import snapshot_of
from asyncscrape.stats import Spent
from asyncscrape.urls import fingerprint


@pytest.fixture
def frontier(tmp_path: Path) -> Frontier:
    return SqliteFrontier(tmp_path)


async def test_a_state_file_of_the_previous_version_is_resumed(frontier: Frontier, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as old:
        old.executescript(Path(__file__).with_name("layout_1.sql").read_text())
        old.execute("INSERT INTO meta VALUES ('layout', '1')")
        old.execute("INSERT INTO host (name) VALUES (?)", (HOST,))
        add = "INSERT INTO url (fp, url, kind, host, depth, parent, path, state) VALUES (?, ?, ?, 1, 1, 0, ?, ?)"
        for offered, state in ((page(1), 2), (page(2), 0), (blob("a", 1), 2), (blob("b", 1), 0), (blob("a", 2), 0)):
            fingerprint_ = fingerprint(offered.kind, offered.url, offered.path)
            old.execute(add, (fingerprint_, offered.url, offered.kind, offered.path, state))
        totals = {"page.done": 1, "page.pending": 1, "blob.done": 1, "blob.pending": 2}
        old.executemany("INSERT INTO tally VALUES (?, ?)", totals.items())
        old.commit()
    assert 1 == snapshot_of("job", await frontier.standing()).pages["done"]
    async with frontier.join() as worker:
        known = [page(1), page(2), blob("a", 1), blob("b", 1), blob("a", 2)]
        assert {} == await offer(worker, *known)
        assert [page(2).url, blob("b", 1).url, blob("a", 2).url] == urls(await take(worker))
        assert {} == await offer(worker, blob("c", 2))
    async with frontier.join() as worker:
        assert {"done": 1, "leased": 1} == counted(await worker.totals())
        assert {"done": 1, "leased": 2, "pending": 1} == counted(await worker.totals(), Kind.BLOB)


async def test_a_state_file_of_the_last_version_is_read_as_it_is_and_upgraded_by_a_run(
    frontier: Frontier, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as old:
        old.executescript(Path(__file__).with_name("layout_2.sql").read_text())
        old.execute("INSERT INTO meta VALUES ('layout', '2')")
        old.execute("INSERT INTO host (name) VALUES (?)", (HOST,))
        add = (
            "INSERT INTO url (fp, url, kind, host, depth, parent, path, state) VALUES (?, ?, 'page', 1, 1, 0, '', 0)"
        )
        for offered in (page(1), page(2)):
            old.execute(add, (fingerprint(Kind.PAGE, offered.url), offered.url))
        old.executemany("INSERT INTO tally VALUES (?, ?)", {"page.pending": 2, "dropped": 3}.items())
        old.commit()
    assert 2 == snapshot_of("job", await frontier.standing()).pages["pending"]
    assert ([], [], []) == (await frontier.failures(), await frontier.skipped(), await frontier.pages_read())
    async with frontier.join() as worker:
        (one, _) = await take(worker)
        flaw = Flaw("item", "price", FlawKind.LEFT_OUT)
        await commit(worker, done(one, flaws=[flaw], left=[LinkLeft(page(1, OTHER).url, "scope")]))
    totals = snapshot_of("job", await frontier.standing())
    assert (1, 1, 1) == (totals.pages["done"], totals.dropped, len(await frontier.skipped()))


@pytest.mark.parametrize("layout", [1, 2, 3, 4, 5, 6])
async def test_an_upgraded_file_has_the_tables_of_a_new_one(tmp_path: Path, layout: int) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    with closing(sqlite3.connect(old / "state.db")) as made:
        made.executescript(Path(__file__).with_name(f"layout_{layout}.sql").read_text())
        made.execute("INSERT INTO meta VALUES ('layout', ?)", (str(layout),))
        made.commit()
    for folder in (old, new):
        await joining(SqliteFrontier(folder))
    assert shape(new) == shape(old)


def shape(folder: Path) -> dict[str, list[Any]]:
    """The tables of a state file, each with its columns; and its indexes."""
    with closing(sqlite3.connect(folder / "state.db")) as look:
        names = [name for (name,) in look.execute("SELECT name FROM sqlite_master ORDER BY name")]
        return {name: look.execute(f"PRAGMA table_info({name})").fetchall() for name in names}


async def test_findings_are_forgotten_with_their_generation(tmp_path: Path) -> None:
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        queue = Opened(database).queue
        queue.commit_and_take(Group(offers=[page(1)]), {}, 0.0)
        queue.acquire()
        (one,) = queue.poll({HOST: 1}, 0.0)[HOST].requests
        flaw = Flaw("item", "price", FlawKind.LEFT_OUT)
        queue.commit_and_take(Group([done(one, flaws=[flaw], left=[LinkLeft("http://a/", "scope")])]), {}, 0.0)
        assert 1 == len(queue.totals().flaws)
        with database.transaction():
            forget_findings(database)
        assert ((), []) == (Opened(database).queue.totals().flaws, database.run("links_left").fetchall())


async def test_a_blob_that_an_older_version_stored_is_downloaded_for_a_further_path(
    frontier: Frontier, tmp_path: Path
) -> None:
    async with frontier.join() as worker:
        await offer(worker, blob("a"))
    with closing(sqlite3.connect(tmp_path / "state.db")) as old:
        old.execute("UPDATE url SET state = 2")
        old.commit()
    async with frontier.join() as worker:
        assert {HOST: 1} == await offer(worker, blob("b"))
        assert ["b"] == [request.path for request in await take(worker)]


async def joining(frontier: Frontier) -> None:
    async with frontier.join():
        pass


async def requeueing(frontier: Frontier) -> None:
    async with frontier.alone() as owner:
        await owner.requeue()


USES: list[Callable[[Frontier], Any]] = [
    joining,
    requeueing,
    lambda frontier: frontier.standing(),
    lambda frontier: frontier.failures(),
    lambda frontier: frontier.past(["page"]),
    lambda frontier: frontier.skipped(),
    lambda frontier: frontier.pages_read(),
]


@pytest.mark.parametrize("use", USES, ids=["join", "requeue", "standing", "failures", "past", "skipped", "read"])
async def test_a_file_of_a_newer_layout_is_refused_by_name(
    frontier: Frontier, tmp_path: Path, use: Callable[[Frontier], Any]
) -> None:
    await joining(frontier)
    file = tmp_path / "state.db"
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE meta SET value = '8' WHERE name = 'layout'")
        newer.commit()
    before = file.read_bytes()
    with pytest.raises(UsageError) as refused:
        await use(frontier)
    message = str(refused.value)
    assert f"{file} was written by a newer version of asyncscrape (layout 8;" in message
    assert "update asyncscrape" in message
    assert "--fresh" not in message
    assert before == file.read_bytes()


@pytest.mark.parametrize("layout", ["0", "-1", "", "x"])
async def test_a_file_of_an_unknown_layout_is_refused(frontier: Frontier, tmp_path: Path, layout: str) -> None:
    await joining(frontier)
    with closing(sqlite3.connect(tmp_path / "state.db")) as foreign:
        foreign.execute("UPDATE meta SET value = ? WHERE name = 'layout'", (layout,))
        foreign.commit()
    for use in USES:
        with pytest.raises(UsageError, match=r"state\.db was not written by this version .*--fresh"):
            await use(frontier)


async def test_a_foreign_database_is_refused(frontier: Frontier, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as foreign:
        foreign.execute("CREATE TABLE thing (x)")
    for use in USES:
        with pytest.raises(UsageError, match="--fresh"):
            await use(frontier)


async def test_a_foreign_file_is_refused(frontier: Frontier, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is not a database" * 100)
    for use in USES:
        with pytest.raises(UsageError, match="--fresh"):
            await use(frontier)


async def test_an_unreadable_state_can_be_erased(frontier: Frontier, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"not ours")
    (tmp_path / "state.db").write_bytes(b"this is not a database" * 100)
    (tmp_path / "state.db-wal").symlink_to(elsewhere)
    (tmp_path / "state.db-shm").touch()
    async with frontier.alone() as owner:
        await owner.erase()
    assert ["elsewhere", "lock"] == sorted(path.name for path in tmp_path.iterdir())
    await joining(frontier)


async def test_looking_at_a_job_leaves_nothing_behind(tmp_path: Path) -> None:
    frontier = SqliteFrontier(tmp_path / "job")
    assert (None, [], []) == (await frontier.standing(), await frontier.failures(), await frontier.past(["page"]))
    assert [] == list(tmp_path.iterdir())


async def test_a_run_that_has_made_no_file_yet_is_running(frontier: Frontier, tmp_path: Path) -> None:
    async with frontier.alone():
        snapshot = snapshot_of("job", await frontier.standing())
        assert not (tmp_path / "state.db").exists()
    assert ("running", "idle") == (snapshot.state, snapshot_of("job", await frontier.standing()).state)


async def test_a_state_file_with_small_pages_is_resumed(frontier: Frontier, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as made:
        schema = sql_files.script("asyncscrape.frontier.sqlite", "schema.sql")
        made.executescript(f"PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; {schema}")
        made.execute("INSERT INTO meta VALUES ('layout', ?)", (str(LAYOUT),))
        made.execute("INSERT INTO journal (name, n, lines) VALUES ('item', 1, ?)", (b'{"id":0}\n',))
        made.commit()
    for n in (1, 2):
        async with frontier.join() as worker:
            await worker.journal.register({"files": ["jsonl"]})
            await commit_rows(worker, n)
            assert list(range(1, n + 2)) == seqs(await worker.journal.read(0, 1000))
    assert (4096, 2) == (page_size(tmp_path), snapshot_of("job", await frontier.standing()).pages["done"])


async def test_a_new_state_file_has_large_pages(frontier: Frontier, tmp_path: Path) -> None:
    await joining(frontier)
    assert 16384 == page_size(tmp_path)


def page_size(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "state.db")) as look:
        return int(look.execute("PRAGMA page_size").fetchone()[0])


async def test_the_totals_in_the_file_are_those_of_its_rows(frontier: Frontier, tmp_path: Path) -> None:
    async with frontier.join() as worker:
        await commit_rows(worker, 1, 2)
        await offer(worker, page(3), page(1, OTHER), blob("a"), Request(page(4).url, Kind.SITEMAP))
        await take(worker, 1)
        await worker.commit_and_take(Group(spent=Spent(4, 3, 2)), {}, 0.0)
    with closing(sqlite3.connect(tmp_path / "state.db")) as look:
        tallies = dict(look.execute("SELECT name, n FROM tally").fetchall())
    assert {
        "page.pending": 1,
        "page.leased": 1,
        "page.done": 2,
        "blob.pending": 1,
        "sitemap.pending": 1,
        "record.item": 2,
        "requests": 4,
        "retries": 3,
        "bytes": 2,
    } == {name: n for name, n in tallies.items() if n}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (Table("item", ("name",), ITEM.columns), "the key was"),
        (Table("item", ITEM.key, ITEM.columns, merge=True), "merge was false and is now true"),
        (Table("item", ("id",), (Column("id", "str"), Column("name"))), "id was int and is now str"),
        (Table("thing", ("id",), ITEM.columns), "table item holds records"),
    ],
)
async def test_a_forbidden_change_of_the_config_is_explained(
    frontier: Frontier, table: Table, complaint: str
) -> None:
    async with frontier.join() as worker:
        await worker.agree([ITEM, BLOBS])
        await worker.journal.register({"files": ["jsonl"]})
        await commit_rows(worker, 1)
    async with frontier.join() as worker:
        with pytest.raises(JobChanged, match=complaint):
            await worker.agree([table])


# Failures in the middle


def leased(taken: dict[str, Taken]) -> list[list[str]]:
    return [urls(given) for given in taken.values()]


def test_a_commit_that_fails_leaves_neither_leases_nor_records(tmp_path: Path) -> None:
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        opened = Opened(database)
        queue, journal = opened.queue, opened.journal
        journal.register({"files": ["jsonl"]})
        queue.commit_and_take(Group(offers=[page(1), page(2)]), {}, 0.0)
        queue.acquire()
        (first,) = queue.poll({HOST: 1}, 0.0)[HOST].requests
        before = queue.totals()
        told = {"flaws": [Flaw("item", "price", FlawKind.LEFT_OUT)], "left": [LinkLeft("http://a/", "scope")]}
        group = Group([item_of(first, links=[page(3), page(1, OTHER)], uses=["rule 1"], **told)])
        odd = Group(group.outcomes, spent=Spent(bytes=math.nan))  # type: ignore[arg-type]
        with pytest.raises(sqlite3.IntegrityError, match=r"tally\.n"):
            queue.commit_and_take(odd, {HOST: 5, OTHER: 5}, 0.0)
        assert (before, []) == (queue.totals(), journal.read(0, 1000))
        assert (1, []) == (leases(tmp_path), queue.acquire())
        committed = queue.commit_and_take(group, {HOST: 5, OTHER: 5}, 0.0)
        assert [[page(2).url, page(3).url], [page(1, OTHER).url]] == leased(dict(committed.taken))
        totals = committed.totals
        assert (1, {"rule 1": 1}, {"scope": 1}) == (totals.left_out, totals.uses, totals.skipped)
        assert [OTHER] == [grant.host for grant in queue.acquire()]
        assert [Batch(1, "item", 1, b'{"id":1}\n')] == journal.read(0, 1000)
        assert journal.read(0, 1000) == JournalTable(database).read(0, 1000)


def leases(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "state.db")) as look:
        return int(look.execute("SELECT count(*) FROM url WHERE state = 1").fetchone()[0])


def test_a_full_disk_rolls_back_and_is_explained(tmp_path: Path) -> None:
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        queue = Opened(database).queue
        queue.commit_and_take(Group(offers=[page(1)]), {}, 0.0)
        database._connection.execute("PRAGMA max_page_count = 30")
        many = Group(offers=[page(n, f"host{n}.example.org") for n in range(2, 5000)])
        with pytest.raises(StoreError, match="disk is full"):
            queue.commit_and_take(many, {}, 0.0)
        assert {"pending": 1} == counted(queue.totals())
        database._connection.execute("PRAGMA max_page_count = 100000")
        assert {HOST: 1} == queue.commit_and_take(Group(offers=[page(1), page(2)]), {}, 0.0).fresh


def test_rows_of_a_host_that_was_given_up_say_so(tmp_path: Path) -> None:
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        queue = Opened(database).queue
        given_up = {HOST: GivenUp("host given up", "kept failing")}
        queue.commit_and_take(Group(offers=[page(1), page(1, OTHER)], given_up=given_up), {}, 0.0)
        assert {"failed": 1, "pending": 1} == counted(queue.totals())
