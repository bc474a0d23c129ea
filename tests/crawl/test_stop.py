"""Stopping: by signals, by limits, by a full disk. Whatever stops a run, the next one goes on from there."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Ended, lines, start, until
from support.forked_command import run
from support.graph_config import Site, expected, finished, running_site, write_job
from support.job_frontier import IN_POSTGRES
from support.storage_disk import small_disk

from asyncscrape.config.models import Fetch

NAMES = ("number", "url", "name", "links")
USUAL_DRAIN = Fetch().drain_timeout


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path, pages=300, blobs=30, latency=0.02) as running:
        yield running


def job(folder: Path, site: Site, **sections: object) -> Path:
    folder.mkdir(exist_ok=True)
    sections = {"politeness": {"concurrency": 8, "per_host": 8}, **sections}
    return write_job(folder, site.seeds, **sections)  # type: ignore[arg-type]


def assert_whole(folder: Path, site: Site) -> None:
    truth = expected(site.graph, site.authorities)
    left = finished(folder)
    assert truth["page"] == left.columns("page", *NAMES)
    assert truth["row"] == left.tables["row"] or len(truth["row"]) == len(left.tables["row"])
    assert len(truth["item"]) == len(left.tables["item"])


def active(config: Path) -> bool:
    """Whether the run has begun to ask for a page."""
    ended = run("status", config, "--json")
    return ended.code == 0 and ended.summary["pages"]["active"] > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_the_next_run_goes_on(tmp_path: Path, site: Site, number: signal.Signals) -> None:
    config = job(tmp_path / "job", site)
    process = start("run", config, "--json")
    until(lambda: lines(site.log_file) > 60, process)
    process.send_signal(number)
    ended = Ended(process)
    assert 11 == ended.code
    assert 0 == ended.summary["stores"]["jsonl"]["lag"], "everything that was fetched is stored"
    assert 0 == ended.summary["pages"]["active"]
    assert ended.summary["pages"]["done"] > 50
    assert 0 == run("run", config, "--quiet").code
    assert 0 == site.repeats(), "what was open has been waited for, so nothing is asked for twice"
    assert_whole(tmp_path / "job", site)


def test_the_drain_is_bounded_by_its_timeout(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=50, blobs=0, latency=3600) as slow:
        config = job(tmp_path / "job", slow, fetch={"drain_timeout": "500ms"})
        process = start("run", config, "--quiet")
        assert until(lambda: active(config), process)
        time.sleep(1)  # let the first request leave: the site logs a request only once it has answered
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert 11 == Ended(process).code
        assert time.monotonic() - begin < USUAL_DRAIN


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=50, blobs=0, latency=3600) as slow:
        config = job(tmp_path / "job", slow)
        process = start("run", config)
        assert until(lambda: active(config), process)
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert any("send the signal again" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert 11 == Ended(process).code
        assert time.monotonic() - begin < USUAL_DRAIN
    status = run("status", config, "--json").summary
    assert ("stopped", 1) == (status["state"], status["pages"]["pending"])


def test_a_page_limit_is_kept_exactly_and_can_be_resumed(tmp_path: Path, site: Site) -> None:
    config = job(tmp_path / "job", site)
    ended = run("run", config, "--max-pages", "40", "--json")
    assert (10, 40) == (ended.code, ended.summary["pages"]["done"])
    ended = run("run", config, "--max-pages", "7", "--json")
    assert (10, 47) == (ended.code, ended.summary["pages"]["done"])
    assert 0 == run("run", config, "--quiet").code
    assert_whole(tmp_path / "job", site)


def test_the_job_can_have_a_page_limit_of_its_own(tmp_path: Path, site: Site) -> None:
    config = job(tmp_path / "job", site, scope={"max_pages": 40})
    assert 10 == run("run", config, "--quiet").code
    ended = run("run", config, "--json")
    assert (10, 40) == (ended.code, ended.summary["pages"]["done"])
    ended = run("run", config, "--set", "scope.max_pages=100000", "--json")
    assert 0 == ended.code


def test_a_time_limit_ends_the_run_with_everything_stored(tmp_path: Path, site: Site) -> None:
    config = job(tmp_path / "job", site, politeness={"concurrency": 1})
    ended = run("run", config, "--time-limit", "1s", "--json")
    assert 10 == ended.code
    assert 0 == ended.summary["stores"]["jsonl"]["lag"]
    assert 0 == run("run", config, "--set", "politeness.concurrency=8", "--quiet").code
    assert_whole(tmp_path / "job", site)


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(tmp_path: Path, site: Site) -> None:
    with small_disk(tmp_path / "disk") as disk:
        config = job(disk.path, site)
        disk.fill()
        ended = run("run", config)
        disk.empty()
        assert 4 == ended.code, ended.err
        # The state is written before the parts, if it is on this disk at all.
        assert ("no room left on the disk" if IN_POSTGRES else "the disk is full") in ended.err
        assert "Traceback" not in ended.err
        assert 0 == run("run", config, "--quiet").code
        assert_whole(disk.path, site)
