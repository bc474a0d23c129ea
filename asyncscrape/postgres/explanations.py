"""Database errors in plain words: will it pass, or must somebody change something?

A passing `StoreError`: the server is away, starting, stopping, failing over, out of space or connections, too slow,
or another client is in the way. A `UsageError`: password, name, rights, TLS, or a table that somebody changed.
Passwords are never shown; of a secret address nothing is shown at all.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from asyncscrape.errors import AsyncscrapeError, StoreError, UsageError
from asyncscrape.postgres.address import Address

PASSING = {
    "08": "the connection was lost",
    "25": "the server is read-only for now, as a standby is",
    "40": "another client was in the way",
    "53": "the server is out of resources",
    "57": "the server is stopping, or it stopped our statement",
    "58": "the server's disk or system failed",
    "XX": "the server had an internal error",
}
"""By the first two characters of SQLSTATE."""

PASSING_EXACTLY = {
    "25006": "the server is read-only for now, as a standby is",
    "25P03": "the server ended a transaction in which this process was silent for too long",
    "25P04": "the server ended a transaction that took too long; raise transaction_timeout for this user",
    "40001": "another client was in the way (serialization failure)",
    "40P01": "another client was in the way (deadlock)",
    "53100": "the server's disk is full; make room there",
    "53200": "the server is out of memory; for thousands of tables, raise its max_locks_per_transaction",
    "53300": "the server has no connections left; close some, or raise its max_connections or this user's limit",
    "55006": "another client is using the table or database",
    "55P03": "another client held a lock for too long",
    "57014": "the server cancelled a statement; if it took too long, raise statement_timeout for this user",
    "57P01": "the server is shutting down",
    "57P02": "the server crashed and is restarting",
    "57P03": "the server is starting up or shutting down",
}

USAGE = {
    "28P01": "the password is wrong or missing; give it in the address, PGPASSFILE or PGPASSWORD",
    "28000": "the server refuses this user; check the user in the address and the server's pg_hba.conf",
    "3D000": "the database does not exist; create it (CREATE DATABASE) or change the address",
    "42501": "the user lacks a right; grant it, or connect as another user",
    "42P01": "a table that was there is gone, or the right to its schema; put it back, or start again with --fresh",
}

ROW = ("22", "23", "44", "54", "P0", "21")
"""Classes of SQLSTATE that concern a single row: bad data, a constraint, a limit, an exception from a trigger."""


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn any error from asyncpg or the network into a `StoreError` or a `UsageError`."""
    try:
        yield
    except AsyncscrapeError:
        raise
    except Exception as error:
        raise explain(error, address) from error


def refuses_row(error: Exception) -> bool:
    """Whether a single row is to blame, so that the others may go in without it."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in ROW
    return isinstance(error, (ValueError, OverflowError, TypeError))  # asyncpg could not encode it


def is_quarrel(error: BaseException | None) -> bool:
    """Whether to try again at once: the server rolled the transaction back because another client was in the way."""
    return getattr(error, "sqlstate", None) in ("40001", "40P01")


def explain(error: Exception, address: Address) -> Exception:
    """The error in our words; one that has nothing to do with the database is returned unchanged."""
    from asyncpg import InterfaceError, InternalClientError, InvalidCachedStatementError, PostgresError

    if isinstance(error, InvalidCachedStatementError):
        return StoreError(f"{address.label}: its tables have been changed in the meantime", passing=True)
    if isinstance(error, PostgresError):
        return _from_server(error, address)
    if isinstance(error, TimeoutError):
        return StoreError(f"{address.label}: the server does not answer", passing=True)
    if isinstance(error, OSError):
        return _from_network(error, address)
    if isinstance(error, (InterfaceError, InternalClientError)):
        return StoreError(f"{address.label}: the connection was lost{_words(error, address)}", passing=True)
    return error


def not_connecting(error: ValueError | OSError, address: Address) -> AsyncscrapeError:
    """The error that kept asyncpg from even trying: it cannot read the address, or a file that the address names."""
    from asyncpg import InterfaceError

    if isinstance(error, OSError) and address.local:
        return StoreError(f"{address.label}: the server's socket does not exist", passing=True)
    if isinstance(error, OSError):
        return UsageError(f"{address.label}: a file for TLS cannot be read: {error.strerror}")
    words = _words(error, address) if isinstance(error, InterfaceError) else ""
    return UsageError(f"{address.label}: the address is wrong{words}")


def _from_server(error: Exception, address: Address) -> AsyncscrapeError:
    state = str(getattr(error, "sqlstate", None) or "")
    if state in USAGE:
        hidden = address.secret or state == "28P01"
        return UsageError(f"{address.label}: {USAGE[state]}" + ("" if hidden else _words(error, address)))
    what = PASSING_EXACTLY.get(state) or PASSING.get(state[:2])
    if what is None:
        return UsageError(f"{address.label}: the server refuses the statement{_words(error, address)}")
    return StoreError(f"{address.label}: {what}{_words(error, address)}", passing=True)


def _from_network(error: OSError, address: Address) -> AsyncscrapeError:
    text = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return UsageError(f"{address.label}: the server's certificate is not trusted: {error.verify_message}")
    if "rejected SSL upgrade" in text:
        return UsageError(f"{address.label}: the server offers no TLS, but sslmode requires it")
    return StoreError(f"{address.label}: {_network_words(error, text, address)}", passing=True)


def _network_words(error: OSError, text: str, address: Address) -> str:
    if error.errno == errno.ECONNREFUSED or f"Errno {errno.ECONNREFUSED}" in text:
        return "the server refuses connections"
    if isinstance(error, socket.gaierror):
        return "the server's name cannot be resolved"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "the connection was lost"
    return "the server cannot be reached" + ("" if address.secret else f": {error.strerror or text}")


def _words(error: Exception, address: Address) -> str:
    """The server's own words, where they give away no secret."""
    if address.secret or not error.args:
        return ""
    text = str(error.args[0])
    return "" if "URI" in text or "DSN" in text else f" ({text})"
