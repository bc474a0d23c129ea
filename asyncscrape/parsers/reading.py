"""Reading a selector from its scope: an element, a piece of JSON, or text. Closures, chosen once per rule.

A bare element means its text; where the value is a URL (`type = "url"`, `blob`), it means its address: see
`address_of`. That holds for every selector that finds elements, however it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from lxml import etree

from asyncscrape.model import FieldType
from asyncscrape.parsers.conversions import Notation, from_json, from_text, normalised
from asyncscrape.selectors import Selector, matches

Read = Callable[[Any], Any]
"""A function from a scope to a value of the field's type; None if it finds no value."""

ADDRESSES = ("src", "href", "poster", "data")
"""The attributes that hold the address of what an element shows or links to; the first that is not empty counts."""

_whole_text: Callable[[Any], Any] = etree.XPath("string()", smart_strings=False)


Find = Callable[[Any], Iterable[Any]]
"""A function from a scope to what a value is made of: texts, or values of JSON."""


FindMisfits = Callable[[Any, Callable[[str], "str | None"]], list[str]]
"""A function from a scope, and the page's way to make URLs absolute, to texts of values that do not fit."""


def reader(selector: Selector, kind: FieldType, notation: Notation, many: bool) -> Read:
    """The function that reads a field of this type with this selector."""
    found, convert = parts(selector, kind, notation, many)
    if many:
        return lambda scope: [value for text in found(scope) if (value := convert(text)) is not None]
    if selector.refine is None and selector.language == "json":
        find = selector.find
        return lambda data: convert(find(data))
    if selector.refine is None and selector.take != "text" and selector.language == "css" and kind != "url":
        return _first_of_elements(selector, convert, kind)

    def read(scope: Any) -> Any:
        for text in found(scope):
            return convert(text)
        return None

    return read


def parts(selector: Selector, kind: FieldType, notation: Notation, many: bool) -> tuple[Find, Read]:
    """The two halves of `reader`: the function that finds what a value is made of, and the one that converts it."""
    if selector.language != "json":
        return strings(selector, kind), from_text(kind, notation)
    items = _json_items(selector, many)
    if selector.refine is None:
        return items, from_json(kind, notation)
    return _refined_json(items, selector.refine), from_text(kind, notation)


def misfits(selector: Selector, kind: FieldType, notation: Notation, many: bool) -> FindMisfits:
    """The function that finds the values which do not fit the type; empty ones count as not found.

    It converts a second time, so it is for rows that lack a value.
    """
    found, convert = parts(selector, kind, notation, many)
    as_text = from_json("str")

    def find(scope: Any, resolve: Callable[[str], str | None]) -> list[str]:
        values = [
            value for value in (found(scope) if many else islice(found(scope), 1)) if not _is_empty(value, kind)
        ]
        fits = [(final := convert(value)) is not None and (kind != "url" or resolve(final)) for value in values]
        return [as_text(value) for value, fit in zip(values, fits, strict=True) if not fit]

    return find


def _is_empty(value: Any, kind: FieldType) -> bool:
    if isinstance(value, str):
        return not value.strip() or (kind == "json" and value.strip() == "null")
    return value is None or value in ([], {})


def _first_of_elements(selector: Selector, convert: Read, kind: FieldType) -> Read:
    """The same, without a generator, for the most common fields."""
    find, attribute, text_of = selector.find, selector.attribute, _text_of(kind)

    def read_attribute(scope: Any) -> Any:
        for element in find(scope):
            value = element.get(attribute)
            if value is not None:
                return convert(value)
        return None

    def read_text(scope: Any) -> Any:
        for node in find(scope):
            return convert(node if isinstance(node, str) else text_of(node))
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

    def read(scope: Any) -> Iterator[str]:
        found = selector.find(scope)
        if isinstance(found, (str, float, bool)):
            yield _said(found)
            return
        for node in found:
            yield node if isinstance(node, str) else text_of(node)

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
    return normalised(full_text(element))


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
