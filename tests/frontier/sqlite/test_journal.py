"""The journal's table, and the end of the journal that is also kept in memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.frontier_work import item_of, page, seqs

from asyncscrape.frontier.base import Group
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.journal import JournalTable
from asyncscrape.frontier.sqlite.worker import Opened


def commit_rows(opened: Opened, *ids: int) -> None:
    """Commit a page with one record for each id, one after the other."""
    for n in ids:
        taken = opened.queue.commit_and_take(Group(offers=[page(n)]), {"shop.example.org": 1}, 0.0).taken
        (request,) = taken["shop.example.org"].requests
        opened.queue.commit_and_take(Group([item_of(request)]), {}, 0.0)


def test_the_end_of_the_journal_is_read_from_memory(tmp_path: Path) -> None:
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        opened = Opened(database)
        opened.journal.register({"files": ["jsonl"]})
        commit_rows(opened, 1, 2, 3)
        opened.journal.advance("files", 1)
    assert [[2, 3], [3], []] == [seqs(opened.journal.read(after, 1000)) for after in (1, 2, 3)]


def test_a_backlog_of_the_last_run_is_read_from_the_file_before_the_memory(tmp_path: Path) -> None:
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        first = Opened(database)
        first.journal.register({"fast": ["jsonl"], "slow": ["csv"]})
        commit_rows(first, 1, 2)
        first.journal.advance("fast", 2)
    with closing(StateDatabase.open(tmp_path / "state.db")) as database:
        second = Opened(database)
        commit_rows(second, 3, 4)
        read = second.journal.read
        assert [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], []] == [seqs(read(after, 1000)) for after in range(5)]
    assert [3, 4] == seqs(read(2, 1000))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        read(1, 1000)


class BrokenOff(Exception):
    """Something failed inside a transaction."""


def grow(database: StateDatabase, journal: JournalTable, sizes: list[int], *, fails: bool) -> None:
    """Append batches of these sizes and remember them, unless the transaction fails."""
    with suppress(BrokenOff):
        with database.transaction():
            appended = [journal.append("item", size, b"x" * size) for size in sizes]
            if fails:
                raise BrokenOff
        journal.remember(appended)


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["grow", "grow", "fail", "advance", "advance", "reopen"]),
            st.sampled_from(["fast", "slow"]),
            st.lists(st.integers(0, 70), min_size=1, max_size=3),
        ),
        max_size=30,
    ),
    recent=st.sampled_from([0, 1, 50, 150, 10_000]),
)
def test_the_memory_holds_the_same_as_the_file(steps: list[tuple[str, str, list[int]]], recent: int) -> None:
    with TemporaryDirectory() as folder:
        database = StateDatabase.open(Path(folder) / "state.db")
        journal = JournalTable(database, recent)
        stores = {"fast": ["jsonl"], "slow": ["csv"]}
        journal.register(stores)
        for what, store, numbers in steps:
            if what == "advance":
                journal.advance(store, min(journal.end(), journal.cursor(store) + numbers[0] % 4))
            elif what == "reopen":
                database.close()
                database = StateDatabase.open(Path(folder) / "state.db")
                journal = JournalTable(database, recent)
                journal.register(stores)
                assert {"jsonl", "csv"} == journal.backlog().lags.keys()
            else:
                grow(database, journal, numbers, fails=what == "fail")
            assert sum(len(batch.lines) for batch in journal._recent) == journal._bytes <= recent
            for after in {*map(journal.cursor, stores), journal.end()}:
                for most in (1, 60, 1000):
                    assert JournalTable(database).read(after, most) == journal.read(after, most)
        database.close()
