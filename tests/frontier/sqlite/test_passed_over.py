"""What was passed over while kept answers were read again goes back into the queue, however much it is."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from asyncscrape.errors import Reason
from asyncscrape.frontier.sqlite import earlier_ends
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import Stage
from asyncscrape.model import State

MANY = 50_000
Rows = Iterable[tuple[int, str, int | None]]


@pytest.fixture
def state_with(tmp_path: Path) -> Iterator[Callable[[Rows], StateFile]]:
    """Makes a state in which these requests were passed over: the id, the kind, and the source of each."""
    path = tmp_path / "state.db"
    with closing(StateDatabase.open(path)) as database:

        def filled(rows: Rows) -> StateFile:
            with closing(sqlite3.connect(path)) as file, file:
                file.execute("INSERT INTO host (id, name) VALUES (1, 'shop.example')")
                file.executemany(
                    "INSERT INTO url (id, fp, url, kind, source, host, depth, parent, path, state, reason, detail) "
                    "VALUES (?1, ?1, 'http://shop.example/' || ?1, ?2, ?3, 1, 1, 0, '', 4, 'not kept', 'none')",
                    rows,
                )
                file.execute("INSERT INTO tally SELECT kind || '.skipped', count(*) FROM url GROUP BY kind")
                file.execute("INSERT INTO tally SELECT 'skipped.not kept', count(*) FROM url WHERE source IS NULL")
            state = StateFile(database)
            earlier_ends.begin(state, "")
            return state

        yield filled


def stages(tmp_path: Path) -> list[int]:
    with closing(sqlite3.connect(tmp_path / "state.db")) as file:
        return [stage for (stage,) in file.execute("SELECT state FROM url ORDER BY id")]


def test_any_number_of_requests_takes_little_memory(tmp_path: Path, state_with: Callable[[Rows], StateFile]) -> None:
    state = state_with((n, "page", None) for n in range(1, MANY + 1))
    assert MANY == state.tallies.skipped_for(Reason.NOT_KEPT)
    tracemalloc.start()
    try:
        assert MANY == earlier_ends.end(state)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 200 * MANY, "it would be over 400 bytes each, if all were in memory"
    assert {int(Stage.PENDING)} == set(stages(tmp_path))
    assert 0 == state.tallies.skipped_for(Reason.NOT_KEPT)
    assert MANY == state.tallies.totals.of("page", State.PENDING)
    assert not earlier_ends.is_on(state.database)


def test_copies_follow_their_sources_wherever_those_are(
    tmp_path: Path, state_with: Callable[[Rows], StateFile]
) -> None:
    state = state_with([(1, "blob", 2), (2, "blob", 3), (3, "blob", None), (4, "blob", 3), (5, "blob", 5)])
    assert 4 == earlier_ends.end(state)
    waiting, pending, stays = Stage.WAITING, Stage.PENDING, Stage.SKIPPED
    assert [waiting, waiting, pending, waiting, stays] == stages(tmp_path), "the last one is its own source"
