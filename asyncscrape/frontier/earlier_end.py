"""How a request ended in the generation before, from what is stored of it; for every frontier. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import EarlierEnd
from asyncscrape.frontier.redirected import LEADS_TO, hops_of
from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.model import KeptBlob, Kind, Origin, Request, State


class EarlierRow(NamedTuple):
    """What is stored of an end."""

    stage: Stage
    reason: str | None
    detail: str | None
    url: str
    hops: str | None
    stored: str | None
    attempts: int


def end_of(row: EarlierRow) -> EarlierEnd:
    """The end, without its file."""
    detail = row.detail or ""
    merged = row.stage == Stage.DONE and row.reason == Reason.REDIRECT
    return EarlierEnd(
        COUNTED[row.stage],
        row.reason or "",
        detail,
        row.attempts,
        (*hops_of(row.hops)[1:], row.url) if row.hops else (),
        detail.removeprefix(LEADS_TO) if merged else "",
    )


def brought_file(row: EarlierRow, request: Request) -> bool:
    """Whether it ended with a file."""
    return row.stage == Stage.DONE and request.kind == Kind.BLOB


def with_file(row: EarlierRow, request: Request, there: KeptBlob | None) -> EarlierEnd | None:
    """The end with the file that was brought, unless a newer one has taken its path since."""
    if there is None:
        return None
    if request.newest and there.blob.url != request.asked:
        return end_of(row)
    return msgspec.structs.replace(end_of(row), kept=as_brought(there, request, row.url))


def end_by_file(request: Request, there: KeptBlob | None) -> EarlierEnd | None:
    """The end of a request that the generation before did not make, and one before that did."""
    if there is None or there.blob.url != request.asked:
        return None
    return EarlierEnd(State.DONE, "", "", kept=as_brought(there, request, there.origin.url))


def as_brought(there: KeptBlob, request: Request, url: str) -> KeptBlob:
    """A file as the one that a request has brought from a URL: with `dedupe`, it was another that did."""
    stored = msgspec.structs.replace(there.blob, url=request.asked)
    return KeptBlob(stored, Origin(url, there.origin.fetched_at), request.order if request.newest else 0)
