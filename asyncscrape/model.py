"""The nouns of a crawl. All are frozen: a new fact makes a new value.

A `Request` leaves the frontier, comes back from a fetcher as a `Response`, and a parser turns that into a `Page`
of `Record`s, `Link`s and `Blob`s. The result of the request is an `Outcome`; the frontier stores it, and its records
travel on through the journal to the stores as `Batch`es.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

from asyncscrape import charset
from asyncscrape.errors import Reason
from asyncscrape.lazy import lazy_property
from asyncscrape.openings import Opening

FieldType = Literal["str", "int", "float", "decimal", "bool", "date", "datetime", "url", "json"]


class Kind(StrEnum):
    """The kind of a request, which decides who parses the answer. A job's own kinds are counted as pages."""

    PAGE = "page"
    SITEMAP = "sitemap"
    BLOB = "blob"
    """A file to keep exactly as it is."""

    @classmethod
    def counted(cls, kind: str) -> Kind:
        """The kind under which a kind of request is counted."""
        return _COUNTED.get(kind, cls.PAGE)


_COUNTED: Mapping[str, Kind] = {kind: kind for kind in Kind}


class State(StrEnum):
    """The state of a request."""

    PENDING = "pending"
    """It waits for its turn, or for its next try."""
    LEASED = "leased"
    """A run has taken it."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The scope or robots.txt forbids it, the job asks for something else in its place, or a newer file has it."""


class Column(msgspec.Struct, frozen=True):
    """One column of a record table."""

    name: str
    type: FieldType = "str"


class Table(msgspec.Struct, frozen=True):
    """A record table: the columns that its rules fill, and the key that tells records apart."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    strict: bool = False
    """Whether every record is exactly as declared, because the program itself makes them all, as `TypedRecords`."""
    merge: bool = False
    """Whether a newer record replaces only the columns it has a value for, instead of the whole older record."""
    derived: bool = False
    """Whether it is made of other tables: then nobody is warned of what its columns hold."""


class Generation(msgspec.Struct, frozen=True):
    """One crawl of a job from its seeds; `run --again` begins the next one."""

    number: int = 1
    beside: bool = False
    """Whether its tables are made beside those of the last generation, which stay until it takes their place."""
    begin: int = 0
    """The place in the journal after which its records come; those up to here are of older generations."""


FIRST = Generation()


class Request(msgspec.Struct, frozen=True):
    """One URL to fetch, as the frontier hands it out."""

    url: str
    """In canonical form; after a redirect, its target."""
    kind: str = Kind.PAGE
    """A `Kind`, or one of the job's own kinds."""
    id: int = 0
    """Its row in the frontier; 0 for a request that is not stored there."""
    depth: int = 0
    """The number of links from a seed to this URL."""
    parent: str = ""
    """URL of the page that offered this one; empty for seeds."""
    path: str = ""
    """The path of a blob in the blob store."""
    note: str = ""
    """Facts that its parser needs besides the answer; the same URL with another note is another request."""
    attempts: int = 0
    """Failed tries so far."""
    hops: tuple[str, ...] = ()
    """URLs that redirected here, oldest first."""
    bundle: int = 0
    """The number of the bundle that it belongs to, see `bundles.py`; 0 for none."""
    opens: str = ""
    """The name of the bundle that this seed opens; empty if it opens none."""
    deaths: int = 0
    """Runs that have ended badly while they had it, in a row."""

    @property
    def asked(self) -> str:
        """The URL first asked for, before any redirect."""
        return self.hops[0] if self.hops else self.url

    @property
    def newest(self) -> bool:
        """Whether it is a blob whose path is for the newest of several files, see `Blob.newest`."""
        return self.kind == Kind.BLOB and self.note.startswith(_NEWEST)

    @property
    def order(self) -> int:
        """Its place in the order in which blobs were offered; what is asked for instead of another has that one's."""
        return (int(self.note.split(" ", 2)[1]) if self.newest else 0) or self.id


_NEWEST = "newest "


def newest_note(path: str, order: int = 0) -> str:
    """The note of a blob that is the newest for its path. With the path in it, no other path shares the download:
    its bytes may be replaced at any time. `order` is that of the request it is asked for instead of, if any.
    """
    return f"{_NEWEST}{order} {path}"


class Origin(msgspec.Struct, frozen=True):
    """Where and when a record was found: its `_url` and `_fetched_at`."""

    url: str
    fetched_at: str
    """As `timestamp` writes it."""


class RecordInFile(msgspec.Struct, frozen=True, array_like=True):
    """A record of an archive, in a file of this machine."""

    path: str
    start: int
    length: int
    size: int
    """Bytes of the body in it."""


@dataclass(frozen=True)
class Response:
    """A complete, decompressed answer."""

    request: Request
    status: int
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes
    fetched_at: datetime
    elapsed: float = 0.0
    """Seconds from sending the request to the first byte of the answer."""
    page: str = ""
    """The URL of the open page that it is a part of; empty if it is the document itself."""
    records: tuple[RecordInFile, ...] = ()
    """A kept answer that was not read yet: the record with its headers, and that with its body; its own are empty."""

    @property
    def url(self) -> str:
        """The URL that the body came from; links in it are relative to this."""
        return self.request.url

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty if the server named none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def origin(self) -> Origin:
        """The origin of the records in this answer."""
        return Origin(self.url, timestamp(self.fetched_at))

    @lazy_property
    def encoding(self) -> str:
        """The character encoding as browsers decide it."""
        return charset.detect(self.body, self.headers.get("Content-Type", ""))

    @lazy_property
    def text(self) -> str:
        """The body as text; bytes that cannot be decoded become U+FFFD."""
        return charset.decode(self.body, self.encoding)


class Record(msgspec.Struct, frozen=True):
    """One row of a table. Its values are those of JSON, plus `Decimal`, `date` and `datetime`."""

    table: str
    values: dict[str, Any]


class Withdrawal(msgspec.Struct, frozen=True):
    """A key that is gone at its source: older records with it leave every store, newer ones may come back."""

    table: str
    key: dict[str, Any]
    """A value for each column of the table's key. Or for other columns: then everything that holds these values is
    gone, as all comments under the tracks of an artist."""


class FlawKind(StrEnum):
    """What is wrong with something that a rule found, or did not find."""

    LEFT_OUT = "left out"
    """A row was left out because this required field, or part of the key, was empty."""
    MISFIT = "misfit"
    """A value was found but does not fit the field's type or format."""
    FAILED = "failed"
    """The selector failed on the page, so that nothing was found."""
    DEFAULTED = "defaulted"
    """No value was found, and the field's default took its place."""


class Flaw(msgspec.Struct, frozen=True):
    """Something that a page's rule could not use: counted, and told with its first example."""

    table: str
    column: str
    kind: FlawKind
    count: int = 1
    example: str = ""
    """The first value that does not fit, also if that is why a row was left out, or the message of what failed."""


class FoundFlaw(msgspec.Struct, frozen=True):
    """All flaws of one kind in one column, with the first example and its page."""

    flaw: Flaw
    url: str


class LinkLeft(msgspec.Struct, frozen=True):
    """A link that a page offers and the crawl does not follow."""

    url: str
    reason: str
    """"scope", "depth", "nofollow"."""


class TypedRecords(Collection[Record]):
    """Records of tables whose columns the program knows, as structs with these columns or some of them.

    Each costs a fraction of a `Record`, which counts where an answer holds hundreds.
    """

    def __init__(self, tables: Mapping[str, Sequence[msgspec.Struct]]) -> None:
        self.tables = tables

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))

    def __iter__(self) -> Iterator[Record]:
        return (Record(name, msgspec.structs.asdict(row)) for name, rows in self.tables.items() for row in rows)

    def __contains__(self, record: object) -> bool:
        return any(record == own for own in self)


class Link(msgspec.Struct, frozen=True):
    """An absolute, canonical URL that a page offers."""

    url: str
    kind: str = Kind.PAGE
    note: str = ""
    """Facts that its parser will need besides the answer; for a job's own kinds."""


class Blob(msgspec.Struct, frozen=True):
    """A file that a page wants downloaded, and its path in the blob store."""

    url: str
    path: str
    newest: bool = False
    """Whether the path is for the newest of several files, as for a portrait that is exchanged now and then: this one
    takes the place of an older one that was found under another URL, and of its row in the table `blobs`. The one
    that was offered last is the newest, whichever comes first. Its bytes are stored for this path alone, also with
    `dedupe`; another path of the same URL is another download."""


UNMATCHED = "unmatched"
"""What is used on a page that no rule fits, see `Page.uses`."""


class Page(msgspec.Struct, frozen=True):
    """The findings of a parser. Parsers are pure: the same response always gives the same page."""

    records: Collection[Record] = ()
    links: Sequence[Link] = ()
    blobs: Sequence[Blob] = ()
    withdrawn: Sequence[Withdrawal] = ()
    flaws: Sequence[Flaw] = ()
    nofollow: Sequence[str] = ()
    """URLs that its rules would follow, but that the page asks not to follow."""
    uses: Sequence[str] = ()
    """Names of what was used on it, each counted once a page: "rule 1", "follow 1.2"; `UNMATCHED` if no rule fits."""
    finding: bytes | None = None
    """What it leaves for the end of its bundle."""


Parser = Callable[[Response], Page]


class Rule(msgspec.Struct, frozen=True):
    """A page rule, as far as it decides what stored records mean."""

    match: tuple[str, ...]
    """The patterns of its pages."""
    table: str
    """Empty for a rule that only follows links."""
    text: str
    """The whole rule as JSON in one spelling; keys at their default are left out."""


class PastRequest(msgspec.Struct, frozen=True):
    """A request that the frontier remembers."""

    url: str
    kind: str
    note: str
    state: State


class StoredBlob(msgspec.Struct, frozen=True):
    """A blob in its store: one row of the table `blobs`."""

    url: str
    path: str
    sha256: str
    bytes: int
    content_type: str
    width: int | None = None
    """Of an image, in pixels, if its first bytes tell."""
    height: int | None = None
    etag: str | None = None
    """The store's name for this version; files have none."""


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
"""The table of downloaded files, kept in every record store along with the job's own tables."""


ANSWERS = "@answers"
"""The name under which kept answers travel with records, see `archive`; no table can have it."""


class Lines(msgspec.Struct, frozen=True):
    """Records of one table as JSON lines; only the first says its origin (see `records/lines.py`)."""

    count: int
    text: bytes


class KeptBlob(msgspec.Struct, frozen=True):
    """A file that is safe in the blob store, and its origin."""

    blob: StoredBlob
    origin: Origin
    order: int = 0
    """`Request.order`, if its path is for the newest of several files."""
    replaced: Origin | None = None
    """The URL of the file whose path it has taken, and a time after that was fetched: its row goes."""


class Finding(msgspec.Struct, frozen=True):
    """What a page has left for the end of its bundle."""

    kind: str
    """Of its request."""
    data: bytes
    """As its parser wrote it."""
    origin: Origin


class Outcome(msgspec.Struct, frozen=True):
    """The result of one request; the frontier stores many of these in one transaction."""

    request: Request
    state: State
    """`PENDING` puts the request back: for another try at the time `retry_at`, or at the URL `hop`."""
    reason: str = ""
    """The reason why it failed or was skipped, in a few words that group well: "http 404", "timeout", "robots"."""
    detail: str = ""
    """The same for a person, with details."""
    retry_at: float = 0.0
    """The Unix time before which it must not be tried again."""
    hop: str = ""
    """The canonical URL it was redirected to."""
    links: Sequence[Request] = ()
    """Requests in scope, not yet deduplicated."""
    records: Mapping[str, Lines] = {}
    """The records found, by table."""
    kept: KeptBlob | None = None
    """The downloaded file; it becomes a record of the table `blobs`."""
    flaws: Sequence[Flaw] = ()
    left: Sequence[LinkLeft] = ()
    """Links that were found and are not followed."""
    uses: Sequence[str] = ()
    """See `Page.uses`."""
    finding: Finding | None = None
    """See `Page.finding`."""
    opening: Opening | None = None
    """How a page was read that a browser may open."""
    files: Sequence[KeptBlob] = ()
    """Files that were made of the page, such as pictures of it; records of the table `blobs`, as `kept`."""

    @property
    def merged(self) -> bool:
        """Whether it ends because of where it was redirected to before: somebody else asks for that."""
        return self.state is State.DONE and self.reason == Reason.REDIRECT

    @property
    def stored(self) -> Sequence[KeptBlob]:
        """All files that it has put into the blob store."""
        return (*([self.kept] if self.kept else ()), *self.files)

    @classmethod
    def tried(cls, request: Request, state: State, reason: str, detail: str, retry_at: float = 0.0) -> Outcome:
        """The outcome of one more try that failed."""
        counted = msgspec.structs.replace(request, attempts=request.attempts + 1)
        return cls(counted, state, reason, storable(detail), retry_at)

    @classmethod
    def failed(cls, request: Request, reason: str, detail: str) -> Outcome:
        """The outcome of a request that fails without another try."""
        return cls.tried(request, State.FAILED, reason, detail)


class Batch(msgspec.Struct, frozen=True):
    """A piece of the journal: records of one table as JSON lines, with their place in the journal.

    Of the records of a page, only the first says its origin; `records/lines.py` completes the others.
    """

    seq: int
    table: str
    count: int
    lines: bytes


def timestamp(moment: datetime) -> str:
    """A time as it is written in records and logs: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def storable(text: str) -> str:
    """The text as every store can hold it: U+FFFD for NUL and for halves of characters, which JSON may contain."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")
