"""Kept answers are read again: what the generation before tells of requests without one, and what is passed over."""

from __future__ import annotations

import sqlite3

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import EarlierEnd
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.outcomes import LEADS_TO
from asyncscrape.frontier.sqlite.passed_over import put_back
from asyncscrape.frontier.sqlite.requests import print_of
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.model import KeptBlob, Kind, Origin, Request, State
from asyncscrape.records.lines import decode_blob

REREADING = "rereading"

_decode_hops = msgspec.json.Decoder(tuple[str, ...]).decode


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
    print_ = print_of(request.kind, request.asked, request.note, request.bundle)
    row = database.row("earlier", (print_,))
    if row is None:
        return _file_there(database, request) if request.kind == Kind.BLOB else None
    detail = row["detail"] or ""
    merged = row["state"] == Stage.DONE and row["reason"] == Reason.REDIRECT
    ended = EarlierEnd(
        COUNTED[Stage(row["state"])],
        row["reason"] or "",
        detail,
        row["attempts"],
        (*_decode_hops(row["hops"])[1:], row["url"]) if row["hops"] else (),
        detail.removeprefix(LEADS_TO) if merged else "",
    )
    brought = row["state"] == Stage.DONE and request.kind == Kind.BLOB
    return _with_file(database, request, ended, row) if brought else ended


def _with_file(database: StateDatabase, request: Request, ended: EarlierEnd, row: sqlite3.Row) -> EarlierEnd | None:
    """The end with the file that was brought, unless a newer one has taken its path since."""
    there = _file(database, row["stored"] or request.path)
    if there is None:
        return None
    if request.newest and there.blob.url != request.asked:
        return ended
    return msgspec.structs.replace(ended, kept=_as_brought(there, request, row["url"]))


def _file_there(database: StateDatabase, request: Request) -> EarlierEnd | None:
    """The end of a request that the generation before did not make, and one before that did."""
    there = _file(database, request.path)
    if there is None or there.blob.url != request.asked:
        return None
    return EarlierEnd(State.DONE, "", "", kept=_as_brought(there, request, there.origin.url))


def _file(database: StateDatabase, path: str) -> KeptBlob | None:
    line = database.text("content_there", (path,))
    return None if line is None else decode_blob(line)


def _as_brought(there: KeptBlob, request: Request, url: str) -> KeptBlob:
    """A file as the one that a request has brought from a URL: with `dedupe`, it was another that did."""
    stored = msgspec.structs.replace(there.blob, url=request.asked)
    return KeptBlob(stored, Origin(url, there.origin.fetched_at), request.order if request.newest else 0)
