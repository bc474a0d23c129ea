"""Step 3 of the crawl: a host has its turn, and one of its requests starts, waits or ends."""

from __future__ import annotations

from collections.abc import Callable

from asyncscrape.crawl.admission import Admission, Step
from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.exchange import Result
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.hosts import Errand, Host, Started
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.robots_reader import RobotsReader
from asyncscrape.crawl.scheduler import Scheduler, Turn
from asyncscrape.errors import FetchError
from asyncscrape.frontier.base import GivenUp
from asyncscrape.model import Kind, Outcome, Request, State, storable


class Turns:
    """Carries out the turns of hosts."""

    def __init__(
        self,
        admission: Admission,
        hosts: Scheduler,
        in_flight: InFlight,
        robots: RobotsReader,
        files: FileQueue,
        committer: Committer,
        now: Callable[[], float],
    ) -> None:
        self._admission = admission
        self._hosts = hosts
        self._in_flight = in_flight
        self._robots = robots
        self._files = files
        self._committer = committer
        self._now = now

    def take(self, turn: Turn) -> None:
        """Start a request or an errand, or fail everything that waits for a host that was given up."""
        host, request, errand = turn
        if request is not None:
            self._admit(host, request)
        elif errand is not None:
            self._send(host, errand)
        elif host.given_up:
            self._give_up(host, host.given_up)
        self._hosts.relist(host, self._now())

    def _admit(self, host: Host, request: Request) -> None:
        ruling = self._admission.judge(host, request, files_welcome=self._files.welcome)
        match ruling.step:
            case Step.START:
                if request.kind == Kind.BLOB:
                    self._files.enter()
                self._in_flight.begin(host, request)
            case Step.SKIP:
                self._committer.put(Result(Outcome(request, State.SKIPPED, ruling.reason, ruling.detail)))
            case Step.FAIL:
                # It was not asked, so this is no try.
                self._committer.put(Result(Outcome(request, State.FAILED, ruling.reason, storable(ruling.detail))))
            case Step.WAIT_FOR_ROBOTS:
                host.queue.appendleft(request)
                self._robots.ask(host, request.url)
            case Step.WAIT_FOR_STORE:
                self._files.park(host, request)

    def _send(self, host: Host, errand: Errand) -> None:
        if errand.done():
            return
        if host.given_up:
            errand.set_exception(FetchError(host.given_up.reason, host.given_up.detail, transient=False))
        else:
            errand.set_result(Started(host, self._in_flight.start(host)))

    def _give_up(self, host: Host, why: GivenUp) -> None:
        """Fail everything the frontier holds of a host; `retry` puts it back another day."""
        host.expect_nothing()
        self._committer.give_up(host.name, why)
