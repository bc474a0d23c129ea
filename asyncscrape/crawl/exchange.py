"""What happens to one request once it is its host's turn: fetch, judge the answer, parse it.

Nothing here knows of queues, hosts' clocks or other requests. What became of the request is a value that the crawl
stores, and what it says about the host another that the host's clock takes in.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from asyncscrape.downloads.store_gate import Keeper
from asyncscrape.errors import Blocked, FetchError, Gone, Intention, Retry, StoreError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.model import Job, KeptBlob, Kind, Link, Outcome, Page, Parser, Request, Response, State, StoredBlob
from asyncscrape.parsers.errors import ParseError
from asyncscrape.politeness.challenges import challenge
from asyncscrape.politeness.clock import Policy, Signal
from asyncscrape.politeness.decisions import Action, classify, deadline, decide
from asyncscrape.records.lines import encode
from asyncscrape.storage.base import BlobSink
from asyncscrape.urls import Scope, canonical

log = logging.getLogger(__name__)

LARGE = 256_000
"""Bodies longer than this are parsed in a thread, one at a time: the loop must go on, and memory stay bounded."""
REMEMBERED = 50_000
"""Links lately offered, so that a menu that stands on every page costs one look each."""
MOST_NESTED = 5
"""Sitemaps within sitemaps that are followed; the protocol knows of one."""
PEEK = 65_536
"""How much of a body is looked at for a bot challenge."""

HOST_TROUBLE = {"connection": Signal.FAILURE, "dns": Signal.FAILURE, "timeout": Signal.TIMEOUT}
"""What failed exchanges say of the host. One that answers, though badly, is there."""


class Travelled(NamedTuple):
    """A request that came back."""

    outcome: Outcome
    signal: Signal
    latency: float = 0.0
    hold_until: float | None = None
    """The deadline of a Retry-After."""
    size: int = 0
    """Bytes of the body."""
    dropped: int = 0


class Journey:
    """Steps 4 and 5 of the crawl, for any request of the job."""

    def __init__(
        self,
        job: Job,
        fetcher: HttpFetcher,
        keeper: Keeper,
        scope: Scope,
        hosts: Scope,
        max_redirects: int,
        now: Callable[[], float],
    ) -> None:
        self._job = job
        self._fetcher = fetcher
        self._keeper = keeper
        self._scope = scope
        self._hosts = hosts
        """The hosts alone: what binds seeds that were redirected, and sitemaps."""
        self._max_redirects = max_redirects
        self._now = now
        self._parsing = asyncio.Lock()
        self._offered: set[str | Link] = set()
        """Pages by their URL alone, which is cheaper to look up."""

    async def travel(
        self, request: Request, policy: Policy, user_agent: str, on_sent: Callable[[], None]
    ) -> Travelled:
        """Fetch one request and say what became of it."""
        if request.kind != Kind.BLOB:
            return self._or_instead(await self._ask(request, policy, user_agent, on_sent))
        try:
            async with self._keeper.sink(request) as sink:
                return await self._ask(request, policy, user_agent, on_sent, sink)
        except FetchError as error:
            return Travelled(failed(request, error.reason, error.detail), Signal.NONE)
        except StoreError as error:
            later = self._keeper.put_off(error)
            return Travelled(Outcome(request, State.PENDING, "blob store", storable(str(error)), later), Signal.NONE)

    async def _ask(
        self,
        request: Request,
        policy: Policy,
        user_agent: str,
        on_sent: Callable[[], None],
        sink: BlobSink | None = None,
    ) -> Travelled:
        stored = None
        try:
            response = await self._fetcher.fetch(request, user_agent=user_agent, on_sent=on_sent, sink=sink)
            if sink is not None and classify(response.status).action is Action.OK:
                stored = await self._keeper.keep(sink, request, response.content_type)
        except FetchError as error:
            return self._unfetched(request, policy, error)
        return await self._judge(response, policy, stored)

    def _or_instead(self, travelled: Travelled) -> Travelled:
        """Where the job knows what to ask in place of something that failed, it is asked, and nothing has failed."""
        outcome = travelled.outcome
        useless = outcome.state == State.FAILED and travelled.signal is not Signal.BLOCKED
        links = self._job.instead(outcome.request) if useless else ()
        if not links:
            return travelled
        offers = self._offers(Page(links=links), outcome.request)
        detail = f"{outcome.detail}; {links[0].url} is asked instead"
        return travelled._replace(
            outcome=msgspec.structs.replace(outcome, state=State.SKIPPED, detail=detail, links=offers)
        )

    def _unfetched(self, request: Request, policy: Policy, error: FetchError) -> Travelled:
        outcome = self._again(request, policy, error.reason, error.detail, transient=error.transient)
        return Travelled(outcome, HOST_TROUBLE.get(error.reason, Signal.NEUTRAL))

    async def _judge(self, response: Response, policy: Policy, stored: StoredBlob | None) -> Travelled:
        """What an answer means for its URL and its host."""
        action, signal = classify(response.status)
        hold_until = deadline(response, self._now())
        wall = challenge(response.status, response.headers, response.body[:PEEK])
        if wall:
            outcome = failed(response.request, "blocked", f"the site answers with a bot challenge ({wall})")
            return Travelled(outcome, Signal.BLOCKED, hold_until=hold_until, size=len(response.body))
        if action is Action.OK:
            travelled = await self._read(response, policy, stored)
        elif action is Action.REDIRECT and response.headers.get("Location"):
            travelled = Travelled(self._follow(response), signal)
        else:
            travelled = self._refused(response, policy, hold_until)
        size = stored.bytes if stored else len(response.body)
        return travelled._replace(latency=response.elapsed, hold_until=hold_until, size=size)

    def _refused(self, response: Response, policy: Policy, hold_until: float | None) -> Travelled:
        """An answer that is none; the parser of a job's own kind may know from the body what is wrong."""
        action, signal = classify(response.status)
        request, retry = response.request, action is Action.RETRY
        reason, detail = f"http {response.status}", f"the server answered {response.status}"
        if not retry and request.kind not in (Kind.PAGE, Kind.SITEMAP, Kind.BLOB):
            try:
                self._job.parsers[request.kind](response)
            except Blocked as why:
                return Travelled(failed(request, "blocked", f"{detail}: {why}"), Signal.BLOCKED)
            except (Intention, ParseError) as why:
                detail = f"{detail}: {why}"
            except Exception:
                log.debug("the parser can make nothing of the refusal by %s", response.url, exc_info=True)
        outcome = self._again(request, policy, reason, detail, transient=retry, not_before=hold_until)
        return Travelled(outcome, signal)

    def _follow(self, response: Response) -> Outcome:
        """Send the request on to where it was redirected; there it waits for its turn like any other."""
        request = response.request
        target = canonical(response.headers["Location"], response.url)
        if target is None:
            return failed(
                request, "redirect", f"redirected to {response.headers['Location'][:200]!r}, which is no web page"
            )
        chain = [*request.hops, request.url]
        if len(chain) > self._max_redirects:
            kind = "loop" if target in chain else f"more than {self._max_redirects}"
            return failed(
                request, "redirect loop" if kind == "loop" else "redirects", f"redirects: {kind}, last to {target}"
            )
        return Outcome(request, State.PENDING, hop=target)

    async def _read(self, response: Response, policy: Policy, stored: StoredBlob | None) -> Travelled:
        """Parse a good answer; a parser may know better than the status."""
        request = response.request
        try:
            if stored:
                return Travelled(Outcome(request, State.DONE, kept=KeptBlob(stored, response.origin)), Signal.OK)
            page = await self._parse(response)
            return Travelled(self._done(response, page), Signal.OK, dropped=page.dropped)
        except ParseError as error:
            return Travelled(failed(request, "parse", str(error)), Signal.OK)
        except Gone as why:
            return Travelled(failed(request, "gone", str(why)), Signal.NEUTRAL)
        except Blocked as why:
            return Travelled(failed(request, "blocked", str(why)), Signal.BLOCKED)
        except Retry as why:
            after = self._now() + why.after if why.after is not None else None
            outcome = self._again(request, policy, "not ready", str(why), transient=True, not_before=after)
            return Travelled(outcome, Signal.NEUTRAL)
        except Exception as error:
            log.warning("the parser failed on %s", response.url, exc_info=True)
            return Travelled(failed(request, "parser error", f"{type(error).__name__}: {error}"), Signal.OK)

    async def _parse(self, response: Response) -> Page:
        parser: Parser = self._job.parsers[response.request.kind]
        if len(response.body) <= LARGE:
            return parser(response)
        async with self._parsing:
            return await asyncio.to_thread(parser, response)

    def _done(self, response: Response, page: Page) -> Outcome:
        links = self._offers(page, response.request)
        return Outcome(response.request, State.DONE, links=links, records=encode(page.records, response.origin))

    def _offers(self, page: Page, request: Request) -> list[Request]:
        """The requests that a page leads to: in scope, and not offered a moment ago."""
        # Pages of a sitemap count as one link away from a seed, however deep the sitemap itself lies in others.
        depth = 1 if request.kind == Kind.SITEMAP else request.depth + 1
        offered, accepts = self._offered, self._scope.accepts
        if len(offered) > REMEMBERED:
            offered.clear()
        # What is too deep here may be offered again by a page that is nearer to a seed, so it is not remembered.
        too_deep = self._scope.max_depth is not None and depth > self._scope.max_depth
        offers = []
        for link in page.links:
            seen = link.url if link.kind == Kind.PAGE else link
            if seen in offered or (too_deep and link.kind != Kind.SITEMAP):
                continue
            offered.add(seen)
            if link.kind == Kind.SITEMAP:
                offers += self.sitemaps([link.url], request.url, request.depth + 1)
            elif accepts(link.url, depth):
                offers.append(Request(link.url, link.kind, depth=depth, note=link.note))
        offers += [Request(blob.url, Kind.BLOB, depth=depth, path=storable(blob.path)) for blob in page.blobs]
        return offers

    def sitemaps(self, places: Iterable[str], base: str, depth: int = 0) -> list[Request]:
        """The requests for sitemaps that a robots.txt or another sitemap names: those on the job's hosts.

        An index of indexes may be nested a little; one that never ends is left.
        """
        if depth > MOST_NESTED:
            return []
        urls = (canonical(place, base) for place in places)
        return [Request(url, Kind.SITEMAP, depth=depth) for url in urls if url and self._hosts.accepts(url, 0)]

    def _again(
        self,
        request: Request,
        policy: Policy,
        reason: str,
        detail: str,
        *,
        transient: bool,
        not_before: float | None = None,
    ) -> Outcome:
        """Try a request once more, later, or let it fail when that is of no use."""
        retry, at = decide(
            request.attempts, policy, self._now(), random.random, transient=transient, not_before=not_before
        )
        tried = msgspec.structs.replace(request, attempts=request.attempts + 1)
        state = State.PENDING if retry else State.FAILED
        return Outcome(tried, state, reason, storable(detail), at)

    def why_not(self, request: Request) -> str | None:
        """Why a request is out of scope by now: it was redirected, or the config has changed since it was queued."""
        if request.kind == Kind.BLOB or (not request.depth and not request.hops):
            return None
        scope = self._hosts if not request.depth or request.kind == Kind.SITEMAP else self._scope
        return scope.why_not(request.url, request.depth)


def failed(request: Request, reason: str, detail: str) -> Outcome:
    """A request that ends without another try."""
    tried = msgspec.structs.replace(request, attempts=request.attempts + 1)
    return Outcome(tried, State.FAILED, reason, storable(detail))


def storable(text: str) -> str:
    """The text without the halves of characters that JSON may bring in and no database takes."""
    return text.encode("utf-8", "replace").decode()
