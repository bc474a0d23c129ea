"""Kill workers, stop them, cut them off and restart their database: tables and files are those of one undisturbed
worker, and every host is asked as politely as by one.
"""

from __future__ import annotations

import json
import random
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.command import lines, run
from support.graph_config import TABLES, Asked, Site, running_site
from support.herd import Herd, codes, herd
from support.manners import Promise, by_host, strayed, takeovers
from support.postgres_server import PostgresServer, fresh_database, running_postgres
from support.s3_server import Bucket
from support.service_job import Services
from support.swallowing_proxy import SwallowingProxy, swallowing_proxy

ROBOTS = "User-agent: *\nDisallow: /p/17.html\nDisallow: /p/18.html\n"
NAMES = ("w1", "w2", "w3", "w4")
STOPPED, CUT_OFF = "w1", "w4"
BEGINNING = 5.0
"""Seconds in which a worker has certainly joined."""


class Kill(NamedTuple):
    name: str
    moment: float
    """On the clock of the site's log."""


class Plan(NamedTuple):
    """The size of a test."""

    hosts: int
    pages: int
    """Of each host."""
    rate: int
    """Requests in a second, to all hosts together."""
    lease: float
    cuts: Mapping[bool, float]
    """Seconds for which a worker is cut off: if what was sent meanwhile comes late, and if it is lost."""
    kills: tuple[int, int, int, int]
    """Before one worker is stopped, meanwhile, each time that another is cut off, and afterwards."""
    crashes: tuple[bool, ...]
    """How Postgres is restarted each time."""


class Blows:
    """What happens to the workers of a job, and when."""

    def __init__(self, workers: Herd, server: PostgresServer, way: SwallowingProxy, lease: float, seed: int) -> None:
        self._workers = workers
        self._server = server
        self._way = way
        self._lease = lease
        self._chance = random.Random(seed)
        self.kills: list[Kill] = []
        self.stopped = self.woken = 0.0

    def fall(self, plan: Plan) -> None:
        before, stopped, cut_off, after = plan.kills
        self.kill(before)
        for crash in plan.crashes[1:]:
            self.restart_server(crash=crash)
        self.stop(stopped)
        for late, seconds in plan.cuts.items():
            self.cut_off(seconds, cut_off, late=late)
        self.restart_server(crash=plan.crashes[0])
        self.kill(after)

    def kill(self, count: int, names: Sequence[str] = NAMES) -> None:
        """Kill some workers at random, one every second or two, and start each again."""
        for _ in range(count):
            time.sleep(self._chance.uniform(1, 2))
            assert {} == codes(self._workers.gone)
            name = self._chance.choice(names)
            self.kills.append(Kill(name, self._workers.kill([name])))
            self._workers.restart(name)

    def restart_server(self, *, crash: bool) -> None:
        """Postgres is away for a second. Workers that only just begin then end with a code that says: try again."""
        if crash:
            self._server.kill()
        else:
            self._server.stop()
        away = time.monotonic()
        time.sleep(1)
        self._server.start()
        time.sleep(1)
        for name, ended in self._workers.gone.items():
            assert (4, True) == (ended.code, away - self._workers.started[name] < BEGINNING), ended.err
            self._workers.restart(name)

    def stop(self, kills: int) -> None:
        """Stop a worker beyond its lease, and kill some of the rest meanwhile."""
        self._workers.stop(STOPPED)
        self.stopped = time.monotonic()
        self.kill(kills, [name for name in NAMES if name != STOPPED])
        time.sleep(max(0.0, self.stopped + 1.5 * self._lease - time.monotonic()))
        self.woken = time.monotonic()
        self._workers.go_on(STOPPED)

    def cut_off(self, seconds: float, kills: int, *, late: bool) -> None:
        """Cut a worker off from Postgres, and kill some of the rest meanwhile."""
        self._way.cut(late=late)
        mended_at = time.monotonic() + seconds
        self.kill(kills, [name for name in NAMES if name != CUT_OFF])
        time.sleep(max(0.0, mended_at - time.monotonic()))
        self._way.mend()


PACE = {"robots": True, "delay": "150ms", "per_host": 2, "concurrency": 10}
QUOTA = 5
"""Requests in a second to the first host."""
PROMISE = Promise(delay=0.15, per_host=2, concurrency=10, rate=0, quotas={})


def write_both(services: Services, folder: Path, site: Site, plan: Plan) -> tuple[Path, Path]:
    """A job for one worker, in a hurry, and the same for many."""
    first, third = site.authorities[0], site.authorities[2]
    seeds = [f"http://{first}/to/2/7", f"http://{third}/to/1/9"]
    slow = {first: {"rate": f"{QUOTA}/s"}}
    common: dict[str, Any] = {"seeds": seeds, "lines": False, "export": True}
    whole = services.write_job(folder / "whole", site, politeness={"robots": True}, **common)
    many = services.write_job(
        folder / "many",
        site,
        politeness={**PACE, "rate": f"{plan.rate}/s", "hosts": slow},
        fetch={"parse_workers": 0},
        frontier={"url": services.database.dsn, "lease": f"{plan.lease:g}s"},
        **common,
    )
    return whole, many


def by_way(way: SwallowingProxy, config: Path) -> tuple[str, ...]:
    """Flags that lead a worker to Postgres by this way."""
    told = tomllib.loads(config.read_text())
    stores = [store.replace(told["frontier"]["url"], way.url) for store in told["store"]["records"]]
    return ("--set", f"frontier.url={way.url}", "--set", f"store.records={json.dumps(stores)}")


def check(tmp_path: Path, bucket: Bucket, plan: Plan, seed: int) -> None:
    more = ["--robots", ROBOTS, "--robots-at", "3"]
    sizes = {"pages": plan.pages, "blobs": plan.pages // 10, "hosts": plan.hosts}
    with (
        running_postgres(max_connections="100") as server,
        fresh_database(server.dsn()) as database,
        running_site(tmp_path, latency=0.1, more=more, **sizes) as site,  # type: ignore[arg-type]
        swallowing_proxy(database.dsn) as way,
    ):
        services = Services(database, bucket, bucket.server)
        whole, many = write_both(services, tmp_path, site, plan)
        ended = run("run", whole, "--quiet")
        assert 0 == ended.code, ended.err
        site.log_file.write_text("")
        with herd(many, *NAMES[:-1], expected=len(NAMES)) as workers:
            workers.start(CUT_OFF, *by_way(way, many))
            workers.until(lambda: lines(site.log_file) > 30)
            blows = Blows(workers, server, way, plan.lease, seed)
            blows.fall(plan)
            assert dict.fromkeys(NAMES, 0) == codes(workers.ended())
        check_results(services, whole.parent, many.parent)
        check_manners(sorted(site.log()), site, blows, plan.rate)
    assert [] == bucket.uploads()


def check_results(services: Services, whole: Path, many: Path) -> None:
    expected, found = services.stored(whole), services.stored(many)
    for table in (*TABLES, "blobs"):
        assert expected.tables[table] == found.tables[table]
        assert services.exported_rows(whole, table) == services.exported_rows(many, table)
    assert expected.blobs == found.blobs
    assert [] == services.rejected(many)


def check_manners(log: Sequence[Asked], site: Site, blows: Blows, rate: int) -> None:
    """The only thing that may go wrong: a process is stopped when it has just looked at its lease."""
    meanwhile = sum(blows.kills[0].moment < asked.start < blows.kills[-1].moment for asked in log)
    print(f"{meanwhile} of {len(log)} requests between the first and the last kill")
    astray = strayed(log, STOPPED, blows.stopped, blows.woken)
    print(f"{len(astray)} requests of the stopped worker reached hosts of others")
    assert all(len(asked) <= PROMISE.per_host for asked in by_host(astray).values())
    promise = PROMISE._replace(rate=rate, quotas={site.authorities[0]: QUOTA})
    assert [] == promise.broken([asked for asked in log if asked not in set(astray)])
    assert not {"/p/17.html", "/p/18.html"} & {asked.path for asked in log}
    assert {"/robots.txt"} == {asked[0].path for asked in by_host(log).values()}
    for name, moment in blows.kills:
        again = sorted(round(seconds, 1) for seconds in takeovers(log, name, moment).values())
        print(f"{name} was killed; its hosts were asked again after {again} s")


@pytest.mark.torture
def test_twenty_kills_change_nothing(tmp_path: Path, s3: Bucket) -> None:
    cuts = {True: 9.0, False: 30.0}
    plan = Plan(hosts=12, pages=250, rate=45, lease=2, cuts=cuts, kills=(4, 3, 5, 3), crashes=(False, True))
    check(tmp_path, s3, plan, seed=1)


def test_four_kills_change_nothing(tmp_path: Path, s3: Bucket) -> None:
    plan = Plan(hosts=6, pages=20, rate=16, lease=2, cuts={True: 4.0}, kills=(1, 1, 1, 1), crashes=(True,))
    check(tmp_path, s3, plan, seed=2)
