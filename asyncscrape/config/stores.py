"""The words under `[store]`: where records and files may go, the meaning of each word, and its mistakes.

The address under `[frontier]` is read here too, because it is that of a database as well.

    parquet   csv:FOLDER   xlsx:s3://bucket/prefix   postgres://user@host:port/database?schema=…     records
    files     files:FOLDER   s3://bucket/prefix                                                       files

No message here quotes a word, because it may contain a password.
"""

from __future__ import annotations

import locale
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator

from asyncscrape.config.values import Duration, Misfit, Size, fits, nearest, spelt, url_trouble
from asyncscrape.destinations import (
    BlobDestination,
    ConfiguredStore,
    Destination,
    ExcelDialect,
    FolderDestination,
    PostgresDestination,
    S3Destination,
    TableForm,
    form_of,
)
from asyncscrape.urls import canonical, origin

TABLE_FORMS = tuple(TableForm)
DELIMITERS = {",": ",", ";": ";", "tab": "\t"}
"""The words for the delimiters of CSV for Excel."""
DECIMAL_WITH = {",": ".", ";": ","}
"""The decimal sign where Excel splits cells by this delimiter; Switzerland is an exception."""
FILES = "files"
POSTGRES = ("postgres", "postgresql")
OTHER_DATABASES = ("mysql", "mariadb", "sqlite", "mssql", "oracle", "mongodb", "redis")
DEFAULT_SCHEMA = "public"
LONGEST_SCHEMA = 63
"""Longest name in Postgres, in bytes; Postgres silently cuts off the rest."""
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
PARAMETERS = (
    *(
        "schema",
        "host",
        "port",
        "dbname",
        "database",
        "user",
        "password",
        "passfile",
        "service",
        "sslmode",
        "sslcert",
    ),
    *("sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation", "ssl_min_protocol_version"),
    *("ssl_max_protocol_version", "target_session_attrs", "krbsrvname", "gsslib"),
)
"""Parameters of a Postgres URL after "?"; anything else is a setting of the server, such as application_name."""
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
LEAST_LEASE, LONGEST_LEASE = 2.0, 3600.0
"""A shorter one would end with every hiccup of a network."""
LEAST_PART = 5 * 1024 * 1024
MOST_PART = 5 * 1024**3
PART_SIZE = 8_000_000

RECORDS_HELP = (
    'write "parquet", "csv", "jsonl", "csv-excel", "xlsx", "csv:FOLDER", "csv:s3://bucket/prefix" or '
    '"postgres://user@host/db"'
)
BLOBS_HELP = 'write "files", "files:FOLDER" or "s3://bucket/prefix"'
POSTGRES_HELP = 'write it like "postgres://user@host:5432/database?schema=catalog"'
DATABASE_HELP = 'write it like "postgres://user@host:5432/database"'
BUCKET_HELP = 'write it like "s3://bucket/prefix"'


# Words for records and files


def record_store(
    word: str, source: str = "", excel: Callable[[], ExcelDialect] = ExcelDialect
) -> ConfiguredStore[Destination]:
    """The store that a word of `records` names; the word came from `source`. Raises Misfit.

    `excel` is asked for the signs of CSV for Excel, if that is what the word names.
    """
    place = record_destination(word)
    signs = excel() if form_of(place) is TableForm.CSV_EXCEL else ExcelDialect()
    return ConfiguredStore(place, word, source, signs)


def blob_store(word: str, source: str = "") -> ConfiguredStore[BlobDestination]:
    """The store that the word of `blobs` names; the word came from `source`. Raises Misfit."""
    return ConfiguredStore(blob_destination(word), word, source)


def database(word: str, source: str = "") -> ConfiguredStore[PostgresDestination]:
    """The database for the state of jobs that a URL names; it came from `source`. Raises Misfit."""
    kind = word.partition(":")[0]
    if kind not in POSTGRES:
        raise Misfit(f"is not the address of a Postgres database; {DATABASE_HELP}")
    if any(pair.partition("=")[0] == "schema" for pair in _split(word).query.split("&")):
        raise Misfit("names a schema; leave ?schema= out, each job has a schema of its own")
    return ConfiguredStore(postgres_destination(word), word, source)


def record_destination(word: str) -> Destination:
    """The destination that a word of `records` names. Raises Misfit."""
    kind, colon, rest = word.partition(":")
    if kind in POSTGRES:
        return postgres_destination(word)
    if kind in TABLE_FORMS and not colon:
        return FolderDestination(TableForm(kind))
    if kind in TABLE_FORMS and rest:
        return _elsewhere(TableForm(kind), rest)
    raise _no_record_store(word, kind, rest)


def blob_destination(word: str) -> BlobDestination:
    """The destination that the word of `blobs` names. Raises Misfit."""
    kind, colon, rest = word.partition(":")
    if word == FILES:
        return FolderDestination()
    if kind == FILES and rest and not _looks_like_bucket(rest):
        return FolderDestination(folder=_folder(rest))
    if _looks_like_bucket(word) or _looks_like_bucket(rest):
        return _bucket(None, word if _looks_like_bucket(word) else rest, whole=word)
    raise Misfit(f"is not a store for blobs; {BLOBS_HELP}", instead=None if colon else nearest(kind, [FILES]))


def _elsewhere(form: TableForm, rest: str) -> BlobDestination:
    if _looks_like_bucket(rest):
        return _bucket(form, rest, whole=f"{form}:{rest}")
    return FolderDestination(form, _folder(rest))


def _folder(text: str) -> Path:
    if "://" in text or "\0" in text:
        raise Misfit('does not name a folder; after ":", write a folder or "s3://bucket/prefix"')
    return Path(text)


def _no_record_store(word: str, kind: str, rest: str) -> Misfit:
    """The misfit of a word that begins with something unknown or is incomplete."""
    if kind.lower() == "s3":
        instead = f"parquet:s3://{rest.lstrip('/')}" if rest.strip("/") else None
        return Misfit(
            'needs "parquet:", "csv:" or "jsonl:" in front, because records in S3 are files', instead=instead
        )
    if kind.partition("+")[0].lower() in OTHER_DATABASES:
        return Misfit(f'is not a supported database; use Postgres: "{POSTGRES[0]}://…"')
    meant = nearest(kind.partition("+")[0].lower(), [*POSTGRES, "postgre", "psql", *TABLE_FORMS])
    if meant in (*POSTGRES, "postgre", "psql"):
        instead = f"postgres:{rest}" if rest.startswith("//") else None
        return Misfit(f"is not a store for records; {POSTGRES_HELP}", instead=instead)
    near = meant if meant is None or not rest else f"{meant}:{rest}"
    return Misfit(f"is not a store for records; {RECORDS_HELP}", instead=near)


# CSV for Excel


def excel_dialect(delimiter: str | None, decimal: str | None) -> ExcelDialect:
    """The signs for Excel; those that are not given go with the other, or with the locale of this machine."""
    sign = decimal or DECIMAL_WITH.get(delimiter or "") or _decimal_sign()
    return ExcelDialect(DELIMITERS[delimiter] if delimiter else ";" if sign == "," else ",", sign)


def _decimal_sign() -> str:
    """The decimal sign of the locale that the environment names; a point if the machine does not know it."""
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "")
        return "," if locale.localeconv()["decimal_point"] == "," else "."
    except locale.Error:
        return "."
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)


# S3


def _looks_like_bucket(text: str) -> bool:
    return text[:3].lower() == "s3:"


def _bucket(form: TableForm | None, text: str, *, whole: str) -> S3Destination:
    """The bucket in "s3://bucket/prefix", which is the `whole` word or the end of it."""
    before = f"{form}:" if form else ""
    name, _, prefix = text[3:].lstrip("/").partition("/")
    prefix = prefix.strip("/")
    right = f"{before}s3://{name.lower()}" + (f"/{prefix}" if prefix else "")
    instead = right if BUCKET.fullmatch(name.lower()) and right != whole.rstrip("/") else None
    if not name:
        raise Misfit(f"does not name a bucket; {BUCKET_HELP}")
    if BUCKET.fullmatch(name) is None or ".." in name or IP_ADDRESS.fullmatch(name):
        about = (
            "has a bucket name that S3 does not allow; use 3 to 63 lower-case letters, digits, dots and hyphens, "
            "with a letter or digit at both ends"
        )
        raise Misfit(about, instead=instead)
    if not text.startswith("s3://") or before + text != whole:
        raise Misfit(f"is not the address of a bucket; {BUCKET_HELP}", instead=instead)
    if (
        any(part in ("", ".", "..") for part in prefix.split("/")[: None if prefix else 0])
        or not prefix.isprintable()
    ):
        raise Misfit('has a prefix that is not a plain path; use no ".", no "..", no "//" and no control characters')
    return S3Destination(name, prefix, form)


# Postgres


def postgres_destination(word: str) -> PostgresDestination:
    """The destination that a Postgres URL names. Raises Misfit for a URL that asyncpg would refuse or misread."""
    parts = _split(word)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    _check_parameters(parts.query, given)
    login, _, hosts = parts.netloc.rpartition("@")
    hosts = hosts or given.get("host", "")
    for host in hosts.split(",") if parts.netloc else ():
        _check_host(host)
    name = unquote(parts.path.removeprefix("/")) or given.get("dbname", "") or given.get("database", "")
    if "/" in name:
        raise Misfit(f'has a "/" in the name of its database; {POSTGRES_HELP}, and write "/" in a password as %2F')
    return PostgresDestination(
        dsn=_without_schema(parts),
        host=unquote(hosts),
        port=given.get("port", ""),
        user=unquote(login.partition(":")[0]) or given.get("user", ""),
        database=name,
        schema=given.get("schema", DEFAULT_SCHEMA),
        has_password=bool(parts.password or given.get("password")),
    )


def _without_schema(parts: SplitResult) -> str:
    """The URL without our own parameter, which asyncpg would send to the server as a setting."""
    others = [pair for pair in parts.query.split("&") if pair and unquote(pair.partition("=")[0]) != "schema"]
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{'&'.join(others)}" if others else "")


def _split(word: str) -> SplitResult:
    if "://" not in word:
        rest = word.partition(":")[2].lstrip("/")
        raise Misfit(f"is not a complete URL; {POSTGRES_HELP}", instead=f"postgres://{rest}" if rest else None)
    if re.search(r"\s", word):
        raise Misfit("contains a space; in a URL, write it as %20")
    try:
        parts = urlsplit(word)
    except ValueError:
        raise Misfit(f"is not a URL; {POSTGRES_HELP}") from None
    if parts.fragment or word.endswith("#"):
        raise Misfit('contains a "#", which ends a URL; in a password, write it as %23')
    if parts.netloc.count("@") > 1 or "@" in parts.path:
        raise Misfit('has an "@" in the wrong place; in a password, write "@" as %40, "/" as %2F and ":" as %3A')
    if "@" in parts.query and "@" not in parts.netloc:
        raise Misfit('has an "@" after "?"; write it there as %40')
    return parts


def _check_parameters(query: str, given: dict[str, str]) -> None:
    if query and any(not part.partition("=")[2] for part in query.split("&")):
        raise Misfit('has a parameter after "?" without a value; write it like "?schema=catalog&sslmode=require"')
    for name in given:
        meant = nearest(name.lower(), PARAMETERS) if name not in PARAMETERS else None
        if meant and name != "options":
            raise Misfit('has a parameter after "?" that Postgres does not know', name, meant)
    if len(given.get("schema", "").encode()) > LONGEST_SCHEMA or "\0" in given.get("schema", ""):
        raise Misfit(f"has an invalid schema name; Postgres allows at most {LONGEST_SCHEMA} bytes")
    if given.get("sslmode", SSL_MODES[0]) not in SSL_MODES:
        choice = ", ".join(SSL_MODES)
        raise Misfit(f"has an unknown sslmode; use one of {choice}")


def _check_host(host: str) -> None:
    """One host, which may have a port: "db.example.org:5432", "[::1]:5432", or "%2Frun%2Fpostgresql"."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(?::(\d*))?", host)
    port = found[2] if found else None
    if found is None or (port is not None and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise Misfit(f'has an invalid host or port; {POSTGRES_HELP}, and write ":" in a password as %3A')


def same_place(word: str) -> Destination | None:
    """A destination that is equal for two words that mean the same place; None for an invalid word.

    Name and schema identify a database, because it may move to another host and still be the same.
    """
    try:
        found = record_destination(word)
    except Misfit:
        return None
    if isinstance(found, PostgresDestination):
        return PostgresDestination("", database=found.database, schema=found.schema)
    return found


def is_in_s3(word: str) -> bool:
    """Whether a word for blobs names a bucket."""
    try:
        return isinstance(blob_destination(word), S3Destination)
    except Misfit:
        return False


# Kinds of values


def _record_store(word: str) -> str:
    record_destination(word)
    return word


def _database(word: str) -> str:
    database(word)
    return word


def _lease(seconds: float) -> float:
    if not LEAST_LEASE <= seconds <= LONGEST_LEASE:
        raise Misfit('is not a time that works for a lease; use "2s" to "1h"')
    return seconds


def _blob_store(word: str) -> str:
    blob_destination(word)
    return word


def _endpoint(url: str) -> str:
    about = 'is not the address of a server; write it like "http://127.0.0.1:9000" or "https://s3.example.org"'
    found = canonical(url if "://" in url else f"http://{url}")
    if (
        found is None
        or not url.startswith(("http://", "https://"))
        or url_trouble(url)
        or found != origin(found) + "/"
    ):
        raise Misfit(about, instead=origin(found) if found and "@" not in url else None)
    return origin(found)


def _part_size(size: int) -> int:
    if 5_000_000 <= size < LEAST_PART:
        raise Misfit(
            f"is a little too small: the smallest part in S3 is 5 MiB, which is {LEAST_PART:,} bytes", instead="6MB"
        )
    if not LEAST_PART <= size <= MOST_PART:
        raise Misfit('is not a size that S3 allows for parts; use "6MB" to "5GB"')
    return size


RecordStore = Annotated[
    str, AfterValidator(_record_store), spelt(rf"({'|'.join(TABLE_FORMS)})(:.+)?|({'|'.join(POSTGRES)})://.*")
]
Database = Annotated[str, AfterValidator(_database), spelt(rf"({'|'.join(POSTGRES)})://.*")]
Lease = Annotated[Duration, AfterValidator(_lease)]
BlobStore = Annotated[str, AfterValidator(_blob_store), spelt("files(:.+)?|s3://.+")]
Endpoint = Annotated[str, AfterValidator(_endpoint), spelt("https?://[^/]+/?")]
PartSize = Annotated[Size, AfterValidator(_part_size)]
Word = Annotated[str, fits(r"\S+", "is not valid: it is empty, or contains a space or a line break")]
