"""Several workers on one job, as users start them: `worker`, and `run --workers`."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.graph_config import Site, running_site, write_job
from support.postgres_server import Database
from support.s3_server import Bucket
from support.team_jobs import WITHOUT_FILES, found, wanted, write_team_job

PAGES = 20
HOSTS = 4
ALL = PAGES * HOSTS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, pages=PAGES, blobs=0, hosts=HOSTS, latency=0.02) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, site: Site, postgres: Database) -> Path:
    """A job that several workers can run."""
    return write_team_job(tmp_path, site, postgres, politeness={"per_host": 4})


SLOWLY = ("--set", "politeness.delay=100ms")


def workers_of(pid: int) -> list[int]:
    """The processes that a run has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_workers_of_one_machine_run_a_job_as_one_run_that_anybody_can_watch(
    config: Path, site: Site, postgres: Database
) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "2", "--json", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        watched = run("status", config, "--watch", "--json")
        assert (0, "finished") == (watched.code, watched.summary["state"])
        out, err = process.communicate(timeout=100)
    assert 0 == process.returncode, err
    summary = json.loads(out.splitlines()[-1])
    assert ("finished", 0) == (summary["state"], summary["exit"])
    assert ALL == summary["coverage"]["page"]["rows"]
    assert summary["requests"] == lines(site.log_file) - before
    assert wanted(site) == found(postgres)


def test_a_worker_that_is_killed_is_started_again(config: Path, site: Site, postgres: Database) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "2", "--set", "politeness.delay=300ms") as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        os.kill(min(workers_of(process.pid)), signal.SIGKILL)
        shown = run("status", config)
        assert 0 == run("errors", config).code
        for command in (("run",), ("run", "--fresh", "--yes"), ("run", "--again"), ("retry",), ("tables",)):
            refused = run(*command, config)
            assert 2 == refused.code
            assert "the job is already running, in " in refused.err
        _, err = process.communicate(timeout=100)
    assert 0 == process.returncode, err
    assert "worker 1 has died (killed by SIGKILL); it is started again in 250ms" in err
    assert {"1", "2"} <= {line.strip("│ ").split(" on ")[0] for line in shown.out.splitlines()}
    assert wanted(site) == found(postgres)


def test_a_signal_stops_all_workers_and_one_alone_goes_on(config: Path, site: Site, postgres: Database) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "2", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        process.terminate()
        out, err = process.communicate(timeout=100)
    assert 11 == process.returncode, err
    assert f"To resume: asyncscrape run {config} --set politeness.delay=100ms --workers 2" in " ".join(out.split())
    ended = run("run", config, "--json")
    assert 0 == ended.code, ended.err
    assert "waiting until its lease" not in ended.err
    assert wanted(site) == found(postgres)


def test_one_alone_goes_on_with_tables_in_s3_that_several_have_begun(
    tmp_path: Path, site: Site, postgres: Database, s3: Bucket
) -> None:
    config = write_job(
        tmp_path,
        site.seeds,
        stores=(f"csv:s3://{s3.name}/tables",),
        frontier={"url": postgres.dsn, "lease": "2s"},
        fetch={"parse_workers": 0},
        rules=WITHOUT_FILES,
    )
    environ = s3.server.environment
    assert 10 == run("run", config, "--workers", "2", "--max-pages", "30", "--quiet", environ=environ).code
    assert 0 == run("tables", config, environ=environ).code
    ended = run("run", config, "--json", environ=environ)
    assert (0, ALL) == (ended.code, ended.summary["coverage"]["page"]["rows"])
    assert 1 + ALL == len(s3.contents("tables/")["page.csv"].splitlines())


def test_workers_stop_in_order_when_the_run_that_started_them_is_killed(
    config: Path, site: Site, postgres: Database
) -> None:
    before = lines(site.log_file)
    with start("run", config, "--workers", "2", *SLOWLY) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process)
        workers = workers_of(process.pid)
        process.kill()
        process.communicate(timeout=100)
    assert 2 == len(workers)
    assert until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    ended = run("run", config)
    assert 0 == ended.code, ended.err
    assert "waiting until its lease" not in ended.err, "they have gone without a word"


def test_limits_are_those_of_all_workers_together(config: Path, site: Site) -> None:
    first = run("run", config, "--workers", "2", "--max-pages", "20", "--json")
    assert (10, 20) == (first.code, first.summary["pages"]["done"])
    second = run("run", config, "--workers", "1", "--max-pages", "15", "--json")
    assert (10, 35) == (second.code, second.summary["pages"]["done"])
    timed = run("run", config, "--workers", "1", "--time-limit", "1s", "--json", *SLOWLY)
    assert 10 == timed.code, timed.err
    assert timed.summary["pages"]["pending"] > 0


def test_a_worker_has_done_its_part_when_the_job_is_finished_however_it_is_judged(config: Path) -> None:
    with config.open("a") as file:
        file.write("\n[expect.page.rows]\nmin = 1000\n")
    assert 3 == run("run", config, "--workers", "1", "--quiet").code
    ended = run("worker", config, "--name", "left")
    assert 0 == ended.code, ended.err
    assert f"page: {ALL} rows; at least 1,000 are expected" in ended.err
    assert "finished: " in ended.err
    other = '[[page]]\nmatch = "/other/*"\n'
    config.write_text(config.read_text().replace('[[page]]\nmatch  = "/p/*.html"\n', other))
    changed = run("run", config, "--workers", "2")
    assert 2 == changed.code
    assert "no worker could begin; see above" in changed.err
    assert 1 == changed.err.count(f"asyncscrape run {config} --mix")


def test_what_keeps_several_workers_from_a_job_is_told_all_at_once(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    own = write_job(tmp_path, site.seeds, stores=("jsonl",), rules=WITHOUT_FILES)
    for command in (("worker", own), ("run", own, "--workers", "2"), ("check", own, "--workers", "2")):
        refused = run(*command)
        assert 2 == refused.code
        assert "several workers cannot run this job" in refused.err
        assert "frontier: " in refused.err
        assert "jsonl: " in refused.err
    assert "one at a time" not in run("check", own).out
    state = ("--set", f'frontier.url="{postgres.dsn}"')
    assert 2 == run("run", own, "--workers", "2", *state).code
    told = run("check", own, *state)
    assert 0 == told.code, told.err
    assert "one at a time, since" in told.out
    assert "jsonl: " in told.out


def test_check_tells_that_several_workers_can_run_a_job(config: Path) -> None:
    told = run("check", config, "--workers", "4", "--set", 'politeness.rate="3/s"')
    assert 0 == told.code, told.err
    assert "any number; more than 3 would wait in reserve" in told.out
