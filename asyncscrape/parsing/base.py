"""The interface of the parsing step, and its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from asyncscrape.model import Blob, Finding, Flaw, Lines, Link, Response
from asyncscrape.openings import Opening


class Parsed(msgspec.Struct, frozen=True, tag=True):
    """The contents of an answer."""

    records: Mapping[str, Lines]
    """By table."""
    links: Sequence[Link]
    blobs: Sequence[Blob]
    flaws: Sequence[Flaw]
    nofollow: Sequence[str]
    uses: Sequence[str]
    finding: Finding | None
    outside: Sequence[str] = ()
    """URLs that the patterns of [scope] leave out; they stand neither in `links` nor in `nofollow`."""
    opening: Opening | None = None
    """Whether a browser has opened the page, and what that was good for; the parser does not know."""
    files: Sequence[Response] = ()
    """Files that a browser has made of the page: answers to requests of kind "blob", each for its path."""


class Mishap(StrEnum):
    """Why an answer has no contents."""

    PARSE = "parse"
    """It is not what its parser expects."""
    GONE = "gone"
    """It says that the page does not exist."""
    BLOCKED = "blocked"
    """It says that the site does not want us."""
    NOT_READY = "not ready"
    """It says that the page comes later."""
    FAULT = "fault"
    """Its parser raised something that parsers do not raise."""
    OVERRUN = "overrun"
    """Its parser took more time or memory, or said more, than a page may."""
    DAMAGED = "damaged"
    """It was to be read from an archive, and its record is damaged or gone."""
    FILE_GONE = "file gone"
    """It was to be read from an archive, and the file with its record has gone since it was found."""


class Unparsed(msgspec.Struct, frozen=True, tag=True):
    """An answer that has no contents."""

    mishap: Mishap
    why: str
    after: float | None = None
    """Seconds after which it may be ready, if it says so."""
    trace: str = ""
    """Of a fault: where it came from."""
    answer: Lines | None = None
    """If answers are kept: this one, for another parser may make something of it."""
    opening: Opening | None = None
    """See `Parsed.opening`."""


class Parsing(Protocol):
    """Wherever the parsers of a job run."""

    def prepare(self) -> None:
        """An answer will come soon: make ready for it."""

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer; `alone` where nothing else can come to harm by it."""

    @property
    def apart(self) -> int:
        """Answers that wait, perhaps for long, without holding up others: they do not count as open requests."""

    async def close(self) -> None:
        """End whatever runs; an answer that is being read is dropped."""
