"""The streams of the journal: who reads which, and how far each store has come.

1. A worker appends to the stream of its own id, inside its commits, one after the other. So a stream grows only at
   its end, and a reader behind a cursor misses nothing.
2. A worker that has registered stores reads its own stream. When it registers, it takes over the streams of all dead
   workers, with the places of their records, and with the cursors: the earliest of those that are still needed.
3. Later it adopts streams that nobody reads any more, or that nobody reads at all. Records that came before the end
   of its own stream get new places behind it. Stores that had them already get them once more, which changes nothing.
   Records of older generations keep their places, so they wait for the next worker that registers.
4. A worker that has registered no stores looks at all streams together.
"""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.model import Batch

AT_ONCE = 64
"""Batches read by one statement."""


async def take_over(work: JobWork) -> None:
    """Read what dead workers have left, from now on."""
    await work.rows("lock_dead")
    dead = [row["stream"] for row in await work.rows("dead_streams")]
    found = await work.rows("places", [*dead, work.worker])
    await work.run("adopt", work.worker, dead, 0)
    await work.run("drop_places", dead)
    for row in found:
        await work.run("save_places", row["id"], [work.worker], _reached(row["begin"], row["furthest"], row["next"]))
    await work.run("reads", work.worker)


async def adopt(work: JobWork, last: int, begin: int) -> int:
    """Read streams that nobody reads, too; the last place in this worker's own stream, which was `last`."""
    streams = [row["id"] for row in await work.rows("streams_to_adopt", work.worker, begin)]
    if not streams:
        return last
    last = max(last, await work.value("last_in_stream", work.worker))
    first: int | None = await work.value("first_in_streams", streams, begin)
    if first is not None and first > last:
        await work.run("adopt", work.worker, streams, begin)
    else:
        await work.run("adopt_at_the_end", work.worker, streams, begin)
    end: int = await work.value("last_in_stream", work.worker)
    return max(last, end)


async def cursor_in(run: Statements, store: str, stream: int | None) -> int:
    """The place up to which a store has everything, in a stream or in all; 0 if it is not registered."""
    if stream is not None:
        return int(await run.value("place", store, stream) or 0)
    rows = await run.rows("all_places")
    return next((_reached(row["begin"], row["furthest"], row["next"]) for row in rows if row["id"] == store), 0)


def _reached(begin: int, furthest: int | None, next_: int | None) -> int:
    """The place before which a store needs nothing any more."""
    reached = max(begin, furthest or 0)
    return reached if next_ is None else min(reached, next_ - 1)


async def read_batches(run: Statements, stream: int | None, after: int, max_bytes: int) -> list[Batch]:
    """The batches after a place, in one stream or in all, up to and including the one that reaches `max_bytes`."""
    batches: list[Batch] = []
    size = 0
    while size < max_bytes:
        last = batches[-1].seq if batches else after
        some = await _some(run, stream, last)
        for batch in some:
            if size < max_bytes:
                batches.append(batch)
                size += len(batch.lines)
        if len(some) < AT_ONCE:
            break
    return batches


async def _some(run: Statements, stream: int | None, after: int) -> Sequence[Batch]:
    if stream is None:
        rows = await run.rows("journal_read_all", after, AT_ONCE)
    else:
        rows = await run.rows("journal_read", stream, after, AT_ONCE)
    return [Batch(row["seq"], row["name"], row["n"], row["lines"]) for row in rows]
