"""Conversions between requests and their rows in the file."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from asyncscrape.frontier.prints import print_of
from asyncscrape.frontier.redirected import hops_of
from asyncscrape.model import Kind, Request


def request_of(row: sqlite3.Row) -> Request:
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
