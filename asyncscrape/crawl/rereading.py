"""Kept answers in the place of the network: steps 4 and 5 where nobody is asked.

What is kept is read as if it had just come. What is not ends as it did in the generation before, as files do; or it
is passed over, and the next run asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from asyncscrape.archive.base import Archive
from asyncscrape.crawl.answer_reader import named, together
from asyncscrape.crawl.exchange import INSTEAD, Exchange, Result
from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.errors import FetchError, FileGone, NotKept, Reason, StoreError
from asyncscrape.frontier.base import EarlierEnd
from asyncscrape.model import Kind, Outcome, Request, Response, State, storable
from asyncscrape.parsing.base import Parsed, Parsing, Unparsed


class KeptSource(msgspec.Struct, frozen=True):
    """What is read in the place of the network."""

    archive: Archive
    requests: Callable[[], Iterator[Request]]
    """What is read first; links lead on."""
    match: re.Pattern[str] | None = None
    """Only pages with such a URL, after redirects, are read; others count as done."""
    rest: Callable[[], Iterator[Request]] = lambda: iter(())
    """What else is read in the end, if some of it is damaged."""

    @property
    def pattern(self) -> str:
        """What `match` says, as text; empty for all pages."""
        return self.match.pattern if self.match else ""


class KeptPages:
    """Reads kept answers, each with what a browser has made of it."""

    def __init__(self, parsing: Parsing, parts: Callable[[Response], Awaitable[Sequence[Response]]] | None) -> None:
        """`parts` of a page there are only where a browser was at work."""
        self._parsing = parsing
        self._parts = parts

    def prepare(self) -> None:
        """An answer will come soon."""
        self._parsing.prepare()

    @property
    def apart(self) -> int:
        """Answers that only wait, perhaps for long, and hold up no others."""
        return self._parsing.apart

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of a page."""
        found = await self._parsing.read(response, alone=alone)
        parts = await self._parts(response) if self._parts and response.records else ()
        if not parts:
            return found
        more = [named(await self._parsing.read(part, alone=alone), part.url, response.url) for part in parts]
        return together([found, *more])


class Rereading:
    """Carries out requests by what is kept of them."""

    def __init__(
        self,
        exchange: Exchange,
        files: StoreGate,
        earlier: Callable[[Request], Awaitable[EarlierEnd | None]],
        left_out: Callable[[str], bool],
    ) -> None:
        """`left_out` is whether the kept page from a URL is not wanted this time; it counts as done."""
        self._exchange = exchange
        self._files = files
        self._earlier = earlier
        self._left_out = left_out

    @property
    def apart(self) -> int:
        """Requests that only wait to be parsed, perhaps for long, and hold up no others."""
        return self._exchange.apart

    async def carry_out(self, request: Request, on_sent: Callable[[], None]) -> Result:
        """The result of one request."""
        if request.kind == Kind.BLOB and (ended := await self._earlier(request)):
            return await self._file_as_before(request, ended)
        if request.kind != Kind.BLOB and self._left_out(request.url):
            return Result(Outcome(request, State.DONE, Reason.LEFT_OUT, "its URL does not match"))
        try:
            return await self._read(request, on_sent)
        except NotKept as why:
            if request.kind != Kind.BLOB and (ended := await self._earlier(request)):
                return self._as_before(request, ended)
            return Result(Outcome(request, State.SKIPPED, why.reason, storable(str(why))))

    async def _read(self, request: Request, on_sent: Callable[[], None]) -> Result:
        """Read an answer; a file that has made room for others before it was read is brought once more."""
        try:
            return await self._exchange.carry_out(request, on_sent)
        except FileGone:
            if request.kind == Kind.BLOB:  # the gate of the blob store has let it through once
                raise
        return await self._exchange.carry_out(request, on_sent)

    def _as_before(self, request: Request, ended: EarlierEnd) -> Result:
        """The same end as in the generation before, behind the same redirects."""
        if more := ended.redirects[len(request.hops) :]:
            return Result(Outcome(request, State.PENDING, hop=more[0]))
        tried = msgspec.structs.replace(request, attempts=ended.attempts)
        if ended.state is State.SKIPPED and ended.detail.endswith(INSTEAD):
            detail = ended.detail.rpartition("; ")[0]
            return self._exchange.or_instead(Result(Outcome(tried, State.FAILED, ended.reason, detail)))
        onward = [Request(ended.leads_to, request.kind, depth=request.depth, note=request.note)]
        links = onward if ended.leads_to else ()
        return Result(Outcome(tried, ended.state, ended.reason, ended.detail, links=links))

    async def _file_as_before(self, request: Request, ended: EarlierEnd) -> Result:
        """The same for a file. One that is there is kept, at the path that is asked for now."""
        result = self._as_before(request, ended)
        if ended.kept is None or result.outcome.hop:
            self._files.leave()
            return result
        try:
            blob = await self._files.copy(ended.kept.blob, ended.kept.origin, request)
        except FetchError as error:
            return _without_file(request, error)
        except StoreError as error:
            later = self._files.put_off(error)
            return Result(Outcome(request, State.PENDING, Reason.BLOB_STORE, storable(str(error)), later))
        kept = msgspec.structs.replace(ended.kept, blob=blob)
        return result._replace(outcome=msgspec.structs.replace(result.outcome, kept=kept))


def _without_file(request: Request, why: FetchError) -> Result:
    """The end of a file that is not where it was, or whose path another has."""
    if why.reason == Reason.BLOB_GONE:
        return Result(Outcome(request, State.SKIPPED, Reason.NOT_KEPT, storable(why.detail)))
    if why.reason == Reason.SUPERSEDED:
        return Result(Outcome(request, State.SKIPPED, why.reason, storable(why.detail)))
    return Result(Outcome.failed(request, why.reason, why.detail))
