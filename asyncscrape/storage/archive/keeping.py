"""Adding an answer to an archive: its record to the files, each body once, and its row to the index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.archive.warc_records import revisit
from asyncscrape.storage.archive.answer_index import AnswerIndex, RecordPlace


class RecordSink(Protocol):
    """What records are added to, along with the rows of the index."""

    @property
    def progress(self) -> Mapping[str, int]:
        """How far it has come, for the index."""

    def add(self, record: bytes, time: str) -> RecordPlace:
        """Add a record that was made at this time."""

    def sync(self) -> None:
        """What was added survives a power cut from now on."""

    def close(self) -> None:
        """Release it; what was not made safe may be gone."""


def keep(answer: KeptAnswer, generation: int, index: AnswerIndex, sink: RecordSink) -> None:
    """Add an answer, in a transaction of the index."""
    same = index.with_body(answer.digest) if answer.size else None
    told = answer.url, answer.fetched_at, answer.digest, answer.head
    record = revisit(*told, same) if same else answer.record
    place = sink.add(record, answer.fetched_at)
    index.add(answer, generation, place, same.id if same else None)


def make_safe(index: AnswerIndex, sink: RecordSink, **progress: int) -> None:
    """Make what was added safe, and say in the index how far the archive has come."""
    sink.sync()
    index.come(**progress, **sink.progress)
