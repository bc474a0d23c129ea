"""What pages tell besides records is stored with their outcomes: flaws, uses of rules, links not followed."""

from __future__ import annotations

from support.frontier_work import HOST, OTHER, blob, commit, done, failed, hop, kept, offer, page, take

from asyncscrape.frontier.base import Frontier, PageRead, SkippedUrl, Worker
from asyncscrape.model import Flaw, FlawKind, FoundFlaw, LinkLeft, Outcome, Request, State
from asyncscrape.stats import MOST_LEFT

EMPTY = Flaw("item", "price", FlawKind.LEFT_OUT, 2)


def misfit(example: str, count: int = 1) -> Flaw:
    return Flaw("item", "date", FlawKind.MISFIT, count, example)


async def taken(worker: Worker, *requests: Request) -> list[Request]:
    await offer(worker, *requests)
    return await take(worker)


async def test_flaws_are_counted_over_all_runs_and_keep_their_first_example(frontier: Frontier) -> None:
    for n, example in enumerate(("2021-04-08", "soon")):
        async with frontier.join() as worker:
            one, two = await taken(worker, page(2 * n), page(2 * n + 1))
            await commit(worker, done(one, flaws=[misfit(example, 3), EMPTY]), done(two, flaws=[misfit("never")]))
            flaws = (await worker.totals()).flaws
            expected = [
                FoundFlaw(misfit("2021-04-08", 4 * (n + 1)), page(0).url),
                FoundFlaw(Flaw("item", "price", FlawKind.LEFT_OUT, 2 * (n + 1)), page(0).url),
            ]
            assert expected == list(flaws)
    standing = await frontier.standing()
    assert standing is not None
    assert (expected, 4) == (list(standing.totals.flaws), standing.totals.left_out)


async def test_pages_are_counted_by_what_was_used_on_them(worker: Worker) -> None:
    one, two, three = await taken(worker, page(1), page(2), page(3))
    await commit(worker, done(one, uses=["rule 1", "follow 1.2"]), done(two, uses=["rule 1"]))
    await commit(worker, done(three, uses=["unmatched"]))
    assert {"rule 1": 2, "follow 1.2": 1, "unmatched": 1} == (await worker.totals()).uses


async def test_links_left_and_skipped_requests_are_told_once_with_reason_and_referrer(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        one, two, three = await taken(worker, page(1), page(2), page(3))
        far = [LinkLeft(page(2, OTHER).url, "scope"), LinkLeft(page(1, OTHER).url, "scope")]
        robots = Outcome(three, State.SKIPPED, "robots", "robots.txt disallows it")
        await commit(worker, done(one, left=far), done(two, left=[*far, LinkLeft(page(8).url, "depth")]), robots)
        assert {"scope": 2, "depth": 1, "robots": 1} == (await worker.totals()).skipped
    assert [
        SkippedUrl(page(3).url, "robots", "robots.txt disallows it", ""),
        SkippedUrl(page(1, OTHER).url, "scope", "", page(1).url),
        SkippedUrl(page(2, OTHER).url, "scope", "", page(1).url),
        SkippedUrl(page(8).url, "depth", "", page(2).url),
    ] == await frontier.skipped()


async def test_a_link_that_is_in_the_queue_is_not_left(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        (one,) = await taken(worker, page(1))
        left = [LinkLeft(page(n).url, "nofollow") for n in (1, 2, 3, 4)]
        await commit(worker, done(one, links=[page(2)], left=left))
        assert {"nofollow": 2} == (await worker.totals()).skipped
        await offer(worker, page(3))
        assert {"nofollow": 1} == (await worker.totals()).skipped
    assert [page(4).url] == [skipped.url for skipped in await frontier.skipped()]


async def test_links_left_are_kept_up_to_a_limit_for_each_reason(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        one, two = await taken(worker, page(1), page(2))
        await commit(worker, done(one, left=[LinkLeft(page(n, OTHER).url, "scope") for n in range(MOST_LEFT + 5)]))
        await commit(
            worker, done(two, left=[LinkLeft(page(0, "third").url, reason) for reason in ("scope", "depth")])
        )
        assert {"scope": MOST_LEFT, "depth": 1} == (await worker.totals()).skipped
    assert MOST_LEFT + 1 == len(await frontier.skipped())


async def test_a_failed_url_tells_the_page_that_linked_there(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        (one,) = await taken(worker, page(1))
        await commit(worker, done(one, links=[page(2), page(3, OTHER)]))
        await commit(worker, *map(failed, [*await take(worker), *await take(worker, host=OTHER)]))
        (seed,) = await taken(worker, page(9))
        await commit(worker, failed(seed))
    parents = {failure.url: failure.parent for failure in await frontier.failures()}
    assert {page(2).url: page(1).url, page(3, OTHER).url: page(1).url, page(9).url: ""} == parents


async def test_pages_that_were_read_are_told_by_the_url_that_was_read(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        one, two, three, file = await taken(worker, page(1), page(2), page(3), blob("a"))
        await commit(worker, done(one, links=[page(5)]), hop(two, page(4).url), hop(three, page(1).url), kept(file))
        four, five = await take(worker)
        await commit(worker, done(four), failed(five))
    assert [PageRead(page(1).url, ""), PageRead(page(4).url, "")] == await frontier.pages_read()
    assert HOST in page(1).url
