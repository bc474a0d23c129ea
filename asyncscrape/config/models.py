"""The TOML file as typed models.

These models are the only list of keys: the docs, the JSON Schema and `config/reference.toml` are made from them or
checked against them. `values` reads single values, `checks` compares several keys, and `source` knows where a value
comes from (file, environment, `--set`, secrets).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    ConfigDict,
    Discriminator,
    PrivateAttr,
    Tag,
    ValidationInfo,
    field_validator,
)

from asyncscrape.config import stores
from asyncscrape.config import values as kinds
from asyncscrape.config.browser_keys import Captures, Element, FetchBrowser, Steps, UseOfBrowser, WaitsFor
from asyncscrape.config.checks import DATES, NUMBERS, SHOTS, SOURCES, URL_KEY
from asyncscrape.config.key_lines import join_key
from asyncscrape.config.section import Section
from asyncscrape.config.source import SecretUse
from asyncscrape.config.values import Misfit, as_type
from asyncscrape.destinations import (
    ArchiveDestination,
    BlobDestination,
    ConfiguredStore,
    Destination,
    ExcelDialect,
    FrontierPlace,
    S3Options,
)
from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.model import FieldType

S = TypeVar("S", bound=Section)

# FieldSpec has the key "json" because the file has it; BaseModel has an old method of that name, unused here.
warnings.filterwarnings("ignore", 'Field name "json" in "FieldSpec" shadows an attribute', UserWarning)


class Scope(Section):
    """Which URLs belong to the job; no others are ever fetched."""

    hosts: tuple[kinds.ScopeHost, ...] = ()
    """Hosts, such as "example.org" or "127.0.0.1:8088"; "*.example.org" means a host and its subdomains, "*" means
    all hosts. Default: the hosts of the seeds."""
    include: tuple[kinds.Glob, ...] = ()
    """Patterns for path and query, one of which must match: "*" matches anything, "re:…" is a regular expression.
    Default: everything."""
    exclude: tuple[kinds.Glob, ...] = ()
    """Patterns that must not match; they win over include. Regular expressions on the links of a page count towards
    its parse_timeout."""
    max_depth: kinds.Count | None = None
    """Most links between a seed and a page. Default: no limit."""
    max_pages: kinds.Positive | None = None
    """Most pages that the job fetches in total. Default: no limit."""


class HostPoliteness(Section):
    """Keys for one host; missing ones are as for every host, except that there is no quota."""

    user_agent: kinds.UserAgent | None = None
    """User agent to send to this host."""
    robots: kinds.Switch | None = None
    """Whether to obey this host's robots.txt."""
    delay: kinds.Pause | None = None
    """Time between the starts of two requests to this host."""
    per_host: kinds.Positive | None = None
    """Most requests open at once to this host."""
    rate: kinds.RateText | None = None
    """Quota for this host, as a sliding window: "600/10min"."""


class Politeness(Section):
    """How the crawl treats hosts."""

    user_agent: kinds.UserAgent = f"asyncscrape/{version('asyncscrape')}"
    """User agent to send; best with a way to reach you."""
    robots: kinds.Switch = True
    """Whether to obey robots.txt (RFC 9309)."""
    nofollow: kinds.Switch = True
    """Whether to obey rel=nofollow and the robots meta tag."""
    delay: kinds.Pause = 0.25
    """Time between the starts of two requests to one host."""
    per_host: kinds.Positive = 2
    """Most requests open at once to one host."""
    per_address: kinds.Positive = 32
    """Most connections open at once to one public address, whatever the names of the hosts there; not for private
    addresses, [fetch.origins] and a proxy."""
    concurrency: kinds.Positive = 64
    """Most requests open at once in the whole run."""
    rate: kinds.RateText | None = None
    """Quota for the whole run, as a sliding window: "100/s", "600/10min". Default: none."""
    hosts: Mapping[kinds.Host, HostPoliteness] = {}
    """Tables by host: [politeness.hosts."api.example.org"] sets user_agent, robots,
    delay, per_host and a quota of its own (rate) for that host."""


class Fetch(Section):
    """How pages are fetched."""

    timeout: kinds.Duration = 30.0
    """Time limit for a whole exchange, from connecting to the end of the body."""
    connect_timeout: kinds.Duration = 10.0
    """Time limit for connecting."""
    read_timeout: kinds.Duration = 20.0
    """Longest wait for the next piece of the answer."""
    max_body: kinds.Size = 16_000_000
    """Largest body of a page, after decompression."""
    retries: kinds.Count = 5
    """Further tries for a URL that failed but may still work."""
    headers: Mapping[kinds.HeaderName, kinds.HeaderValue] = {}
    """Headers to send with every request to the hosts of the scope; by http only where a seed or [fetch.origins]
    names that origin, unless they are known to be no secret, as Accept-Language is."""
    cookies: Mapping[kinds.CookieName, kinds.CookieValue] = {}
    """Cookies to send to the hosts of the scope from the start; by http as for headers."""
    proxy: kinds.ProxyUrl | None = None
    """Proxy for all requests: "http://127.0.0.1:3128". Default: none."""
    max_failure_ratio: kinds.Share = 0.05
    """Share of URLs that may fail before the run ends with exit code 3."""
    max_redirects: kinds.Count = 10
    """Most redirects to follow from one URL."""
    max_elements: kinds.Positive = 200_000
    """Most elements of a page; one with more fails before it fills the memory."""
    parse_workers: kinds.Count | None = None
    """Processes that parse pages. Default: the cores that this process may use, less one; at least one, and no more
    than its memory allows. 0 parses in the process of the crawl, where one page can hold up everything."""
    parse_timeout: kinds.Duration = 10.0
    """Time that parsing one page may take."""
    parse_memory: kinds.Size = 256_000_000
    """Memory of one process that parses."""
    drain_timeout: kinds.Duration = 25.0
    """Time for open requests to finish after the first signal to stop."""
    private_hosts: tuple[kinds.Host, ...] = ()
    """Names that may lead to private addresses, such as "intranet.example" or "wiki.lan:8080". Default: none; IP
    addresses and localhost in seeds and [scope].hosts need no entry, and metadata services of clouds are never
    asked."""
    browser: FetchBrowser = FetchBrowser()
    """Pages that need a browser: how it is set up."""
    origins: Mapping[kinds.Origin, kinds.OriginOrReplica] = {}
    """Request the left, connect to the right: an origin, or "replica" for the built-in copy of that site, which
    starts and stops with the run. Records, robots.txt and the queue see only the left."""


class FieldSpec(Section):
    """The long form of a field."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [source]} for source in (*SOURCES, "re", *SHOTS)]}
    )

    css: kinds.Css | None = None
    """CSS selector that finds the value."""
    xpath: kinds.XPath | None = None
    """XPath expression that finds the value."""
    json: kinds.JmesPath | None = None  # type: ignore[assignment]
    """JMESPath expression that finds the value in JSON."""
    re: kinds.Regex | None = None
    """Regular expression that narrows the value to its first group, or to the whole match; alone it searches the
    text of the page."""
    screenshot: Element | None = None
    """Picture of the page, taken in the browser after all steps: of the element that this CSS selector finds, of the
    whole page ("page") or of what is in view ("window"). It is stored as PNG under the path that blob gives; the
    value is the page's URL with a fragment, as in the table blobs. With each, all rows share one picture."""
    pdf: kinds.Switch = False
    """The same as a PDF of the whole page."""
    type: FieldType = "str"
    """Type of the value and of its column."""
    many: kinds.Switch = False
    """Keep all values found, as a list, instead of only the first."""
    default: Any = None
    """Value if nothing is found. Default: none (empty)."""
    required: kinds.Switch = False
    """Leave the record out if nothing is found."""
    format: kinds.Formats = ()
    """Format of dates, as in strptime: "%d.%m.%Y"; or a list of formats, of which the first that fits counts.
    Default: ISO 8601 and the usual ways to write dates in words."""
    decimal: kinds.DecimalSign | None = None
    """Decimal sign of numbers in text; the other sign groups, as spaces and apostrophes do: with ",", "1.234" is one
    thousand two hundred thirty-four. Default: that of [parse]."""
    months: kinds.MonthNames | None = None
    """Language of dates with names of months, such as "de", or a list of the twelve names (several spellings of one
    separated by spaces). Default: that of [parse]."""
    zone: kinds.Zone | None = None
    """Time zone of times that name none: "Europe/Berlin". Default: that of [parse]."""
    blob: kinds.BlobPath | None = None
    """Download what the value points to, and store it under this path in the blob store. The path may contain
    {url_hash}, {ext}, {name} and {host} of the URL, and fields of the record; a field wins over a part of the URL
    with the same name. Adds a column <field>_path."""

    @field_validator("default")
    @classmethod
    def _default_fits(cls, value: Any, info: ValidationInfo) -> Any:
        """A default of the field's type, or a list of such values."""
        if value is None or "type" not in info.data or "many" not in info.data:
            return value
        if not info.data["many"]:
            return as_type(value, info.data["type"])
        if not isinstance(value, (list, tuple)):
            raise Misfit("is not valid here; the field has many values, so this must be a list")
        return [as_type(item, info.data["type"]) for item in value]


def _field_form(value: object) -> str:
    return "<selector>" if isinstance(value, str) else "<table>"


def _sitemaps_form(value: object) -> str:
    return "<auto>" if isinstance(value, str) else "<list>"


AnyField = Annotated[
    Annotated[kinds.Selector, Tag("<selector>")] | Annotated[FieldSpec, Tag("<table>")], Discriminator(_field_form)
]
Sitemaps = Annotated[
    Annotated[kinds.Auto, Tag("<auto>")] | Annotated[tuple[kinds.WebUrl, ...], Tag("<list>")],
    Discriminator(_sitemaps_form),
]


class PageRule(Section):
    """Rule to extract data from matching pages; every rule that matches a URL applies to it."""

    match: kinds.Globs
    """Patterns for path and query, one of which must match: "*" matches anything, "re:…" is a regular
    expression."""
    follow: tuple[kinds.Selector, ...] = ()
    """Links to follow: selectors for elements (their href) or for anything that yields URLs."""
    table: kinds.TableName | None = None
    """Table for the records."""
    each: kinds.Each | None = None
    """One record for each match of this selector; the fields are relative to it."""
    key: tuple[str, ...] = URL_KEY
    """Fields that tell one record from another: a new record with the same key replaces the old one. Default: one
    record for each page."""
    merge: kinds.Switch = False
    """Let a newer record replace only the columns it has a value for, where it usually replaces the whole record."""
    fields: Mapping[kinds.FieldName, AnyField] = {}
    """Fields of a record: a selector, a fact such as "@url", or a table with more options."""
    parser: kinds.Parser | None = None
    """Python instead of fields: "package.module:function", a pure function from a Response to a Page."""
    browser: UseOfBrowser | None = None
    """Whether to open these pages in a browser, which runs their scripts: true, false, or "auto" for those where
    plain HTTP does not bring what the rule wants. Default: as [fetch.browser] says."""
    wait: WaitsFor = ()
    """What to wait for before the open page is read: "css:tr.row", "idle" (it asks for nothing any more) or "500ms";
    or a list of them. Default: "idle"."""
    dismiss: tuple[Element, ...] = ()
    """Elements to click away wherever they are in the way, such as the button of a consent pop-up."""
    steps: Steps = ()
    """What to do on the open page, one after the other."""
    capture: Captures = ()
    """Patterns for path and query: answers to the page's own requests that become pages of their own."""


class Parse(Section):
    """How the sources write numbers and dates, for all fields that do not say it themselves."""

    decimal: kinds.DecimalSign | None = None
    """Decimal sign: "," or ".". Default: told from each number."""
    months: kinds.MonthNames | None = None
    """Language of dates with names of months: "cs", "da", "de", "es", "fi", "fr", "it", "nb", "nl", "pl", "pt", "ru",
    "sv"; or a list of the twelve names. English is always understood."""
    zone: kinds.Zone | None = None
    """Time zone of times that name none: "Europe/Berlin". Default: UTC."""

    def completed(self, rule: PageRule) -> PageRule:
        """The rule with these values where its fields give none, so that a change of them is one of the rule."""
        fields = {name: self._completed(field) for name, field in rule.fields.items()}
        return rule if fields == rule.fields else rule.model_copy(update={"fields": fields})

    def _completed(self, field: str | FieldSpec) -> str | FieldSpec:
        if isinstance(field, str):
            return field
        keys = ("decimal",) if field.type in NUMBERS else ("months", "zone") if field.type in DATES else ()
        news = {key: getattr(self, key) for key in keys if getattr(field, key) is None and getattr(self, key)}
        return field.model_copy(update=news) if news else field


class S3(Section):
    """How to reach S3, and how to store files there."""

    endpoint: stores.Endpoint | None = None
    """A server other than Amazon's, such as MinIO or Ceph: "http://127.0.0.1:9000"."""
    region: stores.Word | None = None
    """Region of the bucket. Default: from AWS_REGION and the AWS config files."""
    access_key: stores.Word | None = None
    """Best as "env:NAME" or "file:PATH". Default: the usual AWS chain (environment, files, role of the machine)."""
    secret_key: stores.Word | None = None
    """The key that belongs to access_key."""
    session_token: stores.Word | None = None
    """Session token, for temporary keys."""
    addressing: Literal["auto", "path", "virtual"] = "auto"
    """Whether the bucket is part of the path or of the host name; "auto" is nearly always right."""
    concurrency: kinds.Positive = 16
    """Most requests open at once."""
    part_size: stores.PartSize = stores.PART_SIZE
    """A larger file is uploaded in parts of this size, at most 10,000 of them."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    """How the server encrypts the files. Default: the bucket's own setting."""
    kms_key: stores.Word | None = None
    """Key for encryption = "aws:kms". Default: the account's own."""
    storage_class: stores.Word | None = None
    """Storage class, such as "STANDARD_IA". Default: the server's own."""


class Store(Section):
    """Where results go."""

    records: tuple[stores.RecordStore, ...] = ("parquet", "csv")
    """Any of "parquet", "csv", "jsonl", "csv-excel", "xlsx" and Postgres, in parallel. "csv:FOLDER" and
    "csv:s3://bucket/prefix" put finished tables elsewhere; Postgres is "postgres://user@host:port/database?schema=…"."""
    excel_delimiter: Literal[",", ";", "tab"] | None = None
    """Delimiter of "csv-excel". Default: ";" where the decimal sign is a comma, else ","."""
    excel_decimal: Literal[".", ","] | None = None
    """Decimal sign of "csv-excel". Default: "," with the delimiter ";", "." with ",", else that of the locale."""
    blobs: stores.BlobStore = "files"
    """Where downloaded files go: "files", "files:FOLDER" or "s3://bucket/prefix"."""
    journal_limit: kinds.Size = 256_000_000
    """Size of the records that may wait for a slow store; beyond that, the crawl waits for it."""
    store_deadline: kinds.Duration = 600.0
    """A store that stays unreachable for this long ends the run with exit code 4, resumable."""
    max_blob: kinds.Size = 1_000_000_000
    """Largest file to download."""
    archive: kinds.Switch = False
    """Keep every answer that was parsed, as WARC 1.1 without its secrets, each body once: in the folder "archive" of
    the job, or below "archive/" where blobs go, if that is S3."""
    dedupe: kinds.Switch = False
    """Store equal bytes only once, even from several URLs: the table blobs then points to the one file. Jobs that
    do so must not share a folder or prefix."""
    s3: S3 = S3()
    """How to reach S3, and how to store files there."""


class ExpectedRows(Section):
    """How many rows a table should have."""

    min: kinds.Count | None = None
    """Least number of rows."""
    max: kinds.Count | None = None
    """Greatest number of rows."""
    drop: kinds.Portion | None = None
    """Largest share of rows that it may have less than in the generation before: "20%" or 0.2."""


class ExpectedColumn(Section):
    """What the values of a column should be like."""

    filled: kinds.Portion | None = None
    """Least share of rows with a value: "95%" or 0.95."""
    min: kinds.Limit | None = None
    """Least value, for numbers, dates and times."""
    max: kinds.Limit | None = None
    """Greatest value, for numbers, dates and times."""
    unique: kinds.Switch = False
    """Whether no value may occur twice."""
    pattern: kinds.Regex | None = None
    """Regular expression that every value must match as a whole."""


class ExpectedTable(Section):
    """What a finished table should be like. If it is not, the run ends with exit code 3 and says where."""

    rows: ExpectedRows = ExpectedRows()
    """How many rows it should have."""
    columns: Mapping[str, ExpectedColumn] = {}
    """What the values of its columns should be like, by column: price = { filled = "95%", min = 0 }."""


class StateKeys(Section):
    """Where the state of the job is kept: the queue, the hosts, and the records that are not yet in every store."""

    url: stores.Database | None = None
    """A Postgres database, so that any machine can go on with the job: "postgres://user@host:port/database". Each
    job has a schema of its own there. Default: the file <data>/<name>/state.db."""
    lease: stores.Lease = 8.0
    """Time after which a worker that gives no sign of life counts as dead, so that another may go on."""


class Log(Section):
    """Level, format and place of the log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level to log."""
    format: Literal["text", "json"] = "text"
    """Text for people, or one JSON object a line."""
    file: Path | None = None
    """Log to this file. Default: to the terminal."""


class Config(Section):
    """A job."""

    model_config = ConfigDict(title="asyncscrape")

    name: kinds.FileName
    """Name of the job; its state and results are kept in <data>/<name>/."""
    data: Path = Path("data")
    """Folder for all jobs, relative to where the program is started."""
    kind: str | None = None
    """A built-in job, instead of seeds and rules; `job_keys` makes a type that knows the kinds."""
    seeds: tuple[kinds.WebUrl, ...] = ()
    """URLs to start from."""
    seeds_file: kinds.FileBeside | None = None
    """File with more seeds, relative to the config: one URL per line, or a CSV with a column "url"."""
    sitemaps: Sitemaps | None = None
    """Sitemaps to take URLs from: "auto" (those listed in the seeds' robots.txt) or a list of URLs."""
    sitemaps_since: date | None = None
    """Leave out pages that, by their sitemap, last changed before this date."""
    scope: Scope = Scope()
    """Which URLs belong to the job; no others are ever fetched."""
    politeness: Politeness = Politeness()
    """How the crawl treats hosts."""
    fetch: Fetch = Fetch()
    """How pages are fetched."""
    parse: Parse = Parse()
    """How the sources write numbers and dates, for all fields that do not say it themselves."""
    page: tuple[PageRule, ...] = ()
    """Rules: what to extract from which pages."""
    store: Store = Store()
    """Where results go."""
    frontier: StateKeys = StateKeys()
    """Where the state of the job is kept."""
    expect: Mapping[str, ExpectedTable] = {}
    """Tables by record table: [expect.item] says what the finished table item should be like."""
    log: Log = Log()
    """Level, format and place of the log."""

    _folder: Path = PrivateAttr(Path())
    _secrets: tuple[SecretUse, ...] = PrivateAttr(())

    @field_validator("page")
    @classmethod
    def _with_the_values_of_the_job(cls, rules: tuple[PageRule, ...], info: ValidationInfo) -> tuple[PageRule, ...]:
        return tuple(map(info.data["parse"].completed, rules)) if "parse" in info.data else rules

    def section(self, model: type[S]) -> S:
        """The table of the built-in job, in the job's own type."""
        found = getattr(self, self.kind or "", None)
        assert isinstance(found, model), f"{model.__name__} is not the table of kind = {self.kind!r}"
        return found

    @property
    def directory(self) -> Path:
        """The folder of this job."""
        return self.data / self.name

    @cached_property
    def record_stores(self) -> tuple[ConfiguredStore[Destination], ...]:
        """Where records go."""
        return tuple(
            stores.record_store(word, self.source_of("store", "records", index), self._excel)
            for index, word in enumerate(self.store.records)
        )

    def _excel(self) -> ExcelDialect:
        return stores.excel_dialect(self.store.excel_delimiter, self.store.excel_decimal)

    @cached_property
    def blob_store(self) -> ConfiguredStore[BlobDestination]:
        """Where downloaded files go."""
        return stores.blob_store(self.store.blobs, self.source_of("store", "blobs"))

    @cached_property
    def frontier_place(self) -> FrontierPlace:
        """Where the state of the job is kept."""
        url = self.frontier.url
        database = stores.database(url, self.source_of("frontier", "url")) if url else None
        return FrontierPlace(self.directory, self.name, database, self.frontier.lease)

    @cached_property
    def archive(self) -> ArchiveDestination:
        """Where answers are kept."""
        in_database = self.frontier_place.database is not None
        return ArchiveDestination(self.directory, self.name, self.blob_store, self.s3, in_database)

    @cached_property
    def expectations(self) -> Mapping[str, TableExpectation]:
        """What the finished tables should be like."""
        return {name: _expectation(table) for name, table in self.expect.items()}

    @cached_property
    def s3(self) -> S3Options:
        """How to reach S3, and how to store files there."""
        return S3Options(**dict(self.store.s3))

    def source_of(self, *place: str | int) -> str:
        """Where the value of a key came from; empty if it is in the config itself."""
        key = join_key(place)
        return next((secret.source for secret in self._secrets if secret.key == key), "")

    @property
    def folder(self) -> Path:
        """The folder of the config file."""
        return self._folder

    @property
    def secrets(self) -> tuple[SecretUse, ...]:
        """The keys whose values came from elsewhere."""
        return self._secrets


def _expectation(table: ExpectedTable) -> TableExpectation:
    rows, columns = table.rows, table.columns
    return TableExpectation(rows.min, rows.max, rows.drop, {name: _of_column(one) for name, one in columns.items()})


def _of_column(column: ExpectedColumn) -> ColumnExpectation:
    return ColumnExpectation(column.filled, column.min, column.max, column.unique, column.pattern or "")
