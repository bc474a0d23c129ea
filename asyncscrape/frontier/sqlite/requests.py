"""Requests between their rows in the file and their values in memory."""

from __future__ import annotations

import sqlite3

import msgspec

from asyncscrape.model import Request
from asyncscrape.urls import fingerprint

_decode_hops = msgspec.json.Decoder(tuple[str, ...]).decode


def request_of(row: sqlite3.Row) -> Request:
    """A stored row as the request it stands for."""
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
    )


def new_row(request: Request, host: int, parent: int) -> tuple[object, ...]:
    """The values that a new request begins with, as the statement `add` takes them."""
    print_ = fingerprint(request.kind, request.url, request.note)
    return print_, request.url, request.kind, host, request.depth, parent, request.path, request.note


def hops_behind(request: Request) -> str:
    """The URLs that lie behind a request once it is sent on, as stored."""
    return msgspec.json.encode([*request.hops, request.url]).decode()
