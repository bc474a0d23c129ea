"""Taking answers out of a shared archive: each object with some of them is replaced by one without.

All new objects are put before the first old one goes. What a kill leaves twice is taken out later (`doubles`): then
the answers that were to go are still there, and all others too.
"""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

import msgspec

from asyncscrape.archive.base import FoundAnswer, Pruning
from asyncscrape.archive.kept_answer import KeptBefore
from asyncscrape.disk import store_errors
from asyncscrape.errors import FetchError, StoreDamaged
from asyncscrape.storage.archive.archive_files import COLUMNS, ArchiveFiles, found
from asyncscrape.storage.archive.object_files import ArchiveObjects
from asyncscrape.storage.archive.pruning import moved_record
from asyncscrape.storage.archive.shared.answer_objects import GrowingObject, ListedAnswer, objects_of, places
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.catching_up import catch_up
from asyncscrape.storage.archive.shared.doubles import take_out_doubles
from asyncscrape.storage.archive.shared.object_reader import SharedFiles
from asyncscrape.storage.archive.shared.shared_index import SharedIndex, index_errors

log = logging.getLogger(__name__)

STAYING = f"SELECT {COLUMNS} FROM answer WHERE segment = ? AND id NOT IN (SELECT id FROM going)"
HOLDER = (
    "SELECT id, url, fetched_at FROM answer WHERE digest = ? AND same_as IS NULL AND id NOT IN (SELECT id FROM going)"
)
CHANGED = """
    SELECT number, name, size FROM object WHERE number IN (
        SELECT segment FROM answer WHERE id IN (SELECT id FROM going) OR same_as IN (SELECT id FROM going)
    ) ORDER BY number
"""


def prune(folder: Path, objects: ArchiveObjects, job: str, pruning: Pruning) -> int:
    """Take answers out; how many. Nobody else may add to the archive meanwhile."""
    place = AnswerPlace(objects, job)
    with store_errors(folder), index_errors(folder), closing(SharedIndex(folder)) as index:
        catch_up(index, place)
        if doubled := index.doubled():
            take_out_doubles(place, doubled)
            catch_up(index, place)
        with closing(SharedFiles(folder, objects, job, index.connection)) as files:
            gone = _Replacing(index, files, place).all(pruning)
            catch_up(index, place)
            return gone


class _Replacing:
    """Putting objects in the place of others."""

    def __init__(self, index: SharedIndex, files: SharedFiles, place: AnswerPlace) -> None:
        self._connection = index.connection
        self._files = files
        self._archive = ArchiveFiles(files, index.connection)
        self._place = place
        self._holders: dict[bytes, KeptBefore] = {}
        """Answers that get the bodies of those that go, by digest."""
        self._damaged = 0

    def all(self, pruning: Pruning) -> int:
        """Replace what changes; how many answers have gone. What is damaged goes too."""
        self._connection.execute("CREATE TEMP TABLE going (id INTEGER PRIMARY KEY)")
        going = ((answer.id,) for answer in self._archive.answers() if pruning.takes(answer))
        self._connection.executemany("INSERT INTO going VALUES (?)", going)
        (number,) = self._connection.execute("SELECT count(*) FROM going").fetchone()
        old = self._connection.execute(CHANGED).fetchall()
        new = {self._replace(segment, name, size) for segment, name, size in old}
        self._place.remove([name for _, name, _ in old if name not in new])
        return int(number) + self._damaged

    def _replace(self, segment: int, name: str, size: int) -> str | None:
        """Put what stays of an object; its name, which is the old one if nothing in it has changed after all."""
        rows = map(found, self._connection.execute(STAYING, (segment,)))
        staying = {answer.start: answer for answer in rows}
        if not staying:
            return None
        gathering = GrowingObject(self._place.job)
        [named] = objects_of(self._place.job, [name])
        try:
            self._files.path(segment)  # for all its records at once
            listed = self._place.listed(named, size)
        except (StoreDamaged, FetchError, ValueError) as error:
            log.warning("%s: %s; its answers go too", self._place.where(name), error)
            self._damaged += len(staying)
            return None
        for one, start in zip(listed, places(listed, size - named.listed), strict=True):
            if answer := staying.get(start):
                self._keep(answer, one, gathering)
        if (made := gathering.made()) is None:
            return None
        self._place.put(made)
        return made.name

    def _keep(self, answer: FoundAnswer, listed: ListedAnswer, gathering: GrowingObject) -> None:
        holder = None if answer.same_as is None else self._holder(answer)
        try:
            record = moved_record(self._archive, answer, holder)
        except StoreDamaged as error:
            log.warning("%s: %s; it goes too", answer.url, error)
            self._damaged += 1
            return
        if holder is None:
            self._holders[answer.digest] = KeptBefore(answer.id, answer.url, answer.fetched_at)
        gathering.add(msgspec.structs.replace(listed, whole=holder is None), record)

    def _holder(self, answer: FoundAnswer) -> KeptBefore | None:
        """The answer that has the body of this one from now on; None for this one itself."""
        row = self._connection.execute(HOLDER, (answer.digest,)).fetchone()
        return KeptBefore(*row) if row else self._holders.get(answer.digest)
