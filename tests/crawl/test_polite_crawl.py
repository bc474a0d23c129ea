"""Politeness as the server sees it: spacing, simultaneous requests, quotas, crawl-delay and Retry-After."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.forked_command import run
from support.graph_config import Asked, Site, running_site, write_job
from support.manners import JITTER, by_host, fullest, gaps

from asyncscrape.crawl.committer import SILENCE


def crawl(folder: Path, site: Site, seeds: Sequence[str] | None = None, **sections: object) -> list[Asked]:
    """Run a job on the site to its end; what the site was asked, in the order of arrival."""
    config = write_job(folder, seeds or site.seeds, **sections)  # type: ignore[arg-type]
    ended = run("run", config, "--quiet")
    assert 0 == ended.code, ended.err
    return sorted(site.log())


def test_one_host_is_never_asked_sooner_than_the_delay(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=60, blobs=6, latency=0.005) as site:
        log = crawl(tmp_path, site, politeness={"delay": "40ms", "per_host": 4})
    assert len(log) > 60
    assert min(gaps(log)) >= 0.040 - JITTER


def test_a_host_is_asked_once_it_is_due(tmp_path: Path) -> None:
    """Also when that moment comes while the loop looks around; else only the next commit would wake it."""
    with running_site(tmp_path, pages=30, blobs=0) as site:
        log = crawl(tmp_path, site, politeness={"delay": "70ms", "per_host": 4})
    assert max(gaps(log)) < 0.9 * SILENCE


def test_the_delay_holds_when_answers_are_slow(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=25, blobs=0, latency=0.15) as site:
        log = crawl(tmp_path, site, politeness={"delay": "50ms", "per_host": 3})
    assert min(gaps(log)) >= 0.050 - JITTER
    assert max(asked.open_host for asked in log) <= 3


def test_two_hundred_hosts_are_each_asked_at_their_own_pace(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=6, blobs=0, hosts=200, latency=0.005) as site:
        log = crawl(tmp_path, site, politeness={"delay": "300ms", "per_host": 1, "concurrency": 40})
        hosts = by_host(log)
    assert 200 == len(hosts)
    assert all(len(asked) >= 6 for asked in hosts.values())
    assert min(gap for asked in hosts.values() for gap in gaps(asked)) >= 0.300 - JITTER
    assert max(asked.open_all for asked in log) <= 40
    span = log[-1].start - log[0].start
    assert span < 200 * 5 * 0.3 / 4, "hosts are asked side by side"


@pytest.mark.parametrize("per_host", [1, 3])
def test_no_more_are_open_at_one_host_than_asked(tmp_path: Path, per_host: int) -> None:
    with running_site(tmp_path, pages=80, blobs=10, latency=0.01) as site:
        log = crawl(tmp_path, site, politeness={"per_host": per_host, "concurrency": 20})
    assert per_host == max(asked.open_host for asked in log)


def test_no_more_are_open_in_the_whole_run_than_asked(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=20, blobs=0, hosts=20, latency=0.02) as site:
        log = crawl(tmp_path, site, politeness={"per_host": 5, "concurrency": 7})
    assert 7 == max(asked.open_all for asked in log)


def test_no_window_of_the_runs_quota_is_exceeded(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=20, blobs=0, hosts=5, latency=0.005) as site:
        log = crawl(tmp_path, site, politeness={"rate": "25/s"})
    assert fullest(log, 1.0 - JITTER) <= 25
    assert fullest(log, 1.0) >= 20, "the quota is used"


def test_no_window_of_one_hosts_quota_is_exceeded_across_runs(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=30, blobs=0, latency=0.005) as site:
        (host,) = site.authorities
        politeness = {"hosts": {host: {"rate": "10/s"}}}
        config = write_job(tmp_path, site.seeds, politeness=politeness)
        assert 10 == run("run", config, "--max-pages", "9", "--quiet").code
        assert 10 == run("run", config, "--max-pages", "9", "--quiet").code
        log = crawl(tmp_path, site, politeness=politeness)
    assert len(log) > 30
    assert fullest(log, 1.0 - JITTER) <= 10


def test_a_crawl_delay_is_obeyed_and_robots_txt_is_asked_under_it_too(tmp_path: Path) -> None:
    robots = "User-agent: *\nCrawl-delay: 0.06\n"
    with running_site(tmp_path, pages=25, blobs=0, latency=0.005, more=["--robots", robots]) as site:
        log = crawl(tmp_path, site, politeness={"robots": True, "delay": "10ms"})
    assert "/robots.txt" == log[0].path
    assert min(gaps(log[1:])) >= 0.060 - JITTER
    assert gaps(log)[0] >= 0.010 - JITTER


def test_retry_after_is_never_broken(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=30, blobs=0, latency=0.005, more=["--retry-after", "1"]) as site:
        (host,) = site.authorities
        seeds = [*site.seeds, *(f"http://{host}/retry/{n}" for n in range(4))]
        log = crawl(tmp_path, site, seeds, politeness={"per_host": 2})
    assert {429, 503} <= {asked.status for asked in log}
    refused = [asked for asked in log if asked.status in (429, 503)]
    for wall in refused:
        crossing = [asked for asked in log if wall.end < asked.start < wall.not_before - JITTER]
        assert len(crossing) < 2, "the whole host waits, but for a request on its way"
