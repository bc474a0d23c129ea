"""Taking answers out of an archive: those that stay are written into new files, and the old files go.

New files have no meaning until the index names them, in one transaction; old ones have none after it. So a killed
pruning has happened, or has not; what it leaves behind is removed when the archive is opened to be written to.
"""

from __future__ import annotations

from pathlib import Path

from asyncscrape.archive.base import FoundAnswer, Pruning
from asyncscrape.archive.warc_records import KeptBefore, answer_record, revisit
from asyncscrape.disk import store_errors
from asyncscrape.storage.archive.answer_index import AnswerIndex, index_errors
from asyncscrape.storage.archive.archive_files import ArchiveFiles, opened
from asyncscrape.storage.archive.segments import Segments


def prune(folder: Path, job: str, pruning: Pruning) -> int:
    """Take answers out; how many. Nobody else may have the archive open to write to it."""
    with store_errors(folder), index_errors(folder), opened(folder, job) as archive:
        if archive is None or not any(pruning.takes(answer) for answer in archive.answers()):
            return 0
        index = AnswerIndex(folder)
        try:
            return _Moving(folder, job, pruning, archive, index).all()
        finally:
            index.close()


class _Moving:
    """Writing what stays into new files."""

    def __init__(self, folder: Path, job: str, pruning: Pruning, archive: ArchiveFiles, index: AnswerIndex) -> None:
        self._pruning = pruning
        self._archive = archive
        self._index = index
        known = index.progress("")
        self._segments = Segments(folder, job, index.first_segment(), known)
        self._first = known.segment + 1
        self._holders: dict[int, FoundAnswer] = {}
        """The answers that got the body of one that is gone, by its number."""

    def all(self) -> int:
        """Move all that stays; how many have gone."""
        gone = 0
        self._segments.begin_anew()
        with self._index.transaction():
            for answer in self._archive.answers():
                if self._pruning.takes(answer):
                    self._index.remove(answer.id)
                    gone += 1
                else:
                    self._move(answer)
            self._segments.sync()
            self._index.moved(*self._segments.known)
        self._segments.remove_before(self._first)
        self._segments.close()
        return gone

    def _move(self, answer: FoundAnswer) -> None:
        holder = self._holder(answer)
        if holder is None and answer.same_as is not None:
            self._holders[answer.same_as] = answer
            body = self._archive.body(answer)
            record = answer_record(
                answer.url, answer.fetched_at, answer.digest, self._archive.head(answer) + b"\r\n\r\n", body
            )
        elif holder is not None and holder.id != answer.same_as:
            before = KeptBefore(holder.url, holder.fetched_at)
            head = self._archive.head(answer) + b"\r\n\r\n"
            record = revisit(answer.url, answer.fetched_at, answer.digest, head, before)
        else:
            record = self._archive.record(answer)
        place = self._segments.add(record, answer.fetched_at)
        self._index.move(answer.id, place, holder.id if holder else None)

    def _holder(self, answer: FoundAnswer) -> FoundAnswer | None:
        """The answer whose record has the body from now on; None if it is this one's."""
        if answer.same_as is None:
            return None
        before = self._archive.with_id(answer.same_as)
        return self._holders.get(answer.same_as) if self._pruning.takes(before) else before
