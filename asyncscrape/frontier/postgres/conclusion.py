"""Who makes the finished tables, when no worker has anything left to do.

1. Each worker says that it has concluded, and asks again and again. It goes on delivering what dead ones have left.
2. When all living workers have concluded and no store lacks anything, the first of them leads; if it dies, the next.
3. It tells those who have concluded that the tables are made. Who comes later has not heard it: what it adds is in
   tables that it makes itself.
"""

from __future__ import annotations

from asyncscrape.frontier.postgres.transaction import JobWork
from asyncscrape.team import Last


async def conclusion_of(work: JobWork) -> Last:
    """What a worker does that has concluded; one at a time decides."""
    await work.run("turn_lock")
    if await work.value("conclude", work.worker):
        return Last.OVER
    others = await work.row("concluding")
    assert others is not None
    if not others["all"]:
        return Last.OTHERS
    leads = others["first"] == work.worker and not await work.value("behind")
    return Last.LEAD if leads else Last.WAIT


async def all_told(work: JobWork) -> bool:
    """Tell those who have concluded that the finished tables are made; whether all of them have been told.

    The worker that leads is the last, so that none of the others leads before it is told.
    """
    await work.run("turn_lock")
    await work.run("tell_over", work.worker)
    if await work.value("untold", work.worker):
        return False
    await work.run("over", work.worker)
    return True
