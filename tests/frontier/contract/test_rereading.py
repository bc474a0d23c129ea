"""Kept answers are read again: what is known of the generation before, and what goes back into the queue."""

from __future__ import annotations

import re

import msgspec
import pytest
from support.frontier_work import (
    HOST,
    blob,
    commit,
    commit_rows,
    counted,
    done,
    failed,
    hop,
    kept,
    offer,
    page,
    seqs,
    take,
    urls,
)

from asyncscrape.errors import Reason, UsageError
from asyncscrape.frontier.base import EarlierEnd, Frontier, Worker
from asyncscrape.model import Kind, Outcome, Request, State, newest_note


async def begun(frontier: Frontier) -> None:
    async with frontier.alone() as owner:
        await owner.begin_generation(reread=True)


def not_kept(request: Request) -> Outcome:
    return Outcome(request, State.SKIPPED, Reason.NOT_KEPT, "no answer from it is kept")


async def one(worker: Worker, request: Request) -> Request:
    """Offer a request, and take it."""
    await offer(worker, request)
    (taken,) = await take(worker)
    return taken


async def redirected(worker: Worker, request: Request, url: str) -> Request:
    """Redirect a taken request, and take it again."""
    await commit(worker, hop(request, url))
    (taken,) = await take(worker)
    return taken


async def test_what_left_no_answer_is_known_by_how_it_ended(frontier: Frontier) -> None:
    robots = Outcome(page(2), State.SKIPPED, Reason.ROBOTS, "robots.txt disallows it")
    async with frontier.join() as worker:
        await commit(worker, failed(await one(worker, page(1)), detail="the server answered 404"))
        await commit(worker, Outcome(await one(worker, page(2)), *_end(robots)))
        await commit(worker, done(await one(worker, page(3))))
    await begun(frontier)
    async with frontier.join() as worker:
        assert EarlierEnd(State.FAILED, "http 404", "the server answered 404") == await worker.earlier(page(1))
        assert EarlierEnd(State.SKIPPED, Reason.ROBOTS, "robots.txt disallows it") == await worker.earlier(page(2))
        assert await worker.earlier(page(3)) is None
        assert await worker.earlier(page(4)) is None


def _end(outcome: Outcome) -> tuple[State, str, str]:
    return outcome.state, outcome.reason, outcome.detail


async def test_its_redirects_are_known_and_lead_on(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        asked = await redirected(worker, await one(worker, page(1)), page(2).url)
        await commit(worker, failed(await redirected(worker, asked, page(3).url)))
        await commit(worker, done(await one(worker, page(5))))
        await commit(worker, hop(await one(worker, page(4)), page(5).url))
    await begun(frontier)
    async with frontier.join() as worker:
        ended = await worker.earlier(page(1))
        assert ended is not None
        assert ("http 404", (page(2).url, page(3).url)) == (ended.reason, ended.redirects)
        on_the_way = await worker.earlier(page(2))
        assert on_the_way is not None
        assert ("http 404", ()) == (on_the_way.reason, on_the_way.redirects)
        merged = await worker.earlier(page(4))
        assert merged is not None
        assert (State.DONE, page(5).url) == (merged.state, merged.leads_to)
        taken = await one(worker, page(4))
        await commit(worker, Outcome(taken, merged.state, merged.reason, merged.detail))
        assert 1 == (await worker.totals()).merged


async def test_a_file_is_known_by_what_was_asked_for_and_not_by_its_path(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await commit(worker, kept(await one(worker, blob("a.png", 1))))
    await begun(frontier)
    async with frontier.join() as worker:
        ended = await worker.earlier(blob("b.png", 1))
        assert ended is not None
        assert ended.kept is not None
        assert "a.png" == ended.kept.blob.path, "where its bytes are"
        assert await worker.earlier(blob("a.png", 2)) is None, "another file may be wanted there now"


async def test_a_file_that_a_newer_one_replaced_is_gone(frontier: Frontier) -> None:
    older, newer = (Request(f"http://{HOST}/{n}.png", Kind.BLOB, path="a", note=newest_note("a")) for n in (1, 2))
    async with frontier.join() as worker:
        for request in (older, newer):
            stored = kept(await one(worker, request))
            assert stored.kept is not None
            ordered = msgspec.structs.replace(stored.kept, order=stored.request.order)
            await commit(worker, msgspec.structs.replace(stored, kept=ordered))
    await begun(frontier)
    async with frontier.join() as worker:
        ends = [await worker.earlier(request) for request in (older, newer)]
        assert [(State.DONE, False), (State.DONE, True)] == [(end.state, bool(end.kept)) for end in ends if end]


async def test_what_was_passed_over_is_asked_once_the_network_is(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.begin_rereading()
        await commit(worker, not_kept(await one(worker, page(1))))
        await commit(worker, failed(await one(worker, page(2))))
        assert 1 == (await worker.totals()).skipped[Reason.NOT_KEPT]
    async with frontier.join() as worker:
        assert 1 == await worker.end_rereading()
        assert 0 == await worker.end_rereading()
        assert [page(1).url] == urls(await take(worker))
        assert not (await worker.totals()).skipped.get(Reason.NOT_KEPT)
        assert {"leased": 1, "failed": 1} == counted(await worker.totals())


async def test_a_retry_asks_the_network(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.begin_rereading()
        await commit(worker, not_kept(await one(worker, page(1))))
        await commit(worker, failed(await one(worker, page(2))))
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue(re.compile("/2"))
    standing = await frontier.standing()
    assert standing is not None
    assert (False, {"pending": 2}) == (standing.rereading, counted(standing.totals))


async def test_the_state_of_rereading_shows(frontier: Frontier) -> None:
    seen = []
    async with frontier.join() as worker:
        await commit(worker, done(await one(worker, page(1))))
        for change in (worker.begin_rereading("/item"), worker.begin_rereading(), worker.end_rereading()):
            await change
            standing = await frontier.standing()
            assert standing is not None
            seen.append((standing.rereading, standing.match))
    assert [(True, "/item"), (True, ""), (False, "")] == seen


async def test_what_is_known_outlasts_a_reading_that_was_not_finished(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await commit(worker, failed(await one(worker, page(1))))
        left_out = await one(worker, page(2))
        await commit(worker, Outcome(left_out, State.DONE, Reason.LEFT_OUT, "its URL does not match"))
    await begun(frontier)
    async with frontier.join() as worker:
        await commit(worker, not_kept(await one(worker, page(3))))
    await begun(frontier)
    async with frontier.join() as worker:
        ended = await worker.earlier(page(1))
        assert (State.FAILED, "http 404") == (ended and (ended.state, ended.reason))
        assert [None, None] == [await worker.earlier(page(n)) for n in (2, 3)]


async def test_what_is_known_goes_once_it_is_asked_for_again(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        for n in (1, 2, 3):
            await commit(worker, failed(await one(worker, page(n))))
    await begun(frontier)
    async with frontier.join() as worker:
        await worker.end_rereading()
        await commit(worker, done(await one(worker, page(1))))
        await offer(worker, page(2))
    await begun(frontier)
    async with frontier.join() as worker:
        assert [False, False, True] == [await worker.earlier(page(n)) is not None for n in (1, 2, 3)]
        await commit(worker, done(await one(worker, page(1))))
        await worker.end_rereading()
    async with frontier.alone() as owner:
        await owner.begin_generation()
    async with frontier.join() as worker:
        assert await worker.earlier(page(3)) is None


async def test_records_of_before_that_a_store_has_not_taken_are_dropped(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await commit_rows(worker, 1, 2)
        await worker.journal.advance("files", 1)
    await begun(frontier)
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"], "late": ["csv"]})
        await commit_rows(worker, 3)
        for store in ("files", "late"):
            assert [3] == seqs(await worker.journal.read(await worker.journal.cursor(store), 1_000))


async def test_a_generation_of_kept_answers_needs_no_finished_job(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, page(1))
    async with frontier.alone() as owner:
        with pytest.raises(UsageError, match="not finished"):
            await owner.begin_generation()
        assert 2 == (await owner.begin_generation(reread=True)).number
    async with frontier.join() as worker:
        await worker.begin_switch()
    async with frontier.alone() as owner:
        with pytest.raises(UsageError, match="not finished"):
            await owner.begin_generation(reread=True)
