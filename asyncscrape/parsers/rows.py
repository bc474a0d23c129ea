"""The records of one rule: one for each match of `each`, or one for the whole page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from asyncscrape.model import Blob, FlawKind, Page, Record
from asyncscrape.parsers.budget import MOST_OF_VALUES, Allowance, check_values
from asyncscrape.parsers.document import FACTS, Document
from asyncscrape.parsers.errors import ParseError, check_memory
from asyncscrape.parsers.fields import Field, fillers, markup, needs_exact_numbers, with_floats
from asyncscrape.parsers.flaws import Notes, PageFlaws, found_instead, note_misfit, shortened
from asyncscrape.parsers.links import Resolver
from asyncscrape.parsers.paths import path_of
from asyncscrape.parsers.reading import Read
from asyncscrape.parsers.shot_fields import addresses_of
from asyncscrape.selectors import FAILURES, Selector
from asyncscrape.urls import LONGEST

Values = dict[str, Any]

AT_ONCE = MOST_OF_VALUES // LONGEST
"""URLs that are not too much, however long they are."""


class Rows:
    """Find the rows of one rule and make a record of each."""

    def __init__(self, table: str, key: Sequence[str], fields: Sequence[Field], each: Selector | None) -> None:
        self._table = table
        self._each = each
        self._exact = needs_exact_numbers(fields)
        self._columns: Values = {name: None for field in fields for name in _columns(field)}
        self._blobs = [field for field in fields if field.blob]
        self._needed = [(field.name, field) for field in fields if field.required or field.name in key]
        self._shots = [(field.name, field.shot) for field in fields if field.shot]
        fields = [field for field in fields if field.shot is None]
        self._facts = [(field.name, FACTS[field.selector.source]) for field in fields if field.language == "fact"]
        self._positions = [field.name for field in fields if field.selector.source == "@position"] if each else []
        cells = [field for field in fields if each and field.is_cell]
        self._fillers = fillers(cells)
        others = [field for field in fields if field.language != "fact" and field not in cells]
        self._readers = [(field.name, self._reader(field)) for field in others]
        self._defaults = [(field.name, field.default) for field in fields if field.default is not None]
        self._addresses = [field.name for field in fields if field.is_address]

    def page(self, document: Document, resolve: Resolver) -> Page:
        """A page with a record of every complete row."""
        constants = self._columns | {name: fact(document) for name, fact in self._facts}
        records: list[Record] = []
        blobs: dict[Blob, None] = {}
        flaws = PageFlaws(self._table)
        if self._shots:
            shots, missed = addresses_of(self._shots, document.response)
            constants |= shots
            flaws.take(missed)
        allowance = Allowance()
        for position, row in enumerate(self._rows(document), 1):
            notes: Notes = []
            values = self._values(row, position, constants, resolve, notes)
            missing = self._missing(values)
            if missing is None:
                records.append(Record(self._table, values))
                if len(records) >= allowance.next:
                    allowance.look(records)
                if self._blobs:
                    blobs.update(dict.fromkeys(self._wanted(values)))
                if notes:
                    flaws.take(notes)
            elif self._each:
                flaws.left_out(missing.name, notes)
            else:
                raise _nothing_found(missing, shortened(str(found_instead(notes, missing.name))))
        return Page(records, (), list(blobs), flaws=flaws.told())

    def _rows(self, document: Document) -> Sequence[Any]:
        """The scopes that the readers read from, row by row."""
        if self._each is None:
            return [document]
        if self._each.language == "json":
            found = self._each.find(self._json(document))
            return found if isinstance(found, list) else [] if found is None else [found]
        return [node for node in self._each.find(document.root) if isinstance(node, etree._Element)]

    def _values(self, row: Any, position: int, constants: Values, resolve: Resolver, notes: Notes) -> Values:
        values = constants.copy()
        for name in self._positions:
            values[name] = position
        for fill in self._fillers:
            fill(row, values, notes)
        for name, read in self._readers:
            try:
                values[name] = read(row, notes)
            except FAILURES as error:
                check_memory(error)
                notes.append((FlawKind.FAILED, name, str(error)))
        for name in self._addresses:
            values[name] = _resolved(name, values[name], resolve, notes)
        for name, default in self._defaults:
            if _is_missing(values[name]):
                values[name] = _resolved(name, default, resolve, notes) if name in self._addresses else default
                notes.append((FlawKind.DEFAULTED, name, ""))
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
                Blob(url, path_of(field.blob, url, field.facts | values if field.shot else values))
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
            return read if field.language != "re" else lambda row, notes: read(markup(row), notes)
        match field.language:
            case "json":
                return lambda document, notes: read(self._json(document), notes)
            case "re":
                return lambda document, notes: read(document.text, notes)
            case _:
                return lambda document, notes: read(document.root, notes)

    def _json(self, document: Document) -> Any:
        return document.exact_json if self._exact else document.json


def _columns(field: Field) -> list[str]:
    return [field.name, f"{field.name}_path"] if field.blob else [field.name]


def _is_missing(value: Any) -> bool:
    return value is None or value == []


def _resolved(column: str, address: Any, resolve: Resolver, notes: Notes) -> Any:
    """The canonical URL of an address, or of each in a list."""
    if isinstance(address, list):
        if len(address) > AT_ONCE:
            return _many_resolved(column, address, resolve, notes)
        urls = [_resolved(column, item, resolve, notes) for item in address]
        return [url for url in urls if url is not None]
    url = None if address is None else resolve(address)
    if url is None:
        note_misfit(notes, column, "url", address)
    return url


def _many_resolved(column: str, addresses: list[str], resolve: Resolver, notes: Notes) -> list[str]:
    """The same of a long list. The page's base is in all URLs, and may be long. Raises Overrun."""
    urls: list[str] = []
    size = 0
    for begin in range(0, len(addresses), AT_ONCE):
        some: list[str] = _resolved(column, addresses[begin : begin + AT_ONCE], resolve, notes)
        size += sum(map(len, some))
        check_values(size)
        urls += some
    return urls


def _nothing_found(field: Field, instead: str) -> ParseError:
    """The mistake of a page whose only row lacks a field; `instead` is what it had."""
    what = f'no value of type "{field.type}"' if field.type != "str" else "nothing"
    refined = f" refined by {field.selector.refine.pattern!r}" if field.selector.refine else ""
    return ParseError(
        f"required field {field.name}: selector {field.selector.source!r}{refined} matched {what} on this page"
        + (f": {instead}" if instead else "")
    )
