"""Carries records from the journal to one store, and keeps trying while the store is away.

What a store answers, and what follows:

    it takes a write                           the cursor moves, and any trouble is over
    `StoreError` that may pass, or silence     it is in trouble: after a pause it is opened again at the cursor, and
                                               again, until it takes a write or the deadline for stores is over
    any other exception                        it has failed, for this run

A store that remembers its own cursor may hold more than the journal knows, if it fell silent after a write. Opening
it again tells: the journal's cursor follows at once, so that nothing is carried twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec

from asyncscrape.backoff import backoff
from asyncscrape.delivery.backpressure import Backpressure
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.frontier.base import Journal
from asyncscrape.model import ANSWERS, FIRST, Batch, Generation
from asyncscrape.storage.base import NOTHING_EXPECTED, RecordStore
from asyncscrape.units import in_words

T = TypeVar("T")

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
"""Longest pause between two tries, in seconds: a store that is back does not wait long."""
OPENING = 15.0
"""Seconds for a store to open; one that is silent for longer counts as away."""
LAST_TRY = 5.0
"""Seconds for a try that begins when the deadline has passed, or nearly."""


class Progress(msgspec.Struct, frozen=True):
    """How far a store is."""

    seq: int
    """The last batch of the journal that it holds for good."""
    trouble: str = ""
    """Why it takes no records; empty if it does."""
    trouble_for: float = 0.0
    """Seconds since this trouble began."""


class Outage(msgspec.Struct, frozen=True):
    """A trouble of a store that may pass."""

    error: StoreError
    """Its last error."""
    since: float
    """When it began, by the loop's clock."""
    failures: int
    """Failed tries since then, at least one."""


class OneStore:
    """Carries records to one store."""

    def __init__(
        self,
        store: RecordStore,
        journal: Journal,
        backpressure: Backpressure,
        deadline: float,
        generation: Generation = FIRST,
    ) -> None:
        self.store = store
        self.name = ", ".join(store.names)
        self._journal = journal
        self._backpressure = backpressure
        self._deadline = deadline
        self._generation = generation
        self._seq = 0
        self._opened = False
        self._trouble: Outage | None = None
        self._error: Exception | None = None
        self._broken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._bytes = 0
        self._since = 0.0
        """When the oldest waiting batch was committed, by the loop's clock."""
        self._some = asyncio.Event()
        self._enough = asyncio.Event()

    # Asked and told by others

    def progress(self) -> Progress:
        """How far the store is."""
        if self._error or self._trouble is None:
            return Progress(self._seq, str(self._error or ""))
        return Progress(self._seq, str(self._trouble.error), _now() - self._trouble.since)

    async def failure(self) -> Exception:
        """Wait until the store has failed; its error."""
        await self._broken.wait()
        assert self._error is not None
        return self._error

    def notify(self, size: int) -> None:
        """The journal has grown by this many bytes."""
        self._bytes += size
        if not self._some.is_set():
            self._since = _now()
            self._some.set()
        if self._bytes >= self.store.appetite:
            self._enough.set()

    # Its work

    async def open(self) -> None:
        """Try once to open the store. If it is away, `run` opens it later."""
        self._seq = await self._journal.cursor(self.store.id)
        try:
            await self._ready()
        except Exception as error:
            self._stumble(error)

    async def run(self) -> None:
        """Deliver until cancelled or until the store fails, see `failure`."""
        with suppress(Exception):
            await self.drain()
            while True:
                await self._until_due()
                await self._deliver(everything=False)

    async def drain(self) -> None:
        """Deliver everything, including what is committed meanwhile."""
        await self._deliver(everything=True)

    async def finish(
        self, one_at_a_time: asyncio.Lock, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED
    ) -> Mapping[str, TableFacts]:
        """Drain, then make the finished tables; one store at a time does, and not while it waits to try again."""

        async def make() -> Mapping[str, TableFacts]:
            async with one_at_a_time:
                return await self._ask(self.store.finish(expected), self._left())

        await self.drain()
        async with self._turn:
            return await self._insist(make)

    async def switch(self) -> None:
        """Put the finished tables of a generation beside in the place of the last one's."""
        async with self._turn:
            await self._insist(lambda: self._ask(self.store.switch(), self._left()))

    # Delivering

    async def _until_due(self) -> None:
        await self._some.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._since + self.store.patience):
                await self._enough.wait()

    async def _deliver(self, *, everything: bool) -> None:
        """Deliver what waits now; with `everything`, also what is committed meanwhile."""
        async with self._turn:
            self._bytes = 0
            self._some.clear()
            self._enough.clear()
            await self._insist(lambda: self._carry(everything))

    async def _carry(self, everything: bool) -> None:
        while batches := await self._journal.read(self._seq, self.store.appetite):
            if mine := _for_store(batches, answers=self.store.takes_answers):
                await self._ask(self.store.write(mine), self._left())
            await self._move(batches[-1].seq)
            if not everything and sum(len(batch.lines) for batch in batches) < self.store.appetite:
                break

    async def _move(self, seq: int) -> None:
        """The store holds everything up to here."""
        step = await self._journal.advance(self.store.id, seq)
        self._backpressure.taken(self.store.id, step)
        self._seq = seq
        self._recover()

    # Insisting

    async def _insist(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do a step with the open store, and repeat it while it fails in a way that may pass."""
        while True:
            if self._error:
                raise self._error
            await self._pause()
            try:
                await self._ready()
                result = await step()
            except Exception as error:
                self._stumble(error)
            else:
                self._recover()
                return result

    async def _pause(self) -> None:
        """Give a store in trouble some time, but not past its deadline."""
        if self._trouble is not None:
            wait = backoff(self._trouble.failures - 1, FIRST_PAUSE, LONGEST_PAUSE, random.random)
            await asyncio.sleep(min(wait, max(0.0, self._trouble.since + self._deadline - _now())))

    async def _ready(self) -> None:
        """Open the store unless it is open, and skip what it already holds."""
        if self._opened:
            return
        place = await self._ask(self.store.open(self._seq, self._generation), min(OPENING, self._left() or OPENING))
        if place > self._seq:
            await self._skip(place)
        self._opened = True

    async def _skip(self, place: int) -> None:
        """Follow a store that holds more than the journal knew."""
        if place > await self._journal.end():
            raise UsageError(
                f"{self.name} holds records of this job that the state file does not know, so the state file is an "
                "older copy; put the newest one back, or start again with --fresh"
            )
        await self._move(place)

    def _left(self) -> float | None:
        """Seconds that a try may last; None unless the store is in trouble."""
        if self._trouble is None:
            return None
        return max(LAST_TRY, self._trouble.since + self._deadline - _now())

    async def _ask(self, request: Awaitable[T], seconds: float | None) -> T:
        """The store's answer; after none, or an error, it must be opened again."""
        try:
            async with asyncio.timeout(seconds) as patience:
                return await request
        except TimeoutError as error:
            self._opened = False
            if not patience.expired():
                raise
            raise StoreError(f"it gave no answer for {in_words(round(seconds or 0))}", passing=True) from error
        except BaseException:
            self._opened = False
            raise

    # Trouble, and its end

    def _stumble(self, error: Exception) -> None:
        """Remember an error; raise it if trying again is useless."""
        if not isinstance(error, StoreError) or not error.passing:
            self._fail(error)
            raise error
        before = self._trouble
        self._trouble = Outage(error, before.since, before.failures + 1) if before else Outage(error, _now(), 1)
        if _now() - self._trouble.since >= self._deadline:
            given_up = self._given_up(self._trouble)
            self._fail(given_up)
            raise given_up from error
        if before is None:
            story = str(error) if str(error).startswith(self.name) else f"{self.name}: {error}"
            log.warning("%s; it gets %s to come back", story, in_words(self._deadline))
        else:
            log.debug("%s: %s", self.name, error)

    def _recover(self) -> None:
        if self._trouble is not None:
            log.info("%s is back after %s", self.name, in_words(round(_now() - self._trouble.since)))
            self._trouble = None

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._broken.set()

    def _given_up(self, trouble: Outage) -> StoreError:
        seconds = _now() - trouble.since
        since = time.strftime("%H:%M:%S", time.localtime(time.time() - seconds))
        return StoreError(
            f"{self.name} took nothing for {in_words(round(seconds))}, since {since}: {trouble.error}; nothing "
            "is lost: its records are kept, and the same command goes on when the store is back"
        )


def _now() -> float:
    return asyncio.get_running_loop().time()


def _for_store(batches: Sequence[Batch], *, answers: bool) -> list[Batch]:
    """What a store takes of these; if answers come last, without them, so that its own cursor comes as far."""
    mine = [batch for batch in batches if (batch.table == ANSWERS) is answers]
    last = batches[-1]
    if not answers and last.table == ANSWERS:
        mine.append(Batch(last.seq, last.table, 0, b""))
    return mine
