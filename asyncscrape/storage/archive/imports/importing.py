"""Taking the answers in WARC files of others into the archive of a job.

1. Each file is checked before anything is read (`foreign_files`).
2. Its records are read (`unpacking`, `record_stream`, `foreign_records`), and become answers (`payloads`,
   `foreign_answers`).
3. These are kept like those of a run (`imported_answers`, `keeping`). How far the file was read is written in the
   same transaction (`import_tables`). So a kill at any moment costs nothing: the same import goes on there.
4. An answer that repeats one that is not there yet waits until all files were read.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from asyncscrape.archive.base import Damage, Imported, ImportProgress
from asyncscrape.storage.archive.imports.foreign_answers import (
    ForeignAnswer,
    LeftOut,
    NotImported,
    Repetition,
    answer_in,
)
from asyncscrape.storage.archive.imports.foreign_files import check_files, print_of_file, reading
from asyncscrape.storage.archive.imports.foreign_records import (
    BadRecord,
    BrokenRecord,
    ForeignRecord,
    ForeignRecords,
)
from asyncscrape.storage.archive.imports.import_tables import MOST_DAMAGES, FileState, FileTally
from asyncscrape.storage.archive.imports.imported_answers import ImportedAnswers
from asyncscrape.storage.archive.imports.unpacking import ByteSource, FilePlace, source_of

RECORDS = 500
"""The most records in one transaction."""
BYTES = 4_000_000
"""Bytes of records that are enough for one."""
MOST_CODED = 2
"""What a body may be larger in its record than by itself: chunks of a few bytes each have lines of their own."""
HEADERS = 1_000_000
"""Bytes for the headers of an answer, besides."""

Told = Callable[[ImportProgress], None]


def import_into(
    opened: AbstractContextManager[ImportedAnswers], files: Sequence[Path], max_body: int, told: Told
) -> Imported:
    """Take the answers in files into an archive. Nobody else may write to it."""
    check_files(files)
    with opened as answers:
        return _Import(answers, max_body, told).all(files)


class _Import:
    """One import."""

    def __init__(self, answers: ImportedAnswers, max_body: int, told: Told) -> None:
        self._answers = answers
        self._tables = answers.tables
        self._max_body = max_body
        self._told = told
        self._read: dict[bytes, tuple[Path, FileTally]] = {}
        self._passed_over: dict[bytes, Path] = {}

    def all(self, files: Sequence[Path]) -> Imported:
        """Read all files, and then take what has waited for them."""
        for path in files:
            with reading(path):
                file = path.open("rb")
            with file:
                self._file(path, file)
        late = self._late()
        tallies = [tally for _, tally in self._read.values()]
        left_out = sum((Counter(tally.left_out) for tally in tallies), Counter[str]())
        if waiting := self._tables.waiting_of({*self._read, *self._passed_over}):
            left_out[LeftOut.NO_ORIGINAL] = waiting
        damages = [Damage(path, *damage) for path, tally in self._read.values() for damage in tally.damages]
        return Imported(
            sum(tally.new for tally in tallies) + late.new,
            sum(tally.known for tally in tallies) + late.known,
            list(self._passed_over.values()),
            dict(left_out),
            damages[:MOST_DAMAGES],
            sum(tally.damaged for tally in tallies),
        )

    def _file(self, path: Path, file: BinaryIO) -> None:
        with reading(path):
            name = print_of_file(file)
            source = source_of(file)
        state = self._tables.state(name)
        if name in self._read or (state.finished and not state.tally.damaged):
            self._passed_over[name] = path
            return
        if state.finished:
            state = FileState()
        if state.place == FilePlace():
            self._tables.forget_waiting(name)
        records = ForeignRecords(source, state.place, MOST_CODED * self._max_body + HEADERS)
        coming = iter(records)
        while not state.finished:
            with reading(path):
                batch = list(_batch(coming))
            with self._answers.transaction():
                for found in batch:
                    self._take(found, name, state.tally, source)
                if not batch and records.gave_up:
                    state.tally.leave_out(f"the rest of {path}, for too much of it is damaged")
                place = batch[-1].end if batch else state.place
                state = FileState(place, not batch, state.tally)
                self._tables.come(name, state)
            self._read[name] = path, state.tally
            self._tell(path, file)

    def _take(self, found: ForeignRecord | BrokenRecord, file: bytes, tally: FileTally, source: ByteSource) -> None:
        """Do with a record what is to be done with it, and count that."""
        byte = found.place.start if source.compressed else found.place.inside
        if isinstance(found, BrokenRecord):
            tally.damage(byte, found.reason)
            return
        try:
            answer = answer_in(found, self._max_body)
        except BadRecord as bad:
            tally.damage(byte, str(bad))
            return
        match answer:
            case NotImported(reason):
                tally.leave_out(reason)
            case ForeignAnswer():
                tally.take(new=self._answers.add(answer, file))
            case Repetition():
                new = self._answers.repeat(answer, file)
                if new is None:
                    self._answers.wait(answer, file)
                else:
                    tally.take(new=new)

    def _late(self) -> FileTally:
        """Take what repeats answers that have come behind it, and then what repeats these."""
        tally, before = FileTally(), -1
        while before < tally.new + tally.known:
            before = tally.new + tally.known
            number = 0
            while waiting := self._tables.waiting(number, RECORDS):
                with self._answers.transaction():
                    for number, file, repetition in waiting:
                        self._take_late(number, file, repetition, tally)
        return tally

    def _take_late(self, number: int, file: bytes, repetition: Repetition, tally: FileTally) -> None:
        new = self._answers.repeat(repetition, file)
        if new is not None:
            tally.take(new=new)
            self._tables.waits_no_more(number)

    def _tell(self, path: Path, file: BinaryIO) -> None:
        size = os.fstat(file.fileno()).st_size
        answers = sum(tally.new for _, tally in self._read.values())
        self._told(ImportProgress(path, min(file.tell(), size), size, answers))


def _batch(records: Iterator[ForeignRecord | BrokenRecord]) -> Iterator[ForeignRecord | BrokenRecord]:
    """The next records, for one transaction."""
    size = 0
    for found in islice(records, RECORDS):
        yield found
        size += len(found.block or b"") if isinstance(found, ForeignRecord) else 0
        if size >= BYTES:
            return
