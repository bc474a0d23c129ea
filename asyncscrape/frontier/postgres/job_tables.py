"""The tables of a job: made when it is first used, and refused if another version made them otherwise."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from asyncscrape import sql_files
from asyncscrape.errors import UsageError
from asyncscrape.frontier.postgres.job_place import JobPlace
from asyncscrape.frontier.postgres.named_statements import Statements
from asyncscrape.postgres.names import quoted

if TYPE_CHECKING:
    from asyncpg import Connection

LAYOUT = 1
"""Version of schema.sql; any other is refused."""
JOB = "job"
"""The fact that tells a job from all others."""


async def prepare(connection: Connection, place: JobPlace) -> str:
    """Make the tables if they do not exist, one process at a time; the id of the job."""
    run = Statements(connection)
    async with connection.transaction():
        await run.run("turn_lock")
        if not await run.value("exists"):
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(place.schema)}")
            await connection.execute(sql_files.script(__package__, "schema.sql"))
            await run.run("new_meta", "layout", str(LAYOUT))
            await run.run("new_meta", JOB, str(uuid.uuid4()))
    await check(connection, place)
    return str(await run.value("meta", JOB))


async def check(connection: Connection, place: JobPlace) -> bool:
    """Whether the job has tables; refuses those of another version."""
    run = Statements(connection)
    if not await run.value("exists"):
        return False
    layout = await run.value("meta", "layout")
    if layout != str(LAYOUT):
        raise UsageError(
            f"{place.address.label}: the job's state was written by another version of asyncscrape (layout {layout}; "
            f"this version reads layout {LAYOUT}); use that version, or start again with --fresh"
        )
    return True


async def drop(connection: Connection, place: JobPlace) -> None:
    """Erase the job."""
    await connection.execute(f"DROP SCHEMA IF EXISTS {quoted(place.schema)} CASCADE")
