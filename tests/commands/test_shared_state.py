"""A job whose state is in Postgres, as users run it: `[frontier] url`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.graph_config import NAME, TABLES, Site, finished, running_site, write_job
from support.killing import kill_at, moments
from support.postgres_jobs import content
from support.postgres_server import Database, PostgresServer, running_postgres

PAGES = 120
LEASE = "2s"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=10, latency=0.02) as running:
        yield running


def shared(folder: Path, site: Site, url: str, *stores: str, lease: str = LEASE, seeds: tuple[str, ...] = ()) -> Path:
    """A job whose state is in this database."""
    folder.mkdir(exist_ok=True)
    config = write_job(folder, [*site.seeds, *seeds], stores=stores or ("jsonl",), politeness={"per_host": 8})
    with config.open("a") as file:
        file.write(f'\n[frontier]\nurl = "{url}"\nlease = "{lease}"\n')
    return config


def test_a_job_killed_at_any_moment_is_like_an_undisturbed_one_with_its_state_in_a_file(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    (tmp_path / "whole").mkdir()
    whole = write_job(tmp_path / "whole", site.seeds)
    before = lines(site.log_file)
    assert 0 == run("run", whole, "--quiet").code
    total = lines(site.log_file) - before
    config = shared(tmp_path / "killed", site, postgres.dsn, "jsonl", postgres.store("results"))
    for moment in moments(3, total, seed=5):
        kill_at(config, site, lines(site.log_file) + moment // 2 + 1)
    ended = run("run", config, "--json")
    assert 0 == ended.code, ended.err
    assert finished(whole.parent) == finished(config.parent)
    for table in TABLES:
        assert content(postgres, table, "results") == [
            {name: row[name] for name in row if not name.startswith("_")} for row in _in_lines(config, table)
        ]
    assert not (config.parent / NAME / "state.db").exists()
    assert [["asyncscrape_graph"]] == postgres.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'asyncscrape%'")


def _in_lines(config: Path, table: str) -> list[dict[str, object]]:
    """The rows of a table in JSON lines, in the order of Postgres' text."""
    raise NotImplementedError
