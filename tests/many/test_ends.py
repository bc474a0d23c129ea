"""The end of a job of several workers: exact, whoever comes to it, in whatever number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.command import lines, run
from support.graph_config import running_site
from support.herd import codes, herd
from support.manners import Promise
from support.postgres_server import Database, session
from support.team_jobs import SCHEMA, found, wanted, write_team_job

NAMES = ("w1", "w2", "w3", "w4")
PACE = {"delay": "30ms", "per_host": 2}


def test_no_page_more_is_asked_than_the_job_may(tmp_path: Path, postgres: Database) -> None:
    with running_site(tmp_path, pages=30, blobs=0, hosts=8, latency=0.03) as site:
        config = write_team_job(tmp_path, site, postgres, politeness=PACE, scope={"max_pages": 61})
        with herd(config, *NAMES) as workers:
            assert dict.fromkeys(NAMES, 10) == codes(workers.ended())
        log = site.log()
    assert 61 == len(log) == len({(asked.host, asked.path) for asked in log})
    assert 61 == run("status", config, "--json").summary["pages"]["done"]


def test_one_host_is_asked_as_by_one_worker_and_a_finished_job_not_at_all(tmp_path: Path, postgres: Database) -> None:
    with running_site(tmp_path, pages=30, blobs=0, latency=0.03) as site:
        config = write_team_job(tmp_path, site, postgres, politeness=PACE)
        with herd(config, "w1", "w2") as workers:
            assert {"w1": 0, "w2": 0} == codes(workers.ended())
        log = sorted(site.log())
        assert [] == Promise(delay=0.03, per_host=2, concurrency=64, rate=1000, quotas={}).broken(log)
        assert 0 == site.repeats()
        with herd(config, "w3") as workers:
            assert {"w3": 0} == codes(workers.ended())
        assert len(log) == lines(site.log_file)
        assert wanted(site) == found(postgres)


@pytest.mark.torture
def test_all_are_killed_at_once_and_started_again(tmp_path: Path, postgres: Database) -> None:
    with running_site(tmp_path, pages=20, blobs=0, hosts=6, latency=0.03) as site:
        config = write_team_job(tmp_path, site, postgres, politeness=PACE)
        with herd(config, "w1", "w2", "w3") as workers:
            workers.until(lambda: lines(site.log_file) > 40)
            names = [*workers.workers]
            workers.kill(names)
            for name in names:
                workers.restart(name)
            assert dict.fromkeys(names, 0) == codes(workers.ended())
        assert wanted(site) == found(postgres)


@contextmanager
def locked(database: Database, table: str) -> Iterator[None]:
    """A table that nobody else can look into."""
    with session(database.dsn) as words:
        words.write(f'BEGIN; LOCK TABLE "{SCHEMA}"."{table}" IN ACCESS EXCLUSIVE MODE;\n')
        words.flush()
        yield


def blocked(database: Database) -> set[str]:
    """The sessions that wait for a lock."""
    return {pid for [pid] in database.sql("SELECT pid FROM pg_locks WHERE NOT granted")}


def test_another_worker_makes_the_tables_if_the_one_that_leads_is_killed_at_it(
    tmp_path: Path, postgres: Database
) -> None:
    with running_site(tmp_path, pages=20, blobs=0, hosts=4, latency=0.03) as site:
        config = write_team_job(tmp_path, site, postgres, politeness=PACE)
        with herd(config, "w1", expected=3) as workers:
            workers.until(lambda: lines(site.log_file) > 2)
            workers.start("w2")
            workers.start("w3")
            with locked(postgres, "retried"):
                workers.until(lambda: blocked(postgres))
                first = blocked(postgres)
                workers.kill(["w1"])
                workers.until(lambda: blocked(postgres) - first)
            assert {"w2": 0, "w3": 0} == codes(workers.ended())
        assert wanted(site) == found(postgres)
        assert "finished" == run("status", config, "--json").summary["state"]


@pytest.mark.torture
def test_a_generation_is_switched_to_although_workers_are_killed_at_it(tmp_path: Path, postgres: Database) -> None:
    with running_site(tmp_path, pages=20, blobs=0, hosts=4, latency=0.03) as site:
        config = write_team_job(tmp_path, site, postgres, politeness=PACE)
        assert 0 == run("run", config, "--workers", "1", "--quiet").code
        assert 10 == run("run", config, "--workers", "1", "--again", "--max-pages", "5", "--quiet").code
        before = lines(site.log_file)
        with herd(config, "w1", expected=2) as workers:
            workers.until(lambda: lines(site.log_file) > before + 2)
            workers.start("w2")
            workers.until(lambda: lines(site.log_file) > before + 20)
            for name in ("w1", "w2"):
                with locked(postgres, "retried"):
                    workers.until(lambda: blocked(postgres))
                    workers.kill([name])
                    workers.restart(name)
            assert {"w1": 0, "w2": 0} == codes(workers.ended())
        summary = run("status", config, "--json").summary
        assert ("finished", 2, False) == (summary["state"], summary["generation"], summary["beside"])
        assert wanted(site) == found(postgres)
