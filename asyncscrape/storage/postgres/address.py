"""Where a Postgres store is: what the config and the environment say, and what of it may be shown."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import NamedTuple

from asyncscrape.destinations import PostgresDestination
from asyncscrape.errors import UsageError
from asyncscrape.storage.postgres.names import quoted, trouble

OWN_NAMES = ("pg_", "information_schema")
"""Schemas that Postgres keeps for itself begin so."""


class Address(NamedTuple):
    """A database and the schema in it."""

    dsn: str
    """For asyncpg, which knows everything else that may stand in it, and the environment."""
    schema: str
    database: str
    label: str
    """How the store is called in messages: without user and password, or only by the place where its word is kept."""
    secret: bool
    """Whether nothing of it may be shown."""
    local: bool
    """Whether the server is reached through a socket in the file system."""

    @property
    def id(self) -> str:
        """Tells one store of a job from another; the same after a move to another host or user."""
        name = f"{self.database}\0{self.schema}".encode()
        return "postgres:" + blake2b(name, digest_size=6).hexdigest()

    def table(self, name: str) -> str:
        """How a table is called in messages."""
        return f"the table {quoted(name)}" + ("" if self.secret else f" in the schema {quoted(self.schema)}")


def address_of(destination: PostgresDestination, source: str = "") -> Address:
    """The address, where the environment says what the config leaves open. asyncpg finds the rest when it connects.

    `source` is where the config's word was kept, when it must not be shown.
    """
    name = f"postgres ({source})" if source else "postgres"
    if problem := trouble(destination.schema, column=False):
        raise UsageError(f"{name}: the name of the schema {problem}")
    if destination.schema.startswith(OWN_NAMES):
        raise UsageError(f"{name}: the schema belongs to Postgres itself; choose another ?schema=")
    database, hosts = _database(destination), _hosts(destination)
    label = name if source else f"postgres at {hosts}/{database}"
    return Address(destination.dsn, destination.schema, database, label, bool(source), hosts.startswith("/"))


def _database(destination: PostgresDestination) -> str:
    """The database by the rules of asyncpg, as far as they can be followed without it."""
    user = destination.user or os.environ.get("PGUSER", "")
    return destination.database or os.environ.get("PGDATABASE") or user


def _hosts(destination: PostgresDestination) -> str:
    port = destination.port or os.environ.get("PGPORT") or "5432"
    hosts = destination.host or os.environ.get("PGHOST") or "localhost"
    return ",".join(host if _has_port(host) else f"{host}:{port}" for host in hosts.split(","))


def _has_port(host: str) -> bool:
    return host.startswith("/") or ":" in host.rpartition("]")[2]
