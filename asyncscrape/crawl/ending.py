"""The end of a crawl: the stores take the rest, tables are made and judged, and take the place of older ones.

1. Every store takes what waits in the journal, and makes its finished tables. Of a generation beside they are made
   only when it is complete: after a limit of the run, only the journal is emptied.
2. The tables of a complete generation are judged, see `judgement.py`, and the frontier stores the facts about them.
   Of many workers, one does this and the rest for all, when nobody has anything left to do. One that is cut off
   meanwhile drops what it does, and waits for the others again.
3. A generation beside is switched to, unless there are complaints that the user does not accept. The frontier
   remembers what was accepted, and notes the switch before the first store and after the last, so that a run after a
   crash completes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from asyncscrape.crawl.brakes import End
from asyncscrape.crawl.build import Parts
from asyncscrape.crawl.committer import set_within
from asyncscrape.crawl.judgement import Consent, complaints
from asyncscrape.crawl.status import LOOK_EVERY, Condition
from asyncscrape.errors import LeadLost
from asyncscrape.facts import TableFacts
from asyncscrape.quality.without_defaults import without_defaults
from asyncscrape.snapshots import complete
from asyncscrape.stats import RunState
from asyncscrape.team import Last

log = logging.getLogger(__name__)

OTHERS = 0.3
"""Seconds between two looks at what the other workers do."""


class Ending:
    """Ends one crawl."""

    def __init__(self, parts: Parts, condition: Condition, consent: Consent, ratio: float) -> None:
        """`ratio` is the share of URLs that may fail."""
        self._parts = parts
        self._condition = condition
        self._consent = consent
        self._ratio = ratio

    async def finish(self, end: End) -> None:
        """Do all of the steps; of many workers, one does them for all."""
        if self._parts.worker.shared:
            await self._parts.committer.write()  # the clocks, for those who go on with these hosts
        while await self._leads(end):
            try:
                await self._parts.lead.keep(self._finish(await self._left(end)))
                return
            except LeadLost as lost:
                log.warning("%s", lost)
        self._condition.withheld = end is End.WITHHELD
        note = self._parts.status.withheld if end is End.WITHHELD else ""
        self._condition.enter(RunState.FINISHED if end is End.FINISHED else RunState.STOPPED, note)

    async def _left(self, end: End) -> End:
        """The end of all: the time of this worker may be over while others had work; what all have left counts."""
        worker = self._parts.worker
        return End.FINISHED if worker.shared and await worker.finished() else end

    async def _finish(self, end: End) -> None:
        done = end is End.FINISHED or (end is End.LIMIT and self._has_all_pages())
        facts = await self._tables(
            done or (end in (End.LIMIT, End.WITHHELD) and not self._parts.worker.generation.beside)
        )
        if done and facts is not None:
            await self._judge(facts)
        self._condition.withheld = end is End.WITHHELD
        note = self._parts.status.withheld if end is End.WITHHELD else ""
        await self._enter(RunState.FINISHED if end is End.FINISHED and facts is not None else RunState.STOPPED, note)
        if facts is not None:
            await self._parts.worker.concluded()

    async def _leads(self, end: End) -> bool:
        """Whether this worker is to end the crawl for all. Waits until that is known, unless it is to stop."""
        parts, last = self._parts, Last.WAIT
        parts.lead.begin()
        if not parts.worker.shared:
            return True
        no_time = end is End.LIMIT and not self._has_all_pages()
        self._condition.set_note("the other workers are not done yet")
        while last in (Last.WAIT, Last.OTHERS) and end is not End.STOPPED and not self._condition.stopping:
            if await parts.stores.end(tables=False) is not None:
                parts.lead.begin()
                last = await parts.worker.conclude()
            if last is Last.OTHERS and no_time:
                break
            if last in (Last.WAIT, Last.OTHERS):
                await asyncio.sleep(OTHERS)
        if last is not Last.LEAD:
            await parts.stores.end(tables=False)
        return last is Last.LEAD

    def _has_all_pages(self) -> bool:
        return complete(self._parts.status.totals, self._condition.most_pages)

    async def _judge(self, facts: Mapping[str, TableFacts]) -> None:
        """Judge the tables, and switch to a generation beside unless it is refused."""
        worker = self._parts.worker
        found = complaints(self._parts.expected, facts, self._parts.status.totals, self._ratio)
        if found and self._consent.accept:
            await worker.accept(found)
        refused = not set(found) <= set(worker.accepted)
        self._condition.complain(found, refused=refused)
        if worker.generation.beside and (not refused or worker.switching):
            await self._switch()

    async def _tables(self, tables: bool) -> Mapping[str, TableFacts] | None:
        """Let the stores take the rest, and finish the tables if asked.

        The facts about the tables; None if a stop left too little time.
        """
        parts, over = self._parts, asyncio.Event()
        telling = asyncio.create_task(self._tell_until(over))
        try:
            if tables:
                self._condition.set_note("making the finished tables")
            facts = await parts.stores.end(tables=tables, expected=parts.expected)
        finally:
            over.set()
            await telling
        parts.committer.set_facts(without_defaults(facts or {}, parts.status.totals))
        await parts.committer.write()
        return facts

    async def _tell_until(self, over: asyncio.Event) -> None:
        """Keep `status` fresh while the stores finish and no commits come by."""
        while not await set_within(LOOK_EVERY, over):
            await self._parts.committer.write()

    async def _switch(self) -> None:
        """Put the tables in the place of the last generation's."""
        self._condition.set_note("putting the new tables in place")
        await self._parts.worker.begin_switch()
        await self._parts.stores.switch()
        await self._parts.worker.switched()

    async def _enter(self, state: RunState, note: str) -> None:
        """Enter the last state of the run, and let everybody see it."""
        self._condition.enter(state, note)
        self._parts.status.look_again()
        await self._parts.committer.write()
