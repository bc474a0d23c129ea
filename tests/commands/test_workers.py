"""Several workers on one job, as users start them: `worker`, and `run --workers`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import lines
from support.forked_command import run
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
    config = write_job(
        folder,
        site.seeds,
        stores=(postgres.store("results"), *more),
        politeness={"per_host": 4},
        rules=WITHOUT_FILES,
    )
    with config.open("a") as file:
        file.write(f'\n[frontier]\nurl = "{postgres.dsn}"\nlease = "2s"\n')
    return config


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
