"""The beginning of a generation: the queue and the totals are emptied, so that seeds are offered anew.

Hosts, clocks, robots.txt, known files, the stores' cursors and what was learned stay.
"""

from __future__ import annotations

from asyncscrape.errors import UsageError
from asyncscrape.frontier.postgres.earlier_ends import forget_rereading, prepare_rereading
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.standings import standing_as_of
from asyncscrape.model import Generation
from asyncscrape.snapshots import NOT_FINISHED, finished
from asyncscrape.stats import Look, RunState


async def begin_generation(work: JobWork, *, reread: bool = False) -> Generation:
    """Begin the next generation of a job that is finished, or whose kept answers are read again."""
    await work.look()
    standing = await standing_as_of(work, running=False)
    if standing.switching or not (reread or finished(standing)):
        raise UsageError(NOT_FINISHED)
    await (prepare_rereading(work) if reread else forget_rereading(work))
    end = await work.value("journal_end")
    await work.run("drop_journal", end)
    after = work.generation.begin(end, standing.totals.records)
    work.meta.save("look", Look(RunState.STOPPED))
    await work.run("empty")
    await work.run("learned_so_far")
    return after
