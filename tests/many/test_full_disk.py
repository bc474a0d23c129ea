"""The disk of the database is full in the middle of a job of several workers, until somebody makes room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from support.command import lines
from support.graph_config import Site, running_site
from support.herd import codes, herd
from support.postgres_server import Database, fresh_database, running_postgres
from support.storage_disk import SmallDisk, small_disk
from support.team_jobs import found, wanted, write_team_job

NAMES = ("w1", "w2", "w3")
STILL = 40
"""Looks in a row at which nothing more was asked, so that nobody can go on."""


class Place(NamedTuple):
    """A database, and the disk that holds all of its tables."""

    database: Database
    disk: SmallDisk


@contextmanager
def on_a_small_disk() -> Iterator[Place]:
    with running_postgres() as server, small_disk(server.folder / "disk") as disk:
        if not isinstance(disk, SmallDisk):
            pytest.skip("a small disk must be mounted, and only root may do that")
        owner = server.folder.stat()
        os.chown(disk.path, owner.st_uid, owner.st_gid)
        server.database().sql(f"CREATE TABLESPACE small LOCATION '{disk.path}'")
        with fresh_database(server.dsn()) as database:
            database.sql(
                f"ALTER DATABASE {database.value('SELECT current_database()')} SET default_tablespace = small"
            )
            yield Place(database, disk)


class Stillness:
    """Whether a site has had no request for a while."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked = self._looks = 0

    def __call__(self) -> bool:
        asked = lines(self._site.log_file)
        self._looks = self._looks + 1 if asked == self._asked else 0
        self._asked = asked
        return self._looks >= STILL


def test_workers_wait_for_room_or_die_and_nothing_is_lost(tmp_path: Path) -> None:
    with (
        on_a_small_disk() as (database, disk),
        running_site(tmp_path, pages=60, blobs=0, hosts=6, latency=0.02) as site,
    ):
        config = write_team_job(tmp_path, site, database, politeness={"rate": "150/s"})
        with herd(config, *NAMES) as workers:
            workers.until(lambda: lines(site.log_file) > 60)
            disk.fill()
            workers.until(Stillness(site))
            asked = lines(site.log_file)
            workers.kill(["w1"])
            disk.empty()
            workers.restart("w1")
            assert dict.fromkeys(NAMES, 0) == codes(workers.ended())
        assert asked < 360, "there was no room for all"
        assert wanted(site) == found(database)
