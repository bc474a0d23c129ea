"""Objects of kept answers that tell what is in them, each a WARC file:

    warcinfo | the records, one behind the other | the list of them, as a record of type metadata

The name is made of the content, so a write that is repeated makes the same object again:
`shop-20261128T021502123-5fec0a1b2c3d4e5f-412-31337.warc.gz` has 412 answers, the first of which was fetched then, and
a list of 31,337 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from importlib.metadata import version
from typing import NamedTuple

import msgspec
from isal import isal_zlib

from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.archive.warc_records import GZIP, identity, opening, record
from asyncscrape.storage.archive.record_files import ENDING

HEADERS_END = b"\r\n\r\n"
DIGITS = r"-(\d{8}T\d{9})-([0-9a-f]{16})-(\d+)-(\d+)"


class ListedAnswer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an object says of one of its answers."""

    answer: KeptAnswer
    """Without its headers and its record."""
    crawl: int
    generation: int
    length: int
    """Bytes of its record."""
    whole: bool
    """Whether its record has the body."""
    nth: int = 0
    """How many answers in all like it came before it with the same page."""
    file: bytes = b""
    """The print of the file that it was imported from."""

    @property
    def key(self) -> AnswerKey:
        """What tells it from all others: an answer that comes once more has the same."""
        of = self.answer
        return AnswerKey(self.crawl, of.url, of.fetched_at, of.status, of.digest, of.page, self.nth)


class AnswerKey(NamedTuple):
    """What tells an answer from all others."""

    crawl: int
    url: str
    fetched_at: str
    status: int
    digest: bytes
    page: str
    nth: int


class ObjectName(NamedTuple):
    """The name of an object, and what it tells."""

    text: str
    answers: int
    listed: int
    """Bytes of the list."""


class AnswerObject(NamedTuple):
    """An object."""

    name: str
    content: bytes
    listed: int
    """Bytes of its list."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[ListedAnswer]).decode


class GrowingObject:
    """Answers that become one object."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._listed: list[ListedAnswer] = []
        self._records: list[bytes] = []
        self.size = 0
        """Bytes of the records so far."""

    def add(self, listed: ListedAnswer, record: bytes) -> None:
        """Add an answer; the length of its record is noted here."""
        bare = msgspec.structs.replace(listed.answer, head=b"", record=b"")
        self._listed.append(msgspec.structs.replace(listed, answer=bare, length=len(record)))
        self._records.append(record)
        self.size += len(record)

    def made(self) -> AnswerObject | None:
        """The object; None without answers."""
        if not self._listed:
            return None
        time = self._listed[0].answer.fetched_at
        content, told = b"".join(self._records), _encode(self._listed)
        print_ = blake2b(told + content, digest_size=8).hexdigest()
        listed = _list(told, time, print_)
        moment = datetime.fromisoformat(time).strftime("%Y%m%dT%H%M%S%f")[:-3]
        name = f"{self._job}-{moment}-{print_}-{len(self._listed)}-{len(listed)}{ENDING}"
        first = opening(name, time, f"asyncscrape {version('asyncscrape')}")
        return AnswerObject(name, first + content + listed, len(listed))


def _list(told: bytes, time: str, print_: str) -> bytes:
    fields = {
        "WARC-Type": "metadata",
        "WARC-Record-ID": identity(print_.encode()),
        "WARC-Date": time,
        "Content-Type": "application/msgpack",
    }
    return record(fields, (told,))


def objects_of(job: str, names: Sequence[str]) -> Iterator[ObjectName]:
    """Those of these names that are names of objects of a job."""
    pattern = re.compile(re.escape(job) + DIGITS + re.escape(ENDING))
    for name in names:
        if found := pattern.fullmatch(name):
            yield ObjectName(name, int(found[3]), int(found[4]))


def answers_listed(record: bytes) -> list[ListedAnswer]:
    """The answers in the list of an object. Raises ValueError if it is damaged."""
    try:
        content = isal_zlib.decompress(record, wbits=GZIP)
    except isal_zlib.error as error:  # type: ignore[misc]  # its own types call it a value
        raise ValueError(str(error)) from error
    return _decode(content.partition(HEADERS_END)[2].removesuffix(HEADERS_END))


def places(listed: Sequence[ListedAnswer], behind: int) -> Iterator[int]:
    """Where the record of each answer begins, if its list begins behind this byte."""
    place = behind - sum(one.length for one in listed)
    for one in listed:
        yield place
        place += one.length
