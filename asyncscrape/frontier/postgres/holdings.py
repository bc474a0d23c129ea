"""What a worker still has of what a commit is about: one look, since nobody takes it away before the commit ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.model import Outcome
from asyncscrape.urls import authority


class Holdings(NamedTuple):
    """What it has, and what it has lost."""

    outcomes: Sequence[Outcome]
    """Those of requests that it has."""
    hosts: Mapping[str, int]
    """The hosts that it has, with their ids."""
    lost: Collection[str]
    """The other hosts that are known. The host of a request that comes too late may be this worker's all the same: it
    has lost the host and has it again, or the request ended twice."""


async def holdings(work: JobWork, outcomes: Sequence[Outcome], hosts: Collection[str]) -> Holdings:
    """Look for the requests of these outcomes, for their hosts, and for these hosts."""
    if not outcomes and not hosts:
        return Holdings((), {}, ())
    ids = [outcome.request.id for outcome in outcomes]
    names = {*hosts, *(authority(outcome.request.url) for outcome in outcomes)}
    rows = await work.rows("holdings", ids, work.worker, sorted(names))
    requests = {row["id"] for row in rows if row["name"] is None}
    known = [row for row in rows if row["name"] is not None]
    mine = {row["name"]: row["id"] for row in known if row["owner"] == work.worker}
    work.own_hosts.update(mine.values())
    held = [outcome for outcome in outcomes if outcome.request.id in requests]
    return Holdings(held, mine, {row["name"] for row in known} - mine.keys())
