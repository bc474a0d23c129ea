"""Postgres and S3 beside files: kill it at any moment, and what lies in each is that of an undisturbed run."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from support.command import lines, run
from support.graph_config import (
    EVERY_TABLE,
    HARDER_RULES,
    NAME,
    RULES,
    Finished,
    Site,
    expected_blobs,
    finished,
    running_site,
)
from support.killed_generation import Stores, check
from support.killing import CONCURRENCY, GROUP, asked, kill_at, moments
from support.postgres_server import Database
from support.s3_server import Bucket
from support.service_job import Services, in_lines
from support.table_reader import Look

POLITENESS = {"concurrency": CONCURRENCY, "per_host": CONCURRENCY}


def disturbed(config: Path, site: Site, total: int, kills: int, seed: int) -> int:
    """Kill a job again and again, then let it finish; the most requests that a kill made it repeat."""
    repeats = [0]
    for moment in moments(kills, total, seed):
        before = lines(site.log_file)
        kill_at(config, site, min(moment + sum(repeats), total + sum(repeats) - 1) if before else moment)
        repeats.append(doubled(site) - sum(repeats))
    assert 0 == run("run", config, "--quiet").code
    return max(*repeats, doubled(site) - sum(repeats))


def doubled(site: Site) -> int:
    return sum(count - 1 for count in asked(site).values())


def test_fifteen_kills_change_nothing_in_postgres_and_s3(tmp_path: Path, postgres: Database, s3: Bucket) -> None:
    services = Services(postgres, s3, s3.server)
    with running_site(tmp_path, pages=1500, blobs=150, latency=0.05) as site:
        whole = services.write_job(tmp_path / "whole", site, politeness=POLITENESS)
        assert 0 == run("run", whole, "--quiet").code
        total = lines(site.log_file)
        site.log_file.write_text("")
        killed = services.write_job(tmp_path / "killed", site, politeness=POLITENESS)
        most = disturbed(killed, site, total, kills=15, seed=3)
        pictures = expected_blobs(site.graph)
    stored = services.stored(killed.parent)
    assert services.stored(whole.parent) == stored
    for folder in (whole.parent, killed.parent):
        assert in_lines(folder) == stored.tables
        assert [] == services.rejected(folder)
    assert pictures == set(stored.blobs.values())
    assert [] == s3.uploads()
    assert 1500 == len(stored.tables["page"])
    assert most <= CONCURRENCY + GROUP


def test_a_generation_killed_many_times_is_like_an_undisturbed_one_in_postgres_and_s3(
    tmp_path: Path, postgres: Database, s3: Bucket
) -> None:
    services = Services(postgres, s3, s3.server)

    def read(folder: Path) -> dict[str, Finished]:
        stored = {"services": services.stored(folder, EVERY_TABLE), "jsonl": finished(folder, tables=EVERY_TABLE)}
        for table in EVERY_TABLE:
            assert (folder / NAME / f"{table}.jsonl").read_bytes() == services.exported(folder, table)
        return stored

    def looks(folder: Path) -> dict[str, Look]:
        """All tables of Postgres in one statement: they switch together. Of those in S3, one."""
        digests = ", ".join(
            f"""(SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM "{folder.name}"."{table}" t)"""
            for table in EVERY_TABLE
        )
        exported = partial(services.exported, folder, "tens")
        return {"postgres": lambda: tuple(*postgres.sql(f"SELECT {digests}")), "s3": exported}

    with running_site(tmp_path, pages=300, blobs=20, latency=0.02) as site:

        def job(folder: Path) -> Path:
            return services.write_job(folder, site, politeness=POLITENESS, export=True, rules=RULES + HARDER_RULES)

        check(tmp_path, site, Stores(job, read, looks), kills=5, seed=3)
    assert [] == s3.uploads()


def test_large_files_killed_between_their_parts_leave_no_upload_behind(
    tmp_path: Path, postgres: Database, s3: Bucket
) -> None:
    services = Services(postgres, s3, s3.server)
    with running_site(tmp_path, pages=24, blobs=12, latency=0.01, picture_size=12_000_000) as site:
        config = services.write_job(tmp_path / "killed", site, politeness=POLITENESS)
        for after in (20, 26, 30):
            kill_at(config, site, after)
        assert 0 == run("run", config, "--quiet").code
        pictures = expected_blobs(site.graph)
        requested = Counter(entry.path for entry in site.log())
    assert [] == s3.uploads()
    stored = services.stored(config.parent)
    assert pictures == set(stored.blobs.values())
    assert {12_000_008} == {row["bytes"] for row in stored.tables["blobs"]}
    assert 12 == len([path for path in requested if path.startswith("/b/")])
