"""Workers that Ray places: on a cluster of this machine alone, which the run starts for itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Ended, lines, run, start, until
from support.graph_config import Site, running_site
from support.postgres_server import Database
from support.team_jobs import found, wanted, write_team_job

pytest.importorskip("ray", reason="install asyncscrape[ray], as make ray does")
pytestmark = pytest.mark.torture
"""Each run waits some seconds for its cluster."""

OWN_CLUSTER = {"RAY_ADDRESS": "local"}
ACTOR = "ray::RayWorker"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, pages=20, blobs=0, hosts=4, latency=0.02) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, site: Site, postgres: Database) -> Path:
    """A job that takes some seconds; the address of its tables is in a variable of the environment."""
    pace = {"delay": "300ms", "per_host": 4}
    config = write_team_job(tmp_path, site, postgres, politeness=pace)
    text = config.read_text()
    assert json.dumps(postgres.dsn) in text
    config.write_text(text.replace(json.dumps(postgres.dsn), '"env:TEST_OF_RAY"'))
    return config


def started(config: Path, postgres: Database, *more: str) -> subprocess.Popen[str]:
    environ = {**OWN_CLUSTER, "TEST_OF_RAY": postgres.dsn}
    return start("run", config, "--engine", "ray", *more, environ=environ, start_new_session=True)


def alone(config: Path, postgres: Database) -> Ended:
    """Go on with the job in one process."""
    return run("run", config, environ={"TEST_OF_RAY": postgres.dsn})


def children(pid: int) -> set[int]:
    """A process's own, and theirs."""
    below: set[int] = set()
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        below.update(map(int, tasks.read_text().split()))
    return below.union(*map(children, below))


def called(name: str, within: set[int]) -> set[int]:
    """Those processes whose command line has this name."""
    return {pid for pid in within if name in Path(f"/proc/{pid}/cmdline").read_text()}


def test_an_actor_that_is_killed_is_placed_again_and_the_tables_are_those_of_one_worker(
    config: Path, site: Site, postgres: Database
) -> None:
    before = lines(site.log_file)
    with started(config, postgres, "--workers", "2", "--json") as process:
        assert until(lambda: lines(site.log_file) > before + 10, process), process.communicate()
        actors = called(ACTOR, children(process.pid))
        assert 2 == len(actors)
        os.kill(min(actors), signal.SIGKILL)
        out, err = process.communicate(timeout=100)
    assert 0 == process.returncode, err
    summary = json.loads(out)
    assert ("finished", 0) == (summary["state"], summary["exit"])
    assert "has died (Ray says: its worker process has died); it is started again in 250ms" in err
    assert wanted(site) == found(postgres)


def test_ctrl_c_stops_all_workers_in_order(config: Path, site: Site, postgres: Database) -> None:
    before = lines(site.log_file)
    with started(config, postgres) as process:
        assert until(lambda: lines(site.log_file) > before + 10, process), process.communicate()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: Ray's own processes get it as well
        out, err = process.communicate(timeout=100)
    assert 11 == process.returncode, err
    assert f"To resume: asyncscrape run {config} --engine ray" in " ".join(out.split())
    ended = alone(config, postgres)
    assert 0 == ended.code, ended.err
    assert "waiting until its lease" not in ended.err, "they have gone without a word"
    assert wanted(site) == found(postgres)


def test_no_worker_outlives_the_run_that_is_killed(config: Path, site: Site, postgres: Database) -> None:
    before = lines(site.log_file)
    with started(config, postgres, "--workers", "2") as process:
        assert until(lambda: lines(site.log_file) > before + 10, process), process.communicate()
        cluster = children(process.pid)
        workers, actors = called("--with-parent", cluster), called(ACTOR, cluster)
        assert (2, 2) == (len(workers), len(actors))
        process.kill()
        process.communicate(timeout=100)
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers | actors))
    assert 0 == alone(config, postgres).code
    assert wanted(site) == found(postgres)


def test_a_cluster_that_does_not_answer_is_named(config: Path, postgres: Database, nobody: int) -> None:
    address = f"127.0.0.1:{nobody}"
    ended = run("run", config, "--engine", "ray", environ={"RAY_ADDRESS": address, "TEST_OF_RAY": postgres.dsn})
    assert 2 == ended.code
    assert f"RAY_ADDRESS={address}: no cluster answers there" in ended.err
