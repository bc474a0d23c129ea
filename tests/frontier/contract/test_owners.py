"""Users who do not crawl: those who look, requeue failures, or start again with --fresh."""

from __future__ import annotations

import re

import pytest
from support.frontier_work import HOST, commit, commit_rows, counted, done, failed, hop, offer, page, take, urls

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.base import Failure, Frontier
from asyncscrape.model import Outcome, PastRequest, Request, State


async def test_failures_are_listed_and_some_can_be_put_back(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, page(1), page(22))
        for request in await take(worker):
            await commit(worker, failed(request, detail="the server answered 404"))
        first = Failure(page(1).url, "page", "http 404", "the server answered 404", 0)
        assert [first.url, page(22).url] == [failure.url for failure in await frontier.failures()]
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue(re.compile("/2"))
    assert [first] == await frontier.failures()
    async with frontier.join() as worker:
        assert [page(22).url] == urls(await take(worker))


async def test_a_failure_is_listed_under_the_url_first_asked_for(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, page(1))
        (asked,) = await take(worker)
        await commit(worker, hop(asked, page(2).url))
        (moved,) = await take(worker)
        await commit(worker, failed(moved))
    assert [page(1).url] == [failure.url for failure in await frontier.failures()]


async def test_requests_of_a_kind_are_remembered_in_the_order_of_discovery(frontier: Frontier) -> None:
    requests = [Request(f"http://{HOST}/{n}", "api", note=str(n)) for n in range(5)]
    async with frontier.join() as worker:
        await offer(worker, *requests, Request(page(9).url, "other"), page(9))
        first, second, third, fourth = await take(worker, 4)
        skipped = Outcome(third, State.SKIPPED, "robots")
        await commit(worker, hop(first, page(7).url), failed(second), skipped, done(fourth))
    states = [State.PENDING, State.FAILED, State.SKIPPED, State.DONE, State.PENDING]
    expected = [PastRequest(one.url, "api", one.note, state) for one, state in zip(requests, states, strict=True)]
    assert expected == await frontier.past(["api"])
    other = PastRequest(page(9).url, "other", "", State.PENDING)
    assert [other, *expected] == await frontier.past(["other", "none", "api"])


async def test_nothing_is_known_about_a_job_that_never_ran(frontier: Frontier) -> None:
    assert (None, [], []) == (await frontier.standing(), await frontier.failures(), await frontier.past(["page"]))
    async with frontier.alone() as owner:
        assert 0 == await owner.requeue()
    assert await frontier.standing() is None


async def test_nobody_can_be_alone_with_a_running_job(frontier: Frontier) -> None:
    async with frontier.join():
        with pytest.raises(JobRunning, match="already running"):
            async with frontier.alone():
                pass
    async with frontier.alone():
        with pytest.raises(JobRunning):
            async with frontier.join():
                pass
    async with frontier.join():
        pass


async def test_an_erased_job_starts_again_from_nothing(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await commit_rows(worker, 1, 2)
        before = worker.job_id
    async with frontier.alone() as owner:
        await owner.erase()
        await owner.erase()
    assert await frontier.standing() is None
    async with frontier.join() as worker:
        assert ({}, 0, []) == (counted(await worker.totals()), await worker.journal.end(), await worker.acquire())
        assert before != worker.job_id
        assert {HOST: 1} == await offer(worker, page(1))


async def test_a_job_keeps_its_id_and_gets_a_new_one_after_it_is_erased(frontier: Frontier) -> None:
    names = []
    for anew in (False, False, True):
        if anew:
            async with frontier.alone() as owner:
                await owner.erase()
        async with frontier.join() as worker:
            names.append(worker.job_id)
    assert names[0] == names[1] != names[2]
