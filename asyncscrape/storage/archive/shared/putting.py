"""Answers of one write become objects: mostly one, and more if they are too large for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from asyncscrape.archive.kept_answer import KeptAnswer, KeptBefore, answers_in
from asyncscrape.archive.warc_records import revisit
from asyncscrape.model import Batch
from asyncscrape.storage.archive.object_files import LARGE
from asyncscrape.storage.archive.shared.answer_objects import AnswerKey, GrowingObject, ListedAnswer
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace

NOT_AN_ANSWER = 0
"""Of the body that this worker has put, since only the index gives numbers."""


class Putting:
    """One write."""

    def __init__(
        self, place: AnswerPlace, crawl: int, generation: int, before: Callable[[bytes], KeptBefore | None]
    ) -> None:
        """`before` tells of a body that was put earlier."""
        self._place = place
        self._crawl = crawl
        self._generation = generation
        self._before = before
        self._gathering = GrowingObject(place.job)
        self._gathered: dict[bytes, KeptBefore] = {}
        self._put: dict[bytes, KeptBefore] = {}

    @property
    def bodies(self) -> Mapping[bytes, KeptBefore]:
        """Those that were put."""
        return self._put

    def add(self, batch: Batch) -> None:
        """Add the answers of a batch, which stay together: a page is there with all that was made of it."""
        seen = Counter[AnswerKey]()
        for answer in answers_in(batch.lines):
            self._add(answer, seen)
        if self._gathering.size >= LARGE:
            self.put()

    def _add(self, answer: KeptAnswer, seen: Counter[AnswerKey]) -> None:
        same = self._known(answer.digest) if answer.size else None
        listed = ListedAnswer(answer, self._crawl, self._generation, 0, whole=same is None)
        first = listed.key
        listed = msgspec.structs.replace(listed, nth=seen[first])
        seen[first] += 1
        if same is None:
            self._gathered[answer.digest] = KeptBefore(NOT_AN_ANSWER, answer.url, answer.fetched_at)
            self._gathering.add(listed, answer.record)
        else:
            self._gathering.add(listed, revisit(answer.url, answer.fetched_at, answer.digest, answer.head, same))

    def _known(self, digest: bytes) -> KeptBefore | None:
        return self._gathered.get(digest) or self._put.get(digest) or self._before(digest)

    def put(self) -> None:
        """Put what was added."""
        if made := self._gathering.made():
            self._place.put(made)
        self._put |= self._gathered
        self._gathering, self._gathered = GrowingObject(self._place.job), {}
