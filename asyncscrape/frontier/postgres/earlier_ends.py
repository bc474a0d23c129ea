"""Kept answers are read again: what the generation before tells of requests without one, and what is passed over."""

from __future__ import annotations

from collections import Counter

from asyncscrape.frontier.base import EarlierEnd
from asyncscrape.frontier.earlier_end import EarlierRow, brought_file, end_by_file, end_of, with_file
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.requeue import put_back
from asyncscrape.frontier.prints import print_of
from asyncscrape.frontier.states import Stage
from asyncscrape.model import KeptBlob, Kind, Request
from asyncscrape.records.lines import decode_blob

REREADING = "rereading"


async def prepare_rereading(work: JobWork) -> None:
    """Remember how the requests of this generation ended that left no answer.

    If it was read again itself, and perhaps only in part, what is known of those before still counts.
    """
    if work.meta.load(REREADING, str) is None:
        await work.run("forget_outdated")
    await work.run("remember_earlier")
    work.meta.save(REREADING, "")


async def forget_rereading(work: JobWork) -> None:
    """All is asked for anew: what was remembered is of no use any more."""
    await work.run("forget_earlier")
    work.meta.forget(REREADING)


async def begin_rereading(work: JobWork, match: str) -> None:
    """Only kept answers are read from now on."""
    await work.look()
    work.meta.save(REREADING, match)


async def end_rereading(work: JobWork) -> int:
    """Put back what was passed over, for the network is asked from now on; the number of requests."""
    await work.look()
    if work.meta.load(REREADING, str) is None:
        return 0
    rows = {row["id"]: row for row in await work.rows("not_kept")}
    for reason, passed in Counter(row["reason"] for row in rows.values() if row["source"] is None).items():
        work.counting.skipped(reason, -passed)
    number = await put_back(work, rows, rows, Stage.SKIPPED)
    work.meta.forget(REREADING)
    return number


async def earlier(work: JobWork, request: Request) -> EarlierEnd | None:
    """How a request ended in the generation before."""
    found = await work.row("earlier", print_of(request.kind, request.asked, request.note, request.bundle))
    if found is None:
        return end_by_file(request, await _file(work, request.path)) if request.kind == Kind.BLOB else None
    row = EarlierRow(Stage(found["state"]), *[*found.values()][1:])
    if not brought_file(row, request):
        return end_of(row)
    return with_file(row, request, await _file(work, row.stored or request.path))


async def _file(work: JobWork, path: str) -> KeptBlob | None:
    line = await work.value("content_there", path)
    return None if line is None else decode_blob(line)
