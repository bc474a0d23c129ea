"""The durable queue of a job: requests are taken, and their outcomes are committed along with all that they brought.

`frontier/states.py` has the life of a URL as a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from asyncscrape.bundles import Closed
from asyncscrape.frontier.base import Committed, GivenUp, Group, Taken
from asyncscrape.frontier.group_offers import grown, offered_by
from asyncscrape.frontier.journal_entries import by_table, entries
from asyncscrape.frontier.postgres.bundle_tables import SharedBundleTables, concerns_bundles
from asyncscrape.frontier.postgres.copies import SharedCopies
from asyncscrape.frontier.postgres.experience_table import learn
from asyncscrape.frontier.postgres.holdings import holdings
from asyncscrape.frontier.postgres.hosts import HostLeases
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.journal import PostgresJournal
from asyncscrape.frontier.postgres.new_requests import NewRequests
from asyncscrape.frontier.postgres.outcomes import SharedOutcomes
from asyncscrape.frontier.postgres.page_findings import note_findings
from asyncscrape.frontier.postgres.taking import Taking
from asyncscrape.frontier.states import COPIES, REQUESTS, Event, Stage
from asyncscrape.model import Batch, Kind, Lines, Outcome, State, storable
from asyncscrape.urls import authority


class SharedQueue:
    """The queue and, in the same transactions, the journal."""

    def __init__(
        self, journal: PostgresJournal, *, newest_first: bool = False, most_pages: int | None = None
    ) -> None:
        self._journal = journal
        self.hosts = HostLeases()
        self.copies = SharedCopies()
        self.bundles = SharedBundleTables()
        self.taking = Taking(newest_first=newest_first, most_pages=most_pages)
        self._outcomes = SharedOutcomes(self.hosts, self.copies)
        self._offers = NewRequests(self.hosts, self.copies)

    async def commit_and_take(self, work: JobWork, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        """Store a group and lease requests in one transaction, including requests that the group has just added."""
        if concerns := concerns_bundles(group):
            await work.run("turn_lock")
        await work.look()
        outcomes, mine, lost = await holdings(work, group.outcomes, named_by(group, wants))
        offered = [*offered_by(group, outcomes)]
        targets = [outcome.hop for outcome in outcomes if outcome.hop]
        # Hosts come first, in every worker, so that none waits for one that waits for it.
        await self.hosts.ids(work, map(authority, [*targets, *(new.url for new, _, _ in offered)]))
        fresh = await self._outcomes.settle(work, outcomes)
        await self._offers.add(work, offered, fresh)
        await note_findings(work, outcomes)
        await learn(work, outcomes)
        closed = await self._close(work, group, outcomes)
        appended = await self._write_records(work, outcomes, closed, group.made)
        await self._note(work, group, mine, lost)
        if group.growth:
            opened = [grown(new) async for new in self.bundles.grow(work, group.growth)]
            await self._offers.add(work, opened, fresh)
        taken = await self.taking.take(work, {host: (mine.get(host), most) for host, most in wants.items()}, now)
        ended = (concerns or work.bundles) and await self.bundles.waiting(work)
        return await self._told(work, fresh, taken, appended, lost, ended=ended)

    async def poll(self, work: JobWork, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests for each host."""
        mine = (await holdings(work, (), hungry)).hosts
        return await self.taking.take(work, {host: (mine.get(host), most) for host, most in hungry.items()}, now)

    async def release(self, work: JobWork) -> None:
        """Put everything back that this worker has leased."""
        for row in await work.rows("release", work.worker):
            after = (COPIES if row["copied"] else REQUESTS)[Stage.LEASED, Event.RELEASED]
            work.counting.moved(row["kind"], Stage.LEASED, after, row["n"])

    async def _told(
        self,
        work: JobWork,
        fresh: Counter[str],
        taken: Mapping[str, Taken],
        appended: Sequence[Batch],
        lost: Collection[str],
        *,
        ended: bool,
    ) -> Committed:
        totals = work.totals
        records, size = sum(batch.count for batch in appended), sum(len(batch.lines) for batch in appended)
        copies = bool(totals.of(Kind.BLOB, State.PENDING)) and await self.copies.any_ready(work)
        return Committed(fresh, taken, totals, records, size, copies, ended, lost)

    async def _close(self, work: JobWork, group: Group, outcomes: Sequence[Outcome]) -> Closed | None:
        """Open bundles for seeds, and close one, if this worker may."""
        for new in group.offers:
            if new.opens:
                await self.bundles.offer(work, new)
        await self.bundles.note(work, outcomes)
        return group.closed if group.closed and await self.bundles.close(work, group.closed) else None

    async def _write_records(
        self, work: JobWork, outcomes: Sequence[Outcome], closed: Closed | None, made: Mapping[str, Lines]
    ) -> list[Batch]:
        """Write a journal entry for each table, with the records of the group; or some, if they are very large."""
        tables = by_table(outcomes, closed, made)
        for table, pieces in tables.items():
            work.counting.recorded(table, sum(some.count for some in pieces))
        return await self._journal.append(
            work, [(table, entry) for table, pieces in tables.items() for entry in entries(pieces)]
        )

    async def _note(self, work: JobWork, group: Group, mine: Mapping[str, int], lost: Collection[str]) -> None:
        """Store the rest of a group, beyond its outcomes, but nothing for lost hosts."""
        for host, why in group.given_up.items():
            if host in mine:
                await self._give_up(work, mine[host], why)
        clocks = {host: clock for host, clock in group.clocks.items() if host not in lost}
        robots = {origin: data for origin, data in group.robots.items() if authority(f"{origin}/") not in lost}
        await self.hosts.save(work, clocks, robots)
        work.counting.spent(group.spent)
        if group.facts:
            work.counting.finished({table: facts.rows for table, facts in group.facts.items()})
            work.generation.save_facts(group.facts)

    async def _give_up(self, work: JobWork, host: int, why: GivenUp) -> None:
        """Fail everything that waits at a host, and the copies that wait for it."""
        after, detail = REQUESTS[Stage.PENDING, Event.GIVEN_UP], storable(why.detail)
        rows = await work.rows("give_up_host", host, why.reason, detail)
        work.counting.moved_all([row["kind"] for row in rows], Stage.PENDING, after)
        for row in rows:
            if row["kind"] == Kind.BLOB:
                await self.copies.end(work, row["id"], after, why.reason, detail)


def named_by(group: Group, wants: Mapping[str, int]) -> set[str]:
    """The hosts that a worker must still have for a group, beyond those of its outcomes."""
    return {*group.given_up, *group.clocks, *wants, *(authority(f"{origin}/") for origin in group.robots)}
