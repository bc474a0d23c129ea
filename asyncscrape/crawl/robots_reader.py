"""AnswerReader robots.txt. These requests are not in the frontier, but wait for their host's turn like all others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from asyncscrape.crawl.events import Ended, Events, RobotsRead, Woken
from asyncscrape.crawl.exchange import HostNews
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.hosts import Errand, Host
from asyncscrape.crawl.robots import RobotsFiles
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.errors import FetchError, Reason
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
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._files = files
        self._fetcher = fetcher
        self._policies = policies
        self._scope = scope
        self._hosts = hosts
        self._tasks = tasks
        self._events = events
        self._now = now

    def ask(self, host: Host, url: str) -> None:
        """Start to get the verdict of robots.txt on a URL; its host's queue waits."""
        host.held = True
        self._tasks.begin(self._ask(host, url))

    async def _ask(self, host: Host, url: str) -> None:
        places = await self._files.ask(url, self.fetch, answered=host.clock.answered)
        found: list[Request] = []
        if places and origin(url) in self._scope.sitemaps_of:
            base = robots_url(origin(url))
            found = await asyncio.to_thread(self._scope.sitemaps, places, base)
        self._events.put(RobotsRead(host, found))

    async def know(self, url: str) -> None:
        """Get the verdict of robots.txt on a URL that an open page wants; meanwhile the queue of its host goes on."""
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
        turn: Errand = asyncio.get_running_loop().create_future()
        self._hosts.send(name, turn, self._now())
        self._events.put(Woken())
        sent = await turn
        news = HostNews()
        try:
            agent = self._policies.user_agent(name)
            response = await self._fetcher.fetch(request, user_agent=agent, on_sent=sent)
            news = HostNews(classify(response.status).signal, response.elapsed, deadline(response, self._now()))
            return response
        except FetchError:
            news = HostNews(Signal.FAILURE)
            raise
        except Exception as error:
            log.exception("a fault in asyncscrape on %s", request.url)
            raise FetchError(Reason.INTERNAL_ERROR, repr(error), transient=False) from error
        finally:
            self._events.put(Ended(self._hosts.host(name), sent, news))
