"""The place where the objects of a job are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from asyncscrape.storage.archive.shared.answer_objects import (
    AnswerObject,
    ListedAnswer,
    ObjectName,
    answers_listed,
    objects_of,
    places,
)
from asyncscrape.storage.archive.shared.crawls import Crawls
from asyncscrape.storage.object_place import Objects


class AnswerPlace:
    """The objects of one job."""

    def __init__(self, objects: Objects, job: str) -> None:
        self.job = job
        self.crawls = Crawls(objects, job)
        self._objects = objects

    def sizes(self) -> Mapping[ObjectName, int]:
        """The bytes of all objects with answers, by name."""
        found = self._objects.sizes(f"{self.job}-")
        return {name: found[name.text] for name in objects_of(self.job, sorted(found))}

    def where(self, name: str) -> str:
        """An object, in messages."""
        return self._objects.where(name)

    def put(self, made: AnswerObject) -> None:
        """Put an object."""
        self._objects.put(made.name, made.content)

    def listed(self, name: ObjectName, size: int) -> list[ListedAnswer]:
        """The answers in an object. Raises FetchError if it is not there, ValueError if it is damaged."""
        try:
            return answers_listed(self._objects.read(name.text, size - name.listed, name.listed))
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from error

    def records(
        self, name: ObjectName, size: int, listed: Sequence[ListedAnswer]
    ) -> Iterator[tuple[ListedAnswer, bytes]]:
        """Each answer in an object, with its record. Raises FetchError if it is not there."""
        content = self._objects.read(name.text, 0, size)
        for one, start in zip(listed, places(listed, size - name.listed), strict=True):
            yield one, content[start : start + one.length]

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects."""
        self._objects.remove(names)
