"""What the browser was good for is stored with the pages, and outlives their generation."""

from __future__ import annotations

import pytest
from support.frontier_work import HOST, OTHER, commit, done, offer, page, take
from support.frontiers import Shared

from asyncscrape.frontier.base import Frontier, Group, Worker
from asyncscrape.model import Outcome
from asyncscrape.openings import Brought, BrowserTotals, Experience, Opening, RuleOnPage
from asyncscrape.stats import Look, RunState

ITEM, LIST = ("/item/* → item", "5a"), ("/list", "5b")


def opening(*rules: tuple[tuple[str, str], Brought], seconds: float = 0.0) -> Opening:
    return Opening(bool(seconds), seconds, tuple(RuleOnPage(*rule, brought) for rule, brought in rules))


async def read(worker: Worker, *openings: Opening, host: str = HOST, first: int = 0) -> None:
    """Pages that were read like this."""
    pages = [page(first + n, host) for n in range(len(openings))]
    await offer(worker, *pages)
    taken = await take(worker, host=host)
    await commit(worker, *[done(one, opening=told) for one, told in zip(taken, openings, strict=True)])


async def test_experience_is_kept_by_rule_and_host(frontier: Frontier) -> None:
    for run in range(2):
        async with frontier.join() as worker:
            both = opening((ITEM, Brought.HELPED), (LIST, Brought.BY_HTTP), seconds=0.5)
            vain = opening((ITEM, Brought.IN_VAIN), seconds=0.25)
            await read(worker, both, vain, opening((ITEM, Brought.PASSED_OVER)), first=10 * run)
            await read(worker, opening((ITEM, Brought.AT_ONCE), seconds=1.0), host=OTHER, first=10 * run)
            n = run + 1
            assert [
                Experience("5a", HOST, helped=n, in_vain=n),
                Experience("5b", HOST, by_http=n),
            ] == list(await worker.experience())
            rules = {
                ITEM[0]: {"helped": n, "in_vain": n, "passed_over": n, "at_once": n},
                LIST[0]: {"by_http": n},
            }
            assert BrowserTotals(3 * n, 1.75 * n, n, rules) == (await worker.totals()).browser
    standing = await frontier.standing()
    assert standing is not None
    assert BrowserTotals(6, 3.5, 2, rules) == standing.totals.browser


async def test_a_host_takes_along_what_was_learned_there(shared: Shared) -> None:
    async with shared.join("one") as one, shared.join("other") as other:
        await read(one, opening((ITEM, Brought.HELPED)))
        await read(one, opening((ITEM, Brought.IN_VAIN)), host=OTHER)
        await offer(one, page(7))
        await one.give_back([HOST])
        [grant] = await other.acquire()
        assert (HOST, [Experience("5a", HOST, helped=1)]) == (grant.host, list(grant.experience))


async def test_pages_that_no_browser_would_open_tell_nothing(worker: Worker) -> None:
    await offer(worker, page(1))
    await commit(worker, done(*await take(worker)))
    assert ([], None) == (list(await worker.experience()), (await worker.totals()).browser)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([Brought.IN_VAIN, Brought.IN_VAIN], [Experience("5a", HOST, vain_before=2)]),
        ([Brought.IN_VAIN, Brought.BY_HTTP], [Experience("5a", HOST, vain_before=1)]),
        ([Brought.IN_VAIN, Brought.HELPED], [Experience("5a", HOST)]),
        ([Brought.HELPED, Brought.HELPED], [Experience("5a", HOST, needed_before=2)]),
        ([Brought.HELPED, Brought.BY_HTTP], [Experience("5a", HOST)]),
    ],
)
async def test_a_generation_begins_with_what_those_before_have_learned(
    frontier: Frontier, seen: list[Brought], expected: list[Experience]
) -> None:
    async with frontier.join() as worker:
        await read(worker, *[opening((ITEM, brought), seconds=1.0) for brought in seen])
        await finish(worker)
    async with frontier.alone() as owner:
        await owner.begin_generation()
    async with frontier.join() as worker:
        assert (expected, None) == (list(await worker.experience()), (await worker.totals()).browser)
        await read(worker, opening((ITEM, Brought.IN_VAIN), seconds=1.0))
        await finish(worker)
    async with frontier.alone() as owner:
        await owner.begin_generation()
    async with frontier.join() as worker:
        assert [expected[0].after(Brought.IN_VAIN).in_next_generation()] == list(await worker.experience())


async def finish(worker: Worker, *outcomes: Outcome) -> None:
    await worker.commit_and_take(Group(outcomes, look=Look(RunState.FINISHED)), {}, 0.0)
