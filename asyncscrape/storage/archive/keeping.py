"""Adding an answer to an archive: its record to the files, each body once, and its row to the index."""

from __future__ import annotations

from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.archive.warc_records import revisit
from asyncscrape.storage.archive.answer_index import AnswerIndex
from asyncscrape.storage.archive.segments import Segments


def keep(answer: KeptAnswer, generation: int, index: AnswerIndex, segments: Segments) -> None:
    """Add an answer, in a transaction of the index."""
    same = index.with_body(answer.digest) if answer.size else None
    told = answer.url, answer.fetched_at, answer.digest, answer.head
    record = revisit(*told, same) if same else answer.record
    place = segments.add(record, answer.fetched_at)
    index.add(answer, generation, place, same.id if same else None)


def make_safe(index: AnswerIndex, segments: Segments, **progress: int) -> None:
    """Make what was added safe, and say in the index how far the archive has come."""
    segments.sync()
    segment, length, begun = segments.known
    index.come(**progress, segment=segment, length=length, begun=begun)
