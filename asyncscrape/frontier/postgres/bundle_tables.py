"""Bundles and candidates in the database, see `asyncscrape/bundles.py`.

Whatever changes them, or may end one, takes the job's turn first: of two commits that end the last requests
of a bundle, one must see that it has ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Growth, Missing, Pick, Scoring
from asyncscrape.frontier.base import Group
from asyncscrape.frontier.bundle_phases import SHOWN, Phase, read_link, written
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.model import Finding, Link, Origin, Outcome, Request
from asyncscrape.stats import BundleProgress, NextBundle

if TYPE_CHECKING:
    from asyncpg import Record

SCORED_BY = "scored by"
SCORED_AT_ONCE = 10_000


def concerns_bundles(group: Group) -> bool:
    """Whether a group may change bundles."""
    return bool(
        group.closed
        or group.growth
        or any(new.opens for new in group.offers)
        or any(outcome.request.bundle for outcome in group.outcomes)
    )


class SharedBundleTables:
    """The bundles of a job, and the candidates for more."""

    # Opening

    async def offer(self, work: JobWork, seed: Request) -> None:
        """A seed that opens a bundle, unless there is one of that name; it is opened when it may be."""
        number = await work.value("bundle_last") + 1
        link = written(Link(seed.url, seed.kind, seed.note))
        await work.run("bundle_add", number, seed.opens, Phase.CHOSEN, None, None, None, link)

    async def grow(self, work: JobWork, growth: Growth) -> AsyncIterator[Request]:
        """Choose candidates for as many bundles as there may be ahead, and open all that may be opened."""
        if not await work.value("bundle_last"):
            return
        closed: int = await work.value("bundle_closed")
        most = closed + growth.ahead
        if growth.chooses:
            await self._choose(work, closed, most)
        for row in await work.rows("bundles_chosen", min(most, growth.most or most)):
            await work.run("bundle_step", row["number"], Phase.OPEN)
            link = read_link(row["link"])
            yield Request(link.url, link.kind, note=link.note, bundle=row["number"])

    async def _choose(self, work: JobWork, closed: int, last: int) -> None:
        """Choose the best candidates, one by one, until there are bundles up to this number."""
        for number in range(await work.value("bundle_last") + 1, last + 1):
            row = await work.row("candidate_best")
            if row is None:
                return
            pick = (row["key"], row["score"], closed, row["link"])
            await work.run("bundle_add", number, row["name"], Phase.CHOSEN, *pick)
            await work.run("candidate_taken", number, row["key"])

    # Closing

    async def note(self, work: JobWork, outcomes: Sequence[Outcome]) -> None:
        """Keep what pages have left for the end of their bundles."""
        rows = [
            (asked.id, asked.bundle, asked.kind, found.data, found.origin.url, found.origin.fetched_at)
            for outcome in outcomes
            if (found := outcome.finding) is not None
            for asked in (outcome.request,)
        ]
        if rows:
            await work.run("finding_add", *columns(rows))

    async def waiting(self, work: JobWork) -> bool:
        """Whether all requests of the next bundle to close have ended."""
        return await work.row("bundle_ended") is not None

    async def ended(self, work: JobWork) -> EndedBundle | None:
        """The next bundle to close, if all its requests have ended and nobody else closes it."""
        await work.run("turn_lock")
        next_ = await work.row("bundle_ended")
        if next_ is None or next_["holder"] not in (None, work.worker):
            return None
        number: int = next_["number"]
        await work.run("bundle_hold", number, work.worker)
        row = await work.row("bundle", number)
        assert row is not None
        findings = [_finding(one) for one in await work.rows("findings", number)]
        failures = [Missing(one["kind"], one["reason"] or "") for one in await work.rows("bundle_failures", number)]
        pick = None if row["key"] is None else Pick(row["key"], row["score"], row["after"])
        again = row["step"] == Phase.REOPENED
        return EndedBundle(number, row["name"], row["url"] or "", pick, findings, failures, again)

    async def known(self, work: JobWork, keys: Collection[str]) -> dict[str, Candidate]:
        """Those of the candidates that are known."""
        return {row["key"]: _candidate(row) for row in await work.rows("candidates", sorted(keys))}

    async def close(self, work: JobWork, closed: Closed) -> bool:
        """Close a bundle: its candidates are known from now on; whether this worker may."""
        if not await work.value("bundle_held", closed.number, work.worker):
            return False
        if closed.candidates:
            rows = [(one.key, one.name, one.score, written(one.link), one.told) for one in closed.candidates]
            await work.run("candidate_save", *columns(sorted(rows)))
        if closed.key:
            await work.run("candidate_taken", closed.number, closed.key)
        if not closed.keep:
            await work.run("findings_drop", closed.number)
        await work.run("bundle_step", closed.number, Phase.CLOSED)
        return True

    async def score_by(self, work: JobWork, scoring: Scoring) -> None:
        """Score all candidates anew, unless this is the rule that they were scored by."""
        await work.run("turn_lock")
        await work.look()
        if work.meta.load(SCORED_BY, str) == scoring.rule:
            return
        last: str | None = ""
        while last is not None:
            last = await self._score_some(work, scoring, last)
        work.meta.save(SCORED_BY, scoring.rule)

    async def _score_some(self, work: JobWork, scoring: Scoring, after: str) -> str | None:
        """Score the next candidates in the order of their keys; the last of them."""
        rows = await work.rows("candidates_after", after, SCORED_AT_ONCE)
        found = [(row["key"], scoring.score(row["told"]), row["score"]) for row in rows]
        if changed := [(key, score) for key, score, before in found if score != before]:
            await work.run("candidate_score", *columns(changed))
        return rows[-1]["key"] if rows else None


async def progress(run: Statements) -> BundleProgress | None:
    """How far the job is with its bundles; None if it has none."""
    if not await run.value("bundle_last"):
        return None
    counts = await run.row("bundle_progress")
    assert counts is not None
    rows = await run.rows("bundles_next", SHOWN)
    waiting = tuple(NextBundle(row["name"], row["score"], row["after"]) for row in rows)
    return BundleProgress(counts["done"], counts["open"], counts["met"], waiting)


def _finding(row: Record) -> Finding:
    return Finding(row["kind"], row["data"], Origin(row["url"], row["fetched_at"]))


def _candidate(row: Record) -> Candidate:
    link, taken = read_link(row["link"]), row["taken"] or 0
    return Candidate(row["key"], row["name"], row["score"], link, row["told"], taken)
