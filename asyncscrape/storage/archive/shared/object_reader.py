"""Reading the objects of a shared archive by the numbers that the index of this machine has given them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from asyncscrape.errors import StoreDamaged
from asyncscrape.storage.archive.object_files import ArchiveObjects, ObjectReader
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace


class SharedFiles:
    """The objects as files, see `ReadableFiles`."""

    appends = False

    def __init__(self, folder: Path, objects: ArchiveObjects, job: str, connection: sqlite3.Connection) -> None:
        """The index is open, and in `folder`, where downloaded files go too."""
        self._place = AnswerPlace(objects, job)
        self._objects = objects
        self._reader = ObjectReader(folder, objects)
        self._connection = connection
        self._names: dict[int, str] = {}

    def _name(self, number: int) -> str:
        if number not in self._names:
            row = self._connection.execute("SELECT name FROM object WHERE number = ?", (number,)).fetchone()
            if row is None:
                raise StoreDamaged("the object with this answer has just been replaced; try again")
            self._names[number] = row[0]
        return self._names[number]

    def where(self, number: int) -> str:
        """An object, in messages."""
        return self._objects.where(self._name(number))

    def read(self, number: int, start: int, length: int) -> bytes:
        """Some bytes of an object."""
        return self._reader.read(self._name(number), start, length)

    def path(self, number: int) -> Path:
        """The file with an object, which is downloaded once."""
        return self._reader.path(self._name(number))

    def bytes_in_all(self) -> int:
        """Of all objects."""
        return sum(self._place.sizes().values())

    def close(self) -> None:
        """Give up what other threads wait for, and delete what was downloaded."""
        self._reader.close()
