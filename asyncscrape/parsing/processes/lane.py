"""A queue of pages, and the workers that take from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from asyncscrape.parsing.processes.parser_process import PageToRead, ParserProcess

BYTES_AT_ONE = 1_000_000
"""Bodies at one worker, unless it has only one page: what it holds is lost when it ends."""


class Lane:
    """Some workers with one queue; the first starts with the first page."""

    def __init__(
        self,
        workers: int,
        pages: int,
        start: Callable[[], ParserProcess | None],
        dismiss: Callable[[ParserProcess], None],
        place: Callable[[PageToRead], tuple[int, int]],
    ) -> None:
        self._most = workers
        self._pages = pages
        """Pages at one worker, so that it never waits for the next."""
        self._start = start
        self._dismiss = dismiss
        self._place = place
        self._queue: deque[PageToRead] = deque()
        self.workers: list[ParserProcess] = []

    def prepare(self) -> None:
        """Start the first worker."""
        if not self.workers:
            self._begin()

    def put(self, page: PageToRead) -> None:
        """Queue a page."""
        self._queue.append(page)
        self.attend()

    def put_in(self, pages: Sequence[PageToRead]) -> None:
        """Queue pages among those that wait, each in its place."""
        self._queue = deque(sorted([*pages, *self._queue], key=self._place))
        self.attend()

    def attend(self) -> None:
        """Give pages to workers, and start another worker if all of them have enough to do."""
        while self._queue:
            page = self._queue[0]
            if page.found.done():  # nobody waits for it any more
                self._queue.popleft()
            elif (worker := self._worker_for(page)) is not None:
                self._queue.popleft()
                worker.send(page)
            else:
                return

    @property
    def waits(self) -> bool:
        """Whether any page waits for a worker, or for what it makes of it."""
        return any(True for _ in self.pages)

    @property
    def pages(self) -> Iterator[PageToRead]:
        """Its pages, in the queue and at workers."""
        yield from self._queue
        for worker in self.workers:
            yield from worker.pages

    def take_out(self, elsewhere: Callable[[PageToRead], bool]) -> list[PageToRead]:
        """The pages that wait and belong elsewhere, which leave the queue."""
        taken = [page for page in self._queue if elsewhere(page)]
        if taken:
            self._queue = deque(page for page in self._queue if not elsewhere(page))
        return taken

    def drop(self, worker: ParserProcess) -> list[PageToRead]:
        """Forget a worker that has ended; the pages that it had."""
        self.workers.remove(worker)
        return [*worker.pages]

    def dismiss(self, worker: ParserProcess) -> list[PageToRead]:
        """End a worker at once; the pages that it had."""
        pages = self.drop(worker)
        self._dismiss(worker)
        return pages

    def empty(self) -> list[PageToRead]:
        """Forget all pages and workers; the pages."""
        left = [*self.pages]
        self._queue.clear()
        self.workers.clear()
        return left

    def _worker_for(self, page: PageToRead) -> ParserProcess | None:
        taking = [worker for worker in self.workers if not worker.leaving]
        free = [worker for worker in taking if self._takes(worker, page)]
        if free:
            return min(free, key=lambda worker: len(worker.pages))
        if page.fresh and (used := next((worker for worker in taking if not worker.pages), None)):
            self.dismiss(used)
        elif len(taking) >= self._most or not all(worker.ready for worker in taking):
            return None
        return self._begin()

    def _begin(self) -> ParserProcess | None:
        """Another worker; None if there is no room for one at the moment."""
        started = self._start()
        if started is not None:
            self.workers.append(started)
        return started

    def _takes(self, worker: ParserProcess, page: PageToRead) -> bool:
        if not worker.pages:
            return not (page.fresh and worker.served)
        held = sum(len(other.response.body) for other in worker.pages)
        return len(worker.pages) < self._pages and held + len(page.response.body) <= BYTES_AT_ONE
