"""The interface of an archive that is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from asyncscrape.model import Response


class ArchiveTotals(NamedTuple):
    """What an archive holds."""

    answers: int
    bodies: int
    """Different ones; each is kept once."""
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

    def bytes_on_disk(self) -> int:
        """Of the files."""

    def of(self, url: str) -> list[FoundAnswer]:
        """The answers from a URL, the oldest first."""

    def answers(self) -> Iterator[FoundAnswer]:
        """All answers, in the order in which they came."""

    def imported(self) -> Iterator[FoundAnswer]:
        """The answers that came from WARC files of others, in the order in which they came."""

    def response(self, answer: FoundAnswer) -> Response:
        """The answer as it was parsed. Raises StoreError if its record is damaged or gone."""
