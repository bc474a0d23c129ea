"""The job "music" killed again and again, with Postgres, S3 and CSV: they hold the same as after a run in peace."""

from __future__ import annotations

import csv
import io
import json
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.command import until
from support.crypto_jobs import Replica
from support.music_jobs import MusicJob, write_job
from support.music_walk import START
from support.postgres_server import Database
from support.s3_server import Bucket

from asyncscrape.replica.scene import truth

ARTISTS = tuple(truth.artists()[place].username for place in (0, 1, 43))
MISTAKABLE = truth.mistakable()[0]
WHEN = ("_fetched_at", "_ranks")
"""The columns that say when a value was fetched."""
LATE = {"kind": "slow", "delay": 0.04}
A_LOOK = 0.05
"""Seconds between two looks at what was asked for: as long as an answer takes."""

Columns = dict[tuple[str, str], list[Any]]
"""The values of each column of each table, in one order of rows for all columns of a table."""


@pytest.fixture
def replica(replica_process: Replica) -> Replica:
    replica_process.forget(faults=[LATE])
    return replica_process


@dataclass(frozen=True)
class Places:
    """Where the jobs of a test leave their results: a schema, a folder and a prefix each."""

    database: Database
    bucket: Bucket

    def job(self, folder: Path, replica: Replica, **music: Any) -> MusicJob:
        server = self.bucket.server
        stores = {
            "records": [self.database.store(folder.name), "csv"],
            "blobs": f"s3://{self.bucket.name}/{folder.name}",
            "s3": {"endpoint": server.endpoint, "access_key": server.access_key, "secret_key": server.secret_key},
        }
        return write_job(folder, replica, START, music={"beatport": "pages", **music}, store=stores)

    def in_postgres(self, job: MusicJob) -> Columns:
        schema = job.folder.name
        query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"
        tables = [name for [name] in self.database.sql(query) if not name.startswith("_")]
        return columns({name: self._rows(schema, name) for name in tables})

    def in_csv(self, job: MusicJob) -> Columns:
        files = {path.stem: path.read_text("utf-8") for path in job.directory.glob("*.csv")}
        return columns({name: csv.DictReader(io.StringIO(text, "")) for name, text in files.items()})

    def in_s3(self, job: MusicJob) -> dict[str, tuple[str, int]]:
        """MD5 and size of each file."""
        listed = self.bucket.client.list_objects_v2(Bucket=self.bucket.name, Prefix=f"{job.folder.name}/")
        return {one["Key"].partition("/")[2]: (one["ETag"], one["Size"]) for one in listed.get("Contents", ())}

    def _rows(self, schema: str, table: str) -> list[dict[str, Any]]:
        return [json.loads(row) for [row] in self.database.sql(f'SELECT to_jsonb(t) FROM "{schema}"."{table}" t')]


def columns(tables: Mapping[str, Iterable[dict[str, Any]]]) -> Columns:
    found: Columns = {}
    for table, rows in tables.items():
        told = [{name: value for name, value in row.items() if name not in WHEN} for row in rows]
        for row in sorted(told, key=json.dumps):
            for name, value in row.items():
                found.setdefault((table, name), []).append(value)
    return found


def asked_for(replica: Replica) -> int:
    """How many different things were asked for so far."""
    time.sleep(A_LOOK)
    return len(replica.control("/requests")["counts"])


def kill_at(job: MusicJob, replica: Replica, moment: int) -> None:
    """Run until so many different things were asked for, then kill."""
    with job.start("--quiet") as running:
        assert until(lambda: asked_for(replica) >= moment, running), "it ended before"
        running.kill()
    assert -9 == running.returncode


def check_equal(places: Places, whole: MusicJob, killed: MusicJob) -> None:
    for read in (places.in_postgres, places.in_csv):
        expected, actual = read(whole), read(killed)
        assert set(expected) == set(actual)
        for column, values in expected.items():
            assert (column, values) == (column, actual[column])
    assert places.in_s3(whole) == places.in_s3(killed)


def test_ten_kills_change_no_column_in_postgres_and_csv_and_no_file_in_s3(
    tmp_path: Path, replica: Replica, postgres: Database, s3: Bucket
) -> None:
    places = Places(postgres, s3)
    whole = places.job(tmp_path / "whole", replica, artists=ARTISTS, max_tracks=6)
    assert 0 == whole.run("--quiet").code
    total = asked_for(replica)
    replica.forget(faults=[LATE])
    killed = places.job(tmp_path / "killed", replica, artists=ARTISTS, max_tracks=6)
    chance = random.Random(11)
    for tenth in range(1, 10):
        kill_at(killed, replica, chance.randrange(tenth * total // 10, (tenth + 1) * total // 10))
    kill_at(killed, replica, total)
    assert 0 == killed.run("--quiet").code
    check_equal(places, whole, killed)
    for told in (places.in_postgres(killed), places.in_csv(killed)):
        completed = zip(*(told["tracks", name] for name in ("plays", "match_why", "bpm")), strict=True)
        assert 5 < sum(map(all, completed)), "rows that three pages made together"


def test_artists_that_are_corrected_between_kills_leave_nothing_wrong_behind(
    tmp_path: Path, replica: Replica, postgres: Database, s3: Bucket
) -> None:
    places, name = Places(postgres, s3), MISTAKABLE.username
    web = {"soundcloud": "web", "client_id": "auto", "beatport": "api", "beatport_token": "replica-token"}

    def job(folder: str, permalink: str) -> MusicJob:
        made = places.job(tmp_path / folder, replica, artists_file="artists.csv", max_tracks=4, images=False, **web)
        (made.folder / "artists.csv").write_text(
            f"artist_name;permalink\n{name};{permalink}\n{ARTISTS[0]};\n", "utf-8"
        )
        return made

    whole = job("whole", MISTAKABLE.permalink)
    assert 0 == whole.run("--quiet").code
    total = asked_for(replica)
    replica.forget(faults=[LATE])
    killed = job("killed", "")
    kill_at(killed, replica, total // 2)
    assert 0 == killed.run("--quiet").code
    artists = "SELECT DISTINCT artist_id FROM killed.tracks WHERE beatport_id IS NOT NULL"
    assert 2 == len(postgres.sql(artists))
    assert [str(MISTAKABLE.id)] not in postgres.sql(artists)
    job("killed", MISTAKABLE.permalink)
    kill_at(killed, replica, asked_for(replica) + 2)
    assert 0 == replace(killed, today=START + timedelta(days=3)).run("--quiet").code
    check_equal(places, whole, killed)
