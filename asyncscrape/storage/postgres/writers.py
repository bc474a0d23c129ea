"""The jobs that write to a schema, as the rows of their cursors tell, and what they may do beside each other.

A job that starts again with --fresh keeps its name and gets a new id. So a job of the same name is an earlier state
of this one, unless a process is connected for it: then it is another job, or the same one on another machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.errors import UsageError
from asyncscrape.model import BLOBS, Generation, Table
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.names import quoted
from asyncscrape.storage.postgres.catalog import NEXT
from asyncscrape.storage.postgres.preparing import WritingJob
from asyncscrape.storage.postgres.statements import own, statements

if TYPE_CHECKING:
    from asyncpg import Connection

ANOTHER_PLACE = "give one of the two jobs another name, and let it write to another ?schema="


class Writer(msgspec.Struct, frozen=True):
    """The row of a job's cursor, whichever version wrote it."""

    job: str
    seq: int
    tables: tuple[str, ...] = ()
    job_name: str = ""
    generation: int = 1
    beside: int | None = None
    begun_at: datetime | None = None
    writes: int = 0
    """How often it has written."""
    at_work: bool = False
    """Whether a process is connected for it."""

    def tables_beside(self) -> list[str]:
        """Its tables beside those in place."""
        return [name for name in self.tables if name.endswith(NEXT)]


_decode = msgspec.json.Decoder(Writer).decode


async def be_at_work(connection: Connection, address: Address, job: WritingJob) -> None:
    """Let other processes know that this job is at work, as long as the connection lasts."""
    await connection.execute(statements()["be_at_work"], address.schema, job.id)


async def writers(connection: Connection, address: Address) -> list[Writer]:
    """All jobs that have ever written to this schema."""
    if not await connection.fetchval(statements()["has_migrations"], address.schema):
        return []
    rows = await connection.fetch(own("writers", address.schema), address.schema)
    return [_decode(row["row"]) for row in rows]


def itself(found: Sequence[Writer], job: WritingJob) -> Writer:
    """The row of this job, or one like that of a job that has not written yet."""
    return next((one for one in found if one.job == job.id), Writer(job.id, 0, job_name=job.name))


def given_up(
    address: Address, found: Sequence[Writer], tables: Sequence[Table], job: WritingJob, number: int | None
) -> Iterator[Writer]:
    """The jobs whose tables beside are needed no more: this one, if they are of another generation than this number,
    and its states before --fresh. A `UsageError` if others make a generation of these tables."""
    names = {table.name + NEXT for table in tables}
    for one in found:
        if one.beside is None:
            continue
        if one.job == job.id:
            if one.beside != number:
                yield one
        elif _is_earlier_state(one, job):
            yield one
        elif taken := sorted(names & set(one.tables)):
            _refuse_to_meet(address, one, taken[0], job, number)


def _is_earlier_state(one: Writer, job: WritingJob) -> bool:
    return one.job_name == job.name != "" and not one.at_work


def _refuse_to_meet(address: Address, one: Writer, taken: str, job: WritingJob, number: int | None) -> None:
    """Refuse to write to a table of which another job makes a generation, where that would do harm."""
    where = f"{address.label}: {address.table(taken.removesuffix(NEXT))}"
    if job.id and one.job_name == job.name != "":
        raise UsageError(
            f"{where} is being made anew right now by another process of a job {quoted(job.name)}, with a state of "
            f"its own; wait until that has ended, or {ANOTHER_PLACE}"
        )
    if number is not None:
        who = f"the job {quoted(one.job_name)}" if one.job_name else "another job"
        raise UsageError(
            f"{where} is being made anew by {who}; finish or accept that generation first, "
            "or let one of the two jobs write to another ?schema="
        )


def refuse_sharing(address: Address, found: Sequence[Writer], tables: Sequence[Table], job: WritingJob) -> None:
    """Refuse a generation of tables that hold records of other jobs.

    The table of downloaded files is left out: nothing is ever removed from it.
    """
    names = {table.name for table in tables} - {BLOBS.name}
    for one in sorted(found, key=lambda one: one.job_name):
        shared = sorted(names & set(one.tables))
        if shared and one.job != job.id and not _is_earlier_state(one, job):
            raise UsageError(f"{address.label}: {address.table(shared[0])} {_holds_others(one, job)}")


def _holds_others(one: Writer, job: WritingJob) -> str:
    if one.job_name == job.name != "":
        return f"is written to right now by another process of a job {quoted(job.name)}; {ANOTHER_PLACE}"
    if one.job_name:
        return (
            f"also holds records of the job {quoted(one.job_name)}, and a new generation would remove them; "
            "let one of the two jobs write to another ?schema="
        )
    return (
        "also holds records of a job that an older version of asyncscrape ran. If that was this job before --fresh, "
        "or if you no longer need them, let it be forgotten: "
        f"""DELETE FROM "_asyncscrape_cursor" WHERE job = '{one.job}'; else write to another ?schema="""
    )


def check_beside(
    address: Address, one: Writer, generation: Generation, names: Sequence[str], there: Collection[str], seq: int
) -> None:
    """Refuse to go on without one of these tables beside, where the job has written, or with one of somebody else.

    The place in the journal up to which the tables hold everything tells whether it has written in this generation.
    """
    begun = one.beside == generation.number
    if seq > generation.begin:
        missing = [name for name in names if name in one.tables and name not in there]
        if missing or not begun:
            what = address.table(missing[0]) if missing else "what was made beside the tables"
            raise UsageError(
                f"{address.label}: {what} is gone, and with it the records of generation {generation.number}; "
                "restore it, or crawl again with --again or --fresh"
            )
    elif there and not begun:
        name = min(there)
        raise UsageError(f"{address.label}: {address.table(name)} is in the way of --again; rename or drop it")
