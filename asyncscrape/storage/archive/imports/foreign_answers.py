"""A record of somebody else as an answer: what is taken of it, and what is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from multidict import CIMultiDict

from asyncscrape.decompress import Overflow
from asyncscrape.errors import Reason
from asyncscrape.model import Request, Response
from asyncscrape.politeness.challenges import challenge
from asyncscrape.storage.archive.imports.foreign_records import WANTED, BadRecord, ForeignRecord, headers_in
from asyncscrape.storage.archive.imports.payloads import Digest, body_of, digest_in
from asyncscrape.urls import canonical

HEAD_END = re.compile(rb"\r?\n\r?\n")
DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(.*))?)?")
WRONG_CLOCK = timedelta(days=1)
"""What a clock or a time zone may be wrong by."""
WITHOUT_ANSWER = frozenset({"warcinfo", "request", "metadata", "conversion"})
"""The types of records that hold no answer."""


class LeftOut(StrEnum):
    """Why a record that is not damaged is not taken; for an answer of another status see `Reason.refused`."""

    NO_ORIGINAL = "the answer it repeats is in none of the files"
    NO_WEB_URL = "no http or https URL"
    IN_SEGMENTS = "in several records"
    TOO_LARGE = Reason.TOO_LARGE
    TRUNCATED = Reason.TRUNCATED
    """The one who wrote the record has cut off the rest of the body."""
    CHALLENGE = "a bot challenge"
    """A crawl leaves it, too: it is not what the page says."""
    UNKNOWN = "of an unknown type"


class NotImported(NamedTuple):
    """A record that is not taken."""

    reason: str


class ForeignAnswer(NamedTuple):
    """A record that is taken."""

    response: Response
    digest: Digest | None
    """Of the payload as it was kept; others may refer to it."""


class Repetition(msgspec.Struct, frozen=True):
    """An answer whose body is that of another one."""

    url: str
    status: int
    """0 if the record does not say."""
    headers: tuple[tuple[str, str], ...]
    fetched_at: datetime
    digest: Digest | None
    original_url: str
    original_at: datetime | None
    """When that was fetched, if the record says."""


def answer_in(record: ForeignRecord, max_body: int) -> ForeignAnswer | Repetition | NotImported | None:
    """The answer in a record; None for a type that holds none. Raises BadRecord."""
    fields, block = record.fields, record.block
    if record.kind not in WANTED:
        return None if record.kind in WITHOUT_ANSWER else NotImported(LeftOut.UNKNOWN)
    if "WARC-Segment-Number" in fields or record.kind == "continuation":
        return NotImported(LeftOut.IN_SEGMENTS)
    url = target(fields.get("WARC-Target-URI", ""))
    if url is None:
        return NotImported(LeftOut.NO_WEB_URL)
    if block is None:
        return NotImported(LeftOut.TOO_LARGE)
    moment = _fetched_at(fields.get("WARC-Date", ""))
    if record.kind == "revisit":
        return _revisit(fields, block, url, moment)
    if fields.get("WARC-Truncated"):
        return NotImported(LeftOut.TRUNCATED)
    read = _response if record.kind == "response" else _resource
    try:
        return read(fields, block, url, moment, max_body)
    except Overflow:
        return NotImported(LeftOut.TOO_LARGE)


def target(field: str) -> str | None:
    """The URL in a field, which Wget writes in angle brackets; None if it is no web URL."""
    return canonical(field.strip().removeprefix("<").removesuffix(">"))


def moment_of(field: str) -> datetime:
    """The time in a field, which may leave out all that comes behind the year."""
    found = DATE.fullmatch(field.strip())
    try:
        if found is None:
            raise ValueError
        year, month, day, rest = found.groups()
        moment = datetime.fromisoformat(f"{year}-{month or '01'}-{day or '01'}{rest or ''}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRecord(f"the WARC-Date is not a time: {field[:40]!r}") from None


def _fetched_at(field: str) -> datetime:
    """When a record was made. One of the future would be taken for newer than all that comes."""
    moment = moment_of(field)
    if moment > datetime.now(UTC) + WRONG_CLOCK:
        raise BadRecord(f"the WARC-Date is in the future: {field[:40]!r}")
    return moment


def _resource(fields: CIMultiDict[str], block: bytes, url: str, moment: datetime, max_body: int) -> ForeignAnswer:
    headers = CIMultiDict({"Content-Type": fields.get("Content-Type", "")})
    digest = digest_in(fields.get("WARC-Payload-Digest", "") or fields.get("WARC-Block-Digest", ""))
    body = body_of(block, CIMultiDict(), digest, max_body)
    return ForeignAnswer(Response(Request(url), HTTPStatus.OK, headers, body, moment), digest)


def _response(
    fields: CIMultiDict[str], block: bytes, url: str, moment: datetime, max_body: int
) -> ForeignAnswer | NotImported:
    status, headers, payload = _http(block)
    if not _useful(status, headers):
        return NotImported(Reason.refused(status))
    digest = digest_in(fields.get("WARC-Payload-Digest", ""))
    body = body_of(payload, headers, digest, max_body)
    if challenge(status, headers, body):
        return NotImported(LeftOut.CHALLENGE)
    return ForeignAnswer(Response(Request(url), status, headers, body, moment), digest)


def _revisit(fields: CIMultiDict[str], block: bytes, url: str, moment: datetime) -> Repetition | NotImported:
    status, headers, _ = _http(block) if block.strip() else (0, CIMultiDict[str](), b"")
    if status == HTTPStatus.NOT_MODIFIED:
        status, headers = 0, CIMultiDict()
    if status and not _useful(status, headers):
        return NotImported(Reason.refused(status))
    if status and challenge(status, headers, b""):
        return NotImported(LeftOut.CHALLENGE)
    digest = digest_in(fields.get("WARC-Payload-Digest", ""))
    original = target(fields.get("WARC-Refers-To-Target-URI", "")) or url
    date = fields.get("WARC-Refers-To-Date", "")
    return Repetition(
        url,
        status,
        tuple((str(name), value) for name, value in headers.items()),
        moment,
        digest,
        original,
        moment_of(date) if date else None,
    )


def _http(block: bytes) -> tuple[int, CIMultiDict[str], bytes]:
    """The status, the headers and the payload of an answer."""
    end = HEAD_END.search(block)
    head, payload = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    words, headers = headers_in(head + b"\r\n\r\n")
    status = words.split(" ", 1)[0]
    if not head.startswith(b"HTTP/") or not re.fullmatch("[1-9][0-9]{2}", status):
        raise BadRecord("the record holds no answer of HTTP")
    return int(status), headers, payload


def _useful(status: int, headers: CIMultiDict[str]) -> bool:
    """Whether rules can read it, or it leads somewhere else."""
    return 200 <= status < 300 or (300 <= status < 400 and "Location" in headers)
