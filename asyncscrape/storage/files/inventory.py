"""The parts that a store has written, noted beside them, so that one that is missing, damaged or strange is noticed.

    <directory>/parts/inventory.jsonl     a line for each part: its table, its name and its size

1. once a part is safe on the disk, its line is added, and only then does the store's cursor move
2. before a part takes the place of others (`finish.py`), it is announced: after a crash, either it or those are there
3. opening the store, and finishing its tables, writes the file anew from the parts that are there

A folder without an inventory was filled by an earlier version: its parts are taken as they are, also those of tables
that the job does not have at the moment: they may come back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from asyncscrape.disk import whole_file
from asyncscrape.errors import StoreDamaged
from asyncscrape.storage.files.parts import Part, named, shortened, sizes

NAME = "inventory.jsonl"
GO_BACK = (
    "put back what was there and run the job again, or crawl everything anew with `run --again` or `run --fresh`; "
    "what is left was not touched"
)

Sizes = Mapping[Part, int]


class PartLine(msgspec.Struct, frozen=True, array_like=True):
    """A line of the file."""

    table: str
    part: str
    size: int
    announced: bool = False
    """Whether the part is about to take the place of all those before it."""


class Held(NamedTuple):
    """The parts of a table that were noted."""

    parts: Sizes
    announced: Sizes
    """The part that takes, or has taken, the place of all of them."""


NONE = Held({}, {})


class Inventory:
    """The inventory of the parts in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / NAME

    def add(self, lines: Iterable[PartLine]) -> None:
        """Note new parts, or one that is announced; this survives a power cut."""
        with self._file.open("ab") as file:
            file.write(_encoded(lines))
            file.flush()
            os.fsync(file.fileno())

    def check(self, tables: Iterable[str], cursor: int | None = None) -> None:
        """Raise `StoreDamaged` unless the parts of these tables are those that were noted, up to the cursor."""
        for flaw in self.flaws(tables, cursor).values():
            raise StoreDamaged(flaw)

    def flaws(self, tables: Iterable[str], cursor: int | None = None) -> dict[str, str]:
        """What is wrong with the parts of these tables and what to do, for those with which something is."""
        if (known := self._read()) is None:
            return {}
        found = {table: _flaw(self._folder / table, known.get(table, NONE), cursor) for table in tables}
        return {table: flaw for table, flaw in found.items() if flaw}

    def take_stock(self, tables: Iterable[str], scratch: Path) -> None:
        """Write the file anew, if it differs from the parts of these tables; what is known of others stays.

        The first time, all that is there becomes known.
        """
        before = self._read()
        counted = [*tables, *(self._found() if before is None else ())]
        known = {**(before or {}), **{table: Held(sizes(self._folder / table), {}) for table in counted}}
        text = _encoded(line for table, held in known.items() for line in _lines(table, held))
        if text != (self._file.read_bytes() if self._file.exists() else None):
            with whole_file(self._file, scratch / NAME) as file:
                file.write(text)

    def _found(self) -> list[str]:
        """The tables that have a folder here."""
        folders = (entry.name for entry in self._folder.iterdir() if entry.is_dir())
        return sorted(name for name in folders if not name.startswith("."))

    def _read(self) -> dict[str, Held] | None:
        """The parts noted for each table. A crash may have cut off the last line; its part is beyond the cursor."""
        try:
            lines, _, _ = self._file.read_bytes().rpartition(b"\n")
            return _held(map(_decode, lines.splitlines()))
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, ValueError) as error:
            raise StoreDamaged(
                f"{self._file} is damaged ({error}); put it back, or delete it to take the parts as they are"
            ) from error


_decode = msgspec.json.Decoder(PartLine).decode


def _encoded(lines: Iterable[PartLine]) -> bytes:
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _lines(table: str, held: Held) -> Iterator[PartLine]:
    yield from (PartLine(table, part.name, size) for part, size in held.parts.items())
    yield from (PartLine(table, part.name, size, True) for part, size in held.announced.items())


def _held(lines: Iterable[PartLine]) -> dict[str, Held]:
    """The parts of each table. Any line after an announcement says that the announced part is in its place."""
    found: dict[str, Held] = {}
    for line in lines:
        held, part = found.get(line.table, NONE), {named(line.part): line.size}
        before = held.announced or held.parts
        found[line.table] = Held(before, part) if line.announced else Held({**before, **part}, {})
    return found


def _flaw(folder: Path, held: Held, cursor: int | None) -> str:
    """What is wrong with the parts in a folder, and what to do; empty if nothing is."""
    there = sizes(folder)
    flaws = [_lacks(folder, wanted, there, cursor) for wanted in (held.announced, held.parts) if wanted]
    if flaws and all(flaws):
        return f"{flaws[0]}; {GO_BACK}"
    known = {name for part in (*held.parts, *held.announced) for name in _names(part, cursor)}
    for part in sorted(there.keys() - known):
        if cursor is None or part.first <= cursor:
            return f"{folder / part.name} was not written by this job; move it away, and run the job again"
    return ""


def _lacks(folder: Path, wanted: Sizes, there: Sizes, cursor: int | None) -> str:
    """What the parts in a folder lack of those wanted; empty if nothing."""
    if wanted and not folder.exists():
        return f"{folder} is gone, and with it the records of the table {folder.name}"
    for part, size in wanted.items():
        names = _names(part, cursor)
        found = next((there[name] for name in names if name in there), None)
        if names and found is None:
            return f"{folder / part.name} is missing, and with it records of the table {folder.name}"
        if names and found != size:
            return f"{folder / part.name} is damaged: it has {found:,} bytes, and {size:,} were written"
    return ""


def _names(part: Part, cursor: int | None) -> tuple[Part, ...]:
    """The parts that this one may be by now: none of it beyond the cursor is wanted."""
    if cursor is None:
        return (part,)
    return (part, *shortened([part], cursor).values()) if part.first <= cursor else ()
