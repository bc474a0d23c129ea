"""The bundles of a frontier that many workers share, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Growth, Missing, Pick, Scoring
from asyncscrape.model import Finding, Request
from asyncscrape.stats import BundleProgress, NextBundle


@dataclass
class Bundle:
    """One bundle."""

    number: int
    name: str
    pick: Pick | None = None
    link: Request | None = None
    """Of one that is chosen, and may not be opened yet."""
    closed: bool = False
    before: bool = False
    """Whether it was closed before."""
    holder: object = None
    """The worker that closes it."""
    findings: dict[int, Finding] = field(default_factory=dict)
    """By the id of the request."""


class SharedBundles:
    """All bundles, and the candidates for more."""

    def __init__(self, requests: Callable[[int], Sequence[tuple[Request, bool, str | None]]]) -> None:
        """`requests` gives those of a bundle: each with whether it is open, and why it failed, if it did."""
        self._requests = requests
        self._bundles: list[Bundle] = []
        self._candidates: dict[str, Candidate] = {}
        self._taken: dict[str, int] = {}
        self._scored_by = ""

    def offer(self, seed: Request) -> None:
        if all(one.name != seed.opens for one in self._bundles):
            link = Request(seed.url, seed.kind, note=seed.note)
            self._bundles.append(Bundle(len(self._bundles) + 1, seed.opens, link=link))

    def note(self, request: Request, finding: Finding) -> None:
        self._bundles[request.bundle - 1].findings[request.id] = finding

    def reopen(self, request: Request) -> None:
        if request.bundle and self._bundles[request.bundle - 1].closed:
            self._bundles[request.bundle - 1].closed = False

    def release(self, worker: object) -> None:
        for one in self._bundles:
            one.holder = None if one.holder is worker else one.holder

    @property
    def closed(self) -> int:
        return sum(one.before for one in self._bundles)

    @property
    def unclosed(self) -> bool:
        return any(not one.closed and one.link is None for one in self._bundles)

    @property
    def next(self) -> Bundle | None:
        open_ = [one for one in self._bundles if not one.closed and one.link is None]
        first = next((one for one in open_ if not one.before), None)
        due = [one for one in open_ if one.before or one is first]
        return next((one for one in due if not any(open_ for _, open_, _ in self._requests(one.number))), None)

    def ended(self, worker: object) -> EndedBundle | None:
        one = self.next
        if one is None or one.holder not in (None, worker):
            return None
        one.holder = worker
        requests = self._requests(one.number)
        failures = [Missing(asked.kind, reason) for asked, _, reason in requests if reason is not None]
        url = requests[0][0].asked if requests else ""
        findings = [finding for _, finding in sorted(one.findings.items())]
        return EndedBundle(one.number, one.name, url, one.pick, findings, failures, one.before)

    def known(self, keys: Collection[str]) -> dict[str, Candidate]:
        found = {key: self._candidates[key] for key in keys if key in self._candidates}
        return {key: msgspec.structs.replace(one, taken=self._taken.get(key, 0)) for key, one in found.items()}

    def close(self, worker: object, closed: Closed) -> bool:
        """Close a bundle; whether the worker may."""
        one = self._bundles[closed.number - 1]
        if one.holder is not worker:
            return False
        self._candidates |= {candidate.key: candidate for candidate in closed.candidates}
        if closed.key in self._candidates:
            self._taken[closed.key] = closed.number
        one.findings = one.findings if closed.keep else {}
        one.closed, one.before, one.holder = True, True, None
        return True

    def score_by(self, scoring: Scoring) -> None:
        if scoring.rule != self._scored_by:
            self._candidates = {
                key: msgspec.structs.replace(one, score=scoring.score(one.told))
                for key, one in self._candidates.items()
            }
            self._scored_by = scoring.rule

    def progress(self) -> BundleProgress | None:
        if not self._bundles:
            return None
        chosen = [one for one in self._bundles if one.link is not None]
        told = [NextBundle(one.name, one.pick and one.pick.score, one.pick and one.pick.after) for one in chosen]
        free = [NextBundle(one.name, one.score) for one in sorted(self._free(), key=rank)]
        done = sum(one.before for one in self._bundles)
        going = sum(not (one.before or one.link) for one in self._bundles)
        return BundleProgress(done, going, len(self._candidates), tuple([*told, *free][:5]))

    def grow(self, growth: Growth) -> Iterator[Request]:
        closed = max((one.number for one in self._bundles if one.before), default=0)
        most = closed + growth.ahead
        while growth.chooses and 0 < len(self._bundles) < most and (best := self._best()):
            self._taken[best.key] = len(self._bundles) + 1
            link = Request(best.link.url, best.link.kind, note=best.link.note)
            pick = Pick(best.key, best.score, closed)
            self._bundles.append(Bundle(len(self._bundles) + 1, best.name, pick, link))
        for one in self._bundles[: min(most, growth.most or most)]:
            if one.link is not None:
                link, one.link = one.link, None
                yield msgspec.structs.replace(link, bundle=one.number)

    def _best(self) -> Candidate | None:
        return min(self._free(), key=rank, default=None)

    def _free(self) -> list[Candidate]:
        names = {one.name for one in self._bundles}
        untaken = (one for key, one in self._candidates.items() if key not in self._taken)
        return [one for one in untaken if one.name and one.name not in names]


def rank(candidate: Candidate) -> tuple[float, str, str]:
    """The best comes first."""
    return -candidate.score, candidate.name, candidate.key
