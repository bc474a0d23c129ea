"""Generations: a finished job is crawled anew, beside what is there."""

from __future__ import annotations

from support.frontier_work import (
    HOST,
    ITEM,
    SHA256,
    blob,
    commit,
    commit_rows,
    counted,
    failed,
    item_of,
    kept,
    offer,
    page,
    take,
    urls,
)

from asyncscrape.facts import Changes, TableFacts
from asyncscrape.frontier.base import Frontier, Group, Worker
from asyncscrape.model import FIRST, Generation, Rule, Table
from asyncscrape.stats import Totals

RULE = Rule(("/*",), "item", '{"match":["/*"],"table":"item"}')
CHANGED = Rule(("/*",), "item", '{"key":["name"],"match":["/*"],"table":"item"}')


async def begun(frontier: Frontier) -> Generation:
    async with frontier.alone() as owner:
        return await owner.begin_generation()


async def finish(worker: Worker, rows: int) -> None:
    await worker.commit_and_take(Group(facts={"item": TableFacts(rows)}), {}, 0.0)


async def totals(frontier: Frontier) -> Totals:
    standing = await frontier.standing()
    assert standing is not None
    return standing.totals


async def test_a_job_begins_with_the_first_generation_in_place(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        assert (FIRST, False) == (worker.generation, worker.switching)
        assert FIRST == (await worker.totals()).generation


async def test_a_new_generation_is_offered_its_urls_anew(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await commit_rows(worker, 1, 2)
        job_id = worker.job_id
    assert Generation(2, beside=True) == await begun(frontier)
    async with frontier.join() as worker:
        assert (job_id, Generation(2, beside=True)) == (worker.job_id, worker.generation)
        emptied = await worker.totals()
        assert ({}, {}, {}) == (emptied.requests, emptied.records, emptied.replaced)
        assert await worker.finished()
        assert {HOST: 1} == await offer(worker, page(1))
        assert [page(1).url] == urls(await take(worker))
    assert [] == await frontier.failures()


async def test_files_of_the_generation_before_may_be_replaced(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, blob("a"))
        await commit(worker, *map(kept, await take(worker)))
        assert await worker.kept_at("a") is not None
    await begun(frontier)
    async with frontier.join() as worker:
        assert (None, None) == (await worker.kept_at("a"), await worker.content_of(SHA256))


async def test_hosts_keep_their_clocks_and_robots(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, page(1))
        (asked,) = await take(worker)
        group = Group([failed(asked)], clocks={HOST: b"slow"}, robots={f"http://{HOST}": b"rules"})
        await worker.commit_and_take(group, {}, 0.0)
    await begun(frontier)
    async with frontier.join() as worker:
        await offer(worker, page(1))
        (grant,) = await worker.acquire()
        assert (HOST, b"slow", {f"http://{HOST}": b"rules"}) == (grant.host, grant.clock, dict(grant.robots))
        assert grant.waiting.fresh


async def test_the_journal_goes_on_where_it_was(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await commit_rows(worker, 1, 2)
        await worker.journal.advance("files", 2)
    await begun(frontier)
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await commit_rows(worker, 3)
        assert (2, 3) == (await worker.journal.cursor("files"), await worker.journal.end())


async def test_facts_are_kept_for_comparison_until_the_generation_after_the_next(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await commit_rows(worker, 1, 2)
        await finish(worker, 2)
    await begun(frontier)
    found = await totals(frontier)
    assert ({}, {"item": TableFacts(2)}) == (found.facts, found.facts_before)
    async with frontier.join() as worker:
        facts = {"item": TableFacts(3, changes=Changes(1, 0, 2))}
        await worker.commit_and_take(Group(facts=facts), {}, 0.0)
        await worker.begin_switch()
        await worker.switched()
        assert Generation(2) == worker.generation
    found = await totals(frontier)
    assert (facts, {"item": TableFacts(2)}, Generation(2)) == (found.facts, found.facts_before, found.generation)
    await begun(frontier)
    assert facts == (await totals(frontier)).facts_before


async def test_a_generation_that_was_not_switched_to_is_thrown_away(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await finish(worker, 2)
    await begun(frontier)
    async with frontier.join() as worker:
        await finish(worker, 9)
    assert Generation(3, beside=True) == await begun(frontier)
    assert {"item": TableFacts(2)} == (await totals(frontier)).facts_before


async def test_a_switch_that_has_begun_is_remembered_until_it_is_done(frontier: Frontier) -> None:
    await begun(frontier)
    async with frontier.join() as worker:
        assert not worker.switching
        await worker.begin_switch()
        assert worker.switching
    async with frontier.join() as worker:
        assert (True, Generation(2, beside=True)) == (worker.switching, worker.generation)
        await worker.switched()
        assert (False, Generation(2)) == (worker.switching, worker.generation)
    async with frontier.join() as worker:
        assert (False, Generation(2)) == (worker.switching, worker.generation)


async def test_everything_may_change_at_the_beginning_of_a_generation(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.agree([ITEM], [RULE])
        await commit_rows(worker, 1)
    await begun(frontier)
    async with frontier.join() as worker:
        await worker.agree([Table("item", ("name",), ITEM.columns)], [CHANGED])


async def test_a_table_is_mixed_until_a_generation_takes_its_place(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.agree([ITEM], [RULE])
        await commit_rows(worker, 1)
        await worker.agree([ITEM], [CHANGED], mix=True)
        assert ("item",) == (await worker.totals()).mixed
    await begun(frontier)
    assert ("item",) == (await totals(frontier)).mixed, "the tables in place are those of before"
    async with frontier.join() as worker:
        await worker.agree([ITEM], [CHANGED])
        await worker.switched()
        assert () == (await worker.totals()).mixed


async def test_a_generation_that_is_mixed_itself_stays_so_when_it_is_switched_to(frontier: Frontier) -> None:
    await begun(frontier)
    for thrown_away in (True, False):
        async with frontier.join() as worker:
            await worker.agree([ITEM], [RULE])
            await offer(worker, page(1))
            (asked,) = await take(worker)
            await commit(worker, item_of(asked))
            await worker.agree([ITEM], [CHANGED], mix=True)
            if not thrown_away:
                await worker.switched()
        if thrown_away:
            await begun(frontier)
            assert () == (await totals(frontier)).mixed
    assert ("item",) == (await totals(frontier)).mixed
    assert {"done": 1} == counted(await totals(frontier))
