"""Stores that go on in the place of others, in a job whose state is in the database already."""

from __future__ import annotations

from asyncscrape.frontier.moving import Carry, JobFacts
from asyncscrape.frontier.postgres.arriving import add, alone_at
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace
from asyncscrape.frontier.postgres.job_schema.job_tables import check, prepare
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.streams import cursor_in
from asyncscrape.model import Table


async def succeed(place: JobPlace, carry: Carry) -> bool:
    """Bring along what stores hold, and register those that go on with it; whether there are any."""
    async with alone_at(place) as connection:
        if not await check(connection, place):
            return False
        facts = await _facts(JobWork(connection), await prepare(connection, place))
        successors = await carry(facts)
        async with connection.transaction():
            await add(successors, facts, JobWork(connection))
        return bool(successors)


async def _facts(work: JobWork, job_id: str) -> JobFacts:
    await work.look()
    stores = [row["id"] for row in await work.rows("stores")]
    cursors = {store: await cursor_in(work, store, None) for store in stores}
    return JobFacts(job_id, work.generation.generation, work.meta.load("tables", list[Table]) or [], cursors)
