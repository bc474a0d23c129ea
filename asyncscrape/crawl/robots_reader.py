"""AnswerReader robots.txt. These requests are not in the frontier, but wait for their host's turn like all others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from asyncscrape.crawl.errands import Errands
from asyncscrape.crawl.events import Ended, Events, RobotsRead
from asyncscrape.crawl.exchange import HostNews
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.hosts import Host
from asyncscrape.crawl.robots import RobotsFiles
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.errors import FetchError, Postponed, Reason
from asyncscrape.fetchers.base import Fetcher
from asyncscrape.model import Request, Response
from asyncscrape.politeness.clock import Signal
from asyncscrape.politeness.decisions import classify, deadline
from asyncscrape.politeness.robots import robots_url
from asyncscrape.urls import authority, origin

log = logging.getLogger(__name__)


class RobotsReader:
    """Reads the robots.txt of an origin while its host's queue waits."""

    def __init__(
        self,
        files: RobotsFiles,
        fetcher: Fetcher,
        policies: HostPolicies,
        scope: JobScope,
        hosts: Scheduler,
        errands: Errands,
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._files = files
        self._fetcher = fetcher
        self._policies = policies
        self._scope = scope
        self._hosts = hosts
        self._errands = errands
        self._tasks = tasks
        self._events = events
        self._now = now

    def ask(self, host: Host, url: str) -> None:
        """Start to get the verdict of robots.txt on a URL; its host's queue waits."""
        host.held = True
        task = self._tasks.begin(self._ask(host, url))
        host.work.add(task)
        task.add_done_callback(host.work.discard)

    async def _ask(self, host: Host, url: str) -> None:
        places = await self._files.ask(url, self.fetch, answered=host.clock.answered)
        found: list[Request] = []
        if places and origin(url) in self._scope.sitemaps_of:
            base = robots_url(origin(url))
            found = await asyncio.to_thread(self._scope.sitemaps, places, base)
        self._events.put(RobotsRead(host, found))

    async def know(self, url: str) -> None:
        """Get the verdict of robots.txt on a URL that an open page wants; meanwhile the queue of its host goes on."""
        await self._errands.have(authority(url))
        host = self._hosts.host(authority(url))
        await self._files.ask(url, self.fetch, answered=host.clock.answered)
        self._keep_pace(host)

    def heed(self, host: Host) -> None:
        """Take in the Crawl-delay of a robots.txt; one that cannot be read leaves the last."""
        host.held = False
        self._keep_pace(host)

    def _keep_pace(self, host: Host) -> None:
        if (told := self._files.crawl_delay(host.name)) is not None:
            host.clock.crawl_delay = told

    async def fetch(self, request: Request) -> Response:
        """Wait for the host's turn, then fetch. Raises FetchError, also if the host is given up meanwhile."""
        name = authority(request.url)
        host, sent = await self._errands.turn(name, lambda turn: self._hosts.send(name, turn, self._now()))
        news = HostNews()
        try:
            agent = self._policies.user_agent(name)
            response = await self._fetcher.fetch(request, user_agent=agent, on_sent=sent)
            news = HostNews(classify(response.status).signal, response.elapsed, deadline(response, self._now()))
            return response
        except Postponed:
            raise
        except FetchError:
            news = HostNews(Signal.FAILURE)
            raise
        except Exception as error:
            log.exception("a fault in asyncscrape on %s", request.url)
            raise FetchError(Reason.INTERNAL_ERROR, repr(error), transient=False) from error
        finally:
            self._events.put(Ended(host, sent, news))
