"""Taking answers out of an archive: those that stay are written into new files, and the old files go.

New files have no meaning until the index names them, in one transaction; old ones have none after it. So a killed
pruning has happened, or has not; what it leaves behind is removed when the archive is opened to be written to.
"""

from __future__ import annotations

import logging
from pathlib import Path

from asyncscrape.archive.base import FoundAnswer, Pruning
from asyncscrape.archive.kept_answer import KeptBefore
from asyncscrape.archive.warc_records import answer_record, revisit
from asyncscrape.disk import store_errors
from asyncscrape.errors import StoreDamaged
from asyncscrape.storage.archive.answer_index import AnswerIndex, index_errors
from asyncscrape.storage.archive.archive_files import ArchiveFiles, opened
from asyncscrape.storage.archive.record_files import RecordFiles
from asyncscrape.storage.archive.segments import resumed

log = logging.getLogger(__name__)


def prune(folder: Path, files: RecordFiles, pruning: Pruning) -> int:
    """Take answers out; how many. Nobody else may have the archive open to write to it."""
    with store_errors(folder), index_errors(folder), opened(folder, files) as archive:
        if archive is None:
            return 0
        index = AnswerIndex(folder)
        try:
            return _Moving(files, pruning, archive, index).all()
        finally:
            index.close()


class _Moving:
    """Writing what stays into new files."""

    def __init__(self, files: RecordFiles, pruning: Pruning, archive: ArchiveFiles, index: AnswerIndex) -> None:
        self._files = files
        self._pruning = pruning
        self._archive = archive
        self._index = index
        self._known = index.progress("")
        self._segments = resumed(index, files, self._known)

    def all(self) -> int:
        """Move all that stays; how many have gone. What is damaged goes too."""
        gone = 0
        self._segments.close()
        with self._index.transaction():
            for answer in self._archive.answers():
                if self._pruning.takes(answer) or not self._moved(answer):
                    self._index.remove(answer.id)
                    gone += 1
            self._index.forget_beyond()
            self._segments.sync()
            segment, length, begun = self._segments.known
            first = max(begun, self._known.segment + 1)
            self._index.come(segment=segment, length=length, first=first)
        self._segments.close()
        self._files.remove(range(begun, first))
        self._index.come(begun=first)
        return gone

    def _moved(self, answer: FoundAnswer) -> bool:
        holder = None if answer.same_as is None else self._index.with_body(answer.digest)
        try:
            self._files.path(answer.segment)  # for all its records at once
            record = moved_record(self._archive, answer, holder)
        except StoreDamaged as error:
            log.warning("%s: %s; it goes too", answer.url, error)
            return False
        place = self._segments.add(record, answer.fetched_at)
        self._index.move(answer.id, place, holder.id if holder else None)
        return True


def moved_record(archive: ArchiveFiles, answer: FoundAnswer, holder: KeptBefore | None) -> bytes:
    """The record of an answer whose body is that of another one, or its own from now on."""
    if answer.same_as == (holder.id if holder else None):
        return archive.record(answer)
    head = archive.head(answer) + b"\r\n\r\n"
    told = answer.url, answer.fetched_at, answer.digest, head
    if holder is None:
        return answer_record(*told, archive.body(answer))
    return revisit(*told, holder)
