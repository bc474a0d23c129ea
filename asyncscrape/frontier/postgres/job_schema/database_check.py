"""Checks, without changing anything, that a database will take the state of a job."""

from __future__ import annotations

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.job_schema.job_tables import check
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.postgres.explanations import explained


async def probe(place: JobPlace, lease: float) -> str:
    """A short summary of the database; raises what would keep a run from starting."""
    label = place.address.label
    with explained(place.address):
        connection = await connect(place, lease)
        try:
            run = Statements(connection)
            server = await run.row("server")
            assert server is not None
            if server["read_only"]:
                raise StoreError(f"{label}: the server is read-only for now", passing=True)
            begun = await check(connection, place)
            if not begun and not server["may_create"]:
                raise UsageError(f"{label}: the user lacks the right to make a schema: GRANT CREATE ON DATABASE")
        finally:
            await disconnect(connection)
    return f"PostgreSQL {server['version'].split()[0]}, {'the job has begun' if begun else 'nothing is stored yet'}"
