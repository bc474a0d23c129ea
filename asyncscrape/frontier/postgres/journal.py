"""The journal (outbox): records on their way to the stores, each of which reads at its own cursor.

A store moves its cursor only after it has written, and writing the same batch twice changes nothing. So delivery is
at-least-once and its effect exactly-once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Advance, Backlog
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.postgres.streams import adopt, cursor_in, read_batches, take_over
from asyncscrape.frontier.postgres.team.membership import Membership
from asyncscrape.model import Batch, Lines

TRIMMED = "trimmed"
"""The fact that records of the generation are gone from the journal: the highest place of them."""


class PostgresJournal:
    """See `frontier.base.Journal`, and `streams.py` for which records are meant."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._last = 0
        """The last place in the stream of this worker."""

    async def register(self, stores: Mapping[str, Sequence[str]], late: Collection[str] = ()) -> None:
        """Announce the stores that will read: by id, with the config's names for each."""

        async def step(work: JobWork) -> None:
            await work.run("turn_lock")
            await work.look()
            await self._register(work, stores, late)

        await self._membership.run(step)

    async def _register(self, work: JobWork, stores: Mapping[str, Sequence[str]], late: Collection[str]) -> None:
        registered = {row["id"]: msgspec.json.decode(row["names"]) for row in await work.rows("stores")}
        known = registered.keys()
        if known != stores.keys() and (other := await work.value("beside", work.worker)) is not None:
            raise JobChanged(other_stores(stores, registered, other))
        begin = work.generation.generation.begin
        new = stores.keys() - known - set(late)
        if new and (work.meta.load(TRIMMED, int) or 0) > begin:
            raise JobChanged(new_store(stores[min(new)]))
        gone = [*(known - stores.keys())]
        await work.run("store_remove", gone)
        await work.run("remove_places", gone)
        end = await work.value("journal_end") if late else 0
        for store, names in stores.items():
            written = msgspec.json.encode([*names]).decode()
            await work.run("store_add", store, written, end if store in late else begin)
        if not self._membership.reads:
            await take_over(work)
            self._last = max(self._last, await work.value("last_in_stream", work.worker))
            work.after.append(self._now_reads)

    def _now_reads(self) -> None:
        self._membership.reads = True

    async def append(self, work: JobWork, entries: Sequence[tuple[str, Sequence[Lines]]]) -> list[Batch]:
        """Add records of tables inside the caller's transaction."""
        rows = [
            (table, sum(some.count for some in entry), b"".join(some.text for some in entry))
            for table, entry in entries
        ]
        if not rows:
            return []
        found = await work.rows("journal_append", work.worker, *columns(rows))
        batches = [Batch(row["seq"], *values) for row, values in zip(found, rows, strict=True)]
        last = batches[-1].seq
        work.after.append(lambda: self._reached(last))
        return batches

    def _reached(self, last: int) -> None:
        self._last = max(self._last, last)

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches after a place, up to and including the one that reaches `max_bytes`."""

        async def step(work: JobWork) -> list[Batch]:
            if self._membership.reads:
                await work.look()
                last = await adopt(work, self._last, work.generation.generation.begin)
                work.after.append(lambda: self._reached(last))
            return await read_batches(work, self._stream(work), after, max_bytes)

        return await self._membership.run(step)

    def _stream(self, work: JobWork) -> int | None:
        """The stream that this worker reads; None for all of them."""
        return work.worker if self._membership.reads else None

    async def cursor(self, store: str) -> int:
        """The place up to which a store has come; 0 for one that is not registered."""

        async def step(work: JobWork) -> int:
            return await cursor_in(work, store, self._stream(work))

        return await self._membership.run(step)

    async def advance(self, store: str, seq: int) -> Advance:
        """Note that a store holds everything up to `seq`; drop from the journal what all stores hold."""

        async def step(work: JobWork) -> Advance:
            streams = [work.worker]
            if not self._membership.reads:
                streams = sorted({*streams, *(row["stream"] for row in await work.rows("streams"))})
            return await self._advance(work, store, seq, streams)

        return await self._membership.run(step)

    async def _advance(self, work: JobWork, store: str, seq: int, streams: Sequence[int]) -> Advance:
        records: int = await work.value("advanced", store, streams, seq)
        await work.run("save_places", store, streams, seq)
        trimmed = await work.rows("trim", streams, seq)
        if trimmed:
            await work.look()
            highest, begin = max(row["seq"] for row in trimmed), work.generation.generation.begin
            if highest > begin >= (work.meta.load(TRIMMED, int) or 0):
                work.meta.save(TRIMMED, highest)
        return Advance(records, sum(row["size"] for row in trimmed))

    async def end(self) -> int:
        """The last place ever given to records; 0 before the first one."""

        async def step(work: JobWork) -> int:
            return int(await work.value("journal_end"))

        return await self._membership.run(step)

    async def backlog(self) -> Backlog:
        """Bytes that some store has yet to take, and the records that each store has yet to take."""

        async def step(work: JobWork) -> Backlog:
            stream = self._stream(work)
            return Backlog(int(await work.value("journal_bytes", stream)), await lags(work, stream))

        return await self._membership.run(step)


def new_store(names: Sequence[str]) -> str:
    """The message to a worker whose config names a store that would miss records."""
    folder = any("s3://" in name for name in names)
    way = "if this machine has the folder of the job, `asyncscrape move` fills it from there; or " if folder else ""
    return (
        f"the store {', '.join(names)} is new to this job and would miss the records stored before it was added; "
        f"{way}take it out of [store].records until `run --again` crawls everything anew, or start again with --fresh"
    )


def other_stores(stores: Mapping[str, Sequence[str]], theirs: Mapping[str, Sequence[str]], other: str) -> str:
    """The message to a worker whose config names other stores than that of another worker, which is at work."""
    only_here = ", ".join(name for store in stores.keys() - theirs.keys() for name in stores[store])
    only_there = ", ".join(name for store in theirs.keys() - stores.keys() for name in theirs[store])
    return (
        f"the config of this worker does not name the same stores as that of {other}, which is at work: only here "
        f"{only_here or 'none'}, only there {only_there or 'none'} (one of the same name is at another place); start "
        "this worker with the same [store], or stop the others first"
    )


async def lags(run: Statements, stream: int | None = None) -> dict[str, int]:
    """The number of records that each store has yet to take, by the config's names for it."""
    rows = await run.rows("lags", stream)
    return {name: int(row["lag"]) for row in rows for name in msgspec.json.decode(row["names"])}
