"""Where a job stands, from the database."""

from __future__ import annotations

from asyncscrape.frontier.postgres.bundle_tables import progress
from asyncscrape.frontier.postgres.earlier_ends import REREADING
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.journal import lags
from asyncscrape.stats import Look, Standing


async def standing_as_of(work: JobWork, *, running: bool) -> Standing:
    """The state of the job, as of a transaction that has looked."""
    match = work.meta.load(REREADING, str)
    return Standing(
        work.totals,
        await lags(work),
        work.meta.load("look", Look),
        running,
        behind=bool(await work.value("behind")),
        switching=work.generation.switching,
        bundles=await progress(work),
        rereading=match is not None,
        match=match or "",
    )
