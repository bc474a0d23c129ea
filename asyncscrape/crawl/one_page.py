"""One page as a run would get it, for `try`: the same rules and the same exchange, without a queue."""

from __future__ import annotations

from asyncscrape.crawl.admission import Admission, Ruling, Step
from asyncscrape.crawl.exchange import Asking
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.page_opener import OpenedPage, PageOpener
from asyncscrape.crawl.robots import RobotsFiles
from asyncscrape.crawl.verdict import Fate
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.base import Fetcher
from asyncscrape.model import Request, Response
from asyncscrape.urls import authority


class OnePage:
    """Fetches single pages, each asked for once."""

    def __init__(
        self,
        admission: Admission,
        robots: RobotsFiles,
        asking: Asking,
        fetcher: Fetcher,
        policies: HostPolicies,
        opener: PageOpener | None,
    ) -> None:
        self._admission = admission
        self._robots = robots
        self._asking = asking
        self._fetcher = fetcher
        self._policies = policies
        self._opener = opener

    async def bring(self, request: Request) -> Response:
        """Fetch a page and follow its redirects, each of which robots.txt must permit. Raises FetchError."""
        while True:
            ruling = await self._ruling(request)
            if ruling.step is not Step.START:
                raise FetchError(ruling.reason, f"{request.url}: {ruling.detail}", transient=False)
            verdict, response = await self._asking.ask(request)
            if response is not None and verdict.fate is Fate.READ:
                return response
            if verdict.fate is not Fate.FOLLOW:
                raise FetchError(verdict.reason, f"{request.url}: {verdict.detail}", transient=False)
            request = Request(verdict.target, hops=(*request.hops, request.url))

    async def open(self, document: Response) -> OpenedPage:
        """The page as its rules want it: as it came, or as a browser has opened it."""
        return OpenedPage([document]) if self._opener is None else await self._opener.open(document)

    async def _ruling(self, request: Request) -> Ruling:
        """The verdict of robots.txt; it is fetched first if it is to be obeyed and is not known yet."""
        if not self._policies.robots(authority(request.url)):
            return Ruling(Step.START)
        ruling = self._admission.by_robots(request)
        if ruling.step is not Step.WAIT_FOR_ROBOTS:
            return ruling
        await self._robots.ask(request.url, self._fetch, answered=False)
        return self._admission.by_robots(request)

    async def _fetch(self, request: Request) -> Response:
        return await self._fetcher.fetch(request, user_agent=self._policies.user_agent(authority(request.url)))
