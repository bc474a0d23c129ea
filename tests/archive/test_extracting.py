"""`extract`: after a changed rule the tables are as if crawled with it, and no site was asked."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.graph_config import RULES, Site, finished, running_site, write_job
from support.graph_site import PAGES_PER_JSON

PAGES = 150
BLOBS = 6
CHANGED = RULES.replace('name   = "h1"\n', 'name   = "p.number"\n', 1)


class Crawled(NamedTuple):
    """A site, and the folder of a job that has crawled it with the old rules."""

    site: Site
    folder: Path


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("crawled")
    with running_site(folder, pages=PAGES, blobs=BLOBS) as site:
        assert 0 == run("run", job(folder / "job", site, RULES), "--quiet").code
        yield Crawled(site, folder / "job")


@pytest.fixture(scope="module")
def expected(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job that has crawled with the new rules."""
    folder = tmp_path_factory.mktemp("expected") / "job"
    assert 0 == run("run", job(folder, crawled.site, CHANGED), "--quiet").code
    return folder


def job(folder: Path, site: Site, rules: str, **store: object) -> Path:
    folder.mkdir(exist_ok=True)
    kept = {"archive": True, **store}
    quick = {"parse_workers": 0}
    return write_job(folder, site.seeds, stores=("jsonl", "csv"), store=kept, fetch=quick, rules=rules)


def copied(crawled: Crawled, folder: Path, rules: str) -> Path:
    shutil.copytree(crawled.folder, folder)
    return job(folder, crawled.site, rules)


def test_changed_rules_need_no_second_crawl(crawled: Crawled, expected: Path, tmp_path: Path) -> None:
    config = copied(crawled, tmp_path / "job", CHANGED)
    refused = run("run", config)
    assert (2, True) == (refused.code, f"asyncscrape extract {config}" in refused.err), refused.err
    before = lines(crawled.site.log_file)
    ended = run("extract", config)
    assert 0 == ended.code, ended.err
    assert before == lines(crawled.site.log_file)
    for form in ("jsonl", "csv"):
        assert finished(expected, form).tables == finished(tmp_path / "job", form).tables
    assert finished(crawled.folder).blobs == finished(tmp_path / "job").blobs
    assert 0 == run("run", config, "--quiet").code
    assert before == lines(crawled.site.log_file)


def test_kills_change_nothing(crawled: Crawled, expected: Path, tmp_path: Path) -> None:
    config = copied(crawled, tmp_path / "job", CHANGED)
    chance = random.Random(16)
    moments = [*sorted(chance.sample(range(1, PAGES), 7)), *(PAGES + PAGES // PAGES_PER_JSON,) * 3]
    killed = [killed_at(config, pages, chance.uniform(0, 0.04)) for pages in moments]
    assert killed.count(True) >= 8, "there was something to kill"
    assert 0 == run("extract", config, "--quiet").code
    for form in ("jsonl", "csv"):
        assert finished(expected, form).tables == finished(tmp_path / "job", form).tables
    assert finished(crawled.folder).blobs == finished(tmp_path / "job").blobs
    before = lines(crawled.site.log_file)
    assert 0 == run("run", config, "--quiet").code
    assert before == lines(crawled.site.log_file)


def killed_at(config: Path, pages: int, later: float) -> bool:
    """Kill an extraction some seconds after it has read so many pages, in all; whether it was still at work."""
    with start("extract", config, "--quiet") as process:
        until(lambda: pages_read(config.parent) >= pages, process)
        time.sleep(later)
        killed = process.poll() is None
        process.kill()
        process.communicate()
    return killed


def pages_read(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder / 'graph/state.db'}?mode=ro", uri=True)) as state:
        rows = state.execute("SELECT n FROM tally WHERE name = 'page.done'").fetchall()
        (beside,) = state.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone() or ("",)
    return int(rows[0][0]) if rows and '"beside":true' in beside else 0


def test_links_that_nobody_asked_for_wait_for_the_next_run(crawled: Crawled, tmp_path: Path) -> None:
    config = job(tmp_path / "job", crawled.site, RULES.replace('"a.page", "a.json"', '"a.page"'))
    assert 0 == run("run", config, "--quiet").code
    config = job(tmp_path / "job", crawled.site, RULES)
    before = lines(crawled.site.log_file)
    ended = run("extract", config)
    assert (0, True) == (ended.code, "the next run asks" in ended.err), ended.err
    assert before == lines(crawled.site.log_file)
    assert not finished(tmp_path / "job").tables["item"]
    assert 0 == run("run", config, "--quiet").code
    assert finished(crawled.folder).tables == finished(tmp_path / "job").tables
    assert lines(crawled.site.log_file) - before <= PAGES


def test_without_an_archive_it_says_what_to_do(crawled: Crawled, tmp_path: Path) -> None:
    config = job(tmp_path / "job", crawled.site, RULES)
    none = run("extract", config)
    assert (2, True) == (none.code, "the next run keeps its answers" in none.err), none.err
    none = run("extract", job(tmp_path / "job", crawled.site, RULES, archive=False))
    assert (2, True) == (none.code, "archive = true" in none.err), none.err


def test_an_unfinished_job_is_read_again_and_goes_on(crawled: Crawled, expected: Path, tmp_path: Path) -> None:
    config, begun = job(tmp_path / "job", crawled.site, RULES), lines(crawled.site.log_file)
    assert 10 == run("run", config, "--quiet", "--max-pages", "40").code
    job(tmp_path / "job", crawled.site, CHANGED)
    ended = run("extract", config)
    assert (0, True) == (ended.code, "the next run asks" in ended.err), ended.err
    assert 0 == run("run", config, "--quiet").code
    assert lines(crawled.site.log_file) - begun <= PAGES + PAGES // PAGES_PER_JSON + BLOBS + 1  # nothing twice
    assert finished(expected).tables == finished(tmp_path / "job").tables
