"""A job whose state is in Postgres, as users run it: `[frontier] url`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.frontiers import TEAM, address
from support.graph_config import NAME, RULES, TABLES, Site, finished, running_site, write_job
from support.killing import kill_at, moments
from support.postgres_jobs import content
from support.postgres_server import Database, PostgresServer, fresh_database, running_postgres

from asyncscrape.frontier.postgres.frontier import PostgresFrontier

PAGES = 120
LEASE = "2s"
NONE = "/none"
WITHOUT_FILES = "\n".join(line for line in RULES.splitlines() if "blob =" not in line)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=10, latency=0.02) as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that tests may stop, with its roles known."""
    with running_postgres() as own:
        yield own


@pytest.fixture
def own(server: PostgresServer) -> Iterator[Database]:
    """An empty database there."""
    with fresh_database(server.dsn()) as database:
        yield database


def shared(
    folder: Path,
    site: Site,
    url: str,
    *stores: str,
    seeds: tuple[str, ...] = (),
    per_host: int = 8,
    rules: str = RULES,
) -> Path:
    """A job whose state is in this database."""
    folder.mkdir(exist_ok=True)
    config = write_job(
        folder,
        [*site.seeds, *seeds],
        stores=stores or ("jsonl",),
        politeness={"per_host": per_host},
        rules=rules,
    )
    with config.open("a") as file:
        file.write(f'\n[frontier]\nurl = "{url}"\nlease = "{LEASE}"\n')
    return config


def missing(site: Site) -> str:
    """A page that the site does not have."""
    return f"http://{site.authorities[0]}{NONE}"


def test_a_job_killed_at_any_moment_is_like_an_undisturbed_one_with_its_state_in_a_file(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    (tmp_path / "whole").mkdir()
    whole = write_job(tmp_path / "whole", site.seeds, stores=("jsonl", postgres.store("whole")))
    before = lines(site.log_file)
    assert 0 == run("run", whole, "--quiet").code
    total = lines(site.log_file) - before
    config = shared(tmp_path / "killed", site, postgres.dsn, "jsonl", postgres.store("killed"))
    start_at = lines(site.log_file)
    for moment in moments(3, total, seed=5):
        kill_at(config, site, max(start_at + moment - 1, lines(site.log_file) + 1))
    ended = run("run", config, "--json")
    assert 0 == ended.code, ended.err
    assert "waiting until its lease of 2s ends" in ended.err
    assert finished(whole.parent) == finished(config.parent)
    for table in TABLES:
        assert content(postgres, table, "whole") == content(postgres, table, "killed")
    assert not (config.parent / NAME / "state.db").exists()
    schemas = postgres.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'asyncscrape\\_%'")
    assert [[f"asyncscrape_{NAME}"]] == schemas


def test_another_machine_goes_on_where_a_dead_one_has_ended(tmp_path: Path, site: Site, postgres: Database) -> None:
    config, other = (
        shared(tmp_path / name, site, postgres.dsn, postgres.store("results"), rules=WITHOUT_FILES)
        for name in ("first", "second")
    )
    kill_at(config, site, lines(site.log_file) + PAGES // 2)
    before = lines(site.log_file)
    ended = run("run", other, "--json")
    assert 0 == ended.code, ended.err
    assert PAGES == len(content(postgres, "page", "results"))
    assert lines(site.log_file) - before < PAGES, "it does not begin again"
    assert [] == [path for path in config.parent.joinpath(NAME).rglob("*") if path.is_file()]


def test_files_are_only_continued_where_they_were_begun(tmp_path: Path, site: Site, postgres: Database) -> None:
    config, other = (shared(tmp_path / name, site, postgres.dsn) for name in ("first", "second"))
    assert 10 == run("run", config, "--quiet", "--max-pages", "30").code
    refused = run("run", other)
    assert 2 == refused.code
    assert "does not have the files that this job has written so far; go on where they are" in refused.err
    assert 0 == run("run", config, "--quiet").code
    assert PAGES == len(finished(config.parent, tables=("page",)).tables["page"])
    assert 2 == run("tables", other).code
    assert 0 == run("run", other, "--again", "--quiet").code
    assert PAGES == len(finished(other.parent, tables=("page",)).tables["page"])
    assert 2 == run("tables", config).code, "its files are those of the generation before"


def test_a_second_run_at_the_same_time_is_refused_and_told_who_is_there(
    tmp_path: Path, site: Site, postgres: Database
) -> None:
    config = shared(tmp_path / "job", site, postgres.dsn)
    before = lines(site.log_file)
    with start("run", config, "--quiet", "--set", "politeness.delay=200ms") as first:
        assert until(lambda: lines(site.log_file) > before + 5, first)
        second = run("run", config)
        retried = run("retry", config)
        assert "running" == run("status", config, "--json").summary["state"]
        assert first.poll() is None, "it was still running"
        first.terminate()
        first.communicate()
    for refused in (second, retried):
        assert 2 == refused.code
        assert "the job is already running, in asyncscrape on " in refused.err
        assert f"(process {first.pid})" in refused.err
    assert 11 == first.returncode
    assert 0 == run("run", config, "--quiet").code


async def test_enriching_needs_the_job_for_itself(tmp_path: Path, postgres: Database) -> None:
    config = tmp_path / "music.toml"
    config.write_text(
        f'name = "music"\nkind = "music"\ndata = "{tmp_path}"\n[music]\nartists = ["Nora Vale"]\n'
        f'[frontier]\nurl = "{postgres.dsn}"\n'
    )
    async with PostgresFrontier(address(postgres.dsn), "music", lease=60.0).join(team=TEAM):
        refused = await asyncio.to_thread(run, "enrich", config)
    assert 2 == refused.code
    assert "the job is already running, in asyncscrape on " in refused.err
    assert "one of several workers" in refused.err


def test_all_commands_use_the_shared_state(tmp_path: Path, site: Site, postgres: Database) -> None:
    config = shared(tmp_path / "job", site, postgres.dsn, seeds=(missing(site),))
    assert "there is no job in postgres at 127.0.0.1" in run("retry", config).err
    keep = ("--set", "store.archive=true", "--set", "fetch.max_failure_ratio=1")
    assert 0 == run("run", config, "--quiet", *keep).code
    assert missing(site) in run("errors", config).out
    assert 1 == run("status", config, "--json").summary["pages"]["failed"]
    assert "1 failed URL is back in the queue" in run("retry", config).out
    assert 1 == run("status", config, "--json").summary["pages"]["pending"]
    assert 0 == run("run", config, "--quiet", *keep).code
    again = run("run", config, "--again", "--json", *keep)
    assert (0, 2) == (again.code, again.summary["generation"])
    first = finished(config.parent, tables=TABLES)
    asked = lines(site.log_file)
    assert 0 == run("extract", config, "--quiet", *keep).code
    assert asked == lines(site.log_file)
    assert first == finished(config.parent, tables=TABLES)
    assert 0 == run("tables", config, *keep).code
    assert 0 == run("archive", config, "--prune-older-than", "30d", "--yes", *keep).code
    asks = run("run", config, "--fresh", *keep)
    assert (2, True) == (asks.code, "and the job's state in postgres at 127.0.0.1" in asks.err)
    fresh = run("run", config, "--fresh", "--yes", "--json", *keep)
    assert (0, 1) == (fresh.code, fresh.summary["generation"])
    assert lines(site.log_file) > asked
    assert not (config.parent / NAME / "state.db").exists()


def test_a_server_that_is_away_for_longer_than_the_lease_costs_nothing(
    tmp_path: Path, site: Site, server: PostgresServer, own: Database
) -> None:
    config = shared(tmp_path / "job", site, own.dsn, per_host=1)
    before = lines(site.log_file)
    with start("run", config, "--json") as process:
        assert until(lambda: lines(site.log_file) > before + 20, process)
        server.kill()
        time.sleep(3.0)  # longer than the lease
        server.start()
        _, err = process.communicate(timeout=100)
    assert 0 == process.returncode, err
    assert PAGES == len(finished(config.parent, tables=("page",)).tables["page"])


def test_a_server_that_is_not_there_ends_a_run_that_can_be_resumed(
    tmp_path: Path, site: Site, server: PostgresServer, own: Database
) -> None:
    config = shared(tmp_path / "job", site, own.dsn)
    server.stop()
    try:
        ended, looked = run("run", config), run("status", config)
    finally:
        server.start()
    for one in (ended, looked):
        assert 4 == one.code
        assert "the server refuses connections" in one.err
    assert 0 == run("run", config, "--quiet").code


def test_check_tells_where_the_state_is_and_never_the_password(
    tmp_path: Path, site: Site, server: PostgresServer, own: Database
) -> None:
    right = own.user("postgres", "geheim")
    config = shared(tmp_path / "checked", site, right)
    told = run("check", config, "--connect")
    assert 0 == told.code, told.err
    assert f"in postgres://127.0.0.1:{server.port}/{own.dsn.rpartition('/')[2]}" in told.out
    assert "nothing is stored yet" in told.out
    assert "geheim" not in told.out + told.err
    secret = shared(tmp_path / "secret", site, "env:STATE")
    hidden = run("check", secret, environ={"STATE": right})
    assert "in postgres (env:STATE)" in hidden.out
    assert str(server.port) not in hidden.out
    assert not (config.parent / NAME).exists(), "a check leaves nothing behind"


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        ("guarded:falsch", "postgres", "the password is wrong or missing"),
        ("postgres", "nowhere", "the database does not exist"),
        ("guarded:secret", "postgres", "the user lacks the right to make a schema"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused(
    tmp_path: Path, site: Site, server: PostgresServer, user: str, database: str, words: str
) -> None:
    config = shared(tmp_path / "job", site, server.dsn(database, user))
    told = run("check", config, "--connect")
    assert 2 == told.code
    assert words in " ".join(told.out.split())
    assert "falsch" not in told.out + told.err
    before = lines(site.log_file)
    assert 2 == run("run", config).code
    assert before == lines(site.log_file)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/db", "is not the address of a Postgres database"),
        ("postgres://host/db?schema=mine", "names a schema"),
    ],
)
def test_an_address_of_something_else_is_a_mistake_in_its_line(
    tmp_path: Path, site: Site, url: str, words: str
) -> None:
    config = shared(tmp_path / "job", site, url)
    line = config.read_text().splitlines().index(f'url = "{url}"') + 1
    ended = run("check", config)
    assert 2 == ended.code
    assert f"{config.name}:{line}: frontier.url: " in ended.err
    assert words in ended.err
