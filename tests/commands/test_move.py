"""`move`: a job whose state goes from its folder into Postgres goes on there as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.command import lines
from support.forked_command import run
from support.graph_config import NAME, RULES, TABLES, Row, Site, chance, finished, running_site, write_job
from support.killing import kill_at
from support.postgres_jobs import content
from support.postgres_server import Database
from support.s3_server import Bucket, FaultProxy, Server
from support.service_job import ordered
from support.team_jobs import WITHOUT_FILES, files_in, found, wanted, write_team_job

PAGES = 120
JOB = f"asyncscrape_{NAME}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=10, latency=0.02) as running:
        yield running


def job(
    folder: Path, site: Site, *stores: str, database: Database | None = None, s3: Server | None = None, **store: Any
) -> Path:
    """A job whose config names the database for its state, or none."""
    folder.mkdir(exist_ok=True)
    frontier = {"url": database.dsn, "lease": "2s"} if database else None
    access = {"endpoint": s3.endpoint, "access_key": s3.access_key, "secret_key": s3.secret_key} if s3 else {}
    return write_job(
        folder,
        site.seeds,
        stores=stores or ("jsonl",),
        store={"s3": access, **store} if s3 else store,
        politeness={"per_host": 8},
        frontier=frontier,
        rules=WITHOUT_FILES if s3 else RULES,
    )


def test_a_job_that_was_killed_and_moved_ends_like_an_undisturbed_one(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    whole = job(tmp_path / "whole", site, "jsonl", postgres.store("whole"), archive=True)
    before = lines(site.log_file)
    assert 0 == run("run", whole, "--quiet").code
    total = lines(site.log_file) - before
    stores = "jsonl", postgres.store("killed")
    config = job(tmp_path / "killed", site, *stores, archive=True)
    before = lines(site.log_file)
    assert kill_at(config, site, before + total // 2)
    moved = run("move", job(tmp_path / "killed", site, *stores, database=postgres, archive=True))
    assert 0 == moved.code, moved.err
    assert f"asyncscrape run {config}" in moved.out
    assert "stopped" == run("status", config, "--json").summary["state"]
    ended = run("run", config, "--json")
    assert 0 == ended.code, ended.err
    assert lines(site.log_file) - before < total * 1.5, "it does not begin again"
    assert finished(whole.parent) == finished(config.parent)
    for table in ("page", "item"):
        assert content(postgres, table, "whole") == content(postgres, table, "killed")
    assert kept(whole) == kept(config) > PAGES


def kept(config: Path) -> int:
    """Different answers in the archive of a job."""
    told = run("archive", config, "--json")
    assert 0 == told.code, told.err
    bodies: int = json.loads(told.out)["bodies"]
    return bodies


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
    held = run("archive", config, "--json", "--set", f"data={tmp_path / 'another machine'}").summary
    assert (done, {"1": done}) == (held["answers"], held["generations"])


# Tables in S3


def tables_in(s3: Bucket) -> dict[str, list[Row]]:
    """The finished tables in S3, without their origin."""
    found = {}
    for table in TABLES:
        rows = map(msgspec.json.decode, s3.get(f"tables/{table}.jsonl")["Body"].read().splitlines())
        found[table] = ordered(
            [{name: row[name] for name in row if name not in (*chance(table), "_url")} for row in rows]
        )
    return found


def test_tables_in_s3_go_on_with_several_workers_also_after_a_move_that_failed(
    tmp_path: Path, site: Site, postgres: Database, s3: Bucket
) -> None:
    folder, stores = tmp_path / "job", [f"jsonl:s3://{s3.name}/tables"]
    alone = job(folder, site, *stores, s3=s3.server)
    before = lines(site.log_file)
    assert kill_at(alone, site, before + PAGES // 3)
    with FaultProxy(s3.server) as proxy:
        proxy.misbehave("denied", methods=("PUT",))
        failed = run("move", job(folder, site, *stores, s3=proxy.server, database=postgres))
        assert (4, True) == (failed.code, "denies access to bucket" in failed.err), failed.err
        assert [] == postgres.sql(f"SELECT 1 FROM pg_namespace WHERE nspname = '{JOB}'")
    assert 10 == run("run", job(folder, site, *stores, s3=s3.server), "--quiet", "--max-pages", "20").code
    config = job(folder, site, *stores, s3=s3.server, database=postgres)
    moved = run("move", config)
    assert 0 == moved.code, moved.err
    ended = run("run", config, "--workers", "2", "--quiet")
    assert 0 == ended.code, ended.err
    assert wanted(site) == tables_in(s3)
    assert lines(site.log_file) - before < 2 * PAGES * 1.5, "they do not begin again"


def test_a_generation_beside_tables_in_s3_moves_and_takes_their_place(
    tmp_path: Path, site: Site, postgres: Database, s3: Bucket
) -> None:
    folder, stores = tmp_path / "job", [f"jsonl:s3://{s3.name}/tables"]
    alone = job(folder, site, *stores, s3=s3.server)
    assert 0 == run("run", alone, "--quiet").code
    assert 10 == run("run", alone, "--again", "--quiet", "--max-pages", "30").code
    for table in TABLES:
        s3.put(f"tables/{table}.jsonl", b"old")
    config = job(folder, site, *stores, s3=s3.server, database=postgres)
    assert 0 == run("move", config).code
    ended = run("run", config, "--json")
    assert (0, 2, False) == (ended.code, ended.summary["generation"], ended.summary["beside"]), ended.err
    assert {} == {name: one for name, one in ended.summary["changes"].items() if any(one.values())}
    assert wanted(site) == tables_in(s3)


def test_a_job_of_the_database_whose_records_lie_in_the_folder_brings_them_into_s3(
    tmp_path: Path, site: Site, postgres: Database, s3: Bucket
) -> None:
    folder = tmp_path / "job"
    assert (
        10
        == run(
            "run", job(folder, site, "jsonl", s3=s3.server, database=postgres), "--quiet", "--max-pages", "30"
        ).code
    )
    config = job(folder, site, f"jsonl:s3://{s3.name}/tables", s3=s3.server, database=postgres)
    refused = run("run", config)
    assert (2, True) == (refused.code, "`asyncscrape move` fills it" in refused.err), refused.err
    moved = run("move", config)
    assert (0, True) == (moved.code, "lies there now" in moved.out), moved.err
    assert 0 == run("run", config, "--quiet").code
    assert wanted(site) == tables_in(s3)
    again = run("move", config)
    assert (2, True) == (again.code, "nothing has to be moved" in again.err), again.err


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
