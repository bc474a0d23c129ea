"""The workers of a run: which page goes to which, and what becomes of a page whose worker ends."""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from asyncscrape.archive.redaction import Redaction
from asyncscrape.errors import UsageError
from asyncscrape.model import Parser, Response
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.overruns import IDLE_FACTOR, crashed, how_it_ended, ran_for, took_memory
from asyncscrape.parsing.processes.frames import NO_MEMORY, ReadPage
from asyncscrape.parsing.processes.lane import Lane
from asyncscrape.parsing.processes.paces import Paces
from asyncscrape.parsing.processes.parser_process import Answers, PageToRead, ParserProcess
from asyncscrape.parsing.processes.program import greet
from asyncscrape.urls import PathScope

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
"""Seconds between two looks at the workers."""
MOST_COUNTED = 0.5
"""Seconds that count between two looks: if more have passed, this program was stopped as well."""
SILENT = 1.0
"""Seconds after which the pages behind one go to another worker."""
SILENT_STRANGER = 0.25
"""The same for a host of which nothing is known, while others are silent: a hundred hosts may set the same trap."""
PAGES_AHEAD = 16
MOST_APART = 1_000
MOST_BYTES_APART = 64_000_000
"""Answers, and bytes of their bodies, that may wait to be parsed apart without counting as open requests."""
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

    def __init__(
        self,
        parsers: Mapping[str, Parser],
        budget: Budget,
        paths: PathScope | None = None,
        kept: Redaction | None = None,
    ) -> None:
        self._budget = budget
        self._greeting = greet(budget.memory, parsers, paths, kept)
        self._numbers = itertools.count(1)
        self._paces = Paces()
        self._shared = Lane(budget.workers, PAGES_AHEAD, self._start, self._dismiss, self._place)
        self._apart = Lane(budget.workers, 1, partial(self._start, behind=True), self._dismiss, self._place)
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
        lane = self._lane_for(page)
        lane.put_in([page]) if self._silence else lane.put(page)
        self._keep_looking()
        return await found

    @property
    def apart(self) -> int:
        """The answers that wait to be parsed apart, as long as they are few and small enough together."""
        sizes = [len(page.response.body) for page in self._apart.pages]
        return min(len(sizes), MOST_APART) if sum(sizes) <= MOST_BYTES_APART else 0

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        for page in self._give_up_all():
            page.found.cancel()
        await asyncio.gather(*self._ending)

    # Lanes

    @property
    def _lanes(self) -> tuple[Lane, Lane]:
        return self._shared, self._apart

    def _workers(self) -> Iterator[tuple[Lane, ParserProcess]]:
        return ((lane, worker) for lane in self._lanes for worker in [*lane.workers])

    def _lane_of(self, worker: ParserProcess) -> Lane | None:
        return next((lane for lane, own in self._workers() if own is worker), None)

    def _lane_for(self, page: PageToRead) -> Lane:
        """Apart if the page, or another of its host, has overrun, or is about to."""
        silent = {worker.pages[0].host for worker in self._shared.workers if worker.leaving and worker.pages}
        return self._apart if page.fresh or self._paces.apart(page.host) or page.host in silent else self._shared

    def _is_elsewhere(self, page: PageToRead) -> bool:
        """Whether a page belongs apart by now."""
        return self._lane_for(page) is self._apart

    def _put_back(self, pages: Sequence[PageToRead]) -> None:
        """Queue pages whose worker has ended, each where it belongs by now; and those of their hosts that wait."""
        pages = [*pages, *self._shared.take_out(self._is_elsewhere)]
        for lane in self._lanes:
            lane.put_in([page for page in pages if self._lane_for(page) is lane])

    # Starting and ending workers

    def _start(self, *, behind: bool = False) -> ParserProcess | None:
        """A worker; none to work behind the others while so many do as the machine bears (see `sizes.py`)."""
        if behind and self._behind >= self._budget.workers:
            return None
        try:
            return ParserProcess(self._greeting, Answers(self._read, self._ended), behind=behind)
        except OSError as error:  # so many files are open; they may be closed by the next look
            log.warning("the system has no room for a process that parses pages: %s", error)
            return None

    def _dismiss(self, worker: ParserProcess) -> None:
        """End a worker at once."""
        ended = asyncio.create_task(worker.kill())
        self._ending.add(ended)
        ended.add_done_callback(self._ending.discard)

    # What workers tell

    def _read(self, worker: ParserProcess, answer: ReadPage) -> None:
        lane = self._lane_of(worker)
        if lane is None or not worker.pages or worker.pages[0].number != answer.number:
            return
        self._failed_starts = 0
        page = worker.pages.popleft()
        worker.served += 1
        self._paces.read(page.host, answer.seconds)
        if worker.leaving:
            self._put_back(lane.dismiss(worker))
        elif lane is self._shared and worker.pages and self._paces.apart(worker.pages[0].host):
            self._leave_behind(worker)
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
                self._despair(pages, code)
                return
        elif pages:
            self._ended_under(pages.pop(0), worker, code)
        self._put_back(pages)

    def _despair(self, pages: list[PageToRead], code: int) -> None:
        """No worker starts: every page that waits tells so, and the run ends."""
        why = (
            f"the process that parses pages cannot start ({how_it_ended(code)}; see its output above); "
            "raise [fetch] parse_memory, or parse in this process with parse_workers = 0"
        )
        for page in [*pages, *self._give_up_all()]:
            if not page.found.done():
                page.found.set_exception(ParsersUnavailable(why))

    def _give_up_all(self) -> list[PageToRead]:
        """End all workers; the pages that wait for them."""
        for _, worker in self._workers():
            self._dismiss(worker)
        return [page for lane in self._lanes for page in lane.empty()]

    # What becomes of a page

    def _settle(self, page: PageToRead, found: Parsed | Unparsed) -> None:
        if not page.found.done():
            page.found.set_result(found)

    def _overran(self, page: PageToRead, why: str) -> None:
        self._paces.overran(page.host)
        self._settle(page, Unparsed(Mishap.OVERRUN, why))

    def _ended_under(self, page: PageToRead, worker: ParserProcess, code: int) -> None:
        """A worker has ended while it was at this page. What pages before it have left behind may be the cause."""
        page.deaths += 1
        if code == NO_MEMORY and not worker.served:
            self._overran(page, took_memory(self._budget.memory))
        elif page.deaths >= most_ends(code):
            self._overran(page, crashed(code))
        else:
            page.fresh = True
            self._put_back([page])

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
            if worker.ready and worker.pages:
                self._judge(lane, worker)
            elif not worker.ready and worker.silence >= STARTS_WITHIN:
                self._dismiss(worker)
                self._ended(worker, -signal.SIGKILL)
        for lane in self._lanes:
            lane.attend()
        if any(lane.waits for lane in self._lanes):
            self._keep_looking()

    def _judge(self, lane: Lane, worker: ParserProcess) -> None:
        """Act on a worker that has been at one page for long."""
        most = self._budget.seconds
        if worker.worked >= most or worker.silence >= IDLE_FACTOR * most:
            first, *behind = lane.dismiss(worker)
            self._overran(first, ran_for(most))
            self._put_back(behind)
        elif lane is self._shared and not worker.leaving and worker.silence >= self._patience(worker):
            self._leave_behind(worker)

    def _patience(self, worker: ParserProcess) -> float:
        """Seconds for which a worker may be silent while others wait for it."""
        return SILENT_STRANGER if self._silence and self._paces.stranger(worker.pages[0].host) else SILENT

    def _leave_behind(self, worker: ParserProcess) -> None:
        """Let a silent worker go on while another takes its place; or, if so many are silent, begin its page anew."""
        if self._behind < self._budget.workers:
            worker.stand_back()
            behind = worker.take_back()
        else:
            first, *behind = self._shared.dismiss(worker)
            self._apart.put(first)
        self._put_back(behind)

    def _place(self, page: PageToRead) -> tuple[int, int]:
        """The place of a page while others are silent: those of strangers last, the shortest of them first."""
        return len(page.response.body) if self._paces.stranger(page.host) else 0, page.number

    @property
    def _behind(self) -> int:
        """Workers that work behind the usual ones: silent ones that are left to themselves, and those apart."""
        return sum(worker.leaving for worker in self._shared.workers) + len(self._apart.workers)

    @property
    def _silence(self) -> bool:
        """Whether a page takes long."""
        return self._apart.waits or any(worker.leaving for worker in self._shared.workers)


def most_ends(code: int) -> int:
    """How often a worker may end like this, before it is taken for the fault of what it does."""
    return MOST_KILLS if code == -signal.SIGKILL else MOST_ENDS
