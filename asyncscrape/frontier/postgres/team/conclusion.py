"""Who makes the finished tables, when no worker has anything left to do.

1. Each worker says that it has concluded, and asks again and again. It goes on delivering what dead ones have left.
2. When all living workers have concluded and no store lacks anything, the first of them leads; if it dies, the next.
3. If that was cut off, it leads no more: what it then says about tables and generations is refused.
4. It tells those who have concluded that the tables are made. Who comes later has not heard it: what it adds is in
   tables that it makes itself.
"""

from __future__ import annotations

from typing import NamedTuple

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.team import Last


class TeamEnd(NamedTuple):
    """What a worker does that has concluded."""

    worker: int
    """Its id."""
    last: Last
    until: int
    """The last of those who have concluded."""


async def conclusion_of(work: JobWork) -> TeamEnd:
    """What a worker does that has concluded; one at a time decides."""
    await work.run("turn_lock")
    if await work.value("conclude", work.worker):
        return TeamEnd(work.worker, Last.OVER, work.worker)
    others = await work.row("concluding")
    assert others is not None
    if not others["all"]:
        return TeamEnd(work.worker, Last.OTHERS, work.worker)
    leads = others["first"] == work.worker and not await work.value("behind")
    return TeamEnd(work.worker, Last.LEAD if leads else Last.WAIT, others["last"])


async def all_told(work: JobWork, last: int) -> bool:
    """Tell those who had concluded, up to the last of them, that the tables are made; whether all have been told.

    Whoever has come since may have added something that is not in these tables, and makes them again.

    The worker that leads is the last, so that none of the others leads before it is told.
    """
    await work.run("turn_lock")
    await work.run("tell_over", work.worker, last)
    if await work.value("untold", work.worker, last):
        return False
    await work.run("over", work.worker)
    return True
