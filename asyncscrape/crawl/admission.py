"""Step 3 of the crawl: may this request start now? Pure: it gets all it needs, answers, and changes nothing.

In the order in which they are checked:

    FAIL               the host was given up for this run
    SKIP               the scope forbids it
    WAIT_FOR_ROBOTS    the verdict of the origin's robots.txt must be asked first
    FAIL               it cannot be read
    SKIP               it forbids the URL
    WAIT_FOR_STORE     the blob store takes no files at the moment
    START              otherwise
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.hosts import Host
from asyncscrape.crawl.robots import Refused, RobotsFiles
from asyncscrape.crawl.scope import JobScope
from asyncscrape.errors import Reason
from asyncscrape.model import Kind, Request


class Step(Enum):
    """The next step for a request whose turn it is."""

    START = auto()
    SKIP = auto()
    FAIL = auto()
    WAIT_FOR_ROBOTS = auto()
    WAIT_FOR_STORE = auto()


class Ruling(NamedTuple):
    """The next step, with the reason if the request ends here."""

    step: Step
    reason: str = ""
    detail: str = ""


START = Ruling(Step.START)
WAIT_FOR_ROBOTS = Ruling(Step.WAIT_FOR_ROBOTS)
WAIT_FOR_STORE = Ruling(Step.WAIT_FOR_STORE)


class Admission:
    """The rules of a run."""

    def __init__(self, scope: JobScope, policies: HostPolicies, robots: RobotsFiles) -> None:
        self._scope = scope
        self._policies = policies
        self._robots = robots

    def judge(self, host: Host, request: Request, *, files_welcome: bool) -> Ruling:
        """The next step for a request; `files_welcome` says whether the blob store takes files now."""
        if host.given_up:
            return Ruling(Step.FAIL, host.given_up.reason, host.given_up.detail)
        if (why := self._scope.why_not(request)) is not None:
            return Ruling(Step.SKIP, Reason.SCOPE, why)
        if self._policies.robots(host.name) and (bound := self.by_robots(request)) is not START:
            return bound
        if request.kind == Kind.BLOB and not files_welcome:
            return WAIT_FOR_STORE
        return START

    def by_robots(self, request: Request) -> Ruling:
        """The verdict of the origin's robots.txt."""
        allowed = self._robots.verdict(request.url)
        if allowed is None:
            return WAIT_FOR_ROBOTS
        if isinstance(allowed, Refused):
            return Ruling(Step.FAIL, Reason.ROBOTS_UNREACHABLE, allowed.why)
        return START if allowed else Ruling(Step.SKIP, Reason.ROBOTS, "robots.txt disallows it")
