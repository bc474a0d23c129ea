"""What was learned about the use of a browser, by rule and host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.model import Outcome
from asyncscrape.openings import LEARNED, Brought, Experience
from asyncscrape.urls import authority


async def all_experience(work: JobWork) -> list[Experience]:
    """Everything that was learned."""
    return [Experience(**dict(row)) for row in await work.rows("experience")]


async def experience_there(work: JobWork, hosts: Sequence[str]) -> dict[str, list[Experience]]:
    """What was learned about some hosts."""
    found: dict[str, list[Experience]] = {host: [] for host in hosts}
    for row in await work.rows("experience_there", hosts):
        found[row["host"]].append(Experience(**dict(row)))
    return found


async def learn(work: JobWork, outcomes: Iterable[Outcome]) -> None:
    """Learn from these."""
    counts: Counter[tuple[str, str, Brought]] = Counter()
    for outcome in outcomes:
        for told in outcome.opening.rules if outcome.opening else ():
            counts[told.key, authority(outcome.request.url), told.brought] += 1
    pairs = dict.fromkeys((rule, host) for rule, host, brought in counts if brought in LEARNED)
    if pairs:
        await work.run("learn", *columns([(*pair, *(counts[*pair, one] for one in LEARNED)) for pair in pairs]))
