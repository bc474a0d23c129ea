"""Conversions between requests and their rows in the file."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import msgspec

from asyncscrape.model import Kind, Request
from asyncscrape.urls import fingerprint

_decode_hops = msgspec.json.Decoder(tuple[str, ...]).decode


def request_of(row: sqlite3.Row) -> Request:
    """The request from a stored row."""
    hops = row["hops"]
    return Request(
        row["url"],
        row["kind"],
        row["id"],
        row["depth"],
        row["parent"] or "",
        row["path"],
        row["note"],
        row["attempts"],
        _decode_hops(hops) if hops else (),
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


def print_of(kind: str, url: str, note: str, bundle: int) -> bytes:
    """The fingerprint of a request. Two bundles that need one URL ask for it twice: each must end by itself."""
    return fingerprint(kind, url, f"{note}\0{bundle}" if bundle else note)


def hops_behind(request: Request) -> str:
    """The URLs that a request has left behind once it is redirected, as stored."""
    return msgspec.json.encode([*request.hops, request.url]).decode()
