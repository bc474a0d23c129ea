"""The differences between a table and that of the generation before, however large both are.

1. the rows of each are sorted on the disk, by key (`external_sort.py`, `row_lines.py`)
2. both files are read side by side: a key in one of them only is new or gone; in both, the contents are compared

Where and when a record was found does not count, and neither does a null. A table without a key has its whole
contents for one: a row that changes is a new one, and the old one is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from asyncscrape.facts import Changes
from asyncscrape.model import Table
from asyncscrape.storage.files.external_sort import sort_by, sort_parts
from asyncscrape.storage.files.keys import Keys, ranked_keys
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.parts import list_parts
from asyncscrape.storage.files.row_lines import ORIGIN, row_lines, split

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class _Row(NamedTuple):
    """A row with its key in a form that can be compared."""

    key: Any
    line: bytes


def compare(table: Table, before: Path, after: Path, scratch: Path) -> Changes:
    """The changes from the parts in the folder `before` to those in `after`; temporary files go to `scratch`."""
    contents = _contents(table)
    keys: Keys = ranked_keys(table) if table.key else lambda block: map(contents, split(block))
    old, new = (_rows(table, keys, folder, scratch / name) for name, folder in (("old", before), ("new", after)))
    return _changes(old, new, contents)


def differs_in_meaning(before: Table, after: Table) -> bool:
    """Whether keys or values of the two tables cannot be compared."""
    types = {column.name: column.type for column in before.columns}
    return before.key != after.key or any(
        types.get(column.name, column.type) != column.type for column in after.columns
    )


def _rows(table: Table, keys: Keys, folder: Path, scratch: Path) -> Iterator[_Row]:
    """Do step 1; then the rows."""
    scratch.mkdir()
    parts, sorted_lines = [folder / part.name for part in list_parts(folder)], scratch / "lines"
    with sorted_lines.open("wb") as file:
        if table.key:
            sort_parts(table, parts, file, scratch)
        else:
            sort_by(table, keys, parts, file, scratch)
    for block in blocks(row_lines(table, sorted_lines, scratch / "rows")):
        yield from map(_Row, keys(block), split(block))


def _changes(old: Iterator[_Row], new: Iterator[_Row], contents: Callable[[bytes], bytes]) -> Changes:
    """Do step 2."""
    came = gone = changed = 0
    before, after = next(old, None), next(new, None)
    while before or after:
        if before and after and before.key == after.key:
            changed += contents(before.line) != contents(after.line)
            before, after = next(old, None), next(new, None)
        elif before is None or (after and after.key < before.key):
            came += 1
            after = next(new, None)
        else:
            gone += 1
            before = next(old, None)
    return Changes(came, gone, changed)


def _contents(table: Table) -> Callable[[bytes], bytes]:
    """A function that gives the contents of a line: equal bytes for equal contents."""
    decimals = [column.name for column in table.columns if column.type == "decimal"]

    def contents(line: bytes) -> bytes:
        record = {name: value for name, value in _decode(line).items() if value is not None and name not in ORIGIN}
        record |= {name: _number(record[name]) for name in decimals if name in record}
        return msgspec.json.encode(record, order="sorted")

    return contents


def _number(value: Any) -> Any:
    """A decimal without trailing zeros; anything else as it is."""
    try:
        return str(Decimal(str(value)).normalize())
    except InvalidOperation:
        return value
