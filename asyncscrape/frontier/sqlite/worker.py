"""The one worker of a job: all calls run in the frontier's own thread, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from asyncscrape.bundles import Candidate, EndedBundle, Scoring, Setting
from asyncscrape.frontier.base import Advance, Backlog, Committed, Copy, EarlierEnd, Grant, Group, PathTurn, Taken
from asyncscrape.frontier.sqlite import earlier_ends
from asyncscrape.frontier.sqlite.bundle_tables import Bundles
from asyncscrape.frontier.sqlite.copies import Copies
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.journal import JournalTable
from asyncscrape.frontier.sqlite.lock import JobLock
from asyncscrape.frontier.sqlite.looking import STATE_FILE
from asyncscrape.frontier.sqlite.meaning import agree, identity
from asyncscrape.frontier.sqlite.queue import Queue
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.sqlite.thread import FrontierThread, in_thread
from asyncscrape.model import Batch, Generation, KeptBlob, Request, Rule, StoredBlob, Table
from asyncscrape.openings import Experience
from asyncscrape.stats import Totals
from asyncscrape.team import Last, Lease, Share


class SqliteJournal:
    """The journal, as the stores read it during the crawl."""

    def __init__(self, thread: FrontierThread, table: JournalTable) -> None:
        self._thread = thread
        self._table = table

    async def register(self, stores: Mapping[str, Sequence[str]], late: Collection[str] = ()) -> None:
        """Announce the stores that will read: by id, with the config's names for each."""
        await self._thread.call(self._table.register, stores, late)

    async def cursor(self, store: str) -> int:
        """The last place that this store has safely stored."""
        return await self._thread.call(self._table.cursor, store)

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches after a place."""
        return await self._thread.call(self._table.read, after, max_bytes)

    async def advance(self, store: str, seq: int) -> Advance:
        """Note that the store holds everything up to `seq`."""
        return await self._thread.call(self._table.advance, store, seq)

    async def end(self) -> int:
        """The last place ever given to records."""
        return await self._thread.call(self._table.end)

    async def backlog(self) -> Backlog:
        """Measure how far behind the stores are."""
        return await self._thread.call(self._table.backlog)


class Opened:
    """The parts of an open state file, to be used only in its thread."""

    def __init__(self, database: StateDatabase, *, newest_first: bool = False) -> None:
        self.file = StateFile(database)
        self.journal = JournalTable(database)
        self.copies = Copies(self.file)
        self.bundles = Bundles(database)
        self.queue = Queue(self.file, self.journal, self.copies, self.bundles, newest_first=newest_first)
        self.job_id = identity(database)
        self.has_files = self.copies.any_kept()
        self.look_again()

    def look_again(self) -> None:
        """Read what the event loop asks about the generation without the thread."""
        told = self.file.generation
        self.generation, self.switching, self.accepted = told.generation, told.switching, told.accepted

    def accept(self, complaints: Sequence[str]) -> None:
        """Note what was accepted."""
        with self.file.database.transaction():
            self.file.generation.accept(complaints)
        self.look_again()

    def begin_switch(self) -> None:
        """Note that the stores are about to switch."""
        with self.file.database.transaction():
            self.file.generation.decide()
        self.look_again()

    def switched(self) -> None:
        """Note that all stores have switched."""
        with self.file.database.transaction():
            self.file.generation.switched()
        self.look_again()


class SqliteWorker:
    """See `frontier.base.Worker`, which explains each method."""

    def __init__(self, thread: FrontierThread, opened: Opened) -> None:
        self._thread = thread
        self._opened = opened
        self._queue = opened.queue
        self._journal = SqliteJournal(thread, opened.journal)

    @property
    def job_id(self) -> str:
        """The unique id of the job."""
        return self._opened.job_id

    @property
    def lease(self) -> Lease:
        """Nobody else can get the hosts."""
        return Lease()

    @property
    def shared(self) -> bool:
        """There is no other worker."""
        return False

    @property
    def share(self) -> Share:
        """Everything."""
        return Share()

    def watch_open(self, within: Callable[[Share], bool]) -> None:
        """Nobody joins."""

    @property
    def ahead(self) -> float:
        """It goes by the clock of this machine."""
        return 0.0

    @property
    def journal(self) -> SqliteJournal:
        """The journal, in the same file and transactions."""
        return self._journal

    @property
    def generation(self) -> Generation:
        """The generation that is crawled."""
        return self._opened.generation

    @property
    def switching(self) -> bool:
        """Whether the stores have begun to switch to it."""
        return self._opened.switching

    @property
    def accepted(self) -> Sequence[str]:
        """What is not as expected of it and was accepted."""
        return self._opened.accepted

    async def accept(self, complaints: Sequence[str]) -> None:
        """Note what was accepted."""
        await self._thread.call(self._opened.accept, complaints)

    async def begin_switch(self) -> None:
        """Note that the stores are about to switch."""
        await self._thread.call(self._opened.begin_switch)

    async def switched(self) -> None:
        """Note that all stores have switched."""
        await self._thread.call(self._opened.switched)

    async def agree(
        self,
        tables: Sequence[Table],
        rules: Sequence[Rule] | None = None,
        settings: Sequence[Setting] = (),
        *,
        mix: bool = False,
    ) -> list[str]:
        """Refuse what would change the meaning of what is stored."""
        return await self._thread.call(agree, self._opened.file, tables, rules, settings, mix)

    async def totals(self) -> Totals:
        """The totals as of the last commit."""
        return await self._thread.call(self._queue.totals)

    async def acquire(self, most: int | None = None, needed: Collection[str] = ()) -> list[Grant]:
        """Grant every host once; nobody else has one that could be `needed`."""
        return await self._thread.call(self._queue.acquire, most)

    async def robots(self, origin: str) -> bytes | None:
        """The last robots.txt of an origin."""
        return await self._thread.call(self._opened.file.hosts.robots, origin)

    async def give_back(self, hosts: Collection[str]) -> None:
        """Give hosts back. There is no other worker, so this one is granted them again when they have work."""
        await self._thread.call(self._queue.give_back, hosts)

    async def commit_and_take(self, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        """Store a group, and lease requests for the hosts in `wants`."""
        return await self._thread.call(self._queue.commit_and_take, group, wants, now)

    async def poll(self, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests for each host."""
        return await self._thread.call(self._queue.poll, hungry, now)

    async def finished(self) -> bool:
        """Whether nothing is left to do."""
        return await self._thread.call(self._queue.finished)

    async def conclude(self) -> Last:
        """There is nobody to wait for."""
        return Last.LEAD

    async def concluded(self) -> None:
        """There is nobody to tell."""

    async def ended_bundle(self) -> EndedBundle | None:
        """The next bundle to close."""
        return await self._thread.call(self._opened.bundles.ended)

    async def candidates(self, keys: Collection[str]) -> dict[str, Candidate]:
        """Those of these candidates that are known."""
        return await self._thread.call(self._opened.bundles.known, keys)

    async def score_by(self, scoring: Scoring) -> None:
        """Score all candidates by this rule."""
        await self._thread.call(self._opened.bundles.score_by, scoring)

    async def take_copies(self, most: int) -> tuple[list[Copy], bool]:
        """Lease copies that are ready to make."""
        return await self._thread.call(self._queue.take_copies, most)

    async def content_of(self, sha256: str) -> StoredBlob | None:
        """A file with these bytes."""
        return await self._thread.call(self._opened.copies.content_of, sha256)

    @property
    def has_files(self) -> bool:
        """Whether an earlier run has stored files of this generation."""
        return self._opened.has_files

    async def kept_at(self, path: str) -> KeptBlob | None:
        """The file that this generation has put at a path."""
        return await self._thread.call(self._opened.copies.kept_at, path)

    async def take_path(self, path: str) -> PathTurn:
        """There are no others."""
        return PathTurn(True, await self.kept_at(path))

    async def leave_path(self, path: str, kept: KeptBlob | None) -> bool:
        """There are no others."""
        return True

    async def unfinished_paths(self) -> dict[str, bool]:
        """Paths that a dead run may have been writing to."""
        return await self._thread.call(self._queue.unfinished_paths)

    async def experience(self) -> Sequence[Experience]:
        """What was learned about the use of a browser."""
        return await self._thread.call(self._opened.file.experience.all)

    async def begin_rereading(self, match: str = "") -> None:
        """Only kept answers are read from now on."""
        await self._thread.call(earlier_ends.begin, self._opened.file, match)

    async def end_rereading(self) -> int:
        """Put back what was passed over."""
        return await self._thread.call(earlier_ends.end, self._opened.file)

    async def earlier(self, request: Request) -> EarlierEnd | None:
        """How a request ended in the generation before."""
        return await self._thread.call(earlier_ends.earlier, self._opened.file.database, request)

    async def release(self) -> None:
        """Put everything leased back."""
        await self._thread.call(self._queue.release)


@asynccontextmanager
async def joined(directory: Path, newest_first: bool) -> AsyncIterator[SqliteWorker]:
    """The job's only worker, with its own thread."""
    async with in_thread(_opened(directory, newest_first)) as (thread, opened):
        yield SqliteWorker(thread, opened)


@contextmanager
def _opened(directory: Path, newest_first: bool) -> Iterator[Opened]:
    with JobLock(directory), closing(StateDatabase.open(directory / STATE_FILE)) as database:
        yield Opened(database, newest_first=newest_first)
