"""Conversions between what a frontier hands out and the rows that it stores, whatever database has them."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from asyncscrape.frontier.base import Failure
from asyncscrape.frontier.prints import print_of
from asyncscrape.frontier.redirected import hops_of
from asyncscrape.model import Kind, Request


class StoredRow(Protocol):
    """A row, as any database gives it."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def request_of(row: StoredRow) -> Request:
    """The request from a stored row."""
    return Request(
        row["url"],
        row["kind"],
        row["id"],
        row["depth"],
        row["parent"] or "",
        row["path"],
        row["note"],
        row["attempts"],
        hops_of(row["hops"]),
        row["bundle"] or 0,
        deaths=row["deaths"],
    )


class NewRow(NamedTuple):
    """The row of a new request, in the order of the statement `add`."""

    print_: bytes
    url: str
    kind: str
    host: int
    depth: int
    parent: int
    path: str
    note: str
    bundle: int | None


def new_row(request: Request, host: int, parent: int, bundle: int) -> NewRow:
    """The row of a new request. Files belong to no bundle: nothing is made of them when it ends."""
    kind, url, note = request.kind, request.url, request.note
    of = bundle if kind != Kind.BLOB else 0
    print_ = print_of(kind, url, note, of)
    return NewRow(print_, url, kind, host, request.depth, parent, request.path, note, of or None)


def failure_of(row: StoredRow) -> Failure:
    """The failed URL from a stored row."""
    reason, detail, parent = (row[name] or "" for name in ("reason", "detail", "parent"))
    return Failure(row["url"], row["kind"], reason, detail, row["attempts"], parent)
