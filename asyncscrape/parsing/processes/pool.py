"""The workers of a run: which page goes to which, and what becomes of a page whose worker ends."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from asyncscrape.errors import UsageError
from asyncscrape.model import Parser, Response
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.processes.frames import ReadPage
from asyncscrape.parsing.processes.lane import Lane
from asyncscrape.parsing.processes.parser_process import Answers, PageToRead, ParserProcess, how_it_ended
from asyncscrape.parsing.processes.program import greet
from asyncscrape.units import in_words

LOOK_EVERY = 0.25
"""Seconds between two looks at the workers."""
MOST_COUNTED = 0.5
"""Seconds that count between two looks: if more have passed, this program was stopped as well."""
SILENT = 1.0
"""Seconds after which the pages behind one go to another worker."""
IDLE_FACTOR = 3
"""A page may take this many times its budget as long as its worker hardly works: the machine may be busy."""
PAGES_AHEAD = 16
MOST_SILENT = 4
"""Silent workers that are replaced before they have overrun."""
STARTS_WITHIN = 60.0
MOST_ENDS = 3
"""Workers that may end under one page; and workers in a row that may end before they have started."""
MOST_KILLS = 10
"""The same where something kills them, which is rarely the page."""


class Budget(NamedTuple):
    """What a page, and the worker that reads it, may take."""

    workers: int
    seconds: float
    memory: int
    """Bytes for a worker."""


class ParsersUnavailable(UsageError):
    """No process that parses pages can be started."""


class Pool:
    """Parses pages in processes of its own."""

    def __init__(self, parsers: Mapping[str, Parser], budget: Budget) -> None:
        self._budget = budget
        self._greeting = greet(budget.memory, parsers)
        self._numbers = itertools.count(1)
        self._shared = Lane(budget.workers, PAGES_AHEAD, self._start, self._dismiss)
        self._apart = Lane(1, 1, self._start, self._dismiss)
        self._hosts_apart: set[str] = set()
        """Hosts with a page that has overrun."""
        self._failed_starts = 0
        self._ending: set[asyncio.Task[None]] = set()
        self._looking: asyncio.TimerHandle | None = None
        self._looked = 0.0
        self._closed = False

    # The interface

    def prepare(self) -> None:
        """Start the first worker."""
        self._shared.prepare()

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer."""
        found: asyncio.Future[Parsed | Unparsed] = asyncio.get_running_loop().create_future()
        page = PageToRead(next(self._numbers), response, found, alone)
        apart = alone or self._is_apart(page.host)
        (self._apart if apart else self._shared).put(page)
        self._keep_looking()
        return await found

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        for lane in self._lanes:
            for worker in lane.workers:
                self._dismiss(worker)
            for page in lane.empty():
                page.found.cancel()
        await asyncio.gather(*self._ending)

    @property
    def _lanes(self) -> tuple[Lane, Lane]:
        return self._shared, self._apart

    def _workers(self) -> Iterator[tuple[Lane, ParserProcess]]:
        return ((lane, worker) for lane in self._lanes for worker in [*lane.workers])

    def _is_apart(self, host: str) -> bool:
        """Whether a page of this host has overrun, or is about to."""
        return host in self._hosts_apart or any(
            worker.leaving and worker.pages and worker.pages[0].host == host for worker in self._shared.workers
        )

    # Starting and ending workers

    def _start(self) -> ParserProcess:
        return ParserProcess(self._greeting, Answers(self._read, self._ended))

    def _dismiss(self, worker: ParserProcess) -> None:
        """End a worker at once."""
        ended = asyncio.create_task(worker.kill())
        self._ending.add(ended)
        ended.add_done_callback(self._ending.discard)

    def _lane_of(self, worker: ParserProcess) -> Lane | None:
        return next((lane for lane, own in self._workers() if own is worker), None)

    # What workers tell

    def _read(self, worker: ParserProcess, answer: ReadPage) -> None:
        lane = self._lane_of(worker)
        if lane is None or not worker.pages or worker.pages[0].number != answer.number:
            return
        worker.ready, self._failed_starts = True, 0
        page = worker.pages.popleft()
        worker.served += 1
        if worker.leaving or answer.found is None:
            behind = lane.drop(worker)
            self._dismiss(worker)
            lane.put_back(behind)
        if answer.found is None:
            self._short_of_memory(page, first=worker.served == 1)
        else:
            self._settle(page, answer.found)
        lane.attend()

    def _ended(self, worker: ParserProcess, code: int) -> None:
        """A worker has ended by itself, or something has ended it."""
        lane = self._lane_of(worker)
        if lane is None:
            return
        pages = lane.drop(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= most_ends(code):
                self._give_up(pages, code)
                return
        elif pages:
            self._died_under(pages.pop(0), code)
        lane.put_back(pages)

    def _give_up(self, pages: list[PageToRead], code: int) -> None:
        """No worker starts: every page that waits tells so, and the run ends."""
        why = (
            f"the process that parses pages cannot start ({how_it_ended(code)}; its own words, if any, are above); "
            "raise [fetch] parse_memory, or parse in this process with parse_workers = 0"
        )
        for page in [*pages, *(page for lane in self._lanes for page in lane.empty())]:
            if not page.found.done():
                page.found.set_exception(ParsersUnavailable(why))

    # What becomes of a page

    def _settle(self, page: PageToRead, found: Parsed | Unparsed) -> None:
        if isinstance(found, Unparsed) and found.mishap is Mishap.OVERRUN:
            self._hosts_apart.add(page.host)
            self._separate(page.host)
        if not page.found.done():
            page.found.set_result(found)

    def _separate(self, host: str) -> None:
        """What waits of a host whose pages take long is parsed apart."""
        for page in self._shared.take_out(host):
            self._apart.put(page)

    def _overran(self, page: PageToRead, why: str) -> None:
        self._settle(page, Unparsed(Mishap.OVERRUN, why))

    def _short_of_memory(self, page: PageToRead, *, first: bool) -> None:
        """A page whose worker has no memory left. What other pages have left behind may have taken it."""
        if first:
            self._overran(page, f"its parser took more than {self._budget.memory // 1_000_000} MB of memory")
        else:
            self._again_apart(page)

    def _died_under(self, page: PageToRead, code: int) -> None:
        page.deaths += 1
        if page.deaths >= most_ends(code):
            self._overran(page, f"its parser crashed ({how_it_ended(code)})")
        else:
            self._again_apart(page)

    def _again_apart(self, page: PageToRead) -> None:
        page.fresh = True
        self._apart.put_back([page])

    # Time

    def _keep_looking(self) -> None:
        if self._looking is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._looked = loop.time()
            self._looking = loop.call_later(LOOK_EVERY, self._look)

    def _look(self) -> None:
        """See whether the workers that have something to do get on with it."""
        self._looking = None
        seconds = min(asyncio.get_running_loop().time() - self._looked, MOST_COUNTED)
        for lane, worker in self._workers():
            worker.watch(seconds)
            if not worker.ready:
                if worker.silence >= STARTS_WITHIN:
                    self._dismiss(worker)
                    self._ended(worker, -signal.SIGKILL)
            elif worker.pages:
                self._judge(lane, worker)
        if any(worker.pages for _, worker in self._workers()):
            self._keep_looking()

    def _judge(self, lane: Lane, worker: ParserProcess) -> None:
        most = self._budget.seconds
        if worker.worked >= most or worker.silence >= IDLE_FACTOR * most:
            pages = lane.drop(worker)
            self._dismiss(worker)
            self._overran(pages.pop(0), f"its parser ran for {in_words(most)}")
            lane.put_back(pages)
        elif worker.silence >= SILENT and self._may_be_replaced(lane, worker):
            lane.put_back(worker.take_back())
            self._separate(worker.pages[0].host)

    def _may_be_replaced(self, lane: Lane, worker: ParserProcess) -> bool:
        silent = sum(other.leaving for other in lane.workers)
        return lane is self._shared and not worker.leaving and silent < MOST_SILENT


def most_ends(code: int) -> int:
    """How often a worker may end like this, before it is taken for the fault of what it does."""
    return MOST_KILLS if code == -signal.SIGKILL else MOST_ENDS
