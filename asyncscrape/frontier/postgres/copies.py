"""Blobs wanted at several paths: one download, and copies that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import Copy
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.redirected import LOOP, hops_behind
from asyncscrape.frontier.states import AS_SOURCE, COPIES, ENDING, REQUESTS, Event, Stage
from asyncscrape.frontier.stored_rows import NewRow, request_of
from asyncscrape.model import KeptBlob, Kind, Origin, Outcome, State, StoredBlob
from asyncscrape.records.lines import decode_blob, encode_place
from asyncscrape.urls import fingerprint

if TYPE_CHECKING:
    from asyncpg import Record


class SourceRow(msgspec.Struct, frozen=True):
    """The row that brings the bytes of a blob's URL; it may itself be a copy."""

    id: int
    stage: Stage
    path: str
    source: int | None
    reason: str | None
    detail: str | None

    @property
    def event(self) -> Event:
        """The event that its stage means for a copy."""
        return AS_SOURCE[self.stage]


class SharedCopies:
    """The blobs' part of a commit, and the queue of copies to make."""

    # Taking copies, and looking up contents

    async def take(self, work: JobWork, most: int) -> tuple[list[Copy], bool]:
        """Lease up to so many copies that are ready to make; also whether more may be ready."""
        rows = await work.rows("take_copies", most)
        await work.run("lease", [row["id"] for row in rows], work.worker)
        work.counting.moved(Kind.BLOB, Stage.READY, COPIES[Stage.READY, Event.TAKEN], len(rows))
        return [copy_in(row) for row in rows], len(rows) == most

    async def any_ready(self, work: JobWork) -> bool:
        """Whether copies may be ready to make."""
        return bool(await work.value("any_ready"))

    async def content_of(self, work: JobWork, sha256: str, generation: int) -> StoredBlob | None:
        """A file with these bytes that this generation has put into the blob store."""
        line = await work.value("content_of", sha256, generation)
        return None if line is None else decode_blob(line).blob

    async def kept_at(self, work: JobWork, path: str, generation: int) -> KeptBlob | None:
        """The file that this generation has put at a path in the blob store."""
        line = await work.value("content_at", path, generation)
        return None if line is None else decode_blob(line)

    # Settling blobs

    async def keep_in_mind(self, work: JobWork, kept: KeptBlob | None) -> str | None:
        """Record a file that is now in the blob store; its path, if there is a file."""
        if kept is None:
            return None
        stored = kept.blob
        number = work.generation.generation.number
        there = await self.kept_at(work, stored.path, number) if kept.order else None
        if there is None or there.order <= kept.order:
            sha256 = "" if kept.order else stored.sha256  # bytes that may be replaced are nobody else's
            await work.run("save_content", stored.path, sha256, encode_place(kept), number)
        return stored.path

    async def tell(self, work: JobWork, ended: Sequence[Outcome]) -> None:
        """Tell the copies that wait for these blobs how the blobs ended."""
        done = [outcome.request.id for outcome in ended if outcome.state == State.DONE]
        if done:
            await work.run("ready_copies", done)
        for outcome in ended:
            if outcome.state != State.DONE:
                stage = REQUESTS[Stage.LEASED, ENDING[outcome.state]]
                await self.end(work, outcome.request.id, stage, outcome.reason, outcome.detail)

    async def end(self, work: JobWork, source: int, stage: Stage, reason: str, detail: str) -> None:
        """End all copies that wait for a source whose bytes will not come, and all copies that wait for those."""
        after = COPIES[Stage.WAITING, AS_SOURCE[stage]]
        sources = [source]
        while sources:
            ended = await work.rows("end_copies", after, reason, detail, sources.pop())
            work.counting.moved(Kind.BLOB, Stage.WAITING, after, len(ended))
            sources += [row["id"] for row in ended]

    # Adding blobs

    async def add_path(self, work: JobWork, row: NewRow) -> None:
        """Insert a copy for a blob with a known URL, unless its path is known too."""
        source = await self._download(work, row.print_)
        if source.path == row.path:
            return
        stage = COPIES[None, source.event]
        own = row._replace(print_=fingerprint(Kind.BLOB, row.url, row.path))
        added = await work.value("add_copy", *own, stage, source.id, source.reason, source.detail)
        work.counting.came(Kind.BLOB, stage, added is not None)

    async def merge(self, work: JobWork, outcome: Outcome, print_: bytes) -> None:
        """Make a download a copy of the one it was redirected to."""
        asked, source = outcome.request, await self._download(work, print_)
        if await self._leads_to(work, source, asked.id):
            await self._fail_loop(work, outcome)
            return
        stage = REQUESTS[Stage.LEASED, source.event]
        await work.run("become_copy", asked.id, stage, source.id, outcome.hop, hops_behind(asked))
        work.counting.moved(Kind.BLOB, Stage.LEASED, stage)
        if stage in (Stage.FAILED, Stage.SKIPPED):
            reason, detail = source.reason or "", source.detail or ""
            await finish_one(work, outcome, stage, reason, detail)
            await self.end(work, asked.id, stage, reason, detail)

    async def _fail_loop(self, work: JobWork, outcome: Outcome) -> None:
        """Fail a download whose redirects form a loop: two copies of each other could never be made."""
        stage = REQUESTS[Stage.LEASED, Event.FAILED]
        await finish_one(work, outcome, stage, Reason.REDIRECT_LOOP, LOOP)
        work.counting.moved(Kind.BLOB, Stage.LEASED, stage)
        await self.end(work, outcome.request.id, stage, Reason.REDIRECT_LOOP, LOOP)

    async def _download(self, work: JobWork, print_: bytes) -> SourceRow:
        """The download that brings the bytes of a known URL."""
        row = await work.row("find_download", print_)
        assert row is not None
        return SourceRow(row["id"], Stage(row["state"]), row["path"], row["source"], row["reason"], row["detail"])

    async def _leads_to(self, work: JobWork, source: SourceRow, row: int) -> bool:
        """Whether the source is a copy of this row, directly or through others."""
        key = source.source
        while key is not None and key != row:
            key = await work.value("source", key)
        return key == row


async def finish_one(work: JobWork, outcome: Outcome, stage: Stage, reason: str, detail: str) -> None:
    """End one request at a stage."""
    asked = outcome.request
    await work.run("finish", [asked.id], [stage], [asked.attempts], [reason], [detail], [None])


def copy_in(row: Record) -> Copy:
    """A copy from its stored row, which also describes the bytes."""
    kept = decode_blob(row["line"])
    origin = Origin(row["found"], kept.origin.fetched_at)
    return Copy(request_of(row), KeptBlob(msgspec.structs.replace(kept.blob, path=row["stored"]), origin))
