"""The interface of an archive that is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from asyncscrape.archive.redaction import Redaction
from asyncscrape.model import Request, Response


class ArchiveTotals(NamedTuple):
    """What an archive holds."""

    answers: int
    bodies: int
    """Different ones; each is kept once, unless two workers have brought it at the same time."""
    body_bytes: int
    """Of all answers, as they were parsed."""
    hosts: int
    first: str | None
    last: str | None
    """When the first and the last were fetched; None without any."""


class FoundAnswer(NamedTuple):
    """An answer in the archive."""

    id: int
    url: str
    fetched_at: str
    status: int
    content_type: str
    size: int
    digest: bytes
    """SHA-256 of the body."""
    generation: int
    segment: int
    """The number of the file with its record, the place in it, and its length."""
    start: int
    length: int
    same_as: int | None
    """The answer whose record has the body, if it is another."""
    kind: str
    """Of the request."""
    note: str
    hops: tuple[str, ...]
    """URLs that redirected there, oldest first."""


class Pruning(NamedTuple):
    """Which answers go."""

    before: str = ""
    """Those fetched before this time, as the index writes times."""
    generation: int | None = None
    """Those of this generation."""

    def takes(self, answer: FoundAnswer) -> bool:
        """Whether an answer goes."""
        return answer.fetched_at < self.before or answer.generation == self.generation


class Damage(NamedTuple):
    """What is broken in a file of others."""

    file: Path
    byte: int
    """In a compressed file, where the part begins that is unpacked by itself."""
    reason: str


class ImportOptions(NamedTuple):
    """How answers of others are kept."""

    redaction: Redaction
    max_body: int
    """Longer ones are left out."""
    job_id: str
    generation: int = 1
    rereading: bool = False
    """Whether this generation is made of what is kept."""


class Imported(NamedTuple):
    """What an import has brought from the files that it has read."""

    new: int
    """Answers."""
    known: int
    """Answers that were there already."""
    passed_over: Sequence[Path]
    """Files that were read to their end before."""
    left_out: Mapping[str, int]
    """Answers that were not taken, by reason."""
    damages: Sequence[Damage]
    """The first ones."""
    damaged: int
    """All damages."""


class ImportProgress(NamedTuple):
    """How far an import has come."""

    file: Path
    read: int
    size: int
    """Bytes of the file."""
    answers: int
    """New ones, from all files so far."""


class Archive(Protocol):
    """The kept answers of a job, even while a run adds to them."""

    def totals(self) -> ArchiveTotals:
        """What is kept in all."""

    def generations(self) -> Mapping[int, int]:
        """The number of answers by generation."""

    def bytes_in_all(self) -> int:
        """Of the files."""

    def of(self, url: str) -> list[FoundAnswer]:
        """The answers from a URL, the oldest first."""

    def answers(self) -> Iterator[FoundAnswer]:
        """All answers, in the order in which they came."""

    def imported(self) -> Iterator[FoundAnswer]:
        """The answers that came from WARC files of others since the last crawl began, in order."""

    # To be read again: those of the last crawl

    def number_of_documents(self) -> int:
        """How many `documents` there are."""

    def documents(self) -> Iterator[FoundAnswer]:
        """All of them but parts of open pages, in the order in which they came."""

    def last_from(self, url: str) -> FoundAnswer | None:
        """The last answer to a request for a URL, which may have been redirected."""

    def parts_of(self, document: FoundAnswer) -> Sequence[FoundAnswer]:
        """What a browser has made of a document after that, and what the page has captured."""

    def unread(self, answer: FoundAnswer, request: Request) -> Response:
        """An answer to a request, whose headers and body are to be read from their records, see `kept_records`.

        Raises StoreDamaged if a file is gone. Unless they are `near`, it may be fetched first.
        """

    @property
    def near(self) -> bool:
        """Whether the files with the records are on the disk."""

    def give_up(self) -> None:
        """End what threads wait for, so that they can end."""

    def response(self, answer: FoundAnswer) -> Response:
        """The answer as it was parsed. Raises StoreError if its record is damaged or gone."""
