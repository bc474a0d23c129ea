"""Records as files: during the crawl they gather in parts, which become the finished tables at its end.

    <directory>/parts/<table>/000000000001-000000000042.jsonl    during a run: the journal's lines as they are
    <directory>/parts/inventory.jsonl                            the parts that were written, see `inventory.py`
    <directory>/parts/<table>/finished.json                      after a finished run: the parts it was made of
    <directory>/<table>.parquet .csv .jsonl .xlsx                after a finished run
    <directory>/parts/.exports/<table>.parquet …                 after a finished run: tables to be sent elsewhere

All forms share one set of parts and one cursor, since parts have no form yet: a form that you add to the config later
is as complete as the others.

At-least-once delivery has exactly-once effect. A part is written under a temporary name, made safe on the disk,
renamed, and noted in the inventory; only then does the cursor move. A crash in between leaves a part beyond the
cursor: the next start removes it, and the journal delivers its records again.

The tables of a generation beside are made in the same way in a folder of their own; see `generations.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Protocol

from asyncscrape.disk import SerialThread, make_folders, probe_folder, put, store_errors, whole_file
from asyncscrape.errors import StoreDamaged
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation, Table
from asyncscrape.storage.base import NOTHING_EXPECTED, KeptRecords
from asyncscrape.storage.files.damage import telling_damage
from asyncscrape.storage.files.finish import NOTHING, FinishedForm, LastTable, finish_table, rely_on_no_more_than
from asyncscrape.storage.files.generations import Generations
from asyncscrape.storage.files.in_memory import MOST_BYTES, InMemory
from asyncscrape.storage.files.inventory import GO_BACK, Inventory, PartLine
from asyncscrape.storage.files.kept_lines import kept_lines
from asyncscrape.storage.files.parts import Part, beyond, list_parts, shortened, sizes, superseded, take_tags_off


class Export(Protocol):
    """A place elsewhere that finished tables are sent to."""

    async def probe(self) -> str:
        """Check, leaving nothing behind, that tables can be sent there; the findings in brief."""

    async def open(self) -> None:
        """Get ready; raises a `UsageError` for what the user must correct."""

    async def send(self, file: Path) -> None:
        """Send a finished table, unless it is there already."""

    async def close(self) -> None:
        """Release everything. Safe to call twice."""


NO_EXPORTS: Mapping[str, Export] = {}


AT_ONCE = 16
"""Small tables that are written or finished at once: most of that is waiting for the disk."""
SMALL = 1_000_000
"""Bytes of the parts of a small table."""


class NewPart(NamedTuple):
    """A part to be written."""

    table: str
    part: Part
    lines: bytes


def export_folder(directory: Path) -> Path:
    """The folder of finished tables that are made only to be sent elsewhere."""
    return directory / "parts" / ".exports"


class FileStore:
    """Keeps the records of a job as files in one folder."""

    id = "files"
    appetite = 8_000_000
    patience = 5.0
    takes_answers = False

    def __init__(
        self,
        directory: Path,
        tables: Sequence[Table],
        forms: Mapping[str, FinishedForm],
        exports: Mapping[str, Export] = NO_EXPORTS,
        most_in_memory: int = MOST_BYTES,
    ) -> None:
        """`forms` are the forms that tables are finished in, by the config's names for them.

        A form whose name is also in `exports` is sent elsewhere once it is finished; its folder should then be
        `export_folder(directory)`. A table that weighs up to `most_in_memory` bytes is made in memory.
        """
        self.names = tuple(forms)
        self._exports = {word: (export, forms[word]) for word, export in exports.items()}
        self._forms = tuple(dict.fromkeys(forms.values()))
        self._most_in_memory = most_in_memory
        self._tables = {table.name: table for table in tables}
        self._parts = directory / "parts"
        self._scratch = self._parts / ".scratch"
        self._thread = SerialThread()
        self._generations = Generations(self._parts, self._forms)
        self._generation, self._place = FIRST, self._generations.home

    async def probe(self, generation: Generation = FIRST) -> str:
        """Check that the folders can be written to."""
        folders = dict.fromkeys((self._parts, *(finished.folder for finished in self._forms)))
        found = [await self._thread.run(probe_folder, folder) for folder in folders]
        found += [await export.probe() for export, _ in self._exports.values()]
        return "; ".join(found)

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        """Make the folders, and remove whatever lies beyond the cursor or is incomplete."""
        await self._thread.run(self._open, cursor, generation)
        for export, _ in self._exports.values():
            await export.open()
        return cursor

    async def write(self, batches: Sequence[Batch]) -> None:
        """Write a new part for each table that has records in these batches."""
        await self._thread.run(self._write, [batch for batch in batches if batch.lines])

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        """Make the finished tables, including those without records, so that readers find all of them."""
        facts = await self._thread.run(self._finish, expected)
        if not self._is_beside:
            await self._send()
        return facts

    async def switch(self) -> None:
        """Put the tables of a generation beside in the place of the last one's, and send them elsewhere."""
        if self._generation.beside:
            await self._thread.run(self._switch)
            await self._send()

    async def _send(self) -> None:
        for export, finished in self._exports.values():
            for table in self._tables.values():
                await export.send(finished.path(table))

    async def close(self) -> None:
        """Wait until the thread has finished with the disk."""
        await self._thread.idle()
        for export, _ in self._exports.values():
            await export.close()

    def kept(self) -> list[KeptRecords]:
        """What is here of the generation in place, then of one beside it; nothing may be written meanwhile."""
        folders = {self._generation.number: self._place.parts}
        if self._is_beside:
            folders = {self._generations.number(): self._parts, **folders}
        return [kept_lines(number, folder, [*self._tables.values()]) for number, folder in folders.items()]

    def _nothing_read(self) -> InMemory:
        return InMemory((finished.form for finished in self._forms), self._most_in_memory)

    @property
    def _is_beside(self) -> bool:
        return self._place.last is not None

    @property
    def _inventory(self) -> Inventory:
        return Inventory(self._place.parts)

    def _folder(self, table: str) -> Path:
        return self._place.parts / self._tables[table].name

    def _open(self, cursor: int, generation: Generation) -> None:
        if cursor > generation.begin and not self._parts.exists():
            raise StoreDamaged(f"{self._parts} is gone, and with it the records; {GO_BACK}")
        with store_errors(self._parts):
            self._generation, self._place = generation, self._generations.open(cursor, generation)
            if cursor and not self._is_beside:
                self._check_parts()
            self._inventory.check(self._tables, cursor)
            self._make_folders()
            for name in self._tables:
                _return_to(self._folder(name), cursor)
            self._inventory.take_stock(self._tables, self._scratch)
        self._in_memory = self._nothing_read()

    def _make_folders(self) -> None:
        """Make what is missing, and remove temporary files."""
        for place in (self._generations.home, self._place):
            made_in = (form.made_in for form in place.forms)
            make_folders((place.parts, *map(place.parts.joinpath, self._tables), *made_in))
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        for table in self._tables.values():
            self._clear(table)

    def _check_parts(self) -> None:
        """Refuse to go on without the parts of a finished table: it would be made anew of what comes now."""
        for name in self._tables:
            made = [form.in_place(name) for form in self._forms if form.in_place(name).exists()]
            if made and not self._folder(name).exists():
                raise StoreDamaged(
                    f"{self._folder(name)} is gone, and with it the records that {made[0]} was made of; {GO_BACK}"
                )

    def _clear(self, table: Table) -> None:
        """Remove the temporary files of a table."""
        shutil.rmtree(self._scratch / table.name, ignore_errors=True)
        for finished in self._place.forms:
            finished.temporary(table).unlink(missing_ok=True)

    def _write(self, batches: Sequence[Batch]) -> None:
        with store_errors(self._parts), ThreadPoolExecutor(AT_ONCE) as threads:
            parts = list(threads.map(self._write_part, _new_parts(batches)))
            self._inventory.add(PartLine(new.table, new.part.name, len(new.lines)) for new in parts)
            for new in parts:
                self._in_memory.read_ahead(
                    self._tables[new.table], self._folder(new.table) / new.part.name, new.lines
                )

    def _write_part(self, new: NewPart) -> NewPart:
        name = new.part.name
        with whole_file(self._folder(new.table) / name, self._scratch / f"{new.table}-{name}") as file:
            file.write(new.lines)
        return new

    def _finish(self, expected: Mapping[str, TableExpectation]) -> dict[str, TableFacts]:
        with store_errors(self._parts):
            self._inventory.check(self._tables)
            last = self._last_tables()

            def finish(table: Table) -> TableFacts:
                return self._finish_table(table, expected.get(table.name, NOTHING), last.get(table.name))

            small = [table for table in self._tables.values() if self._is_small(table.name, last)]
            with ThreadPoolExecutor(AT_ONCE) as threads:
                facts = dict(zip((table.name for table in small), threads.map(finish, small), strict=True))
            facts = {name: facts.get(name) or finish(table) for name, table in self._tables.items()}
            self._inventory.take_stock(self._tables, self._scratch)
        self._in_memory = self._nothing_read()
        return facts

    def _is_small(self, table: str, last: Mapping[str, LastTable]) -> bool:
        """Whether a table takes so little memory that others may be finished beside it."""
        folders = [self._folder(table)] + ([last[table].folder] if table in last else [])
        return sum(sum(sizes(folder).values()) for folder in folders) <= SMALL

    def _last_tables(self) -> dict[str, LastTable]:
        if (last := self._place.last) is None:
            return {}
        flaws = Inventory(last).flaws(self._tables)
        return {name: LastTable(last / name, flaws.get(name, "")) for name in self._tables}

    def _finish_table(self, table: Table, expected: TableExpectation, last: LastTable | None) -> TableFacts:
        forms, folder, scratch = self._place.forms, self._folder(table.name), self._scratch / table.name
        scratch.mkdir()
        try:
            with telling_damage(folder):
                return finish_table(table, folder, forms, scratch, self._in_memory, self._inventory, expected, last)
        finally:
            self._clear(table)

    def _switch(self) -> None:
        if self._is_beside:
            with store_errors(self._parts):
                self._generations.switch(self._generation.number, self._place, tuple(self._tables.values()))
            self._in_memory = self._nothing_read()
            self._place = self._generations.home


def _new_parts(batches: Sequence[Batch]) -> Iterator[NewPart]:
    """A part for each table, of all its batches."""
    table = attrgetter("table")
    for name, same in groupby(sorted(batches, key=table), table):
        some = list(same)
        yield NewPart(name, Part(some[0].seq, some[-1].seq), b"".join(batch.lines for batch in some))


def _return_to(folder: Path, cursor: int) -> None:
    """Remove from a folder's parts whatever lies beyond the cursor or is held twice."""
    take_tags_off(folder)
    for part in superseded(list_parts(folder)):
        (folder / part.name).unlink()
    parts = list_parts(folder)
    spare = beyond(parts, cursor)
    rely_on_no_more_than(folder, [part for part in parts if part not in spare])
    for part in spare:
        (folder / part.name).unlink()
    for part, new in shortened(parts, cursor).items():
        put(folder / part.name, folder / new.name)
