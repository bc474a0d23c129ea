"""What goes wrong with a database, in words a person understands: will it pass, or must somebody change something?

`StoreError`, passing: the server is away, starting, stopping, failing over, out of room or connections, too slow, or
in a quarrel with another client. `UsageError`: password, name, rights, TLS, or a table that somebody changed.
Passwords are never shown, and nothing at all of an address that was kept secret.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from asyncscrape.errors import AsyncscrapeError, StoreError, UsageError
from asyncscrape.storage.postgres.address import Address

PASSING = {
    "08": "the connection was lost",
    "25": "it takes no changes for now, as a server that stands by for another does",
    "40": "another client was in the way",
    "53": "it is out of resources",
    "57": "it stops, or stopped what we asked for",
    "58": "its disk or system fails",
    "XX": "it has an inner error",
}
"""By the first two characters of SQLSTATE."""

PASSING_EXACTLY = {
    "25006": "it takes no changes for now, as a server that stands by for another does",
    "40001": "another client was in the way (serialization failure)",
    "40P01": "another client was in the way (deadlock)",
    "53100": "its disk is full",
    "53200": "it is out of memory",
    "53300": "it has no connection left",
    "55006": "another client holds what is needed",
    "55P03": "another client holds a lock for too long",
    "57014": "it cancelled what took too long (statement timeout)",
    "57P01": "it is being shut down",
    "57P02": "it crashed and restarts",
    "57P03": "it is starting up or shutting down",
}

USAGE = {
    "28P01": "the password is wrong or missing; give it in the address, by PGPASSFILE or by PGPASSWORD",
    "28000": "it does not let us in; see the user in the address, and the server's pg_hba.conf",
    "3D000": "there is no such database; make it (CREATE DATABASE), or change the address",
    "42501": "the user lacks a right",
}

ROW = ("22", "23", "44", "54", "P0", "21")
"""Classes of SQLSTATE that speak of a row: bad data, a constraint, a limit, an exception of a trigger."""


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn whatever asyncpg and the network raise into a `StoreError` or a `UsageError`."""
    try:
        yield
    except AsyncscrapeError:
        raise
    except Exception as error:
        raise explain(error, address) from error


def refuses_row(error: Exception) -> bool:
    """Whether a row is to blame, so that the others may go in without it."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in ROW
    return isinstance(error, (ValueError, OverflowError, TypeError))  # asyncpg could not say it to the server


def is_quarrel(error: BaseException | None) -> bool:
    """Whether to try again at once: the server undid the transaction because another client was in the way."""
    return getattr(error, "sqlstate", None) in ("40001", "40P01")


def explain(error: Exception, address: Address) -> Exception:
    """The error in our words; one that is none of the database's comes back as it is."""
    from asyncpg import InterfaceError, InternalClientError, InvalidCachedStatementError, PostgresError

    if isinstance(error, InvalidCachedStatementError):
        return StoreError(f"{address.label}: its tables were changed meanwhile", passing=True)
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
    """Why there was not even a try to connect: asyncpg cannot read the address, or files that it names."""
    from asyncpg import InterfaceError

    if isinstance(error, OSError) and address.local:
        return StoreError(f"{address.label}: the server's socket is not there", passing=True)
    if isinstance(error, OSError):
        return UsageError(f"{address.label}: a file for TLS cannot be read: {error.strerror}")
    words = _words(error, address) if isinstance(error, InterfaceError) else ""
    return UsageError(f"{address.label}: the address is not right{words}")


def _from_server(error: Exception, address: Address) -> AsyncscrapeError:
    state = str(getattr(error, "sqlstate", None) or "")
    if state in USAGE:
        hidden = address.secret or state == "28P01"
        return UsageError(f"{address.label}: {USAGE[state]}" + ("" if hidden else _words(error, address)))
    what = PASSING_EXACTLY.get(state) or PASSING.get(state[:2])
    if what is None:
        return UsageError(f"{address.label}: it refuses what we asked{_words(error, address)}")
    return StoreError(f"{address.label}: {what}{_words(error, address)}", passing=True)


def _from_network(error: OSError, address: Address) -> AsyncscrapeError:
    text = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return UsageError(f"{address.label}: the server's certificate is not trusted: {error.verify_message}")
    if "rejected SSL upgrade" in text:
        return UsageError(f"{address.label}: the server offers no TLS, but sslmode asks for it")
    return StoreError(f"{address.label}: {_network_words(error, text, address)}", passing=True)


def _network_words(error: OSError, text: str, address: Address) -> str:
    if error.errno == errno.ECONNREFUSED or f"Errno {errno.ECONNREFUSED}" in text:
        return "the server refuses connections"
    if isinstance(error, socket.gaierror):
        return "the name of the server cannot be found"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "the connection was lost"
    return "the server cannot be reached" + ("" if address.secret else f": {error.strerror or text}")


def _words(error: Exception, address: Address) -> str:
    """The server's own words, where they give nothing away."""
    if address.secret or not error.args:
        return ""
    text = str(error.args[0])
    return "" if "URI" in text or "DSN" in text else f" ({text})"
