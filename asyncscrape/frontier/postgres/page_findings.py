"""The findings of pages beyond records and new URLs: flaws, uses of rules, and links that are not followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.prints import key_of
from asyncscrape.model import Kind, Outcome, State
from asyncscrape.stats import MAY_BE_FOLLOWED, MOST_LEFT
from asyncscrape.urls import fingerprint


async def note_findings(work: JobWork, outcomes: Iterable[Outcome]) -> None:
    """Store what these outcomes tell. Call it when their links are in the queue."""
    left: list[tuple[int, str, str, int, bytes]] = []
    for outcome in outcomes:
        work.counting.used(outcome.uses)
        work.add_flaws(outcome.flaws, outcome.request.url)
        if outcome.opening:
            work.counting.opened(outcome.opening)
        if outcome.state is State.SKIPPED:
            work.counting.skipped(outcome.reason)
        for link in outcome.left:
            print_ = fingerprint(Kind.PAGE, link.url)
            left.append((key_of(print_), link.url, link.reason, outcome.request.id, print_))
    if left:
        await _leave(work, left)


async def _leave(work: JobWork, links: Sequence[tuple[int, str, str, int, bytes]]) -> None:
    """Note links that are not followed, as far as there is room. Workers that look at once may exceed it a little."""
    room = {reason: MOST_LEFT - work.counting.skipped_for(reason) for reason in {link[2] for link in links}}
    some = [link for link in links if room[link[2]] > 0]
    if some:
        for row in await work.rows("leave_links", *columns(some), [*room], [*room.values()]):
            work.counting.skipped(row["reason"], row["n"])


async def follow_after_all(work: JobWork, prints: Sequence[bytes]) -> None:
    """Forget that these URLs are not followed: another page has put them into the queue."""
    if prints and any(map(work.counting.skipped_for, MAY_BE_FOLLOWED)):
        for row in await work.rows("follow_after_all", [key_of(print_) for print_ in prints]):
            work.counting.skipped(row["reason"], -row["n"])
