"""A generation under way, killed at any moment: the old tables stay until the new ones take their place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from support.graph_config import EVERY_TABLE, HARDER_RULES, NAME, RULES, Finished, finished, running_site, write_job
from support.killed_generation import Stores, check
from support.killing import CONCURRENCY
from support.table_reader import Look, file

FORMS = ("jsonl", "csv", "parquet")


def read(folder: Path) -> Mapping[str, Finished]:
    return {form: finished(folder, form, EVERY_TABLE) for form in FORMS}


def looks(folder: Path) -> Mapping[str, Look]:
    paths = [folder / NAME / f"{table}.{form}" for form in FORMS for table in EVERY_TABLE]
    return {path.name: file(path) for path in paths}


def test_a_generation_killed_ten_times_is_like_an_undisturbed_one(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=600, blobs=30, latency=0.02) as site:

        def job(folder: Path) -> Path:
            folder.mkdir()
            politeness = {"concurrency": CONCURRENCY, "per_host": CONCURRENCY}
            return write_job(folder, site.seeds, stores=FORMS, politeness=politeness, rules=RULES + HARDER_RULES)

        check(tmp_path, site, Stores(job, read, looks), kills=10, seed=1)
