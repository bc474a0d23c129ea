"""The generations of a job's tables on the disk, and the switch from one to the next.

    <directory>/parts/generation.json          the number of the generation in place; no file: it is the first
    <directory>/parts/.next-2/<table>/…        the parts of a generation beside, as those in place
    <directory>/parts/.next-2/.finished/0/…    its finished tables, in a folder for each form
    <directory>/parts/switch.json              a switch that has begun: what goes where, and what goes away

A crash may interrupt a switch at any step, and the next start completes it:

1. write `switch.json`; from here on the switch will be completed
2. link each finished file to the folder of its form under a temporary name, and rename it onto the old one: a reader
   finds the old table or the new one, at any time
3. for each table, remove the old parts and rename the folder of the new ones into their place; then the inventory
4. remove the finished files and the parts of tables that the new generation no longer has
5. write `generation.json`
6. remove `switch.json`; from here on nothing is repeated
7. remove the rest of `.next-2`; what a crash leaves of it, the next start removes
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from asyncscrape.disk import link_or_copy, put, sync_folder, whole_file
from asyncscrape.errors import StoreDamaged, StoreError
from asyncscrape.model import FIRST, Generation, Table
from asyncscrape.storage.files.finish import FinishedForm
from asyncscrape.storage.files.inventory import GO_BACK
from asyncscrape.storage.files.inventory import NAME as INVENTORY

BESIDE = ".next-"


class Place(NamedTuple):
    """Where the tables of a generation are made."""

    parts: Path
    """The folder with a folder of parts for each table."""
    forms: tuple[FinishedForm, ...]
    last: Path | None = None
    """The same folder of the last generation, if this one is beside it."""


class NumberInPlace(msgspec.Struct, frozen=True):
    """The contents of `generation.json`."""

    number: int = FIRST.number


class BegunSwitch(msgspec.Struct, frozen=True):
    """The contents of `switch.json`. All paths are relative to the parts, so that a whole job may be moved."""

    number: int
    tables: Sequence[str]
    files: Mapping[str, str]
    """For each finished file the one that it replaces."""
    dropped_tables: Sequence[str] = ()
    """Tables of the last generation that this one no longer has."""
    dropped_files: Sequence[str] = ()
    """The finished files of these."""


class Generations:
    """The place of each generation."""

    def __init__(self, parts: Path, forms: tuple[FinishedForm, ...]) -> None:
        self.home = Place(parts, forms)
        self._parts = parts
        self._begun = parts / "switch.json"
        self._in_place = parts / "generation.json"

    def open(self, cursor: int, generation: Generation) -> Place:
        """The place for this generation, after completing a begun switch and removing what others left beside."""
        if self._begun.exists():
            self._complete()
        beside = generation.beside and generation.number > self.number()
        own = self._beside(generation.number)
        if beside and cursor > generation.begin and not own.exists():
            raise StoreDamaged(f"{own} is gone, and with it the records of generation {generation.number}; {GO_BACK}")
        for folder in self._parts.glob(f"{BESIDE}*"):
            if not beside or folder != own:
                shutil.rmtree(folder)
        if not beside:
            self._count_on_from(generation)
            return self.home
        forms = [form._replace(beside=own / ".finished" / str(n)) for n, form in enumerate(self.home.forms)]
        return Place(own, tuple(forms), self._parts)

    def _count_on_from(self, generation: Generation) -> None:
        """Forget the number of an older state of the job, whose file is gone: a new state counts from one again."""
        if not generation.beside and generation.number < self.number():
            self._write(self._in_place, NumberInPlace(generation.number))

    def switch(self, number: int, place: Place, tables: Sequence[Table]) -> None:
        """Put the finished tables of a generation beside in the place of the last one's."""
        files = {form.path(table): form.in_place(table.name) for form in place.forms for table in tables}
        if missing := [file for file in files if not file.exists()]:
            raise StoreError(f"{missing[0]} is missing, so generation {number} cannot take its place; run it again")
        names = [table.name for table in tables]
        dropped = sorted(self._tables() - set(names))
        told = {self._told(new): self._told(old) for new, old in files.items()}
        spare = [self._told(form.in_place(name)) for form in place.forms for name in dropped]
        self._write(self._begun, BegunSwitch(number, names, told, dropped, spare))
        self._complete()

    def _complete(self) -> None:
        """Do steps 2 to 7."""
        begun = _read(self._begun, BegunSwitch)
        beside = self._beside(begun.number)
        for new, old in begun.files.items():
            _replace_file(self._file(new), self._file(old))
        for table in begun.tables:
            _replace_folder(beside / table, self._parts / table)
        if (beside / INVENTORY).exists():
            put(beside / INVENTORY, self._parts / INVENTORY)
        for file in begun.dropped_files:
            _remove_file(self._file(file))
        for table in begun.dropped_tables:
            shutil.rmtree(self._parts / table, ignore_errors=True)
        self._write(self._in_place, NumberInPlace(begun.number))
        self._begun.unlink()
        sync_folder(self._parts)
        shutil.rmtree(beside)

    def number(self) -> int:
        """The number of the generation in place."""
        try:
            return _read(self._in_place, NumberInPlace).number
        except FileNotFoundError:
            return FIRST.number

    def _beside(self, number: int) -> Path:
        return self._parts / f"{BESIDE}{number}"

    def _tables(self) -> set[str]:
        """The tables in place, whether the config still has them or not."""
        return {entry.name for entry in self._parts.iterdir() if entry.is_dir() and not entry.name.startswith(".")}

    def _told(self, file: Path) -> str:
        return os.path.relpath(file, self._parts)

    def _file(self, told: str) -> Path:
        """The file by that path. The parts may be a link to another disk, and `..` does not lead back from there."""
        return Path(os.path.normpath(self._parts / told))

    def _write(self, file: Path, contents: msgspec.Struct) -> None:
        with whole_file(file, file.with_suffix(".tmp")) as out:
            out.write(msgspec.json.encode(contents))


T = TypeVar("T", bound=msgspec.Struct)


def _read(file: Path, form: type[T]) -> T:
    """The contents of one of our files."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=form)
    except msgspec.DecodeError as error:
        raise StoreDamaged(f"{file} is damaged ({error}); put it back, or start again with `run --fresh`") from error


def _replace_file(new: Path, old: Path) -> None:
    """Put a file in the place of another, perhaps on another disk; the new one keeps its own name as well."""
    temporary = old.with_name(f".{old.name}.tmp")
    temporary.unlink(missing_ok=True)
    link_or_copy(new, temporary)
    put(temporary, old)
    temporary.unlink(missing_ok=True)  # renaming a link onto another one of the same file does nothing


def _remove_file(file: Path) -> None:
    if file.exists():
        file.unlink()
        sync_folder(file.parent)


def _replace_folder(new: Path, old: Path) -> None:
    if new.exists():
        shutil.rmtree(old, ignore_errors=True)
        put(new, old)
