"""Settling requests: each moves to the stage that its outcome calls for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain

from asyncscrape.errors import Reason
from asyncscrape.frontier.postgres.copies import SharedCopies, finish_one
from asyncscrape.frontier.postgres.hosts import HostLeases
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.prints import print_of
from asyncscrape.frontier.redirected import LEADS_TO, hops_behind
from asyncscrape.frontier.states import ENDING, REQUESTS, Event, Stage
from asyncscrape.model import Kind, Outcome, State, storable
from asyncscrape.urls import authority


class SharedOutcomes:
    """The part of a commit that settles requests."""

    def __init__(self, hosts: HostLeases, copies: SharedCopies) -> None:
        self._hosts = hosts
        self._copies = copies

    async def settle(self, work: JobWork, outcomes: Sequence[Outcome]) -> Counter[str]:
        """Settle a group; the number of redirected requests that are new at each host."""
        fresh: Counter[str] = Counter()
        moved = [outcome for outcome in outcomes if outcome.hop]
        ids = await self._hosts.ids(work, [authority(outcome.hop) for outcome in moved])
        for outcome in moved:
            await self._redirect(work, outcome, ids[authority(outcome.hop)], fresh)
        await self._hosts.reopen(work, {ids[host] for host in fresh})
        others = [outcome for outcome in outcomes if not outcome.hop]
        if later := [outcome for outcome in others if outcome.state is State.PENDING]:
            await self._put_off(work, later)
        if ended := [outcome for outcome in others if outcome.state is not State.PENDING]:
            await self._finish(work, ended)
        return fresh

    async def _finish(self, work: JobWork, outcomes: Sequence[Outcome]) -> None:
        """End requests; tell the copies of those that are blobs."""
        blobs = [outcome for outcome in outcomes if outcome.request.kind == Kind.BLOB]
        stored = {one.request.id: await self._copies.keep_in_mind(work, one.kept) for one in blobs}
        for file in chain.from_iterable(outcome.files for outcome in outcomes):
            await self._copies.keep_in_mind(work, file)
        rows = []
        for outcome in outcomes:
            asked, stage = outcome.request, REQUESTS[Stage.LEASED, ENDING[outcome.state]]
            told = outcome.reason or None, storable(outcome.detail) or None
            rows.append((asked.id, stage, asked.attempts, *told, stored.get(asked.id)))
            work.counting.moved(asked.kind, Stage.LEASED, stage)
            if outcome.merged:
                work.counting.merged(asked.kind)
        await work.run("finish", *columns(rows))
        await self._copies.tell(work, blobs)

    async def _put_off(self, work: JobWork, outcomes: Collection[Outcome]) -> None:
        """Put requests back to be tried again later. Copies among them are ready again at once."""
        rows = [
            (one.request.id, one.request.attempts, one.retry_at, one.reason, storable(one.detail)) for one in outcomes
        ]
        await work.run("postpone", *columns(rows))
        kinds = [outcome.request.kind for outcome in outcomes]
        work.counting.moved_all(kinds, Stage.LEASED, REQUESTS[Stage.LEASED, Event.PUT_OFF])

    # Redirects

    async def _redirect(self, work: JobWork, outcome: Outcome, host: int, fresh: Counter[str]) -> None:
        """Send a request on to its redirect's target, unless the target is known already."""
        asked = outcome.request
        if await self._merge_or_note(work, outcome, host):
            return
        await work.run("redirect", asked.id, outcome.hop, host, hops_behind(asked))
        work.counting.moved(asked.kind, Stage.LEASED, REQUESTS[Stage.LEASED, Event.REDIRECTED])
        fresh[authority(outcome.hop)] += 1

    async def _merge_or_note(self, work: JobWork, outcome: Outcome, host: int) -> bool:
        """End a request whose redirect's target is known, or note a new target; whether it was merged."""
        asked = outcome.request
        print_ = print_of(asked.kind, outcome.hop, asked.note, asked.bundle)
        values = (print_, outcome.hop, asked.kind, host, asked.id, asked.path, asked.note)
        if await work.value("add_alias", *values) is not None or asked.newest:
            return False  # it is new, or its bytes are for its own path alone
        known = await work.row("find", print_)
        assert known is not None
        own = known["parent"] if known["state"] == Stage.ALIAS else known["id"]
        if own == asked.id:
            return False
        await (self._copies.merge(work, outcome, print_) if asked.kind == Kind.BLOB else self._merge(work, outcome))
        return True

    async def _merge(self, work: JobWork, outcome: Outcome) -> None:
        """End a request that was redirected to a known one."""
        kind, stage = outcome.request.kind, REQUESTS[Stage.LEASED, Event.MERGED]
        await finish_one(work, outcome, stage, Reason.REDIRECT, LEADS_TO + outcome.hop)
        work.counting.moved(kind, Stage.LEASED, stage)
        work.counting.merged(kind)
