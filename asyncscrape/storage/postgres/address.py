"""Where a Postgres store is: what its word in the config says, and what of it may be shown."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from asyncscrape.errors import UsageError
from asyncscrape.model import StoreSpec
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


def read_address(spec: StoreSpec) -> Address:
    """What the word means. asyncpg finds the rest when it connects."""
    name = f"postgres ({spec.source})" if spec.source else "postgres"
    try:
        parts = urlsplit(spec.text)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        _check(parts)
    except ValueError:
        raise UsageError(
            f"{name}: the address cannot be read; it looks like postgres://user@host:5432/database?schema=name, and "
            "special characters in it, as a password may have them, are written as % and two hexadecimal digits"
        ) from None
    schema = query.get("schema", "public")
    if problem := trouble(schema, column=False):
        raise UsageError(f"{name}: the name of the schema {problem}")
    if schema.startswith(OWN_NAMES):
        raise UsageError(f"{name}: the schema belongs to Postgres itself; choose another ?schema=")
    database = _database(parts, query)
    hosts = _hosts(parts, query)
    label = name if spec.source else f"postgres at {hosts}/{database}"
    return Address(_without_schema(parts), schema, database, label, bool(spec.source), hosts.startswith("/"))


def _check(parts: SplitResult) -> None:
    """Raise `ValueError` for what would be taken apart at the wrong place, perhaps within a password."""
    rest = parts.path + parts.query + parts.fragment
    if parts.scheme not in ("postgres", "postgresql") or parts.fragment or parts.netloc.count("@") > 1:
        raise ValueError
    if "@" not in parts.netloc and "@" in rest:
        raise ValueError
    for host in parts.netloc.rpartition("@")[2].split(","):
        port = host.rpartition("]")[2].partition(":")[2]
        if port and not (port.isascii() and port.isdigit()):
            raise ValueError


def _without_schema(parts: SplitResult) -> str:
    """The same address without our own part: asyncpg would send it to the server as a setting."""
    others = [pair for pair in parts.query.split("&") if pair and unquote(pair.partition("=")[0]) != "schema"]
    return parts._replace(query="&".join(others)).geturl()


def _database(parts: SplitResult, query: dict[str, str]) -> str:
    """The database by the rules of asyncpg, as far as they can be followed without it."""
    user = unquote(parts.netloc.rpartition("@")[0].partition(":")[0]) or query.get("user") or os.environ.get("PGUSER")
    named = unquote(parts.path.removeprefix("/")) or query.get("dbname") or query.get("database")
    return named or os.environ.get("PGDATABASE") or user or ""


def _hosts(parts: SplitResult, query: dict[str, str]) -> str:
    port = query.get("port") or os.environ.get("PGPORT") or "5432"
    hosts = unquote(parts.netloc.rpartition("@")[2]) or query.get("host") or os.environ.get("PGHOST") or "localhost"
    return ",".join(host if _has_port(host) else f"{host}:{port}" for host in hosts.split(","))


def _has_port(host: str) -> bool:
    return host.startswith("/") or ":" in host.rpartition("]")[2]
