"""Which requests of an open page have brought its data: pure, a guess for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from asyncscrape.browsing import SeenRequest
from asyncscrape.quality.data_columns import DataColumns, data_columns, step_into

MOST_VALUES = 500
"""Values of an answer that are looked up on the page."""
LEAST_TEXT = 2
"""Characters of a value whose being on the page says something."""
DEEPEST = 20
NUMBERS = (",", ".2f", ",.2f", ",.0f")
"""Formats of numbers on pages."""
FEWEST_ALIKE = 3
"""Objects with the same keys from which on they are taken for entries of a list."""


class PageData(msgspec.Struct, frozen=True):
    """An answer that looks like the data of a page."""

    request: SeenRequest
    pattern: str
    """For `capture`."""
    rows: int
    """Entries of its longest list of objects, or of its longest list at all."""
    each: str
    """The JSON selector of these entries; empty if there is no list."""
    columns: DataColumns
    """What they hold."""
    shown: float
    """The share of its values that also stand on the page."""


def page_data(requests: Sequence[SeenRequest], text: str) -> list[PageData]:
    """The answers with lists or objects, those that the page shows most of first; `text` is what the page shows."""
    found = [data for request in requests if (data := _data(request, text)) is not None]
    once = {data.pattern: data for data in reversed(found)}
    return sorted(once.values(), key=lambda data: (-round(data.shown, 1), -data.rows))


def _data(request: SeenRequest, text: str) -> PageData | None:
    try:
        value = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(value, (list, dict)) or not value:
        return None
    path, rows = max(_lists(value), key=lambda one: (_objects(one[1]), len(one[1])), default=("", []))
    values = [one for _, one in zip(range(MOST_VALUES), _values(value), strict=False)]
    on_page = sum(any(way in text for way in ways) for ways in values) / len(values) if values else 0.0
    each = f"json:{path}" if rows else ""
    return PageData(request, pattern_of(request.url), len(rows), each, data_columns(rows or [value]), on_page)


def pattern_of(url: str) -> str:
    """A pattern for this URL and those that differ in their query only."""
    parts = urlsplit(url)
    return (parts.path or "/") + ("*" if parts.query else "")


def _objects(rows: Sequence[Any]) -> int:
    return sum(isinstance(row, dict) for row in rows)


def _lists(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Sequence[Any]]]:
    """All lists that are not inside of another list, with the JMESPath of their entries."""
    if isinstance(value, list):
        yield f"{path}[*]", value
    elif isinstance(value, dict) and _alike([*value.values()]):
        yield f"{path}.*" if path else "*", [*value.values()]
    elif isinstance(value, dict) and depth < DEEPEST:
        for name, inner in value.items():
            yield from _lists(inner, step_into(path, name), depth + 1)


def _alike(values: Sequence[Any]) -> bool:
    """Whether these are entries by their names: objects with the same keys."""
    first = values[0] if len(values) >= FEWEST_ALIKE else None
    return isinstance(first, dict) and all(isinstance(one, dict) and one.keys() == first.keys() for one in values)


def _values(value: Any, depth: int = 0) -> Iterator[tuple[str, ...]]:
    """Texts and numbers, each in the ways in which a page may show it."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        for inner in value.values():
            yield from _values(inner, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        for inner in value:
            yield from _values(inner, depth + 1)
    elif isinstance(value, str) and len(text := " ".join(value.split())) >= LEAST_TEXT:
        yield (text,)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and len(str(value)) >= LEAST_TEXT:
        yield (str(value), *(format(value, spec) for spec in NUMBERS))
