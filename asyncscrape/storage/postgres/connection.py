"""Connections to the database, set up for the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.postgres.address import Address
from asyncscrape.postgres.explanations import not_connecting
from asyncscrape.storage.postgres.statements import statements

if TYPE_CHECKING:
    from asyncpg import Connection

CONNECT_TIMEOUT = 10.0
"""Seconds until a server counts as unreachable."""
WHOLE_TABLE = 3600.0
"""Seconds for a statement that goes through whole tables."""
FAREWELL = 2.0
"""Seconds for closing a connection politely; after that it is dropped."""
JSONB_VERSION = b"\x01"
"""Every jsonb value in binary form begins with this."""


async def connect(address: Address, patience: float) -> Connection:
    """A connection on which no statement may take longer than `patience` seconds."""
    import asyncpg

    settings = {} if "application_name=" in address.dsn else {"application_name": "asyncscrape"}
    try:
        connection = await asyncpg.connect(
            address.dsn, timeout=CONNECT_TIMEOUT, command_timeout=patience, server_settings=settings
        )
    except (ValueError, FileNotFoundError, PermissionError) as error:
        raise not_connecting(error, address) from error
    try:
        await connection.set_type_codec(
            "jsonb", encoder=_to_jsonb, decoder=bytes, schema="pg_catalog", format="binary"
        )
        await connection.execute(statements()["durable"])
    except BaseException:
        connection.terminate()
        raise
    return connection


@asynccontextmanager
async def transaction(connection: Connection, begin: str = "BEGIN") -> AsyncIterator[None]:
    """Run all of the statements inside, or none.

    There is no rollback: a connection is not used again after a failure, and the server may be gone.
    """
    await connection.execute(begin)
    yield
    await connection.execute("COMMIT")


async def disconnect(connection: Connection) -> None:
    """Close the connection, or drop it if that takes too long."""
    with suppress(Exception):
        async with asyncio.timeout(FAREWELL):
            await connection.close()
    connection.terminate()


def _to_jsonb(value: msgspec.Raw) -> bytes:
    """JSON goes to the server exactly as it is in the journal."""
    return JSONB_VERSION + bytes(value)
