"""Reading a selector from its scope: an element, a piece of JSON, or text. Closures, chosen once per rule.

A bare element means its text; where the value is a URL (`type = "url"`, `blob`), it means its address: see
`address_of`. That holds for every selector that finds elements, however it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from lxml import etree

from asyncscrape.model import FieldType
from asyncscrape.parsers.budget import check_values
from asyncscrape.parsers.conversions import Notation, from_json, from_text, normalised
from asyncscrape.parsers.flaws import Notes, note_misfit
from asyncscrape.selectors import Selector, matches

Read = Callable[[Any, Notes], Any]
"""A function from a scope to a value of the field's type; None if it finds no value.

What it finds that does not fit the type, it adds to the notes.
"""

ADDRESSES = ("src", "href", "poster", "data")
"""The attributes that hold the address of what an element shows or links to; the first that is not empty counts."""

SHORT = 200
"""Characters. Elements within each other repeat their texts, but no tree has so many that short ones matter."""

_whole_text: Callable[[Any], Any] = etree.XPath("string()", smart_strings=False)

Find = Callable[[Any], Iterable[Any]]
"""A function from a scope to what a value is made of: texts, or values of JSON."""

Convert = Callable[[Any], Any]


def reader(column: str, selector: Selector, kind: FieldType, notation: Notation, many: bool) -> Read:
    """The function that reads a field of this name and type with this selector."""
    if selector.language == "json":
        items = _json_items(selector, many)
        if selector.refine is None:
            convert = from_json(kind, notation)
            return _all(column, items, convert, kind) if many else _json_value(column, selector.find, convert, kind)
        found: Find = _refined_json(items, selector.refine)
    else:
        found = strings(selector, kind)
    convert = from_text(kind, notation)
    if many:
        return _all(column, found, convert, kind)
    if selector.refine is None and selector.take != "text" and selector.language == "css" and kind != "url":
        return _first_of_elements(column, selector, convert, kind)
    return _first(column, found, convert, kind)


def _first(column: str, found: Find, convert: Convert, kind: FieldType) -> Read:
    def read(scope: Any, notes: Notes) -> Any:
        for text in found(scope):
            value = convert(text)
            if value is None:
                note_misfit(notes, column, kind, text)
            return value
        return None

    return read


def _all(column: str, found: Find, convert: Convert, kind: FieldType) -> Read:
    def read(scope: Any, notes: Notes) -> Any:
        values = []
        for text in found(scope):
            value = convert(text)
            if value is None:
                note_misfit(notes, column, kind, text)
            else:
                values.append(value)
        return values

    return read


def _json_value(column: str, find: Convert, convert: Convert, kind: FieldType) -> Read:
    def read(data: Any, notes: Notes) -> Any:
        found = find(data)
        value = convert(found)
        if value is None and found is not None:
            note_misfit(notes, column, kind, found)
        return value

    return read


def _first_of_elements(column: str, selector: Selector, convert: Convert, kind: FieldType) -> Read:
    """The same as `_first`, without a generator, for the most common fields."""
    find, attribute, text_of, nothing = selector.find, selector.attribute, _text_of(kind), convert("")

    def read_attribute(scope: Any, notes: Notes) -> Any:
        for element in find(scope):
            text = element.get(attribute)
            if text is not None:
                value = convert(text)
                if value is None:
                    note_misfit(notes, column, kind, text)
                return value
        return None

    def read_text(scope: Any, notes: Notes) -> Any:
        for node in find(scope):
            text = node if isinstance(node, str) else text_of(node)
            value = convert(text) if text else nothing
            if value is None:
                note_misfit(notes, column, kind, text)
            return value
        return None

    return read_attribute if selector.take == "attr" else read_text


# Text


def strings(selector: Selector, kind: FieldType) -> Callable[[Any], Iterable[str]]:
    """The function that finds all texts the selector means, in document order, lazily where it can."""
    refine = selector.refine
    if selector.language in ("re", "fact"):
        found = selector.find
    elif selector.take == "text":
        found = _text_nodes(selector)
    elif selector.take == "attr":
        found = _attributes(selector)
    else:
        found = _nodes(selector, kind)
    if refine is not None:
        found = _refined(found, refine)
    return _without_blanks(found) if kind == "url" else found


def _without_blanks(found: Callable[[Any], Iterable[str]]) -> Callable[[Any], Iterable[str]]:
    return lambda scope: (text for text in found(scope) if text.strip())


def _refined(found: Callable[[Any], Iterable[str]], refine: re.Pattern[str]) -> Callable[[Any], Iterable[str]]:
    return lambda scope: chain.from_iterable(matches(refine, text) for text in found(scope))


def _attributes(selector: Selector) -> Callable[[Any], Iterator[str]]:
    find, attribute = selector.find, selector.attribute
    return lambda scope: (value for element in find(scope) if (value := element.get(attribute)) is not None)


def _text_nodes(selector: Selector) -> Callable[[Any], Iterator[str]]:
    find, texts = selector.find, selector.texts
    assert texts is not None

    def read(scope: Any) -> Iterator[str]:
        told = 0
        for element in find(scope):
            if len(element):
                # Elements inside may match too, and their text lies between the pieces of this one's.
                yield from texts(scope)[told:]
                return
            if element.text:
                yield element.text
                told += 1

    return read


def _nodes(selector: Selector, kind: FieldType) -> Callable[[Any], Iterator[str]]:
    """The texts of whatever XPath (or CSS translated to it) returns: elements, texts, a number, a boolean."""
    text_of = _text_of("str" if selector.refine and kind != "url" else kind)
    find, repeats = selector.find, kind != "url" and not selector.refine

    def read(scope: Any) -> Iterator[str]:
        found = find(scope)
        if isinstance(found, (str, float, bool)):
            yield _said(found)
            return
        size = 0
        for node in found:
            text = node if isinstance(node, str) else text_of(node)
            if repeats and len(text) > SHORT:
                size += len(text)
                check_values(size)
            yield text

    return read


def _said(value: str | float | bool) -> str:
    """The value as XPath's own string() writes it: whole numbers without a fraction."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else value


def _text_of(kind: FieldType) -> Callable[[Any], str]:
    if kind == "url":
        return address_of
    return clean_text if kind == "str" else full_text


def address_of(element: Any) -> str:
    """The address that an element shows or links to, as written; empty if it has none.

    It is its `src`, else its `href`, `poster` or `data`, else the first file of its `srcset`.
    """
    for attribute in ADDRESSES:
        address = element.get(attribute)
        if address and address.strip():
            return str(address)
    files = (element.get("srcset") or "").split(maxsplit=1)
    return files[0].rstrip(",") if files else ""


def clean_text(element: Any) -> str:
    """All text in the element, whitespace normalised."""
    text = _whole_text(element) if len(element) else element.text
    return normalised(text) if text else ""


def full_text(element: Any) -> str:
    """All text in the element, unchanged."""
    if len(element):
        return _whole_text(element)  # type: ignore[no-any-return]
    return element.text or ""


# JSON


def _json_items(selector: Selector, many: bool) -> Find:
    find = selector.find

    def read(data: Any) -> list[Any]:
        found = find(data)
        return found if many and isinstance(found, list) else [found]

    return read


def _refined_json(items: Find, refine: re.Pattern[str]) -> Find:
    """The first match in each value, as text."""
    as_text = from_json("str")

    def read(data: Any) -> Iterator[str]:
        for item in items(data):
            text = as_text(item)
            first = None if text is None else next(matches(refine, text), None)
            if first is not None:
                yield first

    return read
