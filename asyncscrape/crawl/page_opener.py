"""One page in a browser, for `try`: whether it is opened, and what becomes of it, is decided as in a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from asyncscrape.browsing import PagePlan, SeenRequest
from asyncscrape.crawl.answer_reader import AnswerReader, Tabs
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.base import Browser, Leave
from asyncscrape.model import Response
from asyncscrape.parsing.base import Parsing


class Show(msgspec.Struct, frozen=True):
    """What people want to see of an open page."""

    window: bool = False
    picture: bool = False
    stays: Callable[[], Awaitable[None]] | None = None
    """Returns when the page may be closed."""


class Observed(Protocol):
    """What somebody has seen of an open page."""

    requests: Sequence[SeenRequest]
    picture: bytes


class OpenedPage(msgspec.Struct, frozen=True):
    """What has become of a page."""

    answers: Sequence[Response]
    """The document as it came; or its contents in the browser after each turn, and what it captures."""
    in_browser: bool = False
    requests: Sequence[SeenRequest] = ()
    picture: bytes = b""
    """As PNG, if it was wanted."""
    failure: FetchError | None = None
    """Why the browser did not get through with it."""


class PageOpener:
    """Opens pages whose rules want it."""

    def __init__(
        self,
        parsing: Parsing,
        tabs: Tabs,
        policies: HostPolicies,
        observed: Observed,
        now: Callable[[], float],
    ) -> None:
        self._browser = RememberingBrowser(tabs.browser)
        self._reader = AnswerReader(parsing, tabs._replace(browser=self._browser), policies, now)
        self._observed = observed

    async def open(self, document: Response) -> OpenedPage:
        """What becomes of a document."""
        failure = None
        try:
            await self._reader.read(document)
        except FetchError as error:
            failure = error
        if not self._browser.asked:
            return OpenedPage([document])
        seen = self._observed
        return OpenedPage(self._browser.answers, True, seen.requests, seen.picture, failure)


class RememberingBrowser:
    """A browser that remembers what it has made of a page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.asked = False
        self.answers: Sequence[Response] = ()

    async def open(
        self, document: Response, plan: PagePlan, user_agent: str, leave: Leave | None = None
    ) -> Sequence[Response]:
        """What becomes of a document. Raises FetchError."""
        self.asked = True
        self.answers = await self._browser.open(document, plan, user_agent, leave)
        return self.answers
