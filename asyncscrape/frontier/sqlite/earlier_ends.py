"""Kept answers are read again: what the generation before tells of requests without one, and what is passed over."""

from __future__ import annotations

from asyncscrape.frontier.base import EarlierEnd
from asyncscrape.frontier.earlier_end import EarlierRow, brought_file, end_by_file, end_of, with_file
from asyncscrape.frontier.prints import print_of
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.passed_over import put_back
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import Stage
from asyncscrape.model import KeptBlob, Kind, Request
from asyncscrape.records.lines import decode_blob

REREADING = "rereading"


def is_on(database: StateDatabase) -> bool:
    """Whether kept answers are read again, or were and nothing has been fetched since."""
    return meta.load(database, REREADING, str) is not None


def match(database: StateDatabase) -> str:
    """The pattern of the URLs whose pages are read again; empty for all."""
    return meta.load(database, REREADING, str) or ""


def prepare(database: StateDatabase) -> None:
    """Remember how the requests of this generation ended that left no answer, in the current transaction.

    If it was read again itself, and perhaps only in part, what is known of those before still counts.
    """
    if not is_on(database):
        database.run("forget_outdated")
    database.run("remember_earlier")
    meta.save(database, REREADING, "")


def forget(database: StateDatabase) -> None:
    """All is asked for anew, in the current transaction: what was remembered is of no use any more."""
    database.run("forget_earlier")
    meta.forget(database, REREADING)


def begin(file: StateFile, match: str) -> None:
    """Only kept answers are read from now on."""
    with file.transaction():
        meta.save(file.database, REREADING, match)


def end(file: StateFile) -> int:
    """Put back what was passed over, for the network is asked from now on; the number of requests."""
    if not is_on(file.database):
        return 0
    with file.transaction():
        number = put_back(file)
        meta.forget(file.database, REREADING)
    return number


def earlier(database: StateDatabase, request: Request) -> EarlierEnd | None:
    """How a request ended in the generation before."""
    found = database.row("earlier", (print_of(request.kind, request.asked, request.note, request.bundle),))
    if found is None:
        return end_by_file(request, _file(database, request.path)) if request.kind == Kind.BLOB else None
    row = EarlierRow(Stage(found["state"]), *found[1:])
    return (
        with_file(row, request, _file(database, row.stored or request.path))
        if brought_file(row, request)
        else end_of(row)
    )


def _file(database: StateDatabase, path: str) -> KeptBlob | None:
    line = database.text("content_there", (path,))
    return None if line is None else decode_blob(line)
