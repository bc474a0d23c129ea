"""The places where results can go: the meanings of the words under `[store]`.

The config parses each word once, into one of these values; all code that builds or describes a store uses the value.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Generic, Literal, NamedTuple, TypeVar

import msgspec

from asyncscrape.own_folders import ARCHIVE, SHARED

MOST_PARTS_IN_S3 = 10_000
"""How many parts S3 accepts for one file."""


class TableForm(StrEnum):
    """The forms of a finished table."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"
    CSV_EXCEL = "csv-excel"
    XLSX = "xlsx"

    def file_name(self, table: str) -> str:
        """The name of a table's file; each form has its own, so that all of them may share a folder."""
        return f"{table}.excel.csv" if self is TableForm.CSV_EXCEL else f"{table}.{self}"


class ExcelDialect(NamedTuple):
    """The signs in a CSV file for Excel, which reads such a file by the locale of whoever opens it."""

    delimiter: str = ","
    decimal: str = "."


class FolderDestination(msgspec.Struct, frozen=True):
    """Files in a folder."""

    form: TableForm | None = None
    """None for downloads, which keep their own form."""
    folder: Path | None = None
    """None means the job's own folder."""


class S3Destination(msgspec.Struct, frozen=True):
    """Files in S3."""

    bucket: str
    prefix: str = ""
    form: TableForm | None = None
    """None for downloads."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class PostgresDestination(msgspec.Struct, frozen=True):
    """Tables in Postgres."""

    dsn: str
    """The whole URL for asyncpg, without our own `?schema=`. It may hold a password, so it is never shown."""
    host: str = ""
    """With its port, or several separated by commas; empty where Postgres' environment variables or its default
    socket decide."""
    port: str = ""
    """For hosts without a port, if the URL gives it separately."""
    user: str = ""
    database: str = ""
    """Empty where the environment or the user's name decides."""
    schema: str = "public"
    has_password: bool = False

    def __str__(self) -> str:
        return f"postgres at {self.host or 'its default host'}" + (f"/{self.database}" if self.database else "")

    __repr__ = __str__


BlobDestination = FolderDestination | S3Destination
Destination = BlobDestination | PostgresDestination


def form_of(destination: Destination) -> TableForm | None:
    """The form of the tables at a place that keeps them as files."""
    return None if isinstance(destination, PostgresDestination) else destination.form


D_co = TypeVar("D_co", bound=Destination, covariant=True)


class S3Options(msgspec.Struct, frozen=True):
    """How to reach S3 and store files there: everything but bucket and prefix.

    Missing values follow the usual AWS rules: environment, files, roles.
    """

    endpoint: str | None = None
    """URL of a server other than Amazon's."""
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"
    """Whether the bucket is part of the path or of the host name."""
    concurrency: int = 16
    """Requests open at once."""
    part_size: int = 8_000_000
    """A blob of more bytes is uploaded in parts of this size; S3 accepts no part below 5 MiB."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    kms_key: str | None = None
    storage_class: str | None = None

    def __repr__(self) -> str:
        """The name alone, because some values are secret."""
        return f"{type(self).__name__}(…)"


class ConfiguredStore(msgspec.Struct, Generic[D_co], frozen=True):
    """A store as the config names it."""

    destination: D_co
    word: str
    """The word as written, which may contain a password; show `label` instead."""
    source: str = ""
    """Where the word came from, if not from the config itself: "env:DATABASE_URL". Such a word is never shown."""
    excel: ExcelDialect = ExcelDialect()

    @property
    def label(self) -> str:
        """The store's name in messages."""
        own = str(self.destination) if isinstance(self.destination, PostgresDestination) else self.word
        return self.source or own

    def without_secrets(self, text: str) -> str:
        """The text with the source in place of the value that came from it."""
        folder = self.destination.folder if isinstance(self.destination, FolderDestination) else None
        for hidden in (self.word, self.word.partition(":")[2], str(folder or "")) if self.source else ():
            text = text.replace(hidden, self.source) if hidden else text
        return text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"


class ArchiveDestination(msgspec.Struct, frozen=True):
    """Where the answers of a job are kept: beside its blobs if they are in S3, with an index in its own folder."""

    directory: Path
    """The job's own folder."""
    job: str
    blobs: ConfiguredStore[BlobDestination]
    s3: S3Options = S3Options()
    in_database: bool = False
    """Whether the state of the job is in a database, where other workers can have it too."""

    @property
    def shared(self) -> S3Destination | None:
        """The place of an archive that several workers may add to; None if it is one worker's own."""
        place = self.blobs.destination
        return place if self.in_database and isinstance(place, S3Destination) else None

    @property
    def folder(self) -> Path:
        """The folder for the index. That of a shared archive is made anew wherever it is missing."""
        own = self.directory / ARCHIVE
        return own / SHARED if self.shared else own


class FrontierPlace(msgspec.Struct, frozen=True):
    """Where the state of a job is kept: in its own folder, or in a database."""

    directory: Path
    """The job's own folder."""
    job: str
    database: ConfiguredStore[PostgresDestination] | None = None
    """None means the job's own folder."""
    lease: float = 8.0
    """Seconds after which a silent worker counts as dead, in a database."""

    @property
    def databases(self) -> tuple[ConfiguredStore[PostgresDestination], ...]:
        """The database, if there is one."""
        return () if self.database is None else (self.database,)

    def __str__(self) -> str:
        if self.database is None:
            return str(self.directory.absolute())
        return f"postgres ({self.database.source})" if self.database.source else str(self.database.destination)
