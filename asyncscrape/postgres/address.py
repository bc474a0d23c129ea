"""The address of a Postgres store, from the config and the environment, and how much of it may be shown."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import NamedTuple

from asyncscrape.destinations import PostgresDestination
from asyncscrape.errors import UsageError
from asyncscrape.postgres.names import quoted, trouble

OWN_NAMES = ("pg_", "information_schema")
"""Prefixes of the schemas that Postgres reserves."""


class Address(NamedTuple):
    """A database and a schema in it."""

    dsn: str
    """For asyncpg, which also reads the rest of it, and the environment."""
    schema: str
    database: str
    label: str
    """The store's name in messages: without user and password, or only the place where the address is kept."""
    secret: bool
    """Whether all of it must stay hidden."""
    local: bool
    """Whether the server is reached through a socket in the file system."""

    @property
    def id(self) -> str:
        """Tells one store of a job from another; stays the same after a move to another host or user."""
        name = f"{self.database}\0{self.schema}".encode()
        return "postgres:" + blake2b(name, digest_size=6).hexdigest()

    def table(self, name: str) -> str:
        """The name of a table in messages."""
        return f"the table {quoted(name)}" + ("" if self.secret else f" in the schema {quoted(self.schema)}")


def address_of(destination: PostgresDestination, source: str = "") -> Address:
    """The address, with gaps in the config filled from the environment. asyncpg finds the rest when it connects.

    `source` says where a secret address is kept, for example "env:DATABASE_URL".
    """
    name = f"postgres ({source})" if source else "postgres"
    if problem := trouble(destination.schema, column=False):
        raise UsageError(f"{name}: the schema name {problem}; choose another ?schema=")
    if destination.schema.startswith(OWN_NAMES):
        raise UsageError(f"{name}: Postgres reserves this schema for itself; choose another ?schema=")
    database, hosts = _database(destination), _hosts(destination)
    label = name if source else f"postgres at {hosts}/{database}"
    return Address(destination.dsn, destination.schema, database, label, bool(source), hosts.startswith("/"))


def _database(destination: PostgresDestination) -> str:
    """The database that asyncpg would choose, as far as that can be told without asyncpg."""
    user = destination.user or os.environ.get("PGUSER", "")
    return destination.database or os.environ.get("PGDATABASE") or user


def _hosts(destination: PostgresDestination) -> str:
    port = destination.port or os.environ.get("PGPORT") or "5432"
    hosts = destination.host or os.environ.get("PGHOST") or "localhost"
    return ",".join(host if _has_port(host) else f"{host}:{port}" for host in hosts.split(","))


def _has_port(host: str) -> bool:
    return host.startswith("/") or ":" in host.rpartition("]")[2]
