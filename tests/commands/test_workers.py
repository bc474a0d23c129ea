"""Several workers on one job, as users start them: `worker`, and `run --workers`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.graph_config import RULES, Site, running_site, write_job
from support.postgres_jobs import content
from support.postgres_server import Database

PAGES = 60
WITHOUT_FILES = "\n".join(line for line in RULES.splitlines() if "blob =" not in line)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=0, latency=0.02) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, site: Site, postgres: Database) -> Path:
    """A job that several workers can run."""
    return shared(tmp_path, site, postgres)


def shared(folder: Path, site: Site, postgres: Database, *more: str) -> Path:
    return write_job(
        folder,
        site.seeds,
        stores=(postgres.store("results"), *more),
        politeness={"per_host": 4},
        frontier={"url": postgres.dsn, "lease": "2s"},
        rules=WITHOUT_FILES,
    )


def test_workers_of_one_machine_run_a_job_and_tell_of_it_as_one_run(
    config: Path, site: Site, postgres: Database
) -> None:
    before = lines(site.log_file)
    ended = run("run", config, "--workers", "1", "--json")
    assert 0 == ended.code, ended.err
    assert ("finished", 0) == (ended.summary["state"], ended.summary["exit"])
    assert ended.summary["requests"] == lines(site.log_file) - before
    assert PAGES == ended.summary["coverage"]["page"]["rows"]
    assert PAGES == len(content(postgres, "page", "results"))


def workers_of(pid: int) -> list[int]:
    """The processes that a run has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


SLOWLY = ("--set", "politeness.delay=100ms")


def test_a_worker_that_is_killed_is_started_again(config: Path, site: Site, postgres: Database) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "1", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        [worker] = workers_of(process.pid)
        os.kill(worker, signal.SIGKILL)
        _, err = process.communicate(timeout=100)
    assert 0 == process.returncode, err
    assert "worker 1 has died (killed by SIGKILL); it is started again in 250ms" in err
    assert PAGES == len(content(postgres, "page", "results"))


def test_a_signal_stops_all_workers_and_the_same_command_goes_on(
    config: Path, site: Site, postgres: Database
) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "1", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        process.terminate()
        out, err = process.communicate(timeout=100)
    assert 11 == process.returncode, err
    assert f"To resume: asyncscrape run {config} --set politeness.delay=100ms --workers 1" in " ".join(out.split())
    ended = run("run", config, "--workers", "1", "--json")
    assert 0 == ended.code, ended.err
    assert PAGES == len(content(postgres, "page", "results"))
    assert ended.summary["requests"] < lines(site.log_file) - before


def test_workers_stop_in_order_when_the_run_that_started_them_is_killed(
    config: Path, site: Site, postgres: Database
) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "1", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        [worker] = workers_of(process.pid)
        process.kill()
        process.communicate(timeout=100)
    assert until(lambda: not Path(f"/proc/{worker}").exists())
    assert not waits_for_a_lease(config)


def waits_for_a_lease(config: Path) -> bool:
    """Whether the last worker has gone without a word."""
    ended = run("run", config)
    assert 0 == ended.code, ended.err
    return "waiting until its lease" in ended.err


def test_limits_are_those_of_all_workers_together(config: Path) -> None:
    first = run("run", config, "--workers", "1", "--max-pages", "20", "--json")
    assert (10, 20) == (first.code, first.summary["pages"]["done"])
    second = run("run", config, "--workers", "1", "--max-pages", "15", "--json")
    assert (10, 35) == (second.code, second.summary["pages"]["done"])
    timed = run("run", config, "--workers", "1", "--time-limit", "1s", "--json", *SLOWLY)
    assert 10 == timed.code, timed.err
    assert timed.summary["seconds"] < 10


def test_a_worker_has_done_its_part_when_the_job_is_finished_however_it_is_judged(config: Path) -> None:
    with config.open("a") as file:
        file.write("\n[expect.page.rows]\nmin = 1000\n")
    assert 3 == run("run", config, "--workers", "1", "--quiet").code
    ended = run("worker", config, "--name", "left", "--of", "1")
    assert 0 == ended.code, ended.err
    assert "page: 60 rows; at least 1,000 are expected" in ended.err
    assert "finished: " in ended.err
    assert 2 == run("worker", config, "--set", 'page=[{match="/other/*",table="page",key=["url"]}]').code


def test_what_keeps_several_workers_from_a_job_is_told_all_at_once(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    (tmp_path / "file").mkdir()
    own = write_job(tmp_path / "file", site.seeds, stores=("jsonl",), rules=WITHOUT_FILES)
    for command in (("worker", own), ("run", own, "--workers", "2"), ("check", own, "--workers", "2")):
        refused = run(*command)
        assert 2 == refused.code
        assert "several workers cannot run this job" in refused.err
        assert "frontier: " in refused.err
        assert "jsonl: " in refused.err
    assert 0 == run("check", own).code
    mixed = shared(tmp_path, site, postgres, "jsonl")
    assert 2 == run("run", mixed, "--workers", "2").code
    told = run("check", mixed)
    assert 0 == told.code, told.err
    assert "one at a time, since" in told.out
    assert "jsonl: " in told.out


def test_check_tells_that_several_workers_can_run_a_job(config: Path) -> None:
    told = run("check", config, "--workers", "4", "--set", 'politeness.rate="3/s"')
    assert 0 == told.code, told.err
    assert "any number; more than 3 would wait in reserve" in told.out


def test_a_job_can_be_watched_until_it_ends(config: Path, site: Site) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "1", "--quiet", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        watched = run("status", config, "--watch", "--json")
        assert 0 == watched.code, watched.err
        assert "finished" == watched.summary["state"]
        process.communicate(timeout=100)
