"""Connections to the database, set up for the frontier of one job."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.explanations import not_connecting
from asyncscrape.postgres.names import LONGEST, quoted
from asyncscrape.process_name import process_name

if TYPE_CHECKING:
    from asyncpg import Connection

CONNECT_TIMEOUT = 10.0
"""Seconds until a server counts as unreachable."""
ANSWER_TIMEOUT = 60.0
"""Seconds until a statement counts as lost."""
FAREWELL = 2.0
"""Seconds for closing a connection politely; after that it is dropped."""
PREFIX = "asyncscrape_"
"""Before the job's name, in the name of its schema: jobs and the tables of stores keep apart."""


class JobPlace(NamedTuple):
    """The database and the schema of a job."""

    address: Address
    schema: str

    @property
    def lock(self) -> int:
        """The advisory lock that workers share, and that an owner has alone."""
        return int.from_bytes(blake2b(self.schema.encode(), digest_size=8).digest(), signed=True)


def place_of(address: Address, job: str) -> JobPlace:
    """The place of a job, whatever its name contains. One that is too long ends with a hash of itself."""
    schema = PREFIX + job
    if len(schema.encode()) > LONGEST:
        digest = blake2b(job.encode(), digest_size=8).hexdigest()
        schema = f"{schema.encode()[: LONGEST - 1 - len(digest)].decode(errors='ignore')}_{digest}"
    return JobPlace(address, schema)


async def connect(place: JobPlace, lease: float) -> Connection:
    """A connection on which the names of tables are those of the job.

    A client that is frozen in a transaction loses it within a lease, so that nobody waits for its locks any longer.
    One that is cut off counts as gone, and no longer keeps owners out, half a minute later. Limits that the server
    has for other users of the role do not count, and what is committed is safe on the disk.
    """
    import asyncpg

    settings = {
        "application_name": process_name(),
        "search_path": quoted(place.schema),
        "idle_in_transaction_session_timeout": str(round(lease * 1000)),
        "default_transaction_isolation": "read committed",
        "statement_timeout": str(round(ANSWER_TIMEOUT * 1000)),
        "lock_timeout": "0",
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "jit": "off",
    }
    try:
        connection: Connection = await asyncpg.connect(
            place.address.dsn,
            timeout=CONNECT_TIMEOUT,
            command_timeout=ANSWER_TIMEOUT,
            server_settings=settings,
            statement_cache_size=200,
        )
    except (ValueError, FileNotFoundError, PermissionError) as error:
        raise not_connecting(error, place.address) from error
    try:
        await Statements(connection).run("durable")
    except BaseException:
        connection.terminate()
        raise
    return connection


async def disconnect(connection: Connection) -> None:
    """Close the connection, or drop it if that takes too long."""
    with suppress(Exception):
        async with asyncio.timeout(FAREWELL):
            await connection.close()
    connection.terminate()
