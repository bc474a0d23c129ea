"""One of many workers of a job; each of its calls is one transaction."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec

from asyncscrape.bundles import Candidate, EndedBundle, Scoring, Setting
from asyncscrape.errors import LeadLost
from asyncscrape.frontier.base import Committed, Copy, EarlierEnd, Grant, Group, PathTurn, Taken
from asyncscrape.frontier.postgres import earlier_ends
from asyncscrape.frontier.postgres.experience_table import all_experience
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.journal import PostgresJournal
from asyncscrape.frontier.postgres.meaning import agree
from asyncscrape.frontier.postgres.queue import SharedQueue
from asyncscrape.frontier.postgres.team import path_turns
from asyncscrape.frontier.postgres.team.conclusion import TeamEnd, all_told, conclusion_of
from asyncscrape.frontier.postgres.team.entrance import until_free
from asyncscrape.frontier.postgres.team.membership import Membership
from asyncscrape.model import FIRST, Generation, KeptBlob, Request, Rule, StoredBlob, Table
from asyncscrape.openings import Experience
from asyncscrape.stats import Look, Totals
from asyncscrape.team import Last, Lease, Share, Team
from asyncscrape.units import in_words

log = logging.getLogger(__name__)

WRONG = 5.0
"""Seconds by which the clock of a machine may differ from that of the server without being wrong."""
PAUSE = 0.05
"""Seconds between tries to tell others something while they are in the middle of a transaction."""


class PostgresWorker:
    """See `frontier.base.Worker`, which explains each method."""

    def __init__(self, membership: Membership, *, newest_first: bool = False, most_pages: int | None = None) -> None:
        self._membership = membership
        self._journal = PostgresJournal(membership)
        self._queue = SharedQueue(self._journal, newest_first=newest_first, most_pages=most_pages)
        self._generation = FIRST
        self._switching = False
        self._accepted: Sequence[str] = ()
        self._ahead = 0.0
        self._over = False
        """Whether another worker has made the finished tables."""
        self._concluded = 0
        """The id under which it has concluded."""
        self._leads = 0
        """The id under which it ends the crawl for all."""
        self._last = 0
        """The last worker that had concluded when this one began to lead."""

    @property
    def job_id(self) -> str:
        """The unique id of the job."""
        return self._membership.job_id

    @property
    def lease(self) -> Lease:
        """How long this worker has its hosts."""
        return self._membership.lease

    @property
    def shared(self) -> bool:
        """Whether others may work beside this one."""
        return self._membership.shared

    @property
    def share(self) -> Share:
        """What this worker may take."""
        return self._membership.share

    def watch_open(self, within: Callable[[Share], bool]) -> None:
        """Ask from now on whether what it has open is within a share."""
        self._membership.watch_open(within)

    @property
    def ahead(self) -> float:
        """Seconds by which the clock of this machine was ahead of the server's when this worker joined."""
        return self._ahead

    @property
    def journal(self) -> PostgresJournal:
        """The journal, in the same database and transactions."""
        return self._journal

    @property
    def generation(self) -> Generation:
        """The generation that is crawled, as of the last look."""
        return self._generation

    @property
    def switching(self) -> bool:
        """Whether the stores have begun to switch to it."""
        return self._switching

    @property
    def accepted(self) -> Sequence[str]:
        """What is not as expected of it and was accepted."""
        return self._accepted

    async def compare_clocks(self) -> None:
        """Find out how far the clock of this machine is ahead of the server's."""

        async def step(work: JobWork) -> float:
            began = time.time()
            theirs: float = await work.value("now")
            return (began + time.time()) / 2 - theirs

        self._ahead = await self._membership.run(step)
        if abs(self._ahead) > WRONG:
            log.warning(
                "the clock of this machine is %s %s that of the database server, by which the crawl goes; set it",
                in_words(round(abs(self._ahead))),
                "ahead of" if self._ahead > 0 else "behind",
            )

    async def accept(self, complaints: Sequence[str]) -> None:
        """Note what was accepted."""

        async def step(work: JobWork) -> None:
            self._insist(work)
            await work.look()
            work.generation.accept(complaints)
            self._see(work)

        await self._membership.run(step)

    async def begin_switch(self) -> None:
        """Note that the stores are about to switch."""

        async def step(work: JobWork) -> None:
            self._insist(work)
            await work.look()
            work.generation.decide()
            self._see(work)

        await self._membership.run(step)

    async def switched(self) -> None:
        """Note that all stores have switched."""

        async def step(work: JobWork) -> None:
            self._insist(work)
            await work.look()
            work.generation.switched()
            self._see(work)

        await self._membership.run(step)

    async def agree(
        self,
        tables: Sequence[Table],
        rules: Sequence[Rule] | None = None,
        settings: Sequence[Setting] = (),
        *,
        mix: bool = False,
    ) -> list[str]:
        """Refuse what would change the meaning of what is stored."""
        return await self._membership.run(lambda work: agree(work, tables, rules, settings, mix))

    async def totals(self) -> Totals:
        """The totals of the job."""

        async def step(work: JobWork) -> Totals:
            await work.look()
            return self._see(work)

        return await self._membership.run(step)

    async def acquire(self, most: int | None = None, needed: Collection[str] = ()) -> list[Grant]:
        """Hosts that have something to fetch and no worker."""

        async def step(work: JobWork) -> list[Grant]:
            await self._membership.reap(work)
            return await self._queue.hosts.acquire(work, most, needed)

        return await self._membership.run(step)

    async def robots(self, origin: str) -> bytes | None:
        """The last robots.txt of an origin."""
        return await self._membership.run(lambda work: work.value("robots", origin))

    async def give_back(self, hosts: Collection[str]) -> None:
        """Let others have these hosts."""
        await self._membership.run(lambda work: self._queue.hosts.give_back(work, hosts))

    async def commit_and_take(self, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        """Store a group, and lease requests for the hosts in `wants`."""

        async def step(work: JobWork) -> Committed:
            told = group if self._may_lead(work) else msgspec.structs.replace(group, facts={})
            committed = await self._queue.commit_and_take(work, told, wants, now)
            if group.look is not None:
                await self._show(work, group.look)
            self._see(work)
            return committed

        return await self._membership.run(step)

    async def poll(self, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests for each host."""
        return await self._membership.run(lambda work: self._queue.poll(work, hungry, now))

    async def finished(self) -> bool:
        """Whether the whole job is done."""
        return not await self._membership.run(lambda work: work.value("unfinished"))

    async def conclude(self) -> Last:
        """Nothing is left to do for this worker."""
        if not self.shared:
            return Last.LEAD

        async def step(work: JobWork) -> TeamEnd:
            await self._membership.reap(work)
            if self._concluded != work.worker:
                await work.run("note_gone")
            found = await conclusion_of(work)
            await self._queue.release(work)
            await work.run("free_hosts", [work.worker])
            await work.run("free_bundles", [work.worker])
            work.after.append(lambda: self._note(found))
            return found

        return (await self._membership.run(step)).last

    def _note(self, found: TeamEnd) -> None:
        self._concluded, self._last = found.worker, found.until
        self._leads = found.worker if found.last is Last.LEAD else 0
        self._over = found.last is Last.OVER

    def _may_lead(self, work: JobWork) -> bool:
        """Whether no other worker ends the crawl; as long as this transaction lasts, none begins to."""
        return not self.shared or work.worker == self._leads

    def _insist(self, work: JobWork) -> None:
        if not self._may_lead(work):
            raise LeadLost("this worker was cut off, and another one ends the crawl")

    async def concluded(self) -> None:
        """Tell the others that the finished tables are made."""

        async def step(work: JobWork) -> bool:
            self._insist(work)
            return await all_told(work, self._last)

        while not await self._membership.run(step):  # noqa: ASYNC110, others are other processes
            await asyncio.sleep(PAUSE)

    async def ended_bundle(self) -> EndedBundle | None:
        """The next bundle to close."""

        async def step(work: JobWork) -> EndedBundle | None:
            await self._membership.reap(work)
            return await self._queue.bundles.ended(work)

        return await self._membership.run(step)

    async def candidates(self, keys: Collection[str]) -> dict[str, Candidate]:
        """Those of these candidates that are known."""
        return await self._membership.run(lambda work: self._queue.bundles.known(work, keys))

    async def score_by(self, scoring: Scoring) -> None:
        """Score all candidates by this rule."""
        await self._membership.run(lambda work: self._queue.bundles.score_by(work, scoring))

    async def take_copies(self, most: int) -> tuple[list[Copy], bool]:
        """Lease copies that are ready to make."""
        return await self._membership.run(lambda work: self._queue.copies.take(work, most))

    async def content_of(self, sha256: str) -> StoredBlob | None:
        """A file with these bytes."""
        number = self._generation.number
        return await self._membership.run(lambda work: self._queue.copies.content_of(work, sha256, number))

    @property
    def has_files(self) -> bool:
        """Others may store files at any time."""
        return True

    async def kept_at(self, path: str) -> KeptBlob | None:
        """The file that this generation has put at a path."""
        number = self._generation.number
        return await self._membership.run(lambda work: self._queue.copies.kept_at(work, path, number))

    async def take_path(self, path: str) -> PathTurn:
        """Keep others from putting a file at a path."""

        async def step(work: JobWork) -> PathTurn:
            await self._membership.reap(work)
            return await path_turns.take(work, path, self._generation.number)

        return await self._membership.run(step)

    async def leave_path(self, path: str, kept: KeptBlob | None) -> bool:
        """The file is there, or nothing was put there."""
        number = self._generation.number
        return await self._membership.run(lambda work: path_turns.leave(work, path, kept, number))

    async def unfinished_paths(self) -> dict[str, bool]:
        """Paths that dead workers may have been writing to."""

        async def step(work: JobWork) -> dict[str, bool]:
            await self._membership.reap(work)
            return {row["path"]: row["known"] for row in await work.rows("leased_paths")}

        return await self._membership.run(step)

    async def experience(self) -> Sequence[Experience]:
        """What was learned about the use of a browser."""
        return await self._membership.run(all_experience)

    async def begin_rereading(self, match: str = "") -> None:
        """Only kept answers are read from now on."""
        await self._membership.run(lambda work: earlier_ends.begin_rereading(work, match))

    async def end_rereading(self) -> int:
        """Put back what was passed over."""
        return await self._membership.run(earlier_ends.end_rereading)

    async def earlier(self, request: Request) -> EarlierEnd | None:
        """How a request ended in the generation before."""
        return await self._membership.run(lambda work: earlier_ends.earlier(work, request))

    async def release(self) -> None:
        """Put everything leased back."""
        await self._membership.run(self._queue.release)

    async def _show(self, work: JobWork, look: Look) -> None:
        """Keep the details for those who look at the job; in the end, those of the worker that made the tables."""
        if self.shared:
            await work.run("save_look", work.worker, msgspec.json.encode(look).decode())
        if not self._over:
            work.meta.save("look", look)

    def _see(self, work: JobWork) -> Totals:
        """Remember what the event loop asks about the generation, once the transaction is committed."""
        told = work.generation
        seen = told.generation, told.switching, told.accepted
        work.after.append(lambda: self._remember(*seen))
        return work.totals

    def _remember(self, generation: Generation, switching: bool, accepted: Sequence[str]) -> None:
        self._generation, self._switching, self._accepted = generation, switching, accepted


@asynccontextmanager
async def joined(
    place: JobPlace, lease: float, patience: float, newest_first: bool, team: Team | None
) -> AsyncIterator[PostgresWorker]:
    """A worker that takes part in the job, with its heartbeat."""
    await until_free(place, lease, alone=team is None)
    membership = Membership(place, lease, patience, team)
    most_pages = team.most_pages if team else None
    worker = PostgresWorker(membership, newest_first=newest_first, most_pages=most_pages)
    try:
        await worker.totals()
        await worker.compare_clocks()
        heart = asyncio.create_task(membership.beat())
        try:
            yield worker
        finally:
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart
    finally:
        await membership.leave()
