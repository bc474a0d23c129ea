"""New requests: all that a group offers is inserted by one statement, in one order for all workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from asyncscrape.frontier.group_offers import OfferedByGroup
from asyncscrape.frontier.postgres.copies import SharedCopies
from asyncscrape.frontier.postgres.hosts import HostLeases
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.postgres.page_findings import follow_after_all
from asyncscrape.frontier.states import REQUESTS, Event
from asyncscrape.frontier.stored_rows import NewRow, new_row
from asyncscrape.model import Kind
from asyncscrape.urls import authority

ADDED_AT_ONCE = 20_000
"""Rows inserted by one statement: a page may offer hundreds of thousands of links."""
REMEMBERED = 200_000
"""Fingerprints in each half of a worker's memory."""


class KnownPrints:
    """Fingerprints that are certainly stored, so that popular links are not offered again and again."""

    def __init__(self) -> None:
        self._new: set[bytes] = set()
        self._old: set[bytes] = set()

    def __contains__(self, print_: bytes) -> bool:
        return print_ in self._new or print_ in self._old

    def add(self, prints: Sequence[bytes]) -> None:
        """Remember these, and forget those that have not come for long. Only call it after the commit."""
        self._new.update(prints)
        if len(self._new) > REMEMBERED:
            self._new, self._old = set(), self._new


class NewRequests:
    """The part of a commit that adds requests."""

    def __init__(self, hosts: HostLeases, copies: SharedCopies) -> None:
        self._hosts = hosts
        self._copies = copies
        self._known = KnownPrints()

    async def add(self, work: JobWork, offered: Sequence[OfferedByGroup], fresh: Counter[str]) -> None:
        """Insert requests that are not known yet; counts the new URLs by host in `fresh`."""
        for start in range(0, len(offered), ADDED_AT_ONCE):
            await self._add_some(work, offered[start : start + ADDED_AT_ONCE], fresh)

    async def _add_some(self, work: JobWork, offered: Sequence[OfferedByGroup], fresh: Counter[str]) -> None:
        ids = await self._hosts.ids(work, [authority(new.url) for new, _, _ in offered])
        rows = [new_row(new, ids[authority(new.url)], *of) for new, *of in offered]
        rows = [row for row in rows if row.kind == Kind.BLOB or row.print_ not in self._known]
        if not rows:
            return
        places = {row["place"] - 1 for row in await work.rows("add", *columns(rows))}
        added = [row for place, row in enumerate(rows) if place in places]
        for place, row in enumerate(rows):
            if place not in places and row.kind == Kind.BLOB:
                await self._copies.add_path(work, row)
        await self._note(work, added, fresh)
        prints = [row.print_ for row in rows if row.kind != Kind.BLOB]
        work.after.append(lambda: self._known.add(prints))

    async def _note(self, work: JobWork, added: Sequence[NewRow], fresh: Counter[str]) -> None:
        fresh.update(authority(row.url) for row in added)
        for kind, n in Counter(row.kind for row in added).items():
            work.counting.came(kind, REQUESTS[None, Event.OFFERED], n)
        await follow_after_all(work, [row.print_ for row in added])
        await self._hosts.reopen(work, {row.host for row in added})
