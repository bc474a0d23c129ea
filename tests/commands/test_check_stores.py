"""`check --connect`, against a real Postgres and a real S3 server: its output, and its exit code."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Ended
from support.forked_command import run
from support.postgres_server import PASSWORD_USER, Database
from support.s3_server import Bucket, FaultProxy, Server

from asyncscrape.commands.check_stores import probed
from asyncscrape.config.loading import load
from asyncscrape.errors import Exit

CONFIG = """
name = "catalog"
seeds = ["http://127.0.0.1:1/"]
[[page]]
match = "/*"
table = "item"
[page.fields]
name = "h1"
[store]
records = {records}
blobs = "{blobs}"
[store.s3]
endpoint = "{endpoint}"
region = "us-east-1"
access_key = "{access_key}"
secret_key = "env:S3_SECRET"
addressing = "path"
"""


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def written(server: Server, records: list[str], blobs: str) -> str:
    return CONFIG.format(records=records, blobs=blobs, endpoint=server.endpoint, access_key=server.access_key)


def connect(server: Server, records: list[str], blobs: str = "files", **environ: str) -> Ended:
    Path("catalog.toml").write_text(written(server, records, blobs))
    return check(server, "--connect", **environ)


def check(server: Server, *flags: str, **environ: str) -> Ended:
    secret = {"S3_SECRET": server.secret_key}
    return run("check", "catalog.toml", *flags, environ={"COLUMNS": "400", **secret, **environ})


def told(ended: Ended) -> str:
    """The output on one line, however wide the terminal is."""
    return " ".join(ended.out.split())


def test_healthy_stores_are_reached_and_nothing_is_changed(
    s3_service: Server, s3: Bucket, postgres: Database
) -> None:
    address = f"s3://{s3.name}/some/place"
    ended = connect(s3_service, ["csv", f"parquet:{address}", postgres.store("fresh")], address)
    assert (0, "") == (ended.code, ended.err)
    words = told(ended)
    assert "reached records (csv): folder data/catalog/parts: writable" in words
    assert f"records (parquet:{address}): folder " in words
    place = postgres.dsn.rpartition("@")[2]
    assert f"postgres at {place}: PostgreSQL " in words
    assert f"downloads ({address}): bucket {s3.name}: reachable, writable" in words
    assert ([], []) == (s3.keys(), s3.uploads())
    assert [] == postgres.sql("SELECT nspname FROM pg_namespace WHERE nspname = 'fresh'")
    assert ["catalog.toml"] == [path.name for path in Path().iterdir()]


def test_without_the_flag_nothing_is_asked(s3_service: Server, nobody: int) -> None:
    connect(s3_service, [f"postgres://127.0.0.1:{nobody}/db"], "s3://no-such-bucket")
    ended = check(s3_service)
    assert (0, "") == (ended.code, ended.err)
    assert f"records: postgres at 127.0.0.1:{nobody}/db, schema public" in told(ended)
    assert f"downloads: files in s3://no-such-bucket at {s3_service.endpoint}" in told(ended)


@pytest.mark.parametrize("source", [False, True], ids=["in the config", "in the environment"])
def test_a_wrong_password_is_refused_and_never_shown(s3_service: Server, postgres: Database, source: bool) -> None:
    address = postgres.user(PASSWORD_USER, "hush-hush")
    ended = connect(s3_service, ["env:DATABASE_URL" if source else address], DATABASE_URL=address)
    assert 2 == ended.code, ended.err
    assert "refused postgres " in told(ended)
    assert "password" in told(ended).partition("refused")[2]
    assert ("env:DATABASE_URL" in ended.out, "127.0.0.1:" in told(ended).partition("refused")[2]) == (
        source,
        not source,
    )
    assert "hush" not in ended.out + ended.err


def test_a_missing_bucket_is_refused(s3_service: Server) -> None:
    ended = connect(s3_service, ["csv"], "s3://no-such-bucket-here/x")
    assert 2 == ended.code, ended.err
    words = "refused downloads (s3://no-such-bucket-here/x): bucket no-such-bucket-here does not exist; create it, or"
    assert words in told(ended)
    assert "reached records (csv): folder data/catalog" in told(ended)


def test_credentials_without_rights_are_refused(s3_service: Server, s3: Bucket) -> None:
    with FaultProxy(s3_service) as proxy:
        proxy.misbehave("denied")
        ended = connect(proxy.server, ["csv"], f"s3://{s3.name}")
    assert 2 == ended.code, ended.err
    assert f"S3 denies access to bucket {s3.name}" in told(ended)


def test_stores_that_are_away_end_with_exit_code_4(s3_service: Server, nobody: int) -> None:
    away = s3_service._replace(endpoint=f"http://127.0.0.1:{nobody}")
    ended = connect(away, [f"postgres://127.0.0.1:{nobody}/db"], "s3://bucket")
    assert 4 == ended.code, ended.err
    _, _, words = told(ended).partition("not reached ")
    postgres, _, s3 = words.partition(" downloads ")
    assert f"postgres at 127.0.0.1:{nobody}/db: " in postgres
    assert "(s3://bucket): S3 cannot be reached" in s3


async def test_a_store_that_never_answers_is_given_up(s3_service: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        silent_s3 = s3_service._replace(endpoint=f"http://127.0.0.1:{port}")
        Path("catalog.toml").write_text(written(silent_s3, [f"postgres://127.0.0.1:{port}/db"], "s3://bucket"))
        config = load(Path("catalog.toml"), environ={"S3_SECRET": s3_service.secret_key})
        found = await probed(config, (), patience=0.3)
    words = "no answer within 0.3 s; check the address, and that the server is running"
    expected = [f"postgres at 127.0.0.1:{port}/db: {words}", f"downloads (s3://bucket): {words}"]
    assert [(Exit.STORE, told) for told in expected] == found


def test_a_refusal_outranks_an_outage(s3_service: Server, nobody: int) -> None:
    ended = connect(s3_service, [f"postgres://127.0.0.1:{nobody}/db"], "s3://no-such-bucket-here")
    assert 2 == ended.code, ended.err
    assert f"not reached postgres at 127.0.0.1:{nobody}/db: " in told(ended)


def test_a_place_from_the_environment_is_never_shown(s3_service: Server, s3: Bucket) -> None:
    environ = {"PLACE": f"s3://{s3.name}/hidden", "FOLDER": "csv:/tmp/hidden"}
    ended = connect(s3_service, ["env:FOLDER"], "env:PLACE", **environ)
    assert (0, "") == (ended.code, ended.err)
    assert "downloads (env:PLACE): " in told(ended)
    assert "records (env:FOLDER): " in told(ended)
    assert "hidden" not in ended.out
    assert s3.name not in ended.out


def test_the_archive_is_told_and_probed(s3_service: Server) -> None:
    config = written(s3_service, ["csv"], "files").replace("[store]", "[store]\narchive = true")
    Path("catalog.toml").write_text(config)
    words = told(check(s3_service, "--connect"))
    assert "answers: warc in data/catalog/archive" in words
    assert "answers (archive): folder data/catalog/archive: writable" in words
    assert ["catalog.toml"] == [path.name for path in Path().iterdir()]
    Path("data/catalog").mkdir(parents=True)
    Path("data/catalog/archive").write_text("")
    ended = check(s3_service, "--connect")
    assert (Exit.USAGE, True) == (ended.code, "refused answers (archive): data/catalog/archive is" in told(ended))
    assert "answers" not in told(connect(s3_service, ["csv"]))


def test_an_archive_in_s3_is_told_as_such(s3_service: Server) -> None:
    def words(blobs: str, **environ: str) -> str:
        config = written(s3_service, ["csv"], blobs).replace("[store]", "[store]\narchive = true")
        Path("catalog.toml").write_text(config)
        return told(check(s3_service, **environ))

    assert "answers: warc in s3://bucket/kept/archive/ " in words("s3://bucket/kept")
    hidden = words("env:PLACE", PLACE="s3://bucket/kept")
    assert ("answers: warc in env:PLACE/archive/ " in hidden, "bucket" in hidden) == (True, False), hidden
