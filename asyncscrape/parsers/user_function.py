"""Rules that leave a page to a Python function: `parser = "package.module:function"`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from asyncscrape.model import Blob, Link, Page, Parser, Record, Response, Withdrawal, storable
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.import_parser import import_parser
from asyncscrape.urls import canonical

T = TypeVar("T", Link, Blob)


def python_parser(name: str, table: str | None, key: Sequence[str]) -> Parser:
    """The function of that name, checked against the rule's table and key. Its URLs may be relative."""
    function = import_parser(name)

    def parse(response: Response) -> Page:
        page = function(response)
        if not isinstance(page, Page):
            raise ParseError(f"{name} returned {type(page).__name__}, not a Page")
        needed = [column for column in key if not column.startswith("_")]
        check(name, page.records, table, needed)
        check_withdrawn(name, page.withdrawn, table, needed)
        links = list(in_canonical_form(page.links, response.url))
        return msgspec.structs.replace(page, links=links, blobs=list(in_canonical_form(page.blobs, response.url)))

    return parse


def check(name: str, records: Iterable[Record], table: str | None, key: Sequence[str]) -> None:
    """Raise ParseError unless every record belongs to the rule's table and has its key."""
    for record in records:
        if record.table != table:
            raise ParseError(f"{name} returned a record for table {record.table!r}; its rule fills {table!r}")
        if not record.values or any(column.startswith("_") for column in record.values):
            raise ParseError(
                f"{name} returned a record that is empty, or has a column that begins with an underscore"
            )
        for column in key:
            if record.values.get(column) is None:
                raise ParseError(f"{name} returned a record without {column!r}, which is part of its key")


def check_withdrawn(name: str, withdrawn: Iterable[Withdrawal], table: str | None, key: Sequence[str]) -> None:
    """Raise ParseError unless every withdrawal belongs to the rule's table and holds its key and nothing else."""
    for gone in withdrawn:
        if gone.table != table:
            raise ParseError(f"{name} withdrew a record of table {gone.table!r}; its rule fills {table!r}")
        if gone.key.keys() != set(key) or None in gone.key.values():
            raise ParseError(
                f"{name} withdrew a record of table {table!r} by {gone.key!r}; "
                f"it must give a value for each part of the key, {list(key)}, and nothing else"
            )


def in_canonical_form(found: Iterable[T], base: str) -> Iterator[T]:
    """The links or blobs whose URL is for the web, each in canonical form, and in texts that can be stored."""
    for one in found:
        url = canonical(one.url, base)
        if url is not None:
            told = {"note": storable(one.note)} if isinstance(one, Link) else {"path": storable(one.path)}
            yield msgspec.structs.replace(one, url=url, **told)
