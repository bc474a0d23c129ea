"""Logins: each is carried out before its hosts are asked for anything, and again when a page says "signed out".

A login is a few steps in the browser. Its cookies serve plain HTTP as well, for both share them. While it goes on,
requests to its hosts wait in `SignedInFetcher`, so nothing else is asked of them. One that fails is not repeated: its
hosts are asked no more, and the run ends with the advice to change the config.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from lxml import html

from asyncscrape.browsing import LoginPlan, PagePlan
from asyncscrape.errors import FetchError, Postponed, Reason, Withheld
from asyncscrape.fetchers.base import Browser, Fetcher, Leave, Sink, redirect_of
from asyncscrape.model import Request, Response
from asyncscrape.selectors import compile_selector
from asyncscrape.urls import authority

log = logging.getLogger(__name__)

MOST_TRIES = 3
"""Tries for a login whose site does not answer, and logins in a row that no page has confirmed."""
MOST_LOSSES = 2
"""Logins that may end with one and the same page: after the first, others may have used up the session."""
RESPITE = 10.0
"""Seconds before a site that did not answer is tried again."""
MOST_HOPS = 10
OK = 200
HTML = "text/html"


class Door:
    """The way to the form of a login, which may be at another host than its URL."""

    def __init__(self, url: str, fetcher: Fetcher, leave: Leave, agent: Callable[[str], str]) -> None:
        self._url = url
        self._fetcher = fetcher
        self._leave = leave
        self._agent = agent
        self._known = {without_query(url)}
        """Where hosts send those who are signed out."""

    async def open(self) -> Response:
        """The page with the form. Raises FetchError."""
        url = self._url
        for _ in range(MOST_HOPS):
            request = Request(url)
            answer = await self._leave(url, url, lambda sent, asked=request: self._ask(asked))  # type: ignore[misc]
            target = redirect_of(answer)
            if target is None:
                return answer
            url = target
            self._known.add(without_query(url))
        raise FetchError(Reason.REDIRECTS, f"it redirects more than {MOST_HOPS} times", transient=False)

    def leads_here(self, answer: Response) -> bool:
        """Whether an answer is a redirect to the login."""
        target = redirect_of(answer)
        return target is not None and without_query(target) in self._known

    async def _ask(self, request: Request) -> Response:
        return await self._fetcher.fetch(request, user_agent=self._agent(authority(request.url)))


class SignIn:
    """One login, and whether its hosts believe it."""

    def __init__(
        self,
        plan: LoginPlan,
        fetcher: Fetcher,
        browser: Browser,
        leave: Leave,
        agent: Callable[[str], str],
        now: Callable[[], float],
        *,
        done: bool = False,
    ) -> None:
        """`done` says that cookies of an earlier login are there; pages tell if they are no good."""
        self.plan = plan
        self.door = Door(plan.url, fetcher, leave, agent)
        self._browser = browser
        self._leave = leave
        self._agent = agent
        self._now = now
        self._lock = asyncio.Lock()
        self._done_at = datetime.now(UTC) if done else None
        self._tries = 0
        self._unconfirmed = 0
        """Logins since a page was last read as it should be."""
        self._lost: Counter[str] = Counter()
        """Logins in a row that have ended with this page: it said "signed out", and was the first."""
        self._refused = ""

    async def ensure(self) -> None:
        """Sign in, unless that is done. Raises Postponed, and Withheld if the user must do something first."""
        async with self._lock:
            if self._refused:
                raise Withheld(self._refused)
            if self._done_at is not None:
                return
            try:
                await self._enter()
            except FetchError as error:
                raise self._failure(error) from error
            self._tries, self._done_at = 0, datetime.now(UTC)

    async def heed(self, document: Response, pages: Sequence[Response]) -> None:
        """Learn from what a document has become. Raises Postponed if it is to come round again, FetchError if that
        did not help.
        """
        if not await self._is_signed_out(pages):
            self._unconfirmed = 0
            self._lost.pop(document.url, None)
            return
        self.lose(document.url, document.fetched_at)

    async def _is_signed_out(self, pages: Sequence[Response]) -> bool:
        if not (pages and self.plan.signed_out):
            return False
        return await asyncio.to_thread(shows, pages[-1], self.plan.signed_out)

    def lose(self, url: str, fetched_at: datetime) -> None:
        """A page says "signed out". Raises Postponed unless it has ended too many logins."""
        if self._done_at is not None and fetched_at >= self._done_at:
            self._done_at = None
            self._unconfirmed += 1
            self._lost[url] += 1
            if self._lost[url] > MOST_LOSSES:
                raise refused("it says signed out, also after signing in again")
        if self._unconfirmed > MOST_TRIES:
            self._refused = f"pages say signed out right after signing in at {self.plan.url}; {ADVICE}"
        raise Postponed("signed out; it comes round again after signing in")

    def _failure(self, error: FetchError) -> FetchError:
        self._tries += 1
        if error.transient and self._tries < MOST_TRIES:
            return Postponed(f"signing in at {self.plan.url}: {error.detail}", self._now() + RESPITE)
        self._refused = f"signing in at {self.plan.url} failed: {error.detail}; {ADVICE}"
        return Withheld(self._refused)

    async def _enter(self) -> None:
        log.info("signing in at %s", self.plan.url)
        document = await self.door.open()
        agent = self._agent(authority(document.url))
        opened = await self._browser.open(document, self.plan.page, agent, self._leave)
        inside, outside = self.plan.signed_in, self.plan.signed_out
        if inside and not shows(opened[-1], inside):
            raise FetchError(
                Reason.ACCESS, f"nothing on the page then matches signed_in = {inside!r}", transient=False
            )
        if outside and shows(opened[-1], outside):
            raise refused(f"the page then still matches signed_out = {outside!r}")


ADVICE = "look at the steps and the credentials under [[fetch.browser.login]], then run the same command again"


def refused(why: str) -> FetchError:
    """A login that does not help."""
    return FetchError(Reason.ACCESS, why, transient=False)


def without_query(url: str) -> str:
    """A URL without its query."""
    return url.partition("?")[0]


def shows(page: Response, selector: str) -> bool:
    """Whether anything on a page matches a CSS selector."""
    tree = html.document_fromstring(page.body or b"<p></p>", parser=html.HTMLParser(encoding="utf-8"))
    return next(iter(compile_selector(selector).find(tree)), None) is not None


class SignIns:
    """The logins of a job, by host."""

    def __init__(self, logins: Sequence[SignIn]) -> None:
        self._by_host: Mapping[str, SignIn] = {host: one for one in logins for host in one.plan.hosts}

    def of(self, url: str) -> SignIn | None:
        """The one for the host of a URL."""
        return self._by_host.get(authority(url))


class SignedInFetcher:
    """A fetcher that signs in first."""

    def __init__(self, fetcher: Fetcher, sign_ins: SignIns, opens: Callable[[str], bool]) -> None:
        """`opens` says which pages a browser may open: those are looked at once their scripts have run."""
        self._fetcher = fetcher
        self._sign_ins = sign_ins
        self._opens = opens

    async def __aenter__(self) -> Self:
        """The fetcher is open already."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """Make one exchange, see `Fetcher.fetch`."""
        sign_in = self._sign_ins.of(request.url)
        if sign_in is not None:
            await sign_in.ensure()
        answer = await self._fetcher.fetch(request, user_agent=user_agent, on_sent=on_sent, sink=sink)
        if sign_in is not None and sign_in.door.leads_here(answer):
            sign_in.lose(request.url, answer.fetched_at)
        elif sign_in is not None and answer.status == OK and not self._opens(request.url):
            pages = [answer] if answer.content_type == HTML else []
            await sign_in.heed(answer, pages)
        return answer


class SignedInBrowser:
    """A browser whose pages are looked at: do they say "signed out"?"""

    def __init__(self, browser: Browser, sign_ins: SignIns) -> None:
        self._browser = browser
        self._sign_ins = sign_ins

    async def open(
        self, document: Response, plan: PagePlan, user_agent: str, leave: Leave | None = None
    ) -> Sequence[Response]:
        """Open a page, see `Browser.open`."""
        found = await self._browser.open(document, plan, user_agent, leave)
        sign_in = self._sign_ins.of(document.url)
        if sign_in is not None:
            await sign_in.heed(document, [page for page in found if page.content_type == HTML])
        return found
