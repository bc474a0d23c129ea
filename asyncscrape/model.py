"""The nouns of a crawl. All of them are frozen: a new fact makes a new value.

A `Request` leaves the frontier, comes back from a fetcher as a `Response`, and a parser turns that into a `Page`
of `Record`s, `Link`s and `Blob`s. What became of the request is an `Outcome`; the frontier stores it, and the
records in it travel on through the journal as `Batch`es to the stores.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

import msgspec

from asyncscrape import charset

FieldType = Literal["str", "int", "float", "decimal", "bool", "date", "datetime", "json"]


class Kind(StrEnum):
    """Who reads the answer to a request. A job may have kinds of its own beside these; they are counted as pages."""

    PAGE = "page"
    SITEMAP = "sitemap"
    BLOB = "blob"
    """A file to be kept as it is."""

    @classmethod
    def counted(cls, kind: str) -> Kind:
        """The heading under which a kind of request is counted."""
        return _COUNTED.get(kind, cls.PAGE)


_COUNTED: Mapping[str, Kind] = {kind: kind for kind in Kind}


class State(StrEnum):
    """Where a request is in its life."""

    PENDING = "pending"
    """It waits for its turn, or for its next try."""
    LEASED = "leased"
    """A run has taken it."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The scope or robots.txt forbid it."""


class Column(msgspec.Struct, frozen=True):
    """One column of a record table."""

    name: str
    type: FieldType = "str"


class Table(msgspec.Struct, frozen=True):
    """A record table: the columns its rules fill, and which of them tell one record from another."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    strict: bool = False
    """Whether every record is just as declared, because the program makes them all itself, as `TypedRecords`."""


class Request(msgspec.Struct, frozen=True):
    """One URL to fetch, as the frontier hands it out."""

    url: str
    """Canonical form; after a redirect the place it pointed to."""
    kind: str = Kind.PAGE
    """A `Kind`, or a name of the job's own."""
    id: int = 0
    """Row in the frontier; 0 for a request that is not stored there."""
    depth: int = 0
    """Links between a seed and this URL."""
    parent: str = ""
    """URL of the page that offered this one; empty for seeds."""
    path: str = ""
    """Where a blob is to be stored, relative to the blob store."""
    note: str = ""
    """What its parser has to know beside the answer; the same URL with another note is another request."""
    attempts: int = 0
    """Tries that failed so far."""
    hops: tuple[str, ...] = ()
    """URLs that redirected here, oldest first."""

    @property
    def asked(self) -> str:
        """The URL that was first asked for, before any redirect."""
        return self.hops[0] if self.hops else self.url


class Origin(msgspec.Struct, frozen=True):
    """Where and when something was found; every record carries it as `_url` and `_fetched_at`."""

    url: str
    fetched_at: str
    """As `timestamp` writes it."""


@dataclass(frozen=True)
class Response:
    """An answer, whole and decompressed."""

    request: Request
    status: int
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes
    fetched_at: datetime
    elapsed: float = 0.0
    """Seconds from the request sent to the first byte of the answer."""

    @property
    def url(self) -> str:
        """Where the body came from; links in it are relative to this."""
        return self.request.url

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when the server named none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def origin(self) -> Origin:
        """What the records of this answer say about where they come from."""
        return Origin(self.url, timestamp(self.fetched_at))

    @cached_property
    def encoding(self) -> str:
        """The character encoding as browsers decide it."""
        return charset.detect(self.body, self.headers.get("Content-Type", ""))

    @cached_property
    def text(self) -> str:
        """The body as text; what cannot be decoded becomes U+FFFD."""
        return charset.decode(self.body, self.encoding)


class Record(msgspec.Struct, frozen=True):
    """One row for a table. Values are what JSON can say, plus `Decimal`, `date` and `datetime`."""

    table: str
    values: dict[str, Any]


class TypedRecords(Collection[Record]):
    """Records of one table whose columns the program knows, as structs of these columns.

    Where an answer holds hundreds of records, each costs a fraction of a `Record`.
    """

    def __init__(self, table: str, rows: Sequence[msgspec.Struct]) -> None:
        self.table = table
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        return (Record(self.table, msgspec.structs.asdict(row)) for row in self.rows)

    def __contains__(self, record: object) -> bool:
        return any(record == own for own in self)


class Link(msgspec.Struct, frozen=True):
    """A URL that a page offers, absolute and canonical."""

    url: str
    kind: str = Kind.PAGE
    note: str = ""
    """What its parser will have to know beside the answer; for kinds of a job's own."""


class Blob(msgspec.Struct, frozen=True):
    """A file that a page wants downloaded, and where it is to lie in the blob store."""

    url: str
    path: str


class Page(msgspec.Struct, frozen=True):
    """What a parser found. Parsers are pure: the same response always gives the same page."""

    records: Collection[Record] = ()
    links: Sequence[Link] = ()
    blobs: Sequence[Blob] = ()
    dropped: int = 0
    """Rows left out because a required field or a part of the key was missing."""


Parser = Callable[[Response], Page]


@dataclass(frozen=True)
class Job:
    """What a crawl is to do: where it begins, who reads the answers, and which tables they fill."""

    name: str
    tables: tuple[Table, ...]
    parsers: Mapping[str, Parser]
    """By kind of request."""
    seeds: Callable[[], Iterator[Request]]
    instead: Callable[[Request], Sequence[Link]] = lambda request: ()
    """What to ask in place of a request that failed for good, which then counts as skipped."""


class PastRequest(msgspec.Struct, frozen=True):
    """A request that the frontier remembers."""

    url: str
    kind: str
    note: str
    state: State


class StoredBlob(msgspec.Struct, frozen=True):
    """A blob that lies in its store: one row of the table `blobs`."""

    url: str
    path: str
    sha256: str
    bytes: int
    content_type: str
    width: int | None = None
    """Of an image, in pixels, when its first bytes tell."""
    height: int | None = None
    etag: str | None = None
    """What the store calls this version of it; files have none."""


BLOBS = Table(
    "blobs",
    ("url", "path"),
    (
        Column("url"),
        Column("path"),
        Column("sha256"),
        Column("bytes", "int"),
        Column("content_type"),
        Column("width", "int"),
        Column("height", "int"),
        Column("etag"),
    ),
)
"""The table of downloaded files, kept in every record store beside the job's own tables."""


class Lines(msgspec.Struct, frozen=True):
    """Records of one table as JSON lines; only the first says its origin, see `records/lines.py`."""

    count: int
    text: bytes


class KeptBlob(msgspec.Struct, frozen=True):
    """A file that a blob store has taken, and where it was found."""

    blob: StoredBlob
    origin: Origin


class Outcome(msgspec.Struct, frozen=True):
    """What became of one request; the frontier stores a group of these in one transaction."""

    request: Request
    state: State
    """`PENDING` puts the request back: to be asked again at `retry_at`, or at `hop`."""
    reason: str = ""
    """Why it failed or was skipped, in a few words that group well: "http 404", "timeout", "robots"."""
    detail: str = ""
    """The same for a person, with the particulars."""
    retry_at: float = 0.0
    """Unix time before which it is not to be asked again."""
    hop: str = ""
    """The canonical URL it was redirected to."""
    links: Sequence[Request] = ()
    """New requests in scope, not yet deduplicated."""
    records: Mapping[str, Lines] = {}
    """What was found, by table."""
    kept: KeptBlob | None = None
    """The file that was downloaded; it becomes a record of the table `blobs`."""

    @classmethod
    def tried(cls, request: Request, state: State, reason: str, detail: str, retry_at: float = 0.0) -> Outcome:
        """A request after one more try that was of no use."""
        counted = msgspec.structs.replace(request, attempts=request.attempts + 1)
        return cls(counted, state, reason, storable(detail), retry_at)

    @classmethod
    def failed(cls, request: Request, reason: str, detail: str) -> Outcome:
        """A request that ends without another try."""
        return cls.tried(request, State.FAILED, reason, detail)


class Batch(msgspec.Struct, frozen=True):
    """A piece of the journal: records of one table, as JSON lines, under their place in the journal.

    Of the records of a page only the first says its origin; `records/lines.py` gives it to the others.
    """

    seq: int
    table: str
    count: int
    lines: bytes


def timestamp(moment: datetime) -> str:
    """The form in which times stand in records and logs: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def storable(text: str) -> str:
    """The text without the halves of characters that JSON may bring in and no database takes."""
    return text.encode("utf-8", "replace").decode()
