"""Making the finished files from the parts of a table, in steps that a crash may interrupt anywhere.

1. if the mark says that the finished files are as requested and made of exactly these parts, stop here
2. remove the mark: from here on the finished files are not trusted
3. a table that fits in memory: write each finished file from all its rows (`in_memory.py`) and leave the parts
4. any other: sort the parts into one file with the lines of each key that count (`external_sort.py`), and make the
   rows of these (`row_lines.py`); write each finished file from the rows; then the sorted file becomes the table's
   only part, and the old parts are removed
5. for a generation beside, compare the table with the last one (`compare.py`)
6. set the mark, which holds the facts about the rows, gathered at step 3 or 4, and the changes

Each finished file is written under a temporary name and renamed. A crash before step 6 leaves the old parts, perhaps
along with the new one that replaces them; the next start removes the spare ones. So nothing is lost or duplicated,
and at worst the work is done again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from asyncscrape.destinations import ExcelDialect, TableForm
from asyncscrape.disk import put, sync_folder, whole_file
from asyncscrape.errors import StoreError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import Changes, TableFacts
from asyncscrape.model import Table
from asyncscrape.quality.column_check import ColumnCheck
from asyncscrape.quality.tally import TableTally
from asyncscrape.records.lines import CARRIED
from asyncscrape.storage.files.column_types import survey, tally_only
from asyncscrape.storage.files.compare import compare, differs_in_meaning
from asyncscrape.storage.files.damage import telling_damage
from asyncscrape.storage.files.external_sort import sort_parts
from asyncscrape.storage.files.facts_in_memory import facts_in_memory
from asyncscrape.storage.files.finished_rows import FinishedRows, SheetOptions, write_form
from asyncscrape.storage.files.in_memory import InMemory
from asyncscrape.storage.files.inventory import Inventory, PartLine
from asyncscrape.storage.files.parts import Part, list_parts, sizes, span
from asyncscrape.storage.files.row_lines import row_lines
from asyncscrape.storage.files.rows_in_memory import NotInMemory
from asyncscrape.storage.files.rows_on_disk import RowsOnDisk

log = logging.getLogger(__name__)

EDITION = 4
"""Raise this when the writers change their output, so that finished tables are made again."""
MARK = "finished.json"
NOTHING = TableExpectation()


class FinishedForm(NamedTuple):
    """A form that every table is finished in, and its folder."""

    form: TableForm
    folder: Path
    excel: ExcelDialect = ExcelDialect()
    beside: Path | None = None
    """Another folder for the tables of a generation that has not taken its place yet."""

    @property
    def made_in(self) -> Path:
        """The folder that the table is made in."""
        return self.beside or self.folder

    @property
    def signs(self) -> tuple[str, ...]:
        """The signs that decide what its files look like."""
        return self.excel if self.form is TableForm.CSV_EXCEL else ()

    def path(self, table: Table) -> Path:
        """The path of the finished table."""
        return self.made_in / self.form.file_name(table.name)

    def in_place(self, table: str) -> Path:
        """The path of the table of that name that people read."""
        return self.folder / self.form.file_name(table)

    def temporary(self, table: Table) -> Path:
        """The path of the table while it is being written."""
        return self.made_in / f".{self.form.file_name(table.name)}.tmp"


class Mark(msgspec.Struct, frozen=True):
    """A description of a table's finished files."""

    made_as: str
    parts: Mapping[str, int]
    """The parts they were made of: sizes by name."""
    facts: TableFacts
    table: Table


_decode_mark = msgspec.json.Decoder(Mark).decode
"""Made at import: two threads that make the first one of a struct at the same time can crash the process."""


class LastTable(NamedTuple):
    """The table of the last generation."""

    folder: Path
    """The folder of its parts."""
    flaw: str = ""
    """What is wrong with these, if anything."""


def finish_table(
    table: Table,
    folder: Path,
    forms: Sequence[FinishedForm],
    scratch: Path,
    in_memory: InMemory,
    inventory: Inventory,
    expected: TableExpectation = NOTHING,
    last: LastTable | None = None,
) -> TableFacts:
    """Make the finished files of a table from the parts in `folder`; the facts about it, judged by what is expected.

    `scratch` is an empty folder among the temporary files. The table is compared with its `last` generation.
    """
    parts, made_as = list_parts(folder), _made_as(table, forms, scratch.parent, expected)
    if (mark := _mark(folder)) and mark == Mark(made_as, _sizes(folder), mark.facts, table) and _exist(table, forms):
        return mark.facts
    _remove_mark(folder)
    rows = in_memory.rows(table, [folder / part.name for part in parts])
    checks = {name: ColumnCheck(table.name, name, one) for name, one in expected.columns.items()}
    if isinstance(rows, NotInMemory):
        log.debug("sorting the table %s on the disk: %s", table.name, rows.why)
        facts = _finish_on_disk(table, folder, forms, scratch, checks, inventory)
    else:
        # Threads help: most of the work happens outside of Python, and some of it is waiting.
        _write_forms(table, rows, forms, scratch, at_once=len(forms))
        facts = facts_in_memory(rows, checks)
    if last is not None:
        facts = msgspec.structs.replace(facts, changes=_changes(table, last, folder, facts.rows, scratch))
    with whole_file(folder / MARK, scratch / MARK) as file:
        file.write(msgspec.json.encode(Mark(made_as, _sizes(folder), facts, table)))
    return facts


def _changes(table: Table, last: LastTable, folder: Path, rows: int, scratch: Path) -> Changes:
    """How the table differs from the last one; if they cannot be compared, all rows are gone and new."""
    mark = _mark(last.folder)
    if mark and differs_in_meaning(mark.table, table):
        return Changes(new=rows, gone=mark.facts.rows)
    try:
        if last.flaw:
            raise StoreError(last.flaw)
        with telling_damage(last.folder):
            return compare(table, last.folder, folder, scratch)
    except StoreError as error:
        log.warning("all rows of %s count as new, since the last generation's cannot be read: %s", table.name, error)
        return Changes(new=rows, gone=mark.facts.rows if mark else 0)


def _made_as(table: Table, forms: Sequence[FinishedForm], scratch: Path, expected: TableExpectation) -> str:
    """A hash of everything but the records that decides what the finished files look like, and what is told of them.

    Folders count relative to each other, so that a whole job may be moved, and as if the table were in its place
    already, so that it is still finished once it is.
    """
    made = sorted((one.form, os.path.relpath(one.folder, scratch), *one.signs) for one in forms)
    return blake2b(msgspec.json.encode([EDITION, table, made, expected.columns]), digest_size=4).hexdigest()


def _mark(folder: Path) -> Mark | None:
    try:
        return _decode_mark((folder / MARK).read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def finished_as(folder: Path) -> Table | None:
    """What the table was declared as when its finished files were made of the parts in a folder; None if never."""
    mark = _mark(folder)
    return None if mark is None else mark.table


def _remove_mark(folder: Path) -> None:
    with suppress(FileNotFoundError):
        (folder / MARK).unlink()
        sync_folder(folder)


def _sizes(folder: Path) -> dict[str, int]:
    return {part.name: size for part, size in sizes(folder).items()}


def rely_on_no_more_than(folder: Path, parts: Sequence[Part]) -> None:
    """Remove the mark if it names a part that is not among these: another part of that name may follow."""
    mark = _mark(folder)
    if mark and not mark.parts.keys() <= {part.name for part in parts}:
        _remove_mark(folder)


def _exist(table: Table, forms: Sequence[FinishedForm]) -> bool:
    return all(one.path(table).exists() for one in forms)


def _finish_on_disk(
    table: Table,
    folder: Path,
    forms: Sequence[FinishedForm],
    scratch: Path,
    checks: Mapping[str, ColumnCheck],
    inventory: Inventory,
) -> TableFacts:
    """Do step 4."""
    parts, sorted_lines = list_parts(folder), scratch / "lines"
    with sorted_lines.open("wb") as file:
        sort_parts(table, [folder / part.name for part in parts], file, scratch)
        file.flush()
        os.fsync(file.fileno())
    lines = row_lines(table, sorted_lines, scratch / "rows")
    typed = any(one.form != TableForm.JSONL for one in forms)
    tally = TableTally({column.name: column.type for column in table.columns if column.name not in CARRIED}, checks)
    layout = survey(table, lines, tally) if typed else tally_only(table, lines, tally)
    _write_forms(table, RowsOnDisk(lines, layout), forms, scratch, at_once=1)
    _replace(folder, parts, sorted_lines, inventory)
    return tally.facts()


def _write_forms(
    table: Table, rows: FinishedRows, forms: Sequence[FinishedForm], scratch: Path, *, at_once: int
) -> None:
    """Write each finished file."""

    def write(finished: FinishedForm) -> None:
        with whole_file(finished.path(table), finished.temporary(table)) as file:
            write_form(rows, finished.form, file, SheetOptions(table.name, finished.excel, scratch))

    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(write, forms))


def _replace(folder: Path, parts: Sequence[Part], lines: Path, inventory: Inventory) -> None:
    if not parts:
        lines.unlink()
        return
    one, size = span(parts), lines.stat().st_size
    if sizes(folder) != {one: size}:
        inventory.add([PartLine(folder.name, one.name, size, announced=True)])
    put(lines, folder / one.name)
    for part in parts:
        if part != one:
            (folder / part.name).unlink()
