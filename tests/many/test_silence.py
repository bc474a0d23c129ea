"""A database that gives no answers for longer than a lease: nobody asks anything until its host is certain again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.command import lines
from support.graph_config import running_site
from support.herd import codes, herd
from support.manners import Promise
from support.postgres_server import fresh_database, running_postgres
from support.team_jobs import found, wanted, write_team_job

LEASE = 2.0
SILENT = 5.0
PACE = {"delay": "100ms", "per_host": 2, "concurrency": 5, "rate": "25/s"}
PROMISE = Promise(delay=0.1, per_host=2, concurrency=5, rate=25, quotas={})


@pytest.mark.torture
def test_nothing_is_sent_after_a_lease_has_ended(tmp_path: Path) -> None:
    with (
        running_postgres() as server,
        fresh_database(server.dsn()) as database,
        running_site(tmp_path, pages=25, blobs=0, hosts=6, latency=0.05) as site,
    ):
        config = write_team_job(tmp_path, site, database, lease=f"{LEASE:g}s", politeness=PACE)
        with herd(config, "w1", "w2") as workers:
            workers.until(lambda: lines(site.log_file) > 30)
            server.pause()
            paused = time.monotonic()
            time.sleep(SILENT)
            resumed = time.monotonic()
            server.resume()
            assert {"w1": 0, "w2": 0} == codes(workers.ended())
        assert wanted(site) == found(database)
    log = sorted(site.log())
    assert [] == [asked for asked in log if paused + LEASE < asked.start < resumed]
    assert [asked for asked in log if asked.start > resumed]
    assert [] == PROMISE.broken(log)
