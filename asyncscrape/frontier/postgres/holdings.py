"""What a worker still has of what a commit is about: one look, since nobody takes it away before the commit ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from asyncscrape.frontier.postgres.transaction import JobWork
from asyncscrape.model import Outcome
from asyncscrape.urls import authority


class Holdings(NamedTuple):
    """What it has, and what it has lost."""

    outcomes: Sequence[Outcome]
    """Those of requests that it has."""
    hosts: Mapping[str, int]
    """The hosts that it has, with their ids."""
    others: Collection[str]
    """The other hosts that are known."""
    lost: Collection[str]
    """The hosts of requests that it has lost."""


async def holdings(work: JobWork, outcomes: Sequence[Outcome], hosts: Collection[str]) -> Holdings:
    """Look for the requests of these outcomes, and for these hosts."""
    if not outcomes and not hosts:
        return Holdings((), {}, (), ())
    ids = [outcome.request.id for outcome in outcomes]
    rows = await work.rows("holdings", ids, work.worker, [*hosts])
    requests = {row["id"] for row in rows if row["name"] is None}
    known = [row for row in rows if row["name"] is not None]
    mine = {row["name"]: row["id"] for row in known if row["owner"] == work.worker}
    work.own_hosts.update(mine.values())
    return Holdings(
        [outcome for outcome in outcomes if outcome.request.id in requests],
        mine,
        {row["name"] for row in known} - mine.keys(),
        {authority(outcome.request.url) for outcome in outcomes if outcome.request.id not in requests},
    )
