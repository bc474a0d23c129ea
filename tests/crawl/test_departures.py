"""Which hosts a worker gives back to others."""

from __future__ import annotations

import asyncio

from asyncscrape.crawl.departures import chosen, is_idle, may_go
from asyncscrape.crawl.hosts import Host, Stay
from asyncscrape.frontier.base import Waiting
from asyncscrape.model import Request
from asyncscrape.politeness.clock import HostClock, Policy
from asyncscrape.team import Share


def host(name: str, *, queued: int = 1, open: int = 0) -> Host:
    made = Host(name, HostClock(Policy()))
    made.queue.extend(Request(f"http://{name}/{n}") for n in range(queued))
    for _ in range(open):
        made.clock.start(0.0)
    return made


def names(hosts: list[Host]) -> list[str]:
    return [one.name for one in hosts]


def test_hosts_beyond_the_share_go_and_the_least_busy_first() -> None:
    hosts = [host("busy", open=2), host("long", queued=9), host("short"), host("open", open=1)]
    assert ["short", "long"] == names(chosen(hosts, (), Share(2, 0, hosts=2)))
    assert [] == chosen(hosts, (), Share(2, 0, hosts=4))
    assert [] == chosen(hosts, (), Share())


def test_hosts_that_were_given_up_or_wait_for_the_user_stay_although_they_are_the_least_busy() -> None:
    given_up, withheld = host("blocked", queued=0), host("withheld", queued=0)
    given_up.clock.gave_up = "it answers with a bot challenge"
    withheld.withheld = "its token has expired"
    hosts = [given_up, withheld, host("busy", open=2), host("long", queued=9)]
    assert ["long"] == names(chosen(hosts, (), Share(2, 0, hosts=3)))


async def test_a_host_goes_when_its_requests_have_ended_and_not_when_a_page_of_it_waits_elsewhere() -> None:
    leaving = host("a", open=1)
    assert not may_go(leaving)
    leaving.clock.stand_back()
    page = asyncio.create_task(asyncio.sleep(60))
    leaving.work.add(page)
    assert not may_go(leaving)
    leaving.held = True
    assert may_go(leaving), "its robots.txt is only waited for"
    page.cancel()


def test_hosts_that_others_need_go_however_busy_they_are() -> None:
    hosts = [host("a", open=3), host("b")]
    assert ["a"] == names(chosen(hosts, (), Share(2, 0, hosts=5, wanted=("a", "unknown"))))
    hosts[0].stay = Stay.LEAVING
    assert [] == chosen(hosts, (), Share(2, 0, hosts=1, wanted=("a",)))


def test_idle_hosts_go_only_to_others() -> None:
    idle, busy = host("idle", queued=0), host("busy")
    assert is_idle(idle)
    assert ["idle"] == names(chosen([idle, busy], [idle], Share(2, 0, hosts=1)))
    assert [] == chosen([idle, busy], [idle], Share(1, 0))


def test_a_host_that_may_still_have_something_to_do_is_not_idle() -> None:
    assert not is_idle(host("queued"))
    assert not is_idle(host("open", queued=0, open=1))
    waiting = host("waiting", queued=0)
    waiting.note_waiting(Waiting(next_retry=60.0))
    assert not is_idle(waiting)
    withheld = host("withheld")
    withheld.withheld = "its token has expired"
    assert not is_idle(withheld)


def test_a_host_that_was_given_up_stays_or_its_next_worker_would_ask_it() -> None:
    given_up = host("a", queued=0)
    given_up.clock.gave_up = "it answers with a bot challenge"
    assert not is_idle(given_up)
