"""Documents that an open page goes on to: fetched under the rules for all documents, each in its host's turn."""

from __future__ import annotations

from collections.abc import Callable

from asyncscrape.crawl.admission import Admission, Ruling, Step
from asyncscrape.crawl.errands import Errands
from asyncscrape.crawl.events import Ended, Events
from asyncscrape.crawl.exchange import Answer, HostNews
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.robots_reader import RobotsReader
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl.verdict import Fate, judge, no_answer
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Exchanging
from asyncscrape.model import Request, Response
from asyncscrape.urls import authority


class Visits:
    """Lets open pages go on to other documents."""

    def __init__(
        self,
        scope: JobScope,
        admission: Admission,
        policies: HostPolicies,
        robots: RobotsReader,
        errands: Errands,
        hosts: Scheduler,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._scope = scope
        self._admission = admission
        self._policies = policies
        self._robots = robots
        self._errands = errands
        self._hosts = hosts
        self._events = events
        self._now = now
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Open pages that wait for another document. Meanwhile they do not count as open requests of the run."""
        return self._waiting

    async def __call__(self, url: str, page: str, exchange: Exchanging) -> Response:
        """Make the exchange, see `Leave`."""
        if (why := self._scope.hosts.why_not(url, 0)) is not None:
            raise FetchError(Reason.SCOPE, why, transient=False)
        clock = self._hosts.host(authority(page)).clock
        # The page holds a place at its host, and perhaps the only one: the document that it goes on to takes it over.
        clock.stand_back()
        self._waiting += 1
        try:
            await self._permit(url)
            return await self._in_turn(url, exchange)
        finally:
            self._waiting -= 1
            clock.step_forward()

    async def _permit(self, url: str) -> None:
        """Raise FetchError unless robots.txt permits a URL."""
        if not self._policies.robots(authority(url)):
            return
        request = Request(url)
        ruling = self._admission.by_robots(request)
        if ruling.step is Step.WAIT_FOR_ROBOTS:
            await self._robots.know(url)
            ruling = self._admission.by_robots(request)
        insist(ruling)

    async def _in_turn(self, url: str, exchange: Exchanging) -> Response:
        name, news = authority(url), HostNews()
        host, sent = await self._errands.turn(name, lambda turn: self._hosts.visits.add(name, turn))
        try:
            response = await exchange(sent)
            answer = Answer(judge(response, 1, self._now()), response)
            news = answer.news
            return if_good(answer, response)
        except FetchError as error:
            news = news if news.signal >= 0 else Answer(no_answer(error)).news
            raise
        finally:
            self._events.put(Ended(host, sent, news))


def insist(ruling: Ruling) -> None:
    """Raise FetchError unless a request may start."""
    if ruling.step is not Step.START:
        raise FetchError(ruling.reason, ruling.detail, transient=False)


def if_good(answer: Answer, response: Response) -> Response:
    """The response, or a redirect. Raises FetchError if no page can become of it."""
    verdict = answer.verdict
    if verdict.fate not in (Fate.READ, Fate.FOLLOW):
        raise FetchError(verdict.reason, verdict.detail, transient=verdict.fate is Fate.RETRY)
    return response
