"""Requests that belong together: a bundle is opened by one request, and all that this leads to belongs to it.

A job that makes one thing of several answers, such as an account of its profile and its lists, has its requests in
bundles. Each page leaves a finding. Once all requests of a bundle have ended, the job closes it: it makes records of
its findings, and proposes candidates, each with a score. Bundles are numbered and closed in the order of their
numbers, and the best candidates become the next bundles. So which bundle comes next is decided by the data alone, and
not by which answer came first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from asyncscrape.model import Finding, Lines, Link, Record, Request, Withdrawal


class Missing(msgspec.Struct, frozen=True):
    """A request of a bundle that has failed for good, or was not sent."""

    kind: str
    reason: str


class Pick(msgspec.Struct, frozen=True):
    """Why a candidate became a bundle."""

    key: str
    score: float
    after: int
    """The number of the last bundle that was closed by then."""


class EndedBundle(msgspec.Struct, frozen=True):
    """A bundle of which all requests have ended."""

    number: int
    name: str
    url: str
    """Of the request that opened it."""
    pick: Pick | None
    """None for a seed."""
    findings: Sequence[Finding]
    """In the order in which their requests were found."""
    failures: Sequence[Missing] = ()
    again: bool = False
    """Whether it was closed before, and failed requests of it have been tried again since."""


class Candidate(msgspec.Struct, frozen=True):
    """Something that may become a bundle: the one with the highest score does, of equals that with the first name.

    It does not if it was one already, if a bundle has its name, or if it has none.
    """

    key: str
    name: str
    score: float
    link: Link
    """The request that would open the bundle."""
    told: bytes = b""
    """All that the job wants to remember of it."""
    taken: int = 0
    """The number of the bundle that it is; 0 for none. Only the frontier sets this."""


class Closed(msgspec.Struct, frozen=True):
    """What a job makes of a bundle, as the frontier stores it."""

    number: int
    key: str = ""
    """The candidate that it has been, which then is none any more; empty if nobody can tell."""
    records: Mapping[str, Lines] = {}
    """By table."""
    candidates: Sequence[Candidate] = ()
    """New ones, and known ones as they are from now on."""
    keep: bool = False
    """Whether its findings stay, for the case that its failed requests are tried again."""


class Growth(msgspec.Struct, frozen=True):
    """How many bundles there may be."""

    ahead: int
    """So many bundles, or fewer, are open at once: only those that come so soon after the last that was closed."""
    chooses: bool = True
    """Whether candidates are chosen to come after the seeds."""
    most: int | None = None
    """Bundles with a higher number are not opened, be they seeds' or candidates'. These are chosen all the same, so
    that a later run which may go further goes on exactly like one that was allowed to from the start."""


class Made(NamedTuple):
    """What a job makes of a bundle: its end, without records, and the records themselves."""

    closed: Closed
    records: Collection[Record]
    withdrawn: Sequence[Withdrawal] = ()


class Closing(Protocol):
    """A bundle that is being closed."""

    @property
    def keys(self) -> Collection[str]:
        """The candidates that it changes."""

    def made(self, known: Mapping[str, Candidate]) -> Made:
        """What is made of it, given those of the candidates that are known already. Pure."""


class Fixed(StrEnum):
    """From when on a setting stays as it is, until the job begins anew."""

    READ = "read"
    """Once a page was read: it decides what is read."""
    CLOSED = "closed"
    """Once a bundle was closed: it decides what is made of one."""
    NEVER = "never"
    """It may change at any time, and that is told: it decides which bundles come next."""


class Setting(msgspec.Struct, frozen=True):
    """A key of the config on which bundles depend. Results of two values of it must not be mixed unnoticed."""

    name: str
    value: str | None
    """As the config writes it; None if nothing depends on it in this run, so that the last value stays."""
    fixed: Fixed


class Scoring(NamedTuple):
    """How candidates are scored."""

    rule: str
    """A name: scores that were made by another rule are made anew."""
    score: Callable[[bytes], float]
    """The score of a candidate, from what is told of it. Pure."""


@dataclass(frozen=True)
class Bundling:
    """How a job deals with its bundles."""

    read: Callable[[EndedBundle], Closing]
    """Read what a bundle has found. Pure."""
    growth: Growth
    scoring: Scoring
    settings: Sequence[Setting] = ()
    more: Callable[[], Sequence[Request]] = tuple
    """Seeds that have come up since the last call, as in a file that the user has changed."""
