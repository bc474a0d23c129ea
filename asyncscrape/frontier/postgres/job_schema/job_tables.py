"""The tables of a job: made when it is first used, and upgraded if an older version made them otherwise."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from asyncscrape import sql_files
from asyncscrape.errors import UsageError
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.postgres.names import quoted

if TYPE_CHECKING:
    from asyncpg import Connection

LAYOUT = 2
"""Version of schema.sql; tables of an older layout are upgraded to it, any other layout is refused."""
OLDEST = 1
"""The oldest layout that can be upgraded. Older ones can be looked at without an upgrade."""
TEAMS = 2
"""The first layout that knows of workers beside one another."""
SCHEMA = sql_files.script(__package__, "schema.sql")
UPGRADES = {to: sql_files.script(__package__, f"upgrade_{to}.sql") for to in range(OLDEST + 1, LAYOUT + 1)}
"""The scripts that make tables of an older layout into those of the next, by that one."""
JOB = "job"
"""The fact that tells a job from all others."""


async def prepare(connection: Connection, place: JobPlace) -> str:
    """Make or upgrade the tables if need be, one process at a time; the id of the job."""
    run = Statements(connection)
    async with connection.transaction():
        await run.run("turn_lock")
        if not await run.value("exists", quoted(place.schema, "meta")):
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(place.schema)}")
            await connection.execute(SCHEMA)
            await run.run("new_meta", "layout", str(LAYOUT))
            await run.run("new_meta", JOB, str(uuid.uuid4()))
        for layout in range(await check(connection, place) + 1, LAYOUT + 1):
            await connection.execute(UPGRADES[layout])
            await run.run("save_meta", ["layout"], [str(layout)])
    return str(await run.value("meta", JOB))


async def check(connection: Connection, place: JobPlace) -> int:
    """The layout of the job's tables; 0 if it has none. Refuses one that this version cannot read."""
    run = Statements(connection)
    if not await run.value("exists", quoted(place.schema, "meta")):
        return 0
    text: str = await run.value("meta", "layout") or ""
    layout = int(text) if text.isdecimal() else 0
    if not OLDEST <= layout <= LAYOUT:
        raise UsageError(
            f"{place.address.label}: the job's state was written by another version of asyncscrape (layout {text}; "
            f"this version reads layouts up to {LAYOUT}); use that version, or start again with --fresh"
        )
    return layout


async def drop(connection: Connection, place: JobPlace) -> None:
    """Erase the job."""
    await connection.execute(f"DROP SCHEMA IF EXISTS {quoted(place.schema)} CASCADE")
