"""The records of one rule: one for each match of `each`, or one for the whole page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from asyncscrape.model import Blob, Link, Page, Record
from asyncscrape.parsers.document import FACTS, Document
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.fields import Field, fillers, markup, needs_exact_numbers, with_floats
from asyncscrape.parsers.links import Resolver
from asyncscrape.parsers.paths import path_of
from asyncscrape.parsers.reading import Read
from asyncscrape.selectors import Selector

Values = dict[str, Any]


class Rows:
    """Find the rows of one rule and make a record of each."""

    def __init__(self, table: str, key: Sequence[str], fields: Sequence[Field], each: Selector | None) -> None:
        self._table = table
        self._each = each
        self._exact = needs_exact_numbers(fields)
        self._columns: Values = {name: None for field in fields for name in _columns(field)}
        self._facts = [(field.name, FACTS[field.selector.source]) for field in fields if field.language == "fact"]
        self._positions = [field.name for field in fields if field.selector.source == "@position"] if each else []
        cells = [field for field in fields if each and field.is_cell]
        self._fillers = fillers(cells)
        others = [field for field in fields if field.language != "fact" and field not in cells]
        self._readers = [(field.name, self._reader(field)) for field in others]
        self._defaults = [(field.name, field.default) for field in fields if field.default is not None]
        self._addresses = [field.name for field in fields if field.is_address]
        self._blobs = [field for field in fields if field.blob]
        self._needed = [(field.name, field) for field in fields if field.required or field.name in key]

    def page(self, document: Document, resolve: Resolver, links: Sequence[Link]) -> Page:
        """A page with a record of every complete row."""
        constants = self._columns | {name: fact(document) for name, fact in self._facts}
        records: list[Record] = []
        blobs: dict[Blob, None] = {}
        dropped = 0
        for position, row in enumerate(self._rows(document), 1):
            values = self._values(row, position, constants, resolve)
            missing = self._missing(values)
            if missing is None:
                records.append(Record(self._table, values))
                if self._blobs:
                    blobs.update(dict.fromkeys(self._wanted(values)))
            elif self._each:
                dropped += 1
            else:
                raise _nothing_found(missing)
        return Page(records, links, list(blobs), dropped)

    def _rows(self, document: Document) -> Sequence[Any]:
        """The scopes that the readers read from, row by row."""
        if self._each is None:
            return [document]
        if self._each.language == "json":
            found = self._each.find(self._json(document))
            return found if isinstance(found, list) else [] if found is None else [found]
        return [node for node in self._each.find(document.root) if isinstance(node, etree._Element)]

    def _values(self, row: Any, position: int, constants: Values, resolve: Resolver) -> Values:
        values = constants.copy()
        for name in self._positions:
            values[name] = position
        for fill in self._fillers:
            fill(row, values)
        for name, read in self._readers:
            values[name] = read(row)
        for name in self._addresses:
            values[name] = _resolved(values[name], resolve)
        for name, default in self._defaults:
            if _is_missing(values[name]):
                values[name] = _resolved(default, resolve) if name in self._addresses else default
        return values

    def _missing(self, values: Values) -> Field | None:
        """The first required field that the record lacks."""
        for name, field in self._needed:
            value = values[name]
            if value is None or value == []:
                return field
        return None

    def _wanted(self, values: Values) -> list[Blob]:
        """The files that a record points to; their paths are added to it."""
        wanted = []
        for field in self._blobs:
            urls = values[field.name]
            found = [
                Blob(url, path_of(field.blob, url, values))
                for url in (urls if isinstance(urls, list) else [urls])
                if url is not None
            ]
            paths = [blob.path for blob in found]
            values[f"{field.name}_path"] = paths if field.many else next(iter(paths), None)
            wanted += found
        return wanted

    def _reader(self, field: Field) -> Read:
        """The field's reader, adapted to the rows of this rule."""
        read = field.read()
        if self._exact and field.type == "json":
            read = with_floats(read)
        if self._each:
            return read if field.language != "re" else lambda row: read(markup(row))
        match field.language:
            case "json":
                return lambda document: read(self._json(document))
            case "re":
                return lambda document: read(document.text)
            case _:
                return lambda document: read(document.root)

    def _json(self, document: Document) -> Any:
        return document.exact_json if self._exact else document.json


def _columns(field: Field) -> list[str]:
    return [field.name, f"{field.name}_path"] if field.blob else [field.name]


def _is_missing(value: Any) -> bool:
    return value is None or value == []


def _resolved(address: Any, resolve: Resolver) -> Any:
    if isinstance(address, list):
        return [url for item in address if (url := resolve(item)) is not None]
    return None if address is None else resolve(address)


def _nothing_found(field: Field) -> ParseError:
    what = f'no value of type "{field.type}"' if field.type != "str" else "nothing"
    refined = f" refined by {field.selector.refine.pattern!r}" if field.selector.refine else ""
    return ParseError(
        f"required field {field.name}: selector {field.selector.source!r}{refined} matched {what} on this page"
    )
