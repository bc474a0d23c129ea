"""Kept answers are read again: what the generation before tells of requests without one, and what is passed over."""

from __future__ import annotations

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import EarlierEnd
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.requests import print_of
from asyncscrape.frontier.sqlite.requeue import put_back
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.model import KeptBlob, Kind, Origin, Request
from asyncscrape.records.lines import decode_blob

REREADING = "rereading"


def is_on(database: StateDatabase) -> bool:
    """Whether kept answers are read again, or were and nothing has been fetched since."""
    return bool(meta.load(database, REREADING, bool))


def prepare(database: StateDatabase) -> None:
    """Remember how the requests of this generation ended that left no answer, in the current transaction.

    If it was read again itself, and perhaps not to its end, what is known of the one before still counts.
    """
    if not is_on(database):
        database.run("forget_earlier")
    database.run("remember_earlier")
    meta.save(database, REREADING, True)


def forget(database: StateDatabase) -> None:
    """What was remembered is of no use any more, in the current transaction."""
    database.run("forget_earlier")
    meta.forget(database, REREADING)


def begin(file: StateFile) -> None:
    """Only kept answers are read from now on."""
    with file.transaction():
        meta.save(file.database, REREADING, True)


def end(file: StateFile) -> int:
    """Put back what was passed over, for the network is asked from now on; the number of requests."""
    if not is_on(file.database):
        return 0
    with file.transaction():
        rows = {row["id"]: row for row in file.database.run("not_kept").fetchall()}
        file.tallies.skipped(Reason.NOT_KEPT, -sum(row["source"] is None for row in rows.values()))
        number = put_back(file, rows, rows, Stage.SKIPPED)
        forget(file.database)
    return number


def earlier(database: StateDatabase, request: Request) -> EarlierEnd | None:
    """How a request ended in the generation before; a file is also known by its path."""
    print_ = print_of(request.kind, request.asked, request.note, request.bundle)
    row = database.row("earlier", (print_,))
    kept = _file(database, request, row["stored"] or request.path, row["url"]) if row else None
    if row is None and request.kind == Kind.BLOB:
        kept = _file(database, request, request.path, request.url)
        return EarlierEnd(COUNTED[Stage.DONE], "", "", kept) if kept else None
    if row is None or (row["state"] == Stage.DONE and request.kind == Kind.BLOB and kept is None):
        return None
    return EarlierEnd(COUNTED[Stage(row["state"])], row["reason"] or "", row["detail"] or "", kept)


def _file(database: StateDatabase, request: Request, path: str, url: str) -> KeptBlob | None:
    """The file at a path, as the one that a request has brought from a URL."""
    line = database.text("content_there", (path,)) if request.kind == Kind.BLOB else None
    if line is None:
        return None
    there = decode_blob(line)
    stored = msgspec.structs.replace(there.blob, url=request.asked)
    return KeptBlob(stored, Origin(url, there.origin.fetched_at), request.order if request.newest else 0)
