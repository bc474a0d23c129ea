"""The fields of a rule, compiled: how each finds its value for one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from lxml import etree

from asyncscrape.model import FieldType, timestamp
from asyncscrape.page_shots import EXTENSIONS, FieldWithShot, Shot, shot_of
from asyncscrape.parsers.conversions import UNTOLD, Notation, from_text, normalised
from asyncscrape.parsers.flaws import Notes, note_misfit
from asyncscrape.parsers.month_names import Months
from asyncscrape.parsers.reading import Read, full_text, reader
from asyncscrape.selectors import FACTS, Compound, Language, Selector, SelectorParts, compile_selector


class FieldSpec(SelectorParts, FieldWithShot, Protocol):
    """The long form of a field, as written in the config."""

    @property
    def type(self) -> FieldType: ...  # noqa: D102
    @property
    def many(self) -> bool: ...  # noqa: D102
    @property
    def default(self) -> Any: ...  # noqa: D102
    @property
    def required(self) -> bool: ...  # noqa: D102
    @property
    def format(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def decimal(self) -> str | None: ...  # noqa: D102
    @property
    def months(self) -> Months | None: ...  # noqa: D102
    @property
    def zone(self) -> str | None: ...  # noqa: D102
    @property
    def blob(self) -> str | None: ...  # noqa: D102


class Field(msgspec.Struct, frozen=True):
    """A field of a rule, ready to run."""

    name: str
    selector: Selector
    type: FieldType = "str"
    many: bool = False
    default: Any = None
    required: bool = False
    notation: Notation = UNTOLD
    blob: str = ""
    shot: Shot | None = None
    """The picture or PDF of the page that it is, instead of something found on it."""

    @property
    def facts(self) -> dict[str, Any]:
        """What its path may contain besides the parts of its URL."""
        return {"ext": EXTENSIONS[self.shot.kind]} if self.shot else {}

    @property
    def language(self) -> Language:
        """The language of its selector."""
        return self.selector.language

    @property
    def is_address(self) -> bool:
        """Whether its value is the URL of something: of a page, or of a file to download."""
        return self.type == "url" or bool(self.blob)

    @property
    def is_cell(self) -> bool:
        """Whether it is the text of the k-th child of its row, as a table cell is."""
        find, selector = self.selector.find, self.selector
        plain = not (self.many or self.is_address or selector.refine or selector.take != "nodes")
        return plain and isinstance(find, Compound) and find.nth > 0

    def read(self) -> Read:
        """The function that reads its value from the scope its selector is made for."""
        return reader(self.name, self.selector, self.kind, self.notation, self.many)

    @property
    def kind(self) -> FieldType:
        """The type that its value is read as."""
        return "url" if self.is_address else self.type


def compile_field(name: str, spec: str | FieldSpec, within: Selector | None, xml: bool) -> Field:
    """The field, compiled; raises SelectorError."""
    if shot := shot_of(spec):
        assert not isinstance(spec, str)
        made = Selector(shot.name, "fact", lambda _: shot)
        return Field(name, made, required=spec.required, blob=spec.blob or "", shot=shot)
    selector = compile_selector(spec, within=within, xml=xml)
    if isinstance(spec, str):
        return Field(name, selector, FACTS.get(selector.source, "str"))
    default = _as_value(spec.default)
    notation = Notation(spec.format, spec.decimal, spec.months, spec.zone)
    return Field(name, selector, spec.type, spec.many, default, spec.required, notation, spec.blob or "")


def _as_value(default: Any) -> Any:
    """A default in the form that records hold: dates as strings."""
    if isinstance(default, datetime):
        return timestamp(default)
    if isinstance(default, date):
        return default.isoformat()
    return [_as_value(item) for item in default] if isinstance(default, (list, tuple)) else default


# From a row of elements


def markup(element: Any) -> str:
    """The source of an element, in which `re:` fields of its row look."""
    return str(etree.tostring(element, encoding="unicode", with_tail=False))


Fill = Callable[[Any, dict[str, Any], Notes], None]
"""A function that puts values from a row into its record, and adds those that do not fit to the notes."""


def fillers(fields: Iterable[Field]) -> list[Fill]:
    """Functions that read all cells of a row in one go: one for each tag that the fields name."""
    by_tag: dict[str, list[Field]] = {}
    for field in fields:
        by_tag.setdefault(field.selector.find.tag, []).append(field)  # type: ignore[attr-defined]
    return [_filler(tag, cells) for tag, cells in by_tag.items()]


def _filler(tag: str, fields: Sequence[Field]) -> Fill:
    slots = [_slot(field) for field in fields]
    reads = [(field.name, field.read()) for field in fields]

    def fill(row: Any, values: dict[str, Any], notes: Notes) -> None:
        cells = list(row.iterchildren(tag))
        count = len(cells)
        parents = [cell for cell in cells if len(cell)]
        if count != len(row) or row.tag == tag or (parents and any(_contains(cell, tag) for cell in parents)):
            # The k-th child is not simply the k-th cell: there are other tags between, or the same tag deeper down.
            for name, read in reads:
                values[name] = read(row, notes)
            return
        for index, name, convert, nothing, kind in slots:
            if index < count:
                cell = cells[index]
                text = full_text(cell) if len(cell) else cell.text
                values[name] = value = convert(text) if text else nothing
                if value is None and text:
                    note_misfit(notes, name, kind, text)

    return fill


def _slot(field: Field) -> tuple[int, str, Callable[[str], Any], Any, FieldType]:
    """Where a cell stands, what its column is called, how it is read, its value without a text, and its type."""
    convert = normalised if field.type == "str" else from_text(field.type, field.notation)
    return field.selector.find.nth - 1, field.name, convert, convert(""), field.type  # type: ignore[attr-defined]


def _contains(element: Any, tag: str) -> bool:
    return next(element.iterdescendants(tag), None) is not None


# From JSON with exact numbers


def needs_exact_numbers(fields: Iterable[Field]) -> bool:
    """Whether the JSON must be read with `Decimal` because a field keeps every digit."""
    return any(field.type == "decimal" and field.language == "json" for field in fields)


def with_floats(read: Read) -> Read:
    """The reader of a json field in a rule with exact numbers: its own numbers become floats again."""
    return lambda scope, notes: _floats(read(scope, notes))


def _floats(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return {name: _floats(item) for name, item in value.items()} if isinstance(value, Mapping) else value
