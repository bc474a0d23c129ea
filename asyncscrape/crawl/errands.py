"""Requests that are not in the frontier, made in their host's turn like all others: robots.txt and its redirects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from asyncscrape.crawl.host_policies import Manners
from asyncscrape.crawl.in_flight import Traffic
from asyncscrape.crawl.scheduler import Errand, Host, Scheduler
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.model import Request, Response
from asyncscrape.politeness.clock import Signal
from asyncscrape.politeness.decisions import classify, deadline
from asyncscrape.urls import authority

log = logging.getLogger(__name__)


class Errands:
    """Fetches one thing for whoever waits for it."""

    def __init__(
        self,
        hosts: Scheduler,
        traffic: Traffic,
        fetcher: HttpFetcher,
        manners: Manners,
        now: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._hosts = hosts
        self._traffic = traffic
        self._fetcher = fetcher
        self._manners = manners
        self._now = now
        self._wake = wake

    async def fetch(self, request: Request) -> Response:
        """Wait for the host's turn, then ask. Raises FetchError, also when the host was given up meanwhile."""
        name = authority(request.url)
        turn: Errand = asyncio.get_running_loop().create_future()
        self._hosts.send(name, turn, self._now())
        self._wake()
        sent = await turn
        news: tuple[Any, ...] = (Signal.NONE,)
        try:
            agent = self._manners.user_agent(name)
            response = await self._fetcher.fetch(request, user_agent=agent, on_sent=sent)
            news = (classify(response.status).signal, response.elapsed, deadline(response, self._now()))
            return response
        except FetchError:
            news = (Signal.FAILURE,)
            raise
        except Exception as error:
            log.exception("a fault in asyncscrape on %s", request.url)
            raise FetchError("internal error", repr(error), transient=False) from error
        finally:
            self._traffic.end(self._hosts.host(name), sent, *news)

    def go(self, host: Host, errand: Errand) -> None:
        """It is the errand's turn."""
        if errand.done():
            return
        if host.given_up:
            errand.set_exception(FetchError(*host.given_up, transient=False))
        else:
            errand.set_result(self._traffic.start(host))
