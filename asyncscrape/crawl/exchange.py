"""One request, once its host has its turn: fetch it, judge the answer once, parse it.

Nothing here knows about queues, hosts' clocks or other requests. The outcome is one value, which the crawl stores;
the news about the host is another, which goes to the host's clock.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec

from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.offers import Offers
from asyncscrape.crawl.page_files import PageFiles
from asyncscrape.crawl.url_checks import left_out, question
from asyncscrape.crawl.verdict import Fate, Verdict, judge, no_answer, outcome, parser_fault, refined, useless
from asyncscrape.crawl_job import Job
from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.errors import (
    DamagedAnswer,
    FetchError,
    FileGone,
    NotKept,
    Reason,
    StoreError,
    Superseded,
    UsageError,
)
from asyncscrape.fetchers.base import Fetcher
from asyncscrape.model import Blob, Kind, Link, Outcome, Request, Response, State, storable
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.politeness.clock import RETRY_AFTER, Signal
from asyncscrape.storage.base import BlobSink
from asyncscrape.urls import authority

log = logging.getLogger(__name__)

STANDARD = frozenset(Kind)
"""Kinds whose parsers cannot read a refusal; those of a job's own kinds may."""


INSTEAD = " is asked instead"
"""The end of the detail of a request that has a substitute."""
SUSPECT = 3
"""Runs that a request may have ended before nothing else is parsed beside it."""


class HostNews(NamedTuple):
    """News about a host, from the end of a request."""

    signal: Signal = Signal.NONE
    latency: float = 0.0
    hold_until: float | None = None
    """The deadline of a Retry-After, or until which the host's credentials cannot be had."""
    why: str = RETRY_AFTER
    """The cause of the deadline."""
    withheld: str = ""
    """Why the host is asked no more in this run, while its requests wait for the user."""


class Result(NamedTuple):
    """A request that has ended."""

    outcome: Outcome
    news: HostNews = HostNews()
    size: int = 0
    """Bytes of the body."""


class Answer(NamedTuple):
    """The answer to a request, judged."""

    verdict: Verdict
    response: Response | None = None

    @property
    def news(self) -> HostNews:
        """The news about its host."""
        latency = self.response.elapsed if self.response else 0.0
        why = self.verdict.detail if self.verdict.fate is Fate.WAIT else RETRY_AFTER
        until = None if self.verdict.alone else self.verdict.not_before
        return HostNews(
            self.verdict.signal, latency, until, why, self.verdict.detail if self.verdict.withheld else ""
        )


def refuses(answer: Answer) -> bool:
    """Whether the host refuses for good, and not for being a bot."""
    verdict, response = answer
    status = response.status if response else 0
    return 400 <= status < 500 and verdict.fate is Fate.FAIL and verdict.reason == Reason.refused(status)


class Asking:
    """Step 4 of the crawl: the answer to one request, judged."""

    def __init__(
        self, fetcher: Fetcher, policies: HostPolicies, max_redirects: int, now: Callable[[], float]
    ) -> None:
        self._fetcher = fetcher
        self._policies = policies
        self._max_redirects = max_redirects
        self._now = now

    async def ask(
        self, request: Request, on_sent: Callable[[], None] | None = None, sink: BlobSink | None = None
    ) -> Answer:
        """Fetch and judge."""
        agent = self._policies.user_agent(authority(request.url))
        try:
            response = await self._fetcher.fetch(request, user_agent=agent, on_sent=on_sent, sink=sink)
        except FetchError as error:
            return Answer(no_answer(error))
        return Answer(judge(response, self._max_redirects, self._now()), response)


class AnyReader(Protocol):
    """Reads answers: step 5."""

    def prepare(self) -> None:
        """An answer will come soon."""

    @property
    def apart(self) -> int:
        """Answers that only wait, perhaps for long, and hold up no others."""

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer. Raises FetchError if the browser does not get through with it."""


class Exchange:
    """Steps 4 and 5 of the crawl, for any request of a job."""

    def __init__(
        self,
        job: Job,
        asking: Asking,
        reader: AnyReader,
        files: StoreGate,
        policies: HostPolicies,
        offers: Offers,
        now: Callable[[], float],
    ) -> None:
        self._instead = job.instead
        self._asking = asking
        self._reader = reader
        self._files = files
        self._page_files = PageFiles(files)
        self._policies = policies
        self._offers = offers
        self._now = now

    async def carry_out(self, request: Request, on_sent: Callable[[], None]) -> Result:
        """Fetch one request; its result. A fault in this program fails the request, not the run."""
        try:
            if request.kind == Kind.BLOB:
                return self.or_instead(await self._download(request, on_sent))
            return self.or_instead(await self._read(request, on_sent))
        except (StoreError, UsageError, NotKept):
            raise
        except Exception as error:
            log.exception("a fault in asyncscrape on %s", request.url)
            return Result(Outcome.failed(request, Reason.INTERNAL_ERROR, repr(error)))

    @property
    def apart(self) -> int:
        """Requests that only wait to be parsed, perhaps for long, and hold up no others."""
        return self._reader.apart

    # Pages

    async def _read(self, request: Request, on_sent: Callable[[], None]) -> Result:
        self._reader.prepare()
        if self._offers.doubts(request) and (ended := left_out(request, await self._reader.read(question(request)))):
            return Result(ended)
        answer = await self._asking.ask(request, on_sent)
        verdict, response = answer
        if response is None:
            return self._useless(request, answer)
        size = len(response.body)
        found: Parsed | Verdict = verdict
        if verdict.fate is Fate.READ:
            found = await self._parse(response, alone=request.deaths >= SUSPECT)
        elif request.kind not in STANDARD and refuses(answer):
            told = await self._reader.read(response, alone=request.deaths >= SUSPECT)
            found = refined(verdict, told) if isinstance(told, Unparsed) else told
        done = await self._done(request, found, answer, size) if isinstance(found, Parsed) else found
        return done if isinstance(done, Result) else self._useless(request, answer, done, size)

    async def _parse(self, response: Response, *, alone: bool) -> Parsed | Verdict:
        try:
            found = await self._reader.read(response, alone=alone)
        except FetchError as error:
            return no_answer(error)
        if isinstance(found, Parsed):
            return found
        if found.mishap is Mishap.FILE_GONE:
            raise FileGone(found.why)
        if found.mishap is Mishap.DAMAGED:
            raise DamagedAnswer(found.why)
        if found.trace:
            log.warning("the parser failed on %s\n%s", response.url, found.trace)
        return useless(found, self._now())

    async def _done(self, request: Request, found: Parsed, answer: Answer, size: int) -> Result | Verdict:
        """The result of a page that was read; a verdict if its links or files cannot be used."""
        try:
            offered = await self._offers.in_slices(request, found.links, found.blobs, found.nofollow, found.outside)
        except Exception as error:
            log.warning("the parser found unusable links or files on %s", request.url, exc_info=True)
            return parser_fault(error)
        try:
            files = await self._page_files.keep(found.files)
        except FetchError as error:
            return no_answer(error)
        done = Outcome(
            request,
            State.DONE,
            links=offered.requests,
            records=found.records,
            flaws=found.flaws,
            left=offered.left,
            uses=found.uses,
            finding=found.finding,
            opening=found.opening,
            files=files,
        )
        return Result(done, answer.news, size)

    def _useless(self, request: Request, answer: Answer, verdict: Verdict | None = None, size: int = 0) -> Result:
        """The result of a request that is not done; `verdict` replaces the one on the answer alone."""
        verdict = verdict or answer.verdict
        policy = self._policies.policy(authority(request.url))
        ended = outcome(request, verdict, policy, self._now(), random.random)
        return Result(ended, answer.news._replace(signal=verdict.signal), size)

    def or_instead(self, result: Result) -> Result:
        """If the job knows a substitute for a failed request, ask for that and count the request as skipped."""
        ended = result.outcome
        useless = ended.state is State.FAILED and result.news.signal is not Signal.BLOCKED
        # A path that is taken is not the host's fault: nothing else could be stored there either.
        others = self._instead(ended.request) if useless and ended.reason != Reason.BLOB_PATH else ()
        if not others:
            return result
        links = [other for other in others if isinstance(other, Link)]
        blobs = [other for other in others if isinstance(other, Blob)]
        offered = self._offers.chosen_by_job(ended.request, links, blobs)
        detail = f"{ended.detail}; {others[0].url}{INSTEAD}"
        skipped = msgspec.structs.replace(
            ended, state=State.SKIPPED, detail=detail, links=offered.requests, left=offered.left
        )
        return result._replace(outcome=skipped)

    # Files

    async def _download(self, request: Request, on_sent: Callable[[], None]) -> Result:
        try:
            async with self._files.sink(request) as sink:
                return await self._keep(request, await self._asking.ask(request, on_sent, sink), sink)
        except FetchError as error:
            return Result(Outcome.failed(request, error.reason, error.detail))
        except StoreError as error:
            later = self._files.put_off(error)
            return Result(Outcome(request, State.PENDING, Reason.BLOB_STORE, storable(str(error)), later))

    async def _keep(self, request: Request, answer: Answer, sink: BlobSink) -> Result:
        verdict, response = answer
        if response is None or verdict.fate is not Fate.READ:
            return self._useless(request, answer, size=len(response.body) if response else 0)
        try:
            kept = await self._files.keep(sink, request, response)
        except Superseded as why:
            return Result(Outcome(request, State.SKIPPED, why.reason, storable(why.detail)), answer.news)
        except FetchError as error:
            return self._useless(request, Answer(no_answer(error)))
        return Result(Outcome(request, State.DONE, kept=kept), answer.news, kept.blob.bytes)
