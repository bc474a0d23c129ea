"""`move`: a job whose state goes from its folder into Postgres goes on there as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import lines
from support.forked_command import run
from support.graph_config import NAME, Site, finished, running_site, write_job
from support.killing import kill_at
from support.postgres_jobs import content
from support.postgres_server import Database
from support.s3_server import Bucket
from support.team_jobs import files_in, found, wanted, write_team_job

PAGES = 120
JOB = f"asyncscrape_{NAME}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=10, latency=0.02) as running:
        yield running


def job(folder: Path, site: Site, *stores: str, database: Database | None = None) -> Path:
    """A job whose config names the database for its state, or none."""
    folder.mkdir(exist_ok=True)
    frontier = {"url": database.dsn, "lease": "2s"} if database else None
    return write_job(folder, site.seeds, stores=stores or ("jsonl",), politeness={"per_host": 8}, frontier=frontier)


def test_a_job_that_was_killed_and_moved_ends_like_an_undisturbed_one(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    whole = job(tmp_path / "whole", site, "jsonl", postgres.store("whole"))
    before = lines(site.log_file)
    assert 0 == run("run", whole, "--quiet").code
    total = lines(site.log_file) - before
    stores = "jsonl", postgres.store("killed")
    config = job(tmp_path / "killed", site, *stores)
    before = lines(site.log_file)
    assert kill_at(config, site, before + total // 2)
    moved = run("move", job(tmp_path / "killed", site, *stores, database=postgres))
    assert 0 == moved.code, moved.err
    assert f"asyncscrape run {config}" in moved.out
    assert "stopped" == run("status", config, "--json").summary["state"]
    ended = run("run", config, "--json")
    assert 0 == ended.code, ended.err
    assert lines(site.log_file) - before < total * 1.5, "it does not begin again"
    assert finished(whole.parent) == finished(config.parent)
    for table in ("page", "item"):
        assert content(postgres, table, "whole") == content(postgres, table, "killed")


def test_a_job_that_has_moved_goes_on_with_several_workers(
    tmp_path: Path, site: Site, postgres: Database, s3: Bucket
) -> None:
    config = write_team_job(tmp_path, site, postgres, store={**files_in(s3), "archive": True})
    alone = config.with_name("alone.toml")
    alone.write_text(config.read_text().replace(f'[frontier]\nurl = "{postgres.dsn}"\n', "[frontier]\n"))
    before = lines(site.log_file)
    assert kill_at(alone, site, before + PAGES // 2)
    assert 0 == run("move", config).code
    ended = run("run", config, "--workers", "2", "--quiet")
    assert 0 == ended.code, ended.err
    assert wanted(site) == found(postgres)
    assert lines(site.log_file) - before < PAGES * 1.5, "they do not begin again"
    done = run("status", config, "--json").summary["pages"]["done"]
    kept = run("archive", config, "--json", "--set", f"data={tmp_path / 'another machine'}").summary
    assert (done, {"1": done}) == (kept["answers"], kept["generations"])


def test_after_a_kill_before_the_folder_was_marked_a_run_says_that_move_does_the_rest(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    assert 10 == run("run", job(tmp_path / "job", site), "--quiet", "--max-pages", "5").code
    config = job(tmp_path / "job", site, database=postgres)
    folder = config.parent / NAME
    assert 0 == run("move", config).code
    (folder / "job-id").unlink()
    (folder / "state.db.moved").rename(folder / "state.db")
    asked = lines(site.log_file)
    refused = run("run", config)
    assert (2, True) == (refused.code, "the same command does the rest" in refused.err), refused.err
    assert asked == lines(site.log_file)
    assert 0 == run("move", config).code
    assert 10 == run("run", config, "--quiet", "--max-pages", "10").code


def test_it_is_refused_where_nothing_can_be_moved(tmp_path: Path, site: Site, postgres: Database) -> None:
    config = job(tmp_path / "job", site)
    assert "name a Postgres database there" in run("move", config).err
    shared = ("--set", f"frontier.url={postgres.dsn}")
    nothing = run("move", config, *shared)
    assert (2, True) == (nothing.code, f"there is no {config.parent / NAME / 'state.db'}" in nothing.err)
    assert not (config.parent / NAME).exists()
    assert 10 == run("run", config, "--quiet", "--max-pages", "5").code
    assert 10 == run("run", job(tmp_path / "other", site), "--quiet", "--max-pages", "5", *shared).code
    there = run("move", config, *shared)
    assert (2, True) == (there.code, f'DROP SCHEMA "{JOB}" CASCADE' in there.err)
    postgres.sql(f'DROP SCHEMA "{JOB}" CASCADE')
    exported = run("move", job(config.parent, site, "jsonl", "csv:s3://shop/tables"), *shared)
    assert (2, True) == (exported.code, "csv:s3://shop/tables: tables in S3" in exported.err)
    assert 0 == run("move", job(config.parent, site), *shared).code
    assert "was moved before" in run("move", config, *shared).err


def test_without_the_database_in_its_config_a_moved_job_does_not_begin_again(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    config = job(tmp_path / "job", site)
    assert 10 == run("run", config, "--quiet", "--max-pages", "5").code
    assert 0 == run("move", config, "--set", f"frontier.url={postgres.dsn}").code
    asked = lines(site.log_file)
    for command in ("run", "status", "retry"):
        refused = run(command, config)
        assert (2, True) == (refused.code, "was moved from" in refused.err), refused.err
    assert asked == lines(site.log_file)
    assert 0 == run("run", config, "--fresh", "--yes", "--quiet").code
    assert not (config.parent / NAME / "state.db.moved").exists()


def test_a_job_that_has_to_move_first_does_not_begin_anew_in_the_database(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    assert 10 == run("run", job(tmp_path / "job", site), "--quiet", "--max-pages", "5").code
    asked = lines(site.log_file)
    config = job(tmp_path / "job", site, database=postgres)
    refused = run("run", config)
    assert (2, True) == (refused.code, f"asyncscrape move {config}" in refused.err)
    assert asked == lines(site.log_file)
    assert 10 == run("run", config, "--fresh", "--yes", "--quiet", "--max-pages", "5").code
    assert asked < lines(site.log_file)
