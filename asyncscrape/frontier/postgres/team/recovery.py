"""What dead workers leave: their hosts, what they had taken, and requests that they may have sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.states import COPIES, REQUESTS, Event, Stage

if TYPE_CHECKING:
    from asyncpg import Record


async def recover(work: JobWork) -> None:
    """Put back what dead workers had leased, which they may have sent, and free their hosts."""
    dead = [row["id"] for row in await work.rows("dead")]
    if not dead:
        return
    rows = await work.rows("recover", dead)
    for row in rows:
        after = (COPIES if row["copied"] else REQUESTS)[Stage.LEASED, Event.RELEASED]
        work.counting.moved(row["kind"], Stage.LEASED, after, row["n"])
    for host, n in sorted(sent_to(rows).items()):
        await work.run("add_unclean", [host], [n])
    await work.run("free_hosts", dead)
    await work.run("void_wishes", dead)
    await work.run("recovered", dead)
    await work.run("bury")


def sent_to(rows: Sequence[Record]) -> dict[int, int]:
    """The requests that may have been sent to each host. Copies send none."""
    sent: dict[int, int] = {}
    for row in rows:
        if not row["copied"]:
            sent[row["host"]] = sent.get(row["host"], 0) + row["n"]
    return sent
