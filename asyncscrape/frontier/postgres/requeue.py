"""Putting URLs that ended without success back into the queue, and with each copy the download that it waits for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from asyncscrape.frontier.postgres.hosts import HostLeases
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.requeue_order import sources_first
from asyncscrape.frontier.states import AS_SOURCE, COPIES, REQUESTS, Event, Stage
from asyncscrape.model import Kind
from asyncscrape.urls import authority

if TYPE_CHECKING:
    from asyncpg import Record


async def requeue(work: JobWork, pattern: re.Pattern[str] | None) -> int:
    """Put failed URLs, or those that match the pattern, back; the number of them."""
    failed = {row["id"]: row for row in await work.rows("failed")}
    wanted = [key for key, row in failed.items() if pattern is None or pattern.search(row["asked"])]
    return await put_back(work, failed, wanted, Stage.FAILED)


async def put_back(work: JobWork, ended: Mapping[int, Record], wanted: Iterable[int], before: Stage) -> int:
    """Put wanted rows, of those that ended at this stage, back in the current transaction; the number of them."""
    sources = {key: row["source"] for key, row in ended.items()}
    rows = [ended[key] for key in dict.fromkeys(one for key in wanted for one in sources_first(key, sources))]
    downloads = [row for row in rows if row["source"] is None]
    copies = [row for row in rows if row["source"] is not None]
    if downloads:
        await _ask_again(work, downloads, before)
    return len(downloads) + sum([await _copy_again(work, row["id"], before) for row in copies])


async def _ask_again(work: JobWork, rows: Sequence[Record], before: Stage) -> None:
    after, hosts = REQUESTS[before, Event.REQUEUED], HostLeases()
    ids = await hosts.ids(work, [authority(row["asked"]) for row in rows])
    await work.run("requeue", *columns([(row["id"], row["asked"], ids[authority(row["asked"])]) for row in rows]))
    await hosts.reopen(work, {*ids.values()})
    await work.run("bundle_reopen", [row["id"] for row in rows])
    work.counting.moved_all([row["kind"] for row in rows], before, after)


async def _copy_again(work: JobWork, key: int, before: Stage) -> bool:
    """Move a copy to the stage that its source calls for; whether it is at another one now."""
    stage = COPIES.get((before, AS_SOURCE[Stage(await work.value("source_of", key))]))
    if stage is None:
        return False
    await work.run("requeue_copy", key, stage)
    work.counting.moved(Kind.BLOB, before, stage)
    return True
