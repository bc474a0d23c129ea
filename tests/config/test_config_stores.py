"""The words under [store]: their meanings, and the messages about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.config_files import MINIMAL, complaints, loaded

from asyncscrape.config.stores import blob_destination, blob_store, record_destination, record_store
from asyncscrape.config.values import Misfit, masked, quoted
from asyncscrape.destinations import FolderDestination, PostgresDestination, S3Destination, S3Options, TableForm

URL = 'write it like "postgres://user@host:5432/database?schema=catalog"'


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("parquet", FolderDestination(TableForm.PARQUET)),
        ("csv:tables", FolderDestination(TableForm.CSV, Path("tables"))),
        ("jsonl:/a b/c", FolderDestination(TableForm.JSONL, Path("/a b/c"))),
        ("csv:s3", FolderDestination(TableForm.CSV, Path("s3"))),
        ("csv-excel", FolderDestination(TableForm.CSV_EXCEL)),
        ("csv-excel:office", FolderDestination(TableForm.CSV_EXCEL, Path("office"))),
        ("xlsx:s3://my-bucket/x", S3Destination("my-bucket", "x", TableForm.XLSX)),
        ("parquet:s3://my-bucket", S3Destination("my-bucket", "", TableForm.PARQUET)),
        ("parquet:s3://my-bucket/some/place/", S3Destination("my-bucket", "some/place", TableForm.PARQUET)),
        ("postgres://", PostgresDestination("postgres://")),
        ("postgres:///db", PostgresDestination("postgres:///db", database="db")),
        ("postgresql://host/db", PostgresDestination("postgresql://host/db", "host", database="db")),
        (
            "postgres://me@host:5433/db?schema=shop",
            PostgresDestination("postgres://me@host:5433/db", "host:5433", user="me", database="db", schema="shop"),
        ),
        (
            "postgres://me:pw%40x@[::1]:5433/a%20b",
            PostgresDestination(
                *("postgres://me:pw%40x@[::1]:5433/a%20b", "[::1]:5433"),
                user="me",
                database="a b",
                has_password=True,
            ),
        ),
        (
            "postgres://one:1,two:2/db?sslmode=verify-full",
            PostgresDestination("postgres://one:1,two:2/db?sslmode=verify-full", "one:1,two:2", database="db"),
        ),
        (
            "postgres:///db?host=/run/postgresql&password=x&port=99",
            PostgresDestination(
                *("postgres:///db?host=/run/postgresql&password=x&port=99", "/run/postgresql", "99"),
                database="db",
                has_password=True,
            ),
        ),
        (
            "postgres://h?dbname=db&application_name=crawl",
            PostgresDestination("postgres://h?dbname=db&application_name=crawl", "h", database="db"),
        ),
    ],
)
def test_a_word_for_records_means_a_place(word: str, expected: object) -> None:
    assert expected == record_destination(word)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("files", FolderDestination()),
        ("files:else where", FolderDestination(folder=Path("else where"))),
        ("s3://my.bucket", S3Destination("my.bucket")),
        ("s3://abc/a/b", S3Destination("abc", "a/b")),
    ],
)
def test_the_word_for_blobs_means_a_place(word: str, expected: object) -> None:
    assert expected == blob_destination(word)


MISTAKES = [
    ("records = ['postgres']", f'records.0: "postgres" is not a complete URL; {URL}'),
    (
        "records = ['postgres:me:pw@host/db']",
        f'records.0: "postgres:…@host/db" is not a complete URL; {URL}; did you mean "postgres://…@host/db"?',
    ),
    ("records = ['postgre://host/db']", f'is not a store for records; {URL}; did you mean "postgres://host/db"?'),
    ("records = ['psql://host/db']", f'is not a store for records; {URL}; did you mean "postgres://host/db"?'),
    ("records = ['postgresql+asyncpg://me:pw@h/db']", f'{URL}; did you mean "postgres://…@h/db"?'),
    (
        "records = ['mysql://me:pw@host/db']",
        'records.0: "mysql://…@host/db" is not a supported database',
    ),
    ("records = ['postgres://h:99999/db']", "has an invalid host or port"),
    ("records = ['postgres://h:x/db']", "has an invalid host or port"),
    ("records = ['postgres://me:p/w@h/db']", 'in a password, write "@" as %40, "/" as %2F and ":" as %3A'),
    ("records = ['postgres://me:p@w@h/db']", '"postgres://…@h/db" has an "@" in the wrong place'),
    ("records = ['postgres://me:p#w@h/db']", 'contains a "#", which ends a URL; in a password, write it as %23'),
    ("records = ['postgres://me:p w@h/db']", '"postgres://…@h/db" contains a space; in a URL, write it as %20'),
    ("records = ['postgres://h/db?password=p@w']", 'has an "@" after "?"; write it there as %40'),
    ("records = ['postgres://h/a/b']", 'has a "/" in the name of its database'),
    ("records = ['postgres://[::1/db']", "is not a URL"),
    ("records = ['postgres://h/db?shema=x']", 'Postgres does not know: shema; did you mean "schema"?'),
    ("records = ['postgres://h/db?schema=']", 'has a parameter after "?" without a value'),
    (f"records = ['postgres://h/db?schema={'x' * 64}']", "has an invalid schema name"),
    ("records = ['postgres://h/db?sslmode=on']", "has an unknown sslmode; use one of disable, allow"),
    (
        "records = ['csv:postgres://h/db']",
        'does not name a folder; after ":", write a folder or "s3://bucket/prefix"',
    ),
    ("records = ['s3://bucket/x']", 'records in S3 are files; did you mean "parquet:s3://bucket/x"?'),
    (
        "records = ['csv:s3:bucket/x']",
        'is not the address of a bucket; write it like "s3://bucket/prefix"; did you mean',
    ),
    ("records = ['csv:s3:/bucket/x']", 'did you mean "csv:s3://bucket/x"?'),
    ("records = ['parquett:x']", 'did you mean "parquet:x"?'),
    ("records = ['excel']", 'write "parquet", "csv", "jsonl", "csv-excel", "xlsx", "csv:FOLDER"'),
    ("records = ['xls:x']", 'did you mean "xlsx:x"?'),
    ("excel_delimiter = ':'", 'use ",", ";" or "tab"'),
    ("excel_delimiter = ','\nexcel_decimal = ','", 'excel_decimal: "," cannot be the delimiter, too'),
    (
        "records = ['csv', 'csv:s3://bucket/x', 'csv:s3://bucket/x/']",
        'records.2: "csv:s3://bucket/x/" is the same place',
    ),
    (
        "records = ['postgres://me:pw@host/db', 'postgresql://you@there:5432/db?schema=public']",
        'records.1: "postgresql://…@there:5432/db?schema=public" is the same place as another store in this list; '
        "remove one, or give it a different ?schema=",
    ),
    ("blobs = 'file'", 'blobs: "file" is not a store for blobs; write "files", "files:FOLDER" or'),
    (
        "blobs = 's3:bucket/x'",
        'is not the address of a bucket; write it like "s3://bucket/prefix"; did you mean "s3://',
    ),
    ("blobs = 'files:s3://bucket/x'", 'did you mean "s3://bucket/x"?'),
    ("blobs = 's3://'", "does not name a bucket; write it like"),
    ("blobs = 's3://My-Bucket/x'", 'with a letter or digit at both ends; did you mean "s3://my-bucket/x"?'),
    ("blobs = 's3://ab'", "has a bucket name that S3 does not allow; use 3 to 63 lower-case letters"),
    ("blobs = 's3://a_b/x'", "has a bucket name that S3 does not allow; use 3 to 63 lower-case letters"),
    ("blobs = 's3://1.2.3.4'", "has a bucket name that S3 does not allow; use 3 to 63 lower-case letters"),
    ("blobs = 's3://bucket/a/../b'", "has a prefix that is not a plain path"),
    ("store_deadline = '10 min'", 'store_deadline: "10 min" is not a duration'),
    ("dedupe = 'yes'", 'dedupe: "yes" is not valid here; this must be true or false'),
    ("s3 = { endpoint = 'localhost:9000' }", 'did you mean "http://localhost:9000"?'),
    ("s3 = { endpoint = 'https://s3.example.org/path' }", 'did you mean "https://s3.example.org"?'),
    ("s3 = { region = '' }", 's3.region: "" is not valid: it is empty, or contains a space'),
    ("s3 = { addressing = 'pth' }", 'use "auto", "path" or "virtual"; did you mean "path"?'),
    ("s3 = { concurrency = 0 }", "s3.concurrency: 0 is out of range: it must be at least 1"),
    (
        "s3 = { part_size = '5MB' }",
        's3.part_size: "5MB" is a little too small: the smallest part in S3 is 5 MiB, which is 5,242,880 bytes; '
        'did you mean "6MB"?',
    ),
    ("s3 = { part_size = '1MB' }", 's3.part_size: "1MB" is not a size that S3 allows for parts'),
    ("s3 = { part_size = '6GB' }", 's3.part_size: "6GB" is not a size that S3 allows for parts'),
    ("s3 = { encryption = 'AES' }", 'use "AES256" or "aws:kms"; did you mean "AES256"?'),
    ("s3 = { access_key = 'a' }", "s3.access_key: needs secret_key too; give both, or neither"),
    ("s3 = { secret_key = 'a' }", "s3.secret_key: needs access_key too; give both, or neither"),
    ("s3 = { session_token = 'a' }", "s3.session_token: has no effect without keys; add access_key and secret_key"),
    ("s3 = { kms_key = 'a', encryption = 'AES256' }", 's3.kms_key: has no effect without encryption = "aws:kms"'),
    ("s3 = { endpont = 'a' }", 's3.endpont: unknown key; did you mean "endpoint"?'),
    (
        "blobs = 's3://bucket'\nmax_blob = '100GB'",
        "max_blob: a file of max_blob would need more than the 10,000 parts",
    ),
    (
        "blobs = 's3://bucket'\nmax_blob = '100GB'\ns3 = { part_size = '6MB' }",
        "s3.part_size: a file of max_blob would need more than the 10,000 parts that S3 accepts; "
        'set part_size = "10MB',
    ),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES, ids=[text[:60] for text, _ in MISTAKES])
def test_each_mistake_is_reported_once_with_what_to_do(tmp_path: Path, text: str, expected: str) -> None:
    (found,) = complaints(tmp_path, f"{MINIMAL}[store]\n{text}\n")
    assert found.startswith("catalog.toml:7: store.") or found[13:].startswith(("8: store.", "9: store.")), found
    assert expected in found


IN_THE_WAY = [
    ("blobs = 'files:data/catalog'", "is the folder of the job itself, where a file could take the place of its"),
    ("blobs = 'files:linked'", "is the folder of the job itself"),
    ("blobs = 'files:data/../data/./catalog/'", "is the folder of the job itself"),
    ("blobs = 'files:data'", "holds the folder of the job, where a file could take the place of its state"),
    ("blobs = 'files:/'", "holds the folder of the job"),
    ("blobs = 'files:.'", "holds the folder of the job"),
    ("blobs = 'files:data/catalog/parts'", "is a folder in which the job keeps files of its own"),
    ("blobs = 'files:linked/report/pictures'", "is a folder in which the job keeps files of its own"),
    ("blobs = 'files:data/other'", "is, or lies in, the folder of another job"),
    ("blobs = 'files:data/other/parts'", "is, or lies in, the folder of another job"),
    ("records = ['csv:data/catalog/parts']", "is a folder in which the job keeps unfinished tables"),
    ("records = ['csv', 'jsonl:linked/parts/item']", "is a folder in which the job keeps unfinished tables"),
]


def other_jobs(folder: Path) -> None:
    """The folder of this job with a link to it, and that of another one."""
    for name in ("catalog", "other"):
        (folder / "data" / name).mkdir(parents=True)
        (folder / "data" / name / "state.db").touch()
    (folder / "linked").symlink_to("data/catalog")


@pytest.mark.parametrize(("text", "expected"), IN_THE_WAY, ids=[text for text, _ in IN_THE_WAY])
def test_no_site_may_name_files_where_the_job_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    other_jobs(tmp_path)
    monkeypatch.chdir(tmp_path)
    (found,) = complaints(tmp_path, f"{MINIMAL}[store]\n{text}\n")
    assert found.startswith("catalog.toml:7: store.")
    assert expected in found


def test_results_may_go_to_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_jobs(tmp_path)
    monkeypatch.chdir(tmp_path)
    for place in ("files", "files:data/catalog/files", "files:data/pictures", "files:pictures", "files:../pictures"):
        text = f"{MINIMAL}[store]\nblobs = '{place}'\nrecords = ['csv:data/catalog', 'jsonl:data']\n"
        assert [] == complaints(tmp_path, text), place
    (tmp_path / "data/catalog/blobs").symlink_to(tmp_path / "data/catalog")
    (found,) = complaints(tmp_path, MINIMAL)
    assert "is the folder of the job itself" in found


def test_a_key_of_s3_in_another_table_is_pointed_to_its_own(tmp_path: Path) -> None:
    (found,) = complaints(tmp_path, f"{MINIMAL}[fetch]\nendpoint = 'http://127.0.0.1:9000'\n")
    assert "catalog.toml:7: fetch.endpoint: unknown key here; did you mean the one under [store.s3]?" == found


def test_the_config_says_where_each_store_was_named(tmp_path: Path) -> None:
    text = f"{MINIMAL}[store]\nrecords = ['csv', 'env:DATABASE_URL']\nblobs = 'env:BUCKET'\n"
    config = loaded(tmp_path, text, (), {"DATABASE_URL": "postgres://me:pw@h/db", "BUCKET": "s3://bucket/x"})
    expected = (record_store("csv"), record_store("postgres://me:pw@h/db", "env:DATABASE_URL"))
    assert expected == config.record_stores
    assert blob_store("s3://bucket/x", "env:BUCKET") == config.blob_store
    assert ["csv", "env:DATABASE_URL", "env:BUCKET"] == [
        store.label for store in (*config.record_stores, config.blob_store)
    ]


def test_a_store_shows_no_password_when_it_is_printed() -> None:
    store = record_store("postgres://me:hush@h/db?schema=x")
    assert "hush" not in f"{store} {store!r} {store.destination} {store.destination!r} {store.label}"


def test_what_is_reported_about_a_secret_store_names_only_its_source() -> None:
    for word in ("csv:some/where/", "csv:./some/where"):
        told = record_store(word, "env:PLACE").without_secrets("folder some/where: writable")
        assert "folder env:PLACE: writable" == told


def test_the_keys_of_s3_are_the_options_of_s3(tmp_path: Path) -> None:
    assert S3Options() == loaded(tmp_path, MINIMAL).s3
    text = f"{MINIMAL}[store.s3]\nendpoint = 'http://127.0.0.1:9000/'\npart_size = '6MB'\naddressing = 'path'\n"
    expected = S3Options(endpoint="http://127.0.0.1:9000", part_size=6_000_000, addressing="path")
    assert expected == loaded(tmp_path, text).s3


def test_what_is_wrong_with_a_secret_word_never_quotes_it(tmp_path: Path) -> None:
    for wrong in (
        "postgress://me:hush@h/db",
        "postgres://me:hu/sh@h/db",
        "postgres://h/db?shema=hush",
        "s3:hush",
        "hush",
    ):
        found = complaints(tmp_path, f"{MINIMAL}[store]\nrecords = ['env:SECRET']\n", (), {"SECRET": wrong})
        (line,) = found
        assert "catalog.toml:7: store.records.0: the value from env:SECRET " in line
        assert "hu" not in line.partition("env:SECRET")[2].replace("such", "")


PASSWORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1).map(lambda text: f"hush{text}hush")


@given(
    st.sampled_from(["postgres://", "postgress://", "postgresql:", "mysql://", "pg:/", "postgresql+asyncpg://"]),
    PASSWORD,
    st.sampled_from(["h/db", "h:1/db?schema=x", "[::1", ""]),
)
def test_no_password_of_a_url_is_ever_shown(scheme: str, password: str, rest: str) -> None:
    word = f"{scheme}me:{password}@{rest}"
    assert "hush" not in masked(word) + told(word)


def told(word: str) -> str:
    """The message about a word for records; empty for a good one."""
    try:
        record_destination(word)
    except Misfit as misfit:
        return misfit.told(quoted(word))
    return ""


@pytest.mark.parametrize(
    "text",
    ["https://example.org/@me", "xpath://a[@class='x']", "/item/*@x", "a::attr(href)", "json:a.b", "re:[^@]+@x"],
)
def test_what_is_not_a_password_is_shown(text: str) -> None:
    assert text == masked(text)
