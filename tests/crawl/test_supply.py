"""Hosts come from the frontier into memory, however many a page has led to."""

from __future__ import annotations

from pathlib import Path

from support.frontier_work import offer, page
from support.frontiers import in_sqlite

from asyncscrape.browsing import RuleNeeds, Use
from asyncscrape.config.models import Politeness
from asyncscrape.crawl.departures import Departures
from asyncscrape.crawl.events import Events, Granted
from asyncscrape.crawl.grants import Grants
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.learning import Learning
from asyncscrape.crawl.offers import Offers
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl.supply import HOSTS_AT_ONCE, Supply
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.crawl.tenure import Tenure
from asyncscrape.frontier.base import Grant, Waiting
from asyncscrape.openings import ENOUGH, Experience
from asyncscrape.urls import UrlScope


async def nothing() -> None:
    """There is nothing to store."""


async def test_very_many_hosts_are_taken_over_some_at_a_time_with_what_was_learned_there(tmp_path: Path) -> None:
    names = [f"h{n}.test" for n in range(HOSTS_AT_ONCE + 5)]
    events, came = Events(), list[int]()
    grants = Grants(HostPolicies(Politeness(), retries=1), lambda: 0.0)
    hosts = Scheduler(grants.clock)
    scope = UrlScope.of([])
    offers = Offers(JobScope(scope, scope, frozenset(), frozenset()))
    async with in_sqlite(tmp_path).join() as worker:
        await offer(worker, *(page(1, name) for name in names))
        tasks = Tasks(events)
        departures = Departures(worker, grants, hosts, offers, nothing, tasks, lambda: 0.0)
        learning = Learning((), 2)
        supply = Supply(worker, Tenure(worker), grants, hosts, departures, learning, tasks, events, lambda: 0.0)
        while len(came) < 2:
            supply.attend()
            await events.wait()
            for event in events.take():
                if isinstance(event, Granted):
                    came.append(len(event.grants))
                    supply.granted(event.grants, event.term)
        learned = Experience("rule", "known.test", needed_before=ENOUGH)
        supply.granted([Grant("known.test", None, 0, Waiting(), [learned])], worker.lease.term)
    assert [HOSTS_AT_ONCE, 5] == came
    assert [*names, "known.test"] == [host.name for host in hosts]
    needs = [RuleNeeds(Use.AUTO, key="rule")]
    assert learning.sure(needs, "http://known.test/a")
    assert not learning.sure(needs, "http://h1.test/a")
