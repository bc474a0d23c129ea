"""An address with a password, from the environment or in the file, shows up nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.forked_command import run
from support.postgres_server import PASSWORD_USER, Database

CONFIG = """
name = "catalog"
seeds = ["http://127.0.0.1:1/"]
[[page]]
match = "/*"
table = "item"
key = ["name"]
[page.fields]
name = "h1"
[store]
records = ["csv", "{word}"]
"""


@pytest.mark.parametrize("hidden", [True, False], ids=["in the environment", "in the config"])
def test_a_table_that_does_not_fit_is_refused_without_a_word_of_the_password(
    postgres: Database, tmp_path: Path, hidden: bool
) -> None:
    postgres.sql("CREATE TABLE item (name bigint PRIMARY KEY)")
    postgres.sql(f"GRANT ALL ON SCHEMA public TO {PASSWORD_USER}; GRANT ALL ON item TO {PASSWORD_USER}")
    address = postgres.user(PASSWORD_USER, "secret")
    config = tmp_path / "catalog.toml"
    config.write_text(CONFIG.format(word="env:DATABASE_URL" if hidden else address))
    place = address.rpartition("@")[2]
    for command in (["check"], ["check", "--connect"], ["run"], ["status"], ["status", "--json"]):
        ended = run(command[0], config, *command[1:], environ={"DATABASE_URL": address}, cwd=tmp_path)
        assert (2 if command[-1] in ("--connect", "run") else 0) == ended.code, ended.err
        assert "secret" not in ended.out + ended.err
        assert not hidden or place not in ended.out + ended.err
        if command == ["run"]:
            assert f"postgres {'(env:DATABASE_URL)' if hidden else f'at {place}'}: " in ended.err
            assert "bigint" in ended.err
    assert ["csv", "postgres"] == sorted(json.loads(ended.out)["stores"])


AWAY = """
name = "catalog"
seeds = ["http://127.0.0.1:1/"]
[fetch]
retries = 0
[[page]]
match = "/*"
table = "item"
key = ["name"]
[page.fields]
name = "h1"
[store]
records = ["csv", "env:DATABASE_URL"]
blobs = "{blobs}"
store_deadline = "1s"
[store.s3]
endpoint = "env:S3_ENDPOINT"
access_key = "env:S3_KEY"
secret_key = "env:S3_SECRET"
"""


@pytest.mark.parametrize("blobs", ["files", "s3://bucket/files"])
def test_what_is_away_is_not_named_when_its_place_is_kept_elsewhere(tmp_path: Path, nobody: int, blobs: str) -> None:
    """Not even to those who want to see everything."""
    secrets = {
        "DATABASE_URL": f"postgres://nobody:hush@127.0.0.1:{nobody}/hidden",
        "S3_ENDPOINT": f"http://127.0.0.1:{nobody}",
        "S3_KEY": "key-hush",
        "S3_SECRET": "secret-hush",
    }
    config = tmp_path / "catalog.toml"
    config.write_text(AWAY.format(blobs=blobs))
    for command in (["run", "--verbose"], ["status"], ["status", "--json"], ["check", "--connect"]):
        ended = run(command[0], config, *command[1:], environ=secrets, cwd=tmp_path)
        assert (0 if command[0] == "status" else 4) == ended.code, ended.err
        told = ended.out + ended.err
        assert [] == [word for word in (str(nobody), "hush", "hidden") if word in told], told
