"""The crawls whose answers an archive has, in order, each noted as an empty object that only has a name:

crawls/<job>/00002-crawled-1-<id>    the second one: generation 1 of the job with this id
crawls/<job>/00003-reread-2-<id>     generation 2 was made of what was kept, without a new crawl
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from asyncscrape.storage.object_place import Objects

NAME = re.compile(r"(\d{5,})-(crawled|reread)-(\d+)-(.*)")
BEFORE = 1
"""The number for answers of earlier crawls, of which nothing was noted here."""


class NotedCrawl(NamedTuple):
    """A crawl."""

    number: int
    reread: bool
    """Whether its generation was begun with what is kept, so that older answers still count."""
    generation: int
    job_id: str

    @property
    def name(self) -> str:
        """The last part of its name."""
        return f"{self.number:05}-{'reread' if self.reread else 'crawled'}-{self.generation}-{self.job_id}"


class Crawls:
    """What is noted of the crawls of a job."""

    def __init__(self, objects: Objects, job: str) -> None:
        self._objects = objects
        self._prefix = f"crawls/{job}/"

    def begin(self, job_id: str, generation: int, *, rereading: bool) -> int:
        """A generation of a job begins, or goes on; the number of its crawl. Workers that begin at once agree."""
        noted = self._noted()
        for one in noted:
            if (one.job_id, one.generation) == (job_id, generation):
                return one.number
        number = max((one.number for one in noted), default=BEFORE) + 1
        self._objects.put(self._prefix + NotedCrawl(number, rereading, generation, job_id).name, b"")
        return number

    def last(self) -> int:
        """The number of the last crawl that asked the network; 0 before the first one."""
        return max((one.number for one in self._noted() if not one.reread), default=0)

    def any(self) -> bool:
        """Whether any was noted."""
        return bool(self._noted())

    def _noted(self) -> Sequence[NotedCrawl]:
        names = (name.removeprefix(self._prefix) for name in self._objects.sizes(self._prefix))
        found = filter(None, map(NAME.fullmatch, names))
        return [NotedCrawl(int(one[1]), one[2] == "reread", int(one[3]), one[4]) for one in found]
