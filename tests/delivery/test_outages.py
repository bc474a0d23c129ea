"""Postgres and S3 go away in mid-run: the crawl goes on and all arrives, or it ends in time and can be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import forked_command
from support.command import PATIENCE, lines, run, until
from support.forked_command import start
from support.graph_config import NAME, Site, expected_blobs, running_site
from support.job_frontier import state_size
from support.postgres_server import PostgresServer, running_postgres
from support.s3_server import Bucket, FaultProxy
from support.service_job import Services, in_lines

from asyncscrape.config.models import Fetch

PACE = 60
"""Requests a second."""
USUAL_DRAIN = Fetch().drain_timeout


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


def services(server: PostgresServer, bucket: Bucket, proxy: FaultProxy | None = None) -> Services:
    return Services(server.database(), bucket, proxy.server if proxy else bucket.server)


def stores(config: Path) -> dict[str, Any]:
    """What `status` says of each store while the job runs."""
    found: dict[str, Any] = forked_command.run("status", config, "--json").summary["stores"]
    return found


def later(site: Site, requests: int, process: Any) -> None:
    """Wait until the site has had so many more requests, which shows that the crawl goes on."""
    wanted = lines(site.log_file) + requests
    assert until(lambda: lines(site.log_file) >= wanted, process)


def check_whole(job: Services, folder: Path, site: Site) -> None:
    stored = job.stored(folder)
    assert in_lines(folder) == stored.tables
    assert expected_blobs(site.graph) == set(stored.blobs.values())
    assert site.graph.pages == len(stored.tables["page"])
    assert [] == job.bucket.uploads()


def test_outages_of_both_are_outlived(tmp_path: Path, server: PostgresServer, s3: Bucket) -> None:
    with FaultProxy(s3.server) as proxy, running_site(tmp_path, pages=36 * PACE, blobs=216, latency=0.01) as site:
        job = services(server, s3, proxy)
        config = job.write_job(tmp_path / "job", site, politeness={"rate": f"{PACE}/s"})
        with start("run", config, "--quiet") as process:
            later(site, 3 * PACE, process)
            server.stop()
            proxy.misbehave("slow", share=1 / 3)
            later(site, 10 * PACE, process)
            proxy.behave()
            later(site, 8 * PACE, process)
            told = stores(config)
            later(site, 2 * PACE, process)
            server.start()
            later(site, 4 * PACE, process)
            server.kill()
            later(site, 3 * PACE, process)
            server.start()
            _, err = process.communicate(timeout=PATIENCE)
        assert 0 == process.returncode, err
        assert "refuses connections" in told["postgres"]["trouble"]
        assert told["jsonl"]["lag"] < told["postgres"]["lag"] / 2, "files are written meanwhile"
        check_whole(job, config.parent, site)
        pictures = [entry.path for entry in site.log() if entry.path.startswith("/b/")]
        assert 216 <= len(pictures) <= 240, "what cannot be stored is not asked for again and again"


@pytest.mark.parametrize("from_the_start", [False, True])
def test_away_for_good_ends_in_time_and_can_be_resumed(
    tmp_path: Path, server: PostgresServer, s3: Bucket, from_the_start: bool
) -> None:
    with running_site(tmp_path, pages=800, blobs=80, latency=0.01) as site:
        job = services(server, s3)
        limits = {"store_deadline": "4s"}
        config = job.write_job(tmp_path / "job", site, politeness={"rate": "100/s"}, store=limits)
        if from_the_start:
            server.stop()
        with start("run", config, "--quiet") as process:
            later(site, 100, process)
            server.stop()
            _, err = process.communicate(timeout=PATIENCE)
        assert 4 == process.returncode, err
        assert "postgres" in err
        assert "run the job again" in err or "same command" in err
        server.start()
        assert 0 == run("run", config, "--quiet").code
        check_whole(job, config.parent, site)


def test_a_crawl_waits_for_a_store_that_hangs_and_says_so(tmp_path: Path, server: PostgresServer, s3: Bucket) -> None:
    with running_site(tmp_path, pages=3000, blobs=30, latency=0.01) as site:
        job = services(server, s3)
        config = job.write_job(tmp_path / "job", site, store={"journal_limit": "2MB"})
        with start("run", config, "--quiet") as process:
            later(site, 300, process)
            server.pause()
            assert until(lambda: "waits" in note(config), process)
            assert "postgres" in note(config)
            asked = lines(site.log_file)
            size = state_size(tmp_path / "job" / NAME)
            assert stores(config)["postgres"]["lag"] > 0
            assert asked == lines(site.log_file), "nothing is asked for meanwhile"
            server.resume()
            _, err = process.communicate(timeout=PATIENCE)
        assert 0 == process.returncode, err
        assert asked < 3000
        assert size < 10_000_000, "the state stays small"
        check_whole(job, config.parent, site)


def note(config: Path) -> str:
    """What the run is waiting for."""
    told: str = forked_command.run("status", config, "--json").summary["note"]
    return told


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_a_signal_ends_a_run_whose_store_is_away(
    tmp_path: Path, server: PostgresServer, s3: Bucket, how: str
) -> None:
    with running_site(tmp_path, pages=800, blobs=10, latency=0.01) as site:
        job = services(server, s3)
        fetch = {"drain_timeout": "3s"}
        config = job.write_job(tmp_path / "job", site, politeness={"rate": "300/s"}, fetch=fetch)
        with start("run", config, "--quiet") as process:
            later(site, 200, process)
            server.stop() if how == "stopped" else server.pause()
            later(site, 200, process)
            process.terminate()
            process.communicate(timeout=USUAL_DRAIN)
        assert 11 == process.returncode
        server.start() if how == "stopped" else server.resume()
        assert 0 == run("run", config, "--quiet").code
        check_whole(job, config.parent, site)
