"""The records of one rule: one for each match of `each`, or one for the whole page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from lxml import etree

from asyncscrape.model import Blob, Page, Record
from asyncscrape.parsers.document import FACTS, Document
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.fields import Field, fillers, markup, needs_exact_numbers, with_floats
from asyncscrape.parsers.flaws import PageFlaws
from asyncscrape.parsers.links import Resolver
from asyncscrape.parsers.paths import path_of
from asyncscrape.parsers.reading import Read
from asyncscrape.selectors import FAILURES, Selector

Values = dict[str, Any]
T = TypeVar("T")
Failures = Mapping[str, str]
"""The messages of selectors that failed on a row, by field."""
NONE_FAILED: Failures = {}


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
        self._typed = [field for field in others + cells if field.kind != "str"]
        self._lacks_a_value = _lacking([field.name for field in self._typed if not field.many])
        self._has_lists = any(field.many for field in self._typed)
        self._misfits = {field.name: self._adapted(field, field.misfits()) for field in self._typed}
        self._defaults = [(field.name, field.default) for field in fields if field.default is not None]
        self._addresses = [field.name for field in fields if field.is_address]
        self._blobs = [field for field in fields if field.blob]
        self._needed = [(field.name, field) for field in fields if field.required or field.name in key]

    def page(self, document: Document, resolve: Resolver) -> Page:
        """A page with a record of every complete row."""
        constants = self._columns | {name: fact(document) for name, fact in self._facts}
        records: list[Record] = []
        blobs: dict[Blob, None] = {}
        flaws = PageFlaws(self._table)
        for position, row in enumerate(self._rows(document), 1):
            values = self._values(row, position, constants, resolve, flaws)
            missing = self._missing(values)
            if missing is None:
                records.append(Record(self._table, values))
                if self._blobs:
                    blobs.update(dict.fromkeys(self._wanted(values)))
            elif self._each:
                flaws.left_out(missing.name)
            else:
                raise _nothing_found(missing, flaws.example(missing.name))
        return Page(records, (), list(blobs), flaws=flaws.told())

    def _rows(self, document: Document) -> Sequence[Any]:
        """The scopes that the readers read from, row by row."""
        if self._each is None:
            return [document]
        if self._each.language == "json":
            found = self._each.find(self._json(document))
            return found if isinstance(found, list) else [] if found is None else [found]
        return [node for node in self._each.find(document.root) if isinstance(node, etree._Element)]

    def _values(self, row: Any, position: int, constants: Values, resolve: Resolver, flaws: PageFlaws) -> Values:
        values = constants.copy()
        for name in self._positions:
            values[name] = position
        for fill in self._fillers:
            fill(row, values)
        failures = self._read(row, values)
        for name in self._addresses:
            values[name] = _resolved(values[name], resolve)
        if failures or self._has_lists or self._lacks_a_value(values):
            self._note_misfits(row, values, failures, resolve, flaws)
        for name, default in self._defaults:
            if _is_missing(values[name]):
                values[name] = _resolved(default, resolve) if name in self._addresses else default
        return values

    def _read(self, row: Any, values: Values) -> Failures:
        """Fill in the fields that are not cells; the messages of those that failed, which stay empty."""
        failures = NONE_FAILED
        for name, read in self._readers:
            try:
                values[name] = read(row)
            except FAILURES as error:
                failures = {**failures, name: str(error)}
        return failures

    def _note_misfits(
        self, row: Any, values: Values, failures: Failures, resolve: Resolver, flaws: PageFlaws
    ) -> None:
        """Look again where a typed value is empty: was there nothing, or something else?"""
        for name, message in failures.items():
            flaws.misfit(name, message)
        for field in self._typed:
            if (field.many or values[field.name] is None) and field.name not in failures:
                for value in self._misfits[field.name](row, resolve):
                    flaws.misfit(field.name, value)

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
        read = self._adapted(field, field.read())
        return with_floats(read) if self._exact and field.type == "json" else read

    def _adapted(self, field: Field, find: Callable[..., T]) -> Callable[..., T]:
        """The function on the scope of the field's selector, made one on a row."""
        if self._each:
            return find if field.language != "re" else lambda row, *more: find(markup(row), *more)
        match field.language:
            case "json":
                return lambda document, *more: find(self._json(document), *more)
            case "re":
                return lambda document, *more: find(document.text, *more)
            case _:
                return lambda document, *more: find(document.root, *more)

    def _json(self, document: Document) -> Any:
        return document.exact_json if self._exact else document.json


def _columns(field: Field) -> list[str]:
    return [field.name, f"{field.name}_path"] if field.blob else [field.name]


def _lacking(names: Sequence[str]) -> Callable[[Values], bool]:
    """The test whether one of these values is None; it is made for every row, so it must cost next to nothing."""
    if not names:
        return lambda values: False
    pick = itemgetter(names[0], *names)
    return lambda values: None in pick(values)


def _is_missing(value: Any) -> bool:
    return value is None or value == []


def _resolved(address: Any, resolve: Resolver) -> Any:
    if isinstance(address, list):
        return [url for item in address if (url := resolve(item)) is not None]
    return None if address is None else resolve(address)


def _nothing_found(field: Field, instead: str) -> ParseError:
    """The mistake of a page whose only row lacks a field; `instead` is a value that did not fit."""
    what = f'no value of type "{field.type}"' if field.type != "str" else "nothing"
    refined = f" refined by {field.selector.refine.pattern!r}" if field.selector.refine else ""
    return ParseError(
        f"required field {field.name}: selector {field.selector.source!r}{refined} matched {what} on this page"
        + (f": {instead}" if instead else "")
    )
