"""Workers that join a job in the middle of it, and others that leave: hosts change hands, and no site notices."""

from __future__ import annotations

import time
from pathlib import Path

from support.command import lines
from support.graph_config import HARDER_RULES, HARDER_TABLES, Site, expected_harder, running_site
from support.herd import Herd, codes, herd
from support.manners import Promise, takeovers
from support.postgres_server import Database
from support.s3_server import Bucket
from support.service_job import ordered
from support.team_jobs import WITHOUT_FILES, files_in, found, wanted, write_team_job

SOON = 10.0
"""Seconds within which a newcomer has its share, and hosts of one that left are asked again."""
PACE = {"delay": "400ms", "per_host": 2, "concurrency": 6, "rate": "15/s"}
PROMISE = Promise(delay=0.4, per_host=2, concurrency=6, rate=15, quotas={})


def asks(site: Site, name: str, hosts: int = 1) -> bool:
    """Whether a worker has asked so many hosts by now."""
    return len({asked.host for asked in site.log() if asked.agent == name}) >= hosts


def seconds_until_it_asks(site: Site, workers: Herd, name: str) -> float:
    begun = time.monotonic()
    workers.start(name)
    workers.until(lambda: asks(site, name))
    return time.monotonic() - begun


def test_one_that_joins_has_its_share_soon_and_one_that_is_stopped_hands_its_hosts_over(
    tmp_path: Path, postgres: Database
) -> None:
    with running_site(tmp_path, pages=30, blobs=0, hosts=6, latency=0.05) as site:
        config = write_team_job(tmp_path, site, postgres, lease="8s", politeness=PACE)
        with herd(config, "w1", "w2") as workers:
            workers.until(lambda: asks(site, "w1") and asks(site, "w2"))
            joined = seconds_until_it_asks(site, workers, "w3")
            leaving = workers.workers.pop("w1")
            leaving.terminate()
            leaving.communicate()
            left = time.monotonic()
            assert {"w2": 0, "w3": 0} == codes(workers.ended())
        log = sorted(site.log())
        assert wanted(site) == found(postgres)
    assert 11 == leaving.returncode
    handed_over = takeovers(log, "w1", left)
    print(f"the newcomer asked after {joined:.1f} s; hosts handed over after {sorted(handed_over.values())} s")
    assert joined < SOON
    assert handed_over
    assert max(handed_over.values()) < SOON
    assert 0 == site.repeats()
    assert [] == PROMISE.broken(log)


def test_no_more_is_open_than_the_job_may_when_a_worker_joins(tmp_path: Path, postgres: Database) -> None:
    """It asks nothing until so much of what the first has open has ended."""
    with running_site(tmp_path, pages=6, blobs=0, hosts=12, latency=3.0) as site:
        slowly = {"delay": "0s", "per_host": 1, "concurrency": 6, "robots": False}
        config = write_team_job(tmp_path, site, postgres, politeness=slowly)
        with herd(config, "w1") as workers:
            workers.until(lambda: asks(site, "w1", 6))
            workers.start("w2")
            workers.until(lambda: asks(site, "w2"))
        log = sorted(site.log())
    assert [] == Promise(delay=0.0, per_host=1, concurrency=6, rate=1000, quotas={}).broken(log)


def test_hosts_of_a_killed_worker_are_asked_again_soon(tmp_path: Path, postgres: Database) -> None:
    """Their new worker need not wait until what the dead one had sent counts no more in the quota of the job."""
    with running_site(tmp_path, pages=20, blobs=0, hosts=6, latency=0.05) as site:
        long_quota = {**PACE, "rate": "18000/10min"}
        config = write_team_job(tmp_path, site, postgres, lease="8s", politeness=long_quota)
        with herd(config, "w1", "w2") as workers:
            workers.until(lambda: asks(site, "w1", 3) and asks(site, "w2", 3))
            killed = workers.kill(["w1"])
            assert {"w2": 0} == codes(workers.ended())
        log = sorted(site.log())
        assert wanted(site) == found(postgres)
    taken_over = takeovers(log, "w1", killed)
    print(f"hosts of the killed worker were asked again after {sorted(taken_over.values())} s")
    assert taken_over
    assert max(taken_over.values()) < SOON
    assert [] == PROMISE._replace(rate=1000).broken(log)


def test_rows_that_pages_make_together_do_not_depend_on_who_has_read_them(
    tmp_path: Path, postgres: Database, s3: Bucket
) -> None:
    """One host goes from worker to worker: the first is stopped, and the second is killed."""
    with running_site(tmp_path, pages=60, blobs=0, latency=0.03) as site:
        pace = {"delay": "30ms", "per_host": 4}
        sections = {"rules": WITHOUT_FILES + HARDER_RULES, "store": files_in(s3)}
        config = write_team_job(tmp_path, site, postgres, politeness=pace, **sections)
        with herd(config, "w1", "w2", "w3") as workers:
            workers.until(lambda: lines(site.log_file) > 15)
            first = workers.workers.pop(site.log()[-1].agent)
            first.terminate()
            first.communicate()
            workers.until(lambda: lines(site.log_file) > 35)
            workers.kill([site.log()[-1].agent])
            assert [0] == [*codes(workers.ended()).values()]
        assert wanted(site) == found(postgres)
        rows = {table: ordered(rows) for table, rows in expected_harder(set(range(60))).items()}
        assert rows == found(postgres, HARDER_TABLES)
        assert 3 == len({asked.agent for asked in site.log()})
