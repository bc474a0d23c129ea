"""The TOML file as typed models.

The models below are the only list of keys there is: the docs, the JSON Schema and `config/reference.toml` are made
from them or checked against them. How single values are read is in `values`, what several keys must agree on
in `checks`, where a value comes from (file, environment, `--set`, secrets) in `source`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationInfo,
    field_validator,
)

from asyncscrape.config import stores
from asyncscrape.config import values as kinds
from asyncscrape.config.checks import URL_KEY
from asyncscrape.config.key_lines import join_key
from asyncscrape.config.source import SecretUse
from asyncscrape.config.values import Misfit, as_type
from asyncscrape.destinations import BlobDestination, ConfiguredStore, Destination, S3Options
from asyncscrape.model import FieldType

S = TypeVar("S", bound="Section")

# FieldSpec has a key "json", as the file has; BaseModel has an old method of that name, which nobody here needs.
warnings.filterwarnings("ignore", 'Field name "json" in "FieldSpec" shadows an attribute', UserWarning)


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Which keys are set, never to what: any of them may be a secret."""
        return ((None, name) for name in sorted(self.model_fields_set))


class Scope(Section):
    """Which URLs belong to the job; all others are never asked for."""

    hosts: tuple[kinds.ScopeHost, ...] = ()
    """Hosts, as in "example.org" or "127.0.0.1:8088"; "*.example.org" takes a host and its subdomains, "*" takes
    all. Default: the hosts of the seeds."""
    include: tuple[kinds.Glob, ...] = ()
    """Patterns on path and query, one of which must fit: "*" stands for anything, "re:…" is a regular expression.
    Default: everything."""
    exclude: tuple[kinds.Glob, ...] = ()
    """Patterns none of which may fit; stronger than include."""
    max_depth: kinds.Count | None = None
    """Links between a seed and a page. Default: no limit."""
    max_pages: kinds.Positive | None = None
    """Pages that the job fetches in all. Default: no limit."""


class HostPoliteness(Section):
    """The same for one host; what is absent is as for every host."""

    user_agent: kinds.UserAgent | None = None
    """How to introduce ourselves to this host."""
    robots: kinds.Switch | None = None
    """Whether this host's robots.txt is obeyed."""
    delay: kinds.Pause | None = None
    """Between the starts of two requests to this host."""
    per_host: kinds.Positive | None = None
    """Requests open at once to this host."""
    rate: kinds.RateText | None = None
    """Quota of this host, as a sliding window: "600/10min"."""


class Politeness(Section):
    """How hosts are treated."""

    user_agent: kinds.UserAgent = f"asyncscrape/{version('asyncscrape')}"
    """How to introduce ourselves; best with a way to reach you."""
    robots: kinds.Switch = True
    """Whether robots.txt is obeyed (RFC 9309)."""
    nofollow: kinds.Switch = True
    """Whether rel=nofollow and the robots meta tag are obeyed."""
    delay: kinds.Pause = 0.25
    """Between the starts of two requests to one host."""
    per_host: kinds.Positive = 2
    """Requests open at once to one host."""
    concurrency: kinds.Positive = 64
    """Requests open at once in the whole run."""
    rate: kinds.RateText | None = None
    """Quota of the whole run, as a sliding window: "100/s", "600/10min". Default: none."""
    hosts: Mapping[kinds.Host, HostPoliteness] = {}
    """Tables by host: [politeness.hosts."api.example.org"] sets the same keys for that host."""


class Fetch(Section):
    """How pages are asked for."""

    timeout: kinds.Duration = 30.0
    """For a whole exchange, from connecting to the end of the body."""
    connect_timeout: kinds.Duration = 10.0
    """For the connection to stand."""
    read_timeout: kinds.Duration = 20.0
    """For the next piece of the answer to come."""
    max_body: kinds.Size = 16_000_000
    """Longest body of a page, after decompression."""
    retries: kinds.Count = 5
    """Further tries for a URL that failed and may still work."""
    headers: Mapping[kinds.HeaderName, kinds.HeaderValue] = {}
    """Sent to the hosts of the scope with every request."""
    cookies: Mapping[kinds.CookieName, kinds.CookieValue] = {}
    """Sent to the hosts of the scope from the start."""
    proxy: kinds.ProxyUrl | None = None
    """Proxy for all requests: "http://127.0.0.1:3128". Default: none."""
    max_failure_ratio: kinds.Share = 0.05
    """Share of URLs that may fail before the run ends with exit code 3."""
    max_redirects: kinds.Count = 10
    """Redirects from one URL that are followed."""
    max_elements: kinds.Positive = 200_000
    """Elements of a page; one with more fails before it fills the memory."""
    drain_timeout: kinds.Duration = 25.0
    """For open requests to end after the first signal to stop."""
    origins: Mapping[kinds.Origin, kinds.OriginOrReplica] = {}
    """Ask for the left, connect to the right: an origin, or the local replica of that site ("replica"), started
    and stopped with the run. Records, robots.txt and the queue see only the left."""


class FieldSpec(Section):
    """The long form of a field."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [source]} for source in ("css", "xpath", "json", "re")]}
    )

    css: kinds.Css | None = None
    """CSS selector that finds the value."""
    xpath: kinds.XPath | None = None
    """XPath expression that finds the value."""
    json: kinds.JmesPath | None = None  # type: ignore[assignment]
    """JMESPath expression that finds the value in JSON."""
    re: kinds.Regex | None = None
    """Regular expression that refines what was found to its first group, or to the whole match; alone it searches
    the text of the page."""
    type: FieldType = "str"
    """Type of the value and of its column."""
    many: kinds.Switch = False
    """Keep all values that are found, as a list, instead of the first."""
    default: Any = None
    """Value where nothing is found. Default: none (empty)."""
    required: kinds.Switch = False
    """Leave the record out where nothing is found."""
    format: Annotated[str, Field(min_length=1)] | None = None
    """For dates in a form of their own, as strptime takes it: "%d.%m.%Y"."""
    blob: kinds.BlobPath | None = None
    """Download what the value points to, to this path in the blob store; {url_hash}, {ext}, {name}, {host} and
    fields of the record may be part of it. Adds a column <field>_path."""

    @field_validator("default")
    @classmethod
    def _default_fits(cls, value: Any, info: ValidationInfo) -> Any:
        """A default of the field's type, or a list of such."""
        if value is None or "type" not in info.data or "many" not in info.data:
            return value
        if not info.data["many"]:
            return as_type(value, info.data["type"])
        if not isinstance(value, (list, tuple)):
            raise Misfit("does not fit here; the field has many values, so this must be a list")
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
    """What to take from the pages that fit; every rule that fits a URL applies to it."""

    match: kinds.Globs
    """Patterns on path and query, one of which must fit: "*" stands for anything, "re:…" is a regular
    expression."""
    follow: tuple[kinds.Selector, ...] = ()
    """Links to follow: selectors of elements (their href) or of anything that yields URLs."""
    table: kinds.TableName | None = None
    """Table that the records go into."""
    each: kinds.Each | None = None
    """One record for each match of this selector; the fields are relative to it."""
    key: tuple[str, ...] = URL_KEY
    """Fields that tell one record from another: the same key again replaces the record. Default: one record for
    each page."""
    fields: Mapping[kinds.FieldName, AnyField] = {}
    """Fields of a record: a selector, a fact such as "@url", or a table with more to say."""
    parser: kinds.Parser | None = None
    """Python in place of fields: "package.module:function", a pure function of a Response to a Page."""


class S3(Section):
    """How S3 is reached, and how files are to lie there."""

    endpoint: stores.Endpoint | None = None
    """A server other than Amazon's, such as MinIO or Ceph: "http://127.0.0.1:9000"."""
    region: stores.Word | None = None
    """Region of the bucket. Default: as AWS_REGION and the AWS config files say."""
    access_key: stores.Word | None = None
    """Best "env:NAME" or "file:PATH". Default: by the usual AWS chain (environment, files, role of the machine)."""
    secret_key: stores.Word | None = None
    """The key that belongs to access_key."""
    session_token: stores.Word | None = None
    """For keys that were lent for a while."""
    addressing: Literal["auto", "path", "virtual"] = "auto"
    """Whether the bucket stands in the path or in the name of the host; "auto" fits nearly always."""
    concurrency: kinds.Positive = 16
    """Requests open at once."""
    part_size: stores.PartSize = stores.PART_SIZE
    """A file above this goes up in parts of this size, at most 10,000 of them."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    """How the server encrypts what lies there. Default: as the bucket says."""
    kms_key: stores.Word | None = None
    """Key for encryption = "aws:kms". Default: that of the account."""
    storage_class: stores.Word | None = None
    """Storage class, such as "STANDARD_IA". Default: that of the server."""


class Store(Section):
    """Where results go."""

    records: tuple[stores.RecordStore, ...] = ("parquet", "csv")
    """Any of "parquet", "csv", "jsonl" and Postgres, in parallel. "csv:FOLDER" and "csv:s3://bucket/prefix" put
    finished tables elsewhere; Postgres is "postgres://user@host:port/database?schema=…"."""
    blobs: stores.BlobStore = "files"
    """Where downloaded files go: "files", "files:FOLDER" or "s3://bucket/prefix"."""
    journal_limit: kinds.Size = 256_000_000
    """Records that may wait for a slow store; beyond that the crawl waits for it."""
    store_deadline: kinds.Duration = 600.0
    """A store that stays unreachable for so long ends the run with exit code 4, resumable."""
    max_blob: kinds.Size = 1_000_000_000
    """Largest file that is downloaded."""
    dedupe: kinds.Switch = False
    """Store the same bytes once, though they come from several URLs: the table blobs then leads to the one file.
    No two jobs that do so may share a folder or prefix."""
    s3: S3 = S3()
    """How S3 is reached, and how files are to lie there."""


class Log(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged."""
    format: Literal["text", "json"] = "text"
    """Text for people, or one JSON object a line."""
    file: Path | None = None
    """Log into this file. Default: to the terminal."""


class Config(Section):
    """A job."""

    model_config = ConfigDict(title="asyncscrape")

    name: kinds.FileName
    """Name of the job; its state and its results lie in <data>/<name>/."""
    data: Path = Path("data")
    """Folder of all jobs, relative to where the program is started."""
    kind: str | None = None
    """A built-in job, in place of seeds and rules; `job_keys` makes a type that knows which there are."""
    seeds: tuple[kinds.WebUrl, ...] = ()
    """URLs to begin with."""
    seeds_file: kinds.FileBeside | None = None
    """File with more of them: one URL a line, or a CSV with a column "url"; beside this file."""
    sitemaps: Sitemaps | None = None
    """Sitemaps to take URLs from: "auto" (those in robots.txt of the seeds) or a list of URLs."""
    sitemaps_since: date | None = None
    """Leave out what a sitemap says was last changed before this date."""
    scope: Scope = Scope()
    """Which URLs belong to the job; all others are never asked for."""
    politeness: Politeness = Politeness()
    """How hosts are treated."""
    fetch: Fetch = Fetch()
    """How pages are asked for."""
    page: tuple[PageRule, ...] = ()
    """Rules: what to take from which pages."""
    store: Store = Store()
    """Where results go."""
    log: Log = Log()
    """What is logged, and how."""

    _folder: Path = PrivateAttr(Path())
    _secrets: tuple[SecretUse, ...] = PrivateAttr(())

    def section(self, model: type[S]) -> S:
        """The table of the built-in job, as that job declares it."""
        found = getattr(self, self.kind or "", None)
        assert isinstance(found, model), f"{model.__name__} is not the table of kind = {self.kind!r}"
        return found

    @property
    def directory(self) -> Path:
        """Where everything of this job lies."""
        return self.data / self.name

    @cached_property
    def record_stores(self) -> tuple[ConfiguredStore[Destination], ...]:
        """Where records go."""
        return tuple(
            stores.record_store(word, self.source_of("store", "records", index))
            for index, word in enumerate(self.store.records)
        )

    @cached_property
    def blob_store(self) -> ConfiguredStore[BlobDestination]:
        """Where downloaded files go."""
        return stores.blob_store(self.store.blobs, self.source_of("store", "blobs"))

    @cached_property
    def s3(self) -> S3Options:
        """How S3 is reached, and how files are to lie there."""
        return S3Options(**dict(self.store.s3))

    def source_of(self, *place: str | int) -> str:
        """Where the value of a key was kept; empty for one that stands in the config itself."""
        key = join_key(place)
        return next((secret.source for secret in self._secrets if secret.key == key), "")

    @property
    def folder(self) -> Path:
        """Where the config file lies."""
        return self._folder

    @property
    def secrets(self) -> tuple[SecretUse, ...]:
        """The keys whose values came from elsewhere."""
        return self._secrets
