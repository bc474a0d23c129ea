"""Bundles and candidates in the state file, see `asyncscrape/bundles.py`. All inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence

import msgspec

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Growth, Missing, Pick, Scoring
from asyncscrape.frontier.bundle_phases import SHOWN, Phase, read_link, written
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.model import Finding, Link, Origin, Outcome, Request
from asyncscrape.stats import BundleProgress, NextBundle

SCORED_BY = "scored by"
SCORED_AT_ONCE = 10_000
LOOKED_UP = 500
"""Candidates looked up by one statement."""


class Bundles:
    """The bundles of a job, and the candidates for more."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._any = bool(database.number("bundle_last"))
        """Whether there is any; most jobs have none, and pay nothing."""

    # Opening

    def offer(self, seed: Request) -> None:
        """A seed that opens a bundle, unless there is one of that name; it is opened when it may be."""
        number = self._database.number("bundle_last") + 1
        link = written(Link(seed.url, seed.kind, seed.note))
        self._database.run("bundle_add", (number, seed.opens, Phase.CHOSEN, None, None, None, link))
        self._any = True

    def grow(self, growth: Growth) -> Iterator[Request]:
        """Choose candidates for as many bundles as there may be ahead, and open all that may be opened."""
        if not self._any:
            return
        closed = self._database.number("bundle_closed")
        most = closed + growth.ahead
        if growth.chooses:
            self._choose(closed, most)
        for row in self._database.run("bundles_chosen", (min(most, growth.most or most),)).fetchall():
            self._database.run("bundle_step", (Phase.OPEN, row["number"]))
            link = read_link(row["link"])
            yield Request(link.url, link.kind, note=link.note, bundle=row["number"])

    def _choose(self, closed: int, last: int) -> None:
        """Choose the best candidates, one by one, until there are bundles up to this number."""
        for number in range(self._database.number("bundle_last") + 1, last + 1):
            row = self._database.row("candidate_best")
            if row is None:
                return
            pick = (row["key"], row["score"], closed, row["link"])
            self._database.run("bundle_add", (number, row["name"], Phase.CHOSEN, *pick))
            self._database.run("candidate_taken", (number, row["key"]))

    # Closing

    def note(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what pages have left for the end of their bundles."""
        rows = [
            (asked.id, asked.bundle, asked.kind, outcome.finding.data, *_origin(outcome.finding))
            for outcome in outcomes
            if outcome.finding is not None
            for asked in (outcome.request,)
        ]
        self._database.run_many("finding_add", rows)

    def waiting(self) -> int | None:
        """The number of the next bundle to close, if all its requests have ended."""
        if not self._any:
            return None
        row = self._database.row("bundle_ended")
        return None if row is None else row["number"]

    def ended(self) -> EndedBundle | None:
        """The next bundle to close, if all its requests have ended."""
        number = self.waiting()
        row = None if number is None else self._database.row("bundle", (number,))
        if row is None:
            return None
        findings = [_finding(one) for one in self._database.run("findings", (number,))]
        failures = [
            Missing(one["kind"], one["reason"] or "") for one in self._database.run("bundle_failures", (number,))
        ]
        pick = None if row["key"] is None else Pick(row["key"], row["score"], row["after"])
        again = row["step"] == Phase.REOPENED
        return EndedBundle(row["number"], row["name"], row["url"] or "", pick, findings, failures, again)

    def known(self, keys: Collection[str]) -> dict[str, Candidate]:
        """Those of the candidates that are known."""
        found: dict[str, Candidate] = {}
        wanted = sorted(keys)
        for start in range(0, len(wanted), LOOKED_UP):
            some = msgspec.json.encode(wanted[start : start + LOOKED_UP]).decode()
            found |= {row[0]: _candidate(*row) for row in self._database.run("candidates", (some,))}
        return found

    def close(self, closed: Closed) -> None:
        """Close a bundle: its candidates are known from now on."""
        rows = [(one.key, one.name, one.score, written(one.link), one.told) for one in closed.candidates]
        self._database.run_many("candidate_save", rows)
        if closed.key:
            self._database.run("candidate_taken", (closed.number, closed.key))
        if not closed.keep:
            self._database.run("findings_drop", (closed.number,))
        self._database.run("bundle_step", (Phase.CLOSED, closed.number))

    def score_by(self, scoring: Scoring) -> None:
        """Score all candidates anew, unless this is the rule that they were scored by."""
        if meta.load(self._database, SCORED_BY, str) == scoring.rule:
            return
        last: str | None = ""
        with self._database.transaction():
            while last is not None:
                last = self._score_some(scoring, last)
            meta.save(self._database, SCORED_BY, scoring.rule)

    def _score_some(self, scoring: Scoring, after: str) -> str | None:
        """Score the next candidates in the order of their keys; the last of them."""
        rows = self._database.run("candidates_after", (after, SCORED_AT_ONCE)).fetchall()
        found = [(scoring.score(row["told"]), row["key"], row["score"]) for row in rows]
        self._database.run_many("candidate_score", [(score, key) for score, key, before in found if score != before])
        return rows[-1]["key"] if rows else None

    def reopen(self, requests: Collection[int]) -> None:
        """Failed requests, by id, are tried again: closed bundles that they belong to will be closed once more."""
        self._database.run_many("bundle_reopen", [(one,) for one in requests])

    def progress(self) -> BundleProgress | None:
        """How far the job is with them; None if it has none."""
        if not self._any:
            return None
        counts = self._database.row("bundle_progress")
        assert counts is not None
        rows = self._database.run("bundles_next", (SHOWN, SHOWN, SHOWN))
        waiting = tuple(NextBundle(row["name"], row["score"], row["after"]) for row in rows)
        return BundleProgress(counts["done"], counts["open"], counts["met"], waiting)

    def forget(self) -> None:
        """Forget everything: a new generation begins."""
        for name in ("forget_bundles", "forget_candidates", "forget_findings_of_bundles"):
            self._database.run(name)


def _origin(finding: Finding) -> tuple[str, str]:
    return finding.origin.url, finding.origin.fetched_at


def _finding(row: sqlite3.Row) -> Finding:
    return Finding(row["kind"], row["data"], Origin(row["url"], row["fetched_at"]))


def _candidate(key: str, name: str, score: float, link: str, told: bytes, taken: int | None) -> Candidate:
    return Candidate(key, name, score, read_link(link), told, taken or 0)
