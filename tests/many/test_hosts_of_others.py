"""What leads from a host of one worker to a host of another: that other one asks it, or it is handed over."""

from __future__ import annotations

from pathlib import Path

from support.graph_config import running_site
from support.herd import codes, herd
from support.manners import Promise, by_host
from support.postgres_server import Database
from support.team_jobs import WITHOUT_FILES, found, wanted, write_team_job

HOSTS = 6
PACE = {"delay": "60ms", "per_host": 1, "concurrency": 8, "rate": "60/s"}
PROMISE = Promise(delay=0.06, per_host=1, concurrency=8, rate=60, quotas={})


def test_what_workers_find_for_one_another_at_the_same_time_is_asked_once(tmp_path: Path, postgres: Database) -> None:
    """Each page leads to the same one of the next host, and seeds redirect to all hosts."""
    rules = WITHOUT_FILES.replace('"a.json"', '"a.json", "a.across"')
    with running_site(tmp_path, pages=24, blobs=0, hosts=HOSTS, latency=0.02, more=["--across"]) as site:
        ways = [f"http://{host}/to/{to}/23" for host in site.authorities for to in range(1, HOSTS + 1)]
        config = write_team_job(tmp_path, site, postgres, seeds=ways, rules=rules, politeness={"delay": "10ms"})
        with herd(config, "w1", "w2", "w3") as workers:
            assert {"w1": 0, "w2": 0, "w3": 0} == codes(workers.ended())
        log = sorted(site.log())
        assert wanted(site) == found(postgres)
    assert 0 == site.repeats()
    assert 3 == len({asked.agent for asked in log})
    assert [] == PROMISE._replace(delay=0.01, per_host=16, concurrency=64, rate=1000).broken(log)


def test_a_robots_txt_that_redirects_to_a_host_of_another_worker_is_read_and_obeyed(
    tmp_path: Path, postgres: Database
) -> None:
    more = ["--robots", "User-agent: *\nDisallow: /p/11.html\nDisallow: /j/\n", "--robots-at", "2"]
    with running_site(tmp_path, pages=12, blobs=0, hosts=HOSTS, latency=0.03, more=more) as site:
        config = write_team_job(tmp_path, site, postgres, politeness={**PACE, "robots": True})
        with herd(config, "w1", "w2", "w3") as workers:
            assert {"w1": 0, "w2": 0, "w3": 0} == codes(workers.ended())
        log = sorted(site.log())
        pages = [row for row in wanted(site)["page"] if not row["url"].endswith("/p/11.html")]
        assert pages == found(postgres)["page"]
    assert {"/robots.txt"} == {asked[0].path for asked in by_host(log).values()}
    assert not [asked for asked in log if asked.path == "/p/11.html" or asked.path.startswith("/j/")]
    assert [] == PROMISE.broken(log)
