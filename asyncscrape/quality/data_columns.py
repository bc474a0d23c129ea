"""Which columns the entries of a list have, for a rule that reads them: pure, a guess for people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

DEEPEST = 2
"""Names in the path to a value."""
MOST_ROWS = 500
"""Entries that are looked at."""
MOST_COLUMNS = 40
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
WHOLE = "value"
"""The name of a value that has none of its own."""

Path = tuple[str | int, ...]


class DataColumns(NamedTuple):
    """The columns of a list."""

    selectors: Mapping[str, str]
    """JMESPath by name of the column."""
    key: Sequence[str]
    """The columns that tell one entry from another."""


def data_columns(rows: Sequence[Any]) -> DataColumns:
    """The columns of these entries."""
    some = rows[:MOST_ROWS]
    paths: dict[str, Path] = {}
    for path in [*dict.fromkeys(chain.from_iterable(map(_paths, some)))][:MOST_COLUMNS]:
        paths[_name(path, paths)] = path
    return DataColumns({name: jmespath_of(path) for name, path in paths.items()}, _key(some, paths))


def step_into(path: str, name: str) -> str:
    """JMESPath for this name below a path."""
    plain = name and set(name) <= PLAIN and not name[0].isdigit()
    own = name if plain else msgspec.json.encode(name).decode()
    return f"{path}.{own}" if path else own


def jmespath_of(path: Path) -> str:
    """JMESPath for a value of an entry."""
    found = ""
    for part in path:
        found = f"{found}[{part}]" if isinstance(part, int) else step_into(found, part)
    return found or "@"


def _paths(row: Any, path: Path = ()) -> Iterator[Path]:
    """The paths to the single values of an entry; a list in it has many."""
    if isinstance(row, Mapping):
        for name, inner in row.items() if len(path) < DEEPEST else ():
            yield from _paths(inner, (*path, name))
    elif not isinstance(row, list):
        yield path
    elif not path:
        yield from ((number,) for number, inner in enumerate(row) if not isinstance(inner, (dict, list)))


def _name(path: Path, taken: Mapping[str, Path]) -> str:
    """A name for the column that needs no quotes."""
    words = "_".join(f"{WHOLE}_{part + 1}" if isinstance(part, int) else part for part in path)
    plain = unicodedata.normalize("NFKD", words.replace("ß", "ss")).encode("ascii", "ignore").decode()
    name = re.sub(r"\W+", "_", plain).strip("_") or WHOLE
    name = name if not name[0].isdigit() else f"{WHOLE}_{name}"
    return name if name not in taken else f"{name}_{len(taken) + 1}"


def _key(rows: Sequence[Any], paths: Mapping[str, Path]) -> Sequence[str]:
    """The first column that differs in every entry; all of them if there is none."""
    for name, path in paths.items():
        found = [_at(row, path) for row in rows]
        if None not in found and len(set(found)) == len(rows):
            return [name]
    return [*paths]


def _at(row: Any, path: Path) -> str | None:
    """The value of an entry, as text; None if it has none, or many."""
    for part in path:
        try:
            row = row[part]
        except (KeyError, IndexError, TypeError):
            return None
    return None if row is None or isinstance(row, (dict, list)) else str(row)
