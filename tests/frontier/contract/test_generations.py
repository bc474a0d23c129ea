"""Generations: a finished job is crawled anew, beside what is there."""

from __future__ import annotations

import pytest
from support.frontier_work import (
    HOST,
    ITEM,
    SHA256,
    blob,
    commit,
    commit_rows,
    counted,
    done,
    failed,
    item_of,
    kept,
    offer,
    page,
    take,
    urls,
)

from asyncscrape.errors import JobChanged, UsageError
from asyncscrape.facts import Changes, TableFacts
from asyncscrape.frontier.base import Frontier, Group, Worker
from asyncscrape.model import FIRST, Generation, Lines, Outcome, Request, Rule, Table
from asyncscrape.stats import Look, RunState, Totals

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
    second = Generation(2, beside=True, begin=2)
    assert second == await begun(frontier)
    async with frontier.join() as worker:
        assert (job_id, second) == (worker.job_id, worker.generation)
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
        assert (HOST, b"slow", b"rules") == (grant.host, grant.clock, await worker.robots(f"http://{HOST}"))
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
        assert Generation(2, begin=2) == worker.generation
    found = await totals(frontier)
    assert (facts, {"item": TableFacts(2)}, Generation(2, begin=2)) == (
        found.facts,
        found.facts_before,
        found.generation,
    )
    await begun(frontier)
    assert facts == (await totals(frontier)).facts_before


async def test_a_generation_begins_only_when_the_job_is_finished(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await offer(worker, page(1), page(2), page(3))
        first, second, _ = await take(worker)
        await commit(worker, item_of(first))
        await worker.journal.advance("files", 1)
    await refused(frontier)
    async with frontier.join() as worker:
        await take(worker)
        look = Look(RunState.STOPPED, most_pages=2)
        await worker.commit_and_take(Group([withdrawing(second)], look=look), {}, 0.0)
    await refused(frontier)
    async with frontier.join() as worker:
        await worker.journal.advance("files", 2)
        await worker.begin_switch()
    await refused(frontier)
    async with frontier.join() as worker:
        await worker.switched()
    assert Generation(2, beside=True, begin=2) == await begun(frontier), "the job has all of its pages"


def withdrawing(request: Request) -> Outcome:
    return done(request, records={"item": Lines(0, b'{"id":1,"_withdrawn":true}\n')})


async def refused(frontier: Frontier) -> None:
    with pytest.raises(UsageError, match="not finished"):
        await begun(frontier)


async def test_a_refusal_offers_a_new_generation_only_if_it_may_begin(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await worker.agree([ITEM], [RULE])
        await offer(worker, page(1))
        (asked,) = await take(worker)
        await commit(worker, item_of(asked))
        await worker.journal.advance("files", 1)
        assert "--again" in await ways(worker)
        await worker.begin_switch()
        assert "--again" not in await ways(worker)


async def ways(worker: Worker) -> set[str]:
    with pytest.raises(JobChanged) as refused:
        await worker.agree([ITEM], [CHANGED])
    return set(refused.value.ways)


async def test_a_store_may_join_when_a_generation_begins(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.journal.register({"files": ["jsonl"]})
        await commit_rows(worker, 1, 2)
        await worker.journal.advance("files", 2)
    await begun(frontier)
    async with frontier.join() as worker:
        await commit_rows(worker, 3)
        both = {"files": ["jsonl"], "postgres": ["postgres"]}
        await worker.journal.register(both)
        assert (2, 2) == (await worker.journal.cursor("files"), await worker.journal.cursor("postgres"))
        for store in both:
            await worker.journal.advance(store, 3)
        with pytest.raises(JobChanged, match="would miss"):
            await worker.journal.register({**both, "late": ["csv"]})


async def test_changes_are_kept_until_the_next_generation(frontier: Frontier) -> None:
    changes = Changes(1, 2, 3)
    async with frontier.join() as worker:
        await commit_rows(worker, 1)
        await worker.commit_and_take(Group(facts={"item": TableFacts(3, changes=changes)}), {}, 0.0)
        await finish(worker, 4)
    assert {"item": TableFacts(4, changes=changes)} == (await totals(frontier)).facts
    await begun(frontier)
    async with frontier.join() as worker:
        await finish(worker, 5)
    assert {"item": TableFacts(5)} == (await totals(frontier)).facts


async def test_what_was_accepted_is_remembered_until_the_next_generation(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        assert [] == list(worker.accepted)
        await worker.accept(["too few rows"])
    async with frontier.join() as worker:
        await worker.begin_switch()
        await worker.switched()
        assert ["too few rows"] == list(worker.accepted)
    await begun(frontier)
    async with frontier.join() as worker:
        assert [] == list(worker.accepted)


async def test_rows_of_others_do_not_count(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await commit_rows(worker, 1, 2, 3)
        counts = []
        for rows in (9, 1, 9):
            await finish(worker, rows)
            now = await worker.totals()
            counts.append((now.records["item"], now.replaced.get("item", 0)))
    assert [(3, 0), (1, 2), (3, 0)] == counts


async def test_a_killed_download_leaves_the_file_of_the_generation_in_place(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, blob("a"))
        await commit(worker, *map(kept, await take(worker)))
    await begun(frontier)
    async with frontier.join() as worker:
        await offer(worker, blob("a"), blob("b", 2))
        await take(worker)
    async with frontier.join() as worker:
        assert {"a": True, "b": False} == await worker.unfinished_paths()
        await commit(worker, *map(kept, await take(worker)))
        stored = await worker.kept_at("a")
        assert stored is not None
        assert (stored.blob.path, "a") == ("a", (await found_path(worker)))


async def found_path(worker: Worker) -> str:
    stored = await worker.content_of(SHA256)
    return stored.path if stored else ""


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
