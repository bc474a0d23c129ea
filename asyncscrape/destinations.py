"""Where results may go, as values: what a word under `[store]` means once it has been read.

The config makes them, whoever builds a store or tells about it uses them, and nobody reads such a word again.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec

MOST_PARTS_IN_S3 = 10_000
"""How many parts S3 takes of one file."""


class TableForm(StrEnum):
    """The forms of a finished table, by the endings of their files."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


class FolderDestination(msgspec.Struct, frozen=True):
    """Files in a folder."""

    form: TableForm | None = None
    """None for downloads, which keep the form they have."""
    folder: Path | None = None
    """None is the job's own."""


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
    """With its port, or several with commas between; empty where Postgres' own environment variables, or its usual
    socket, decide."""
    port: str = ""
    """For hosts without one of their own, if the URL says it apart from them."""
    user: str = ""
    database: str = ""
    """Empty where the environment decides, or the name of the user."""
    schema: str = "public"
    has_password: bool = False

    def __str__(self) -> str:
        return f"postgres at {self.host or 'its usual host'}" + (f"/{self.database}" if self.database else "")

    __repr__ = __str__


BlobDestination = FolderDestination | S3Destination
Destination = BlobDestination | PostgresDestination
D_co = TypeVar("D_co", bound=Destination, covariant=True)


class S3Options(msgspec.Struct, frozen=True):
    """How S3 is reached, and how things are to lie there: everything but bucket and prefix.

    What is left out follows the usual AWS rules: environment, files, roles.
    """

    endpoint: str | None = None
    """URL of a server other than Amazon's."""
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"
    """Whether the bucket stands in the path or in the host name."""
    concurrency: int = 16
    """Requests open at once."""
    part_size: int = 8_000_000
    """Bytes above which a blob goes up in parts of this size; S3 takes no parts below 5 MiB."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    kms_key: str | None = None
    storage_class: str | None = None

    def __repr__(self) -> str:
        """No values, for some are secret."""
        return f"{type(self).__name__}(…)"


class ConfiguredStore(msgspec.Struct, Generic[D_co], frozen=True):
    """A store as the config names it."""

    destination: D_co
    word: str
    """As it was written, which may hold a password; `label` is what may be shown."""
    source: str = ""
    """Where the word was kept, if not in the config itself: "env:DATABASE_URL". Then nothing of it is ever shown."""

    @property
    def label(self) -> str:
        """What to call the store."""
        own = str(self.destination) if isinstance(self.destination, PostgresDestination) else self.word
        return self.source or own

    def without_secrets(self, text: str) -> str:
        """The same text with the source in place of what is kept there."""
        folder = self.destination.folder if isinstance(self.destination, FolderDestination) else None
        for hidden in (self.word, self.word.partition(":")[2], str(folder or "")) if self.source else ():
            text = text.replace(hidden, self.source) if hidden else text
        return text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"
