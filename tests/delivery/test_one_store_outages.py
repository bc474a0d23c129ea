"""Stores that are away, restart or fall silent: the crawl goes on, and nothing is lost or skipped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.storage_journal import ListedJournal, item
from support.virtual_time import in_no_time

from asyncscrape.backoff import backoff
from asyncscrape.delivery.all_stores import CLOSING, AllStores
from asyncscrape.delivery.one_store import LONGEST_PAUSE, OPENING
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation
from asyncscrape.storage.base import NOTHING_EXPECTED

WELL, AWAY, CUT, SILENT, REFUSED, BROKEN = "well", "away", "cut off", "silent", "refused", "broken"
"""What a store does when it is asked: its work; nothing, and says so; its work, but the answer is lost; nothing, and
says nothing; refuses what the user gave it; fails for good."""
REFUSES_CONNECTIONS = "postgres at 127.0.0.1:5432/db: the server refuses connections"


class ScriptedStore:
    """Does what a script says at each call, and its work once that is over.

    One that remembers keeps its own cursor, as a database does; any other forgets what lies beyond the cursor it is
    opened at, as the file store does.
    """

    takes_answers = False
    appetite = 1
    patience = 0.0

    def __init__(self, script: Iterable[str] = (), name: str = "postgres", remembers: bool = True) -> None:
        self.id = name
        self.names = (name,)
        self.script = iter(script)
        self.remembers = remembers
        self.held: list[int] = []
        self.opened_at: int | None = None
        self.tables_at: float | None = None

    async def probe(self, generation: Generation = FIRST) -> str:
        return "a script"

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        def work() -> None:
            if not self.remembers:
                self.held = [seq for seq in self.held if seq <= cursor]
            self.opened_at = max(cursor, *self.held, 0)

        self.opened_at = None
        await self._act(work)
        assert self.opened_at is not None
        return self.opened_at

    async def write(self, batches: Sequence[Batch]) -> None:
        assert self.opened_at is not None, "a store that failed must be opened before it is written to"
        await self._act(lambda: self.held.extend(batch.seq for batch in batches))

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        await self._act(lambda: None)
        self.tables_at = now()
        return {"item": TableFacts(len(self.held))}

    async def switch(self) -> None:
        return None

    async def close(self) -> None:
        self.opened_at = None

    async def _act(self, work: Callable[[], None]) -> None:
        fate = next(self.script, WELL)
        await asyncio.sleep(0)
        if fate in (WELL, CUT):
            work()
        if fate != WELL:
            await self._fail(fate)

    async def _fail(self, fate: str) -> None:
        self.opened_at = None
        if fate == SILENT:
            await asyncio.sleep(1e9)
        if fate == REFUSED:
            raise UsageError("the column price is of another type")
        raise StoreError(REFUSES_CONNECTIONS, passing=fate != BROKEN)


def now() -> float:
    return asyncio.get_running_loop().time()


def journal_of(count: int) -> ListedJournal:
    journal = ListedJournal()
    for number in range(count):
        journal.add(item(number))
    return journal


@asynccontextmanager
async def delivering(
    journal: ListedJournal, *stores: ScriptedStore, deadline: float = 600.0
) -> AsyncIterator[AllStores]:
    delivery = AllStores(stores, journal, 1_000_000, deadline)
    try:
        await delivery.open()
        yield delivery
    finally:
        await delivery.close()


def forever(fate: str) -> Iterable[str]:
    while True:
        yield fate


def test_a_store_that_is_away_for_a_while_gets_everything_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        journal, store = journal_of(3), ScriptedStore([WELL, WELL, *[AWAY] * 6])
        async with delivering(journal, store) as delivery:
            await asyncio.sleep(0.1)
            told = delivery.progress()["postgres"]
            assert (1, REFUSES_CONNECTIONS) == (told.seq, told.trouble)
            await delivery.drain()
            assert "" == delivery.progress()["postgres"].trouble
        assert ([1, 2, 3], {"postgres": 3}) == (store.held, journal.cursors)

    caplog.set_level(logging.INFO)
    in_no_time(story())
    begin, end = caplog.messages
    assert f"{REFUSES_CONNECTIONS}; it gets 10m to come back" == begin
    assert end.startswith("postgres is back after ")


def test_the_trouble_tells_for_how_long_it_has_lasted() -> None:
    async def story() -> None:
        async with delivering(journal_of(1), ScriptedStore(forever(AWAY))) as delivery:
            await asyncio.sleep(20)
            assert 20.0 == pytest.approx(delivery.progress()["postgres"].trouble_for)

    in_no_time(story())


def test_a_store_that_stays_away_fails_at_its_deadline_and_says_what_to_do() -> None:
    async def story() -> None:
        store = ScriptedStore(forever(AWAY))
        async with delivering(journal_of(1), store, deadline=60.0) as delivery:
            error = await delivery.failure()
            assert 60.0 == pytest.approx(now())
            told = str(error)
            assert told.startswith("postgres took nothing for 1m, since ")
            assert f": {REFUSES_CONNECTIONS}; nothing is lost" in told
            assert "the same command goes on" in told
            with pytest.raises(StoreError, match="nothing is lost"):
                await delivery.finish()

    in_no_time(story())


def test_every_success_gives_a_store_its_whole_deadline_again() -> None:
    async def story() -> None:
        store = ScriptedStore(fate for _ in range(20) for fate in (*[AWAY] * 6, WELL, WELL))
        async with delivering(journal_of(20), store, deadline=120.0) as delivery:
            await delivery.drain()
            assert now() > 120.0
        assert list(range(1, 21)) == store.held

    in_no_time(story())


def test_a_store_that_opens_but_takes_nothing_is_not_given_time_for_ever() -> None:
    async def story() -> None:
        store = ScriptedStore(fate for _ in range(10_000) for fate in (WELL, AWAY))
        async with delivering(journal_of(1), store, deadline=60.0) as delivery:
            assert "for 1m" in str(await delivery.failure())

    in_no_time(story())


def test_another_store_is_not_delayed_and_makes_its_tables_meanwhile() -> None:
    async def story() -> None:
        journal, files = journal_of(3), ScriptedStore(name="jsonl", remembers=False)
        async with delivering(journal, ScriptedStore(forever(AWAY)), files, deadline=60.0) as delivery:
            with pytest.raises(StoreError, match="postgres took nothing"):
                await delivery.finish()
            assert files.tables_at is not None
            assert files.tables_at < 1
        assert {"jsonl": 3} == journal.cursors

    in_no_time(story())


def test_a_store_that_cannot_make_its_tables_now_makes_them_later() -> None:
    async def story() -> None:
        store = ScriptedStore([WELL, WELL, AWAY, AWAY, WELL, CUT])
        async with delivering(journal_of(1), store) as delivery:
            assert {"item": TableFacts(1)} == await delivery.finish()

    in_no_time(story())


def test_the_crawl_starts_without_a_store_that_is_away() -> None:
    async def story() -> None:
        store = ScriptedStore([AWAY] * 3)
        async with delivering(journal_of(0), store) as delivery:
            assert REFUSES_CONNECTIONS == delivery.progress()["postgres"].trouble
            await asyncio.sleep(60)
            assert "" == delivery.progress()["postgres"].trouble, "it is opened although nothing waits for it"

    in_no_time(story())


def test_a_store_that_is_silent_at_the_start_holds_the_crawl_up_only_for_a_moment() -> None:
    async def story() -> None:
        async with delivering(journal_of(0), ScriptedStore([SILENT])) as delivery:
            assert OPENING == pytest.approx(now())
            assert "it gave no answer for 15s" == delivery.progress()["postgres"].trouble

    in_no_time(story())


@pytest.mark.parametrize(("fate", "kind"), [(REFUSED, UsageError), (BROKEN, StoreError)])
def test_what_will_not_get_better_is_refused_before_the_crawl_starts(fate: str, kind: type[Exception]) -> None:
    async def story() -> None:
        away, bad = ScriptedStore([AWAY] * 9), ScriptedStore([fate], "other")
        with pytest.raises(kind):
            async with delivering(journal_of(1), away, bad):
                pass
        assert now() < 1

    in_no_time(story())


def test_what_the_user_must_change_comes_before_what_broke() -> None:
    async def story() -> None:
        with pytest.raises(UsageError, match="of another type"):
            async with delivering(journal_of(1), ScriptedStore([BROKEN]), ScriptedStore([REFUSED], "other")):
                pass

    in_no_time(story())


def test_a_store_that_comes_back_and_refuses_ends_the_run_at_once() -> None:
    async def story() -> None:
        async with delivering(journal_of(1), ScriptedStore([AWAY, REFUSED])) as delivery:
            error = await delivery.failure()
            assert isinstance(error, UsageError)
            assert "the column price is of another type" == delivery.progress()["postgres"].trouble

    in_no_time(story())


def test_what_a_store_has_already_is_skipped() -> None:
    async def story() -> None:
        journal, store = journal_of(5), ScriptedStore()
        store.held = [1, 2, 3]
        journal.cursors["postgres"] = 1
        async with delivering(journal, store) as delivery:
            assert {"postgres": 3} == journal.cursors
            await delivery.drain()
        assert [1, 2, 3, 4, 5] == store.held

    in_no_time(story())


def test_a_state_file_that_is_older_than_the_store_is_refused() -> None:
    async def story() -> None:
        store = ScriptedStore()
        store.held = [1, 2, 3]
        with pytest.raises(UsageError, match="older copy"):
            async with delivering(journal_of(2), store):
                pass

    in_no_time(story())


def test_a_store_that_hangs_does_not_keep_a_stopping_run() -> None:
    class Stubborn(ScriptedStore):
        async def close(self) -> None:
            await asyncio.sleep(1e9)

    async def story() -> None:
        journal, files = journal_of(2), ScriptedStore(name="jsonl", remembers=False)
        async with delivering(journal, Stubborn([WELL, SILENT]), files) as delivery:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await delivery.drain()
        assert 5 <= now() <= 5 + 2 * CLOSING
        assert {"jsonl": 2} == journal.cursors

    in_no_time(story())


def test_a_try_does_not_outlast_the_deadline_by_much() -> None:
    async def story() -> None:
        script = [WELL, AWAY, *[SILENT] * 20]
        async with delivering(journal_of(1), ScriptedStore(script), deadline=20.0) as delivery:
            await delivery.failure()
            assert now() <= 20 + 5

    in_no_time(story())


@given(
    script=st.lists(st.sampled_from([WELL, WELL, AWAY, CUT]), max_size=40),
    crashes=st.lists(st.floats(0.0, 20.0), max_size=5),
    remembers=st.booleans(),
    count=st.integers(0, 12),
)
def test_whatever_happens_nothing_is_lost_skipped_or_doubled(
    script: list[str], crashes: list[float], remembers: bool, count: int
) -> None:
    """A run is cut short again and again, and the store fails as it likes: the last run delivers the rest."""

    async def story() -> None:
        journal, store = journal_of(count), ScriptedStore(script, remembers=remembers)
        for seconds in crashes:
            async with delivering(journal, store):
                await asyncio.sleep(seconds)
            assert list(range(1, len(store.held) + 1)) == store.held
            assert journal.cursors.get("postgres", 0) <= len(store.held)
        async with delivering(journal, store) as delivery:
            await delivery.finish()
        assert list(range(1, count + 1)) == store.held
        assert count == journal.cursors.get("postgres", 0)

    in_no_time(story())


@given(failures=st.integers(0, 10**6), chance=st.floats(0, 1))
def test_the_pauses_grow_and_stay_bounded(failures: int, chance: float) -> None:
    wait = backoff(failures, 0.5, LONGEST_PAUSE, lambda: chance)
    assert 0 <= wait <= min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 64))
    assert backoff(failures, 0.5, LONGEST_PAUSE, lambda: 1.0) <= backoff(
        failures + 1, 0.5, LONGEST_PAUSE, lambda: 1.0
    )
