"""Records wait in the journal until every store has taken them, each at its own pace."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from support.frontier_work import HOST, ITEM, commit, commit_rows, done, item_of, kept, offer, page, seqs, take
from support.frontiers import ALL
from support.running import examples, ran

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Backlog, Frontier, Group, Worker
from asyncscrape.model import BLOBS, Column, Kind, Lines, Request, Table


async def test_records_of_a_group_are_one_batch_for_each_table(worker: Worker) -> None:
    await worker.journal.register({"files": ["jsonl"]})
    await offer(worker, page(1), page(2))
    await commit(worker, *map(item_of, await take(worker)))
    (batch,) = await worker.journal.read(0, 1000)
    assert ("item", 2, b'{"id":1}\n{"id":2}\n') == (batch.table, batch.count, batch.lines)


async def test_records_that_come_from_no_request_are_stored_like_others(worker: Worker) -> None:
    await worker.journal.register({"files": ["jsonl"]})
    made = {ITEM.name: Lines(2, b'{"id":1}\n{"id":2}\n')}
    committed = await worker.commit_and_take(Group(made=made), {}, 0.0)
    (batch,) = await worker.journal.read(0, 1000)
    assert (ITEM.name, 2, made[ITEM.name].text) == (batch.table, batch.count, batch.lines)
    assert (2, {ITEM.name: 2}) == (committed.records, (await worker.totals()).records)


async def test_a_downloaded_file_is_a_record_of_the_table_blobs(worker: Worker) -> None:
    await worker.journal.register({"files": ["jsonl"]})
    await offer(worker, Request(f"http://{HOST}/a.png", Kind.BLOB, path="a"))
    (download,) = await take(worker)
    committed = await commit(worker, kept(download))
    (batch,) = await worker.journal.read(0, 1000)
    assert (BLOBS.name, 1, len(batch.lines)) == (batch.table, batch.count, committed.bytes)
    assert b'"path":"a"' in batch.lines


async def test_the_journal_keeps_what_the_slowest_store_has_not_taken(worker: Worker) -> None:
    journal = worker.journal
    await journal.register({"fast": ["jsonl"], "slow": ["csv"]})
    await commit_rows(worker, 1, 2, 3)
    await journal.advance("fast", 3)
    assert [1, 2, 3] == seqs(await journal.read(0, 1000))
    assert {"jsonl": 0, "csv": 3} == (await journal.backlog()).lags
    await journal.advance("slow", 2)
    assert [3] == seqs(await journal.read(0, 1000))
    await journal.register({"fast": ["jsonl"], "slow": ["csv"]})
    assert (3, 2, 0) == tuple([await journal.cursor(store) for store in ("fast", "slow", "unknown")])


async def test_an_advance_reports_its_effects(worker: Worker) -> None:
    journal = worker.journal
    await journal.register({"fast": ["jsonl"], "slow": ["csv"]})
    await commit_rows(worker, 1, 2, 3)
    size = len(b'{"id":1}\n')
    assert (3, 0) == ((moved := await journal.advance("fast", 3)).records, moved.freed)
    assert (2, 2 * size) == ((moved := await journal.advance("slow", 2)).records, moved.freed)
    assert Backlog(size, {"jsonl": 0, "csv": 1}) == await journal.backlog()


async def test_a_read_stops_with_the_batch_that_fills_it(worker: Worker) -> None:
    await worker.journal.register({"files": ["jsonl"]})
    await commit_rows(worker, 1, 2, 3)
    size = len(b'{"id":1}\n')
    assert [1] == seqs(await worker.journal.read(0, size))
    assert [2, 3] == seqs(await worker.journal.read(1, size + 1))


async def test_places_in_the_journal_are_never_given_out_twice(frontier: Frontier) -> None:
    async with frontier.join() as first:
        assert 0 == await first.journal.end()
        await first.journal.register({"files": ["jsonl"]})
        await commit_rows(first, 1)
        await first.journal.advance("files", 1)
    async with frontier.join() as second:
        assert 1 == await second.journal.end()
        await commit_rows(second, 2)
        assert [2] == seqs(await second.journal.read(1, 1000))


async def test_a_backlog_of_the_last_run_is_read_before_new_records(frontier: Frontier) -> None:
    async with frontier.join() as first:
        await first.journal.register({"fast": ["jsonl"], "slow": ["csv"]})
        await commit_rows(first, 1, 2)
        await first.journal.advance("fast", 2)
    async with frontier.join() as second:
        await commit_rows(second, 3, 4)
        read = [seqs(await second.journal.read(after, 1000)) for after in range(5)]
        assert [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], []] == read


async def test_a_store_that_would_miss_records_is_refused(worker: Worker) -> None:
    await worker.journal.register({"files": ["jsonl"]})
    await commit_rows(worker, 1)
    await worker.journal.advance("files", 1)
    with pytest.raises(JobChanged, match=r"postgres .*--fresh"):
        await worker.journal.register({"files": ["jsonl"], "new": ["postgres"]})


async def test_a_store_may_join_while_the_journal_is_whole(worker: Worker) -> None:
    journal = worker.journal
    await journal.register({"files": ["jsonl"]})
    await commit_rows(worker, 1)
    await journal.register({"files": ["jsonl"], "new": ["postgres"]})
    assert (0, 0) == (await journal.cursor("files"), await journal.cursor("new"))
    assert {"jsonl": 1, "postgres": 1} == (await journal.backlog()).lags


async def test_the_journal_does_not_wait_for_a_store_that_left(worker: Worker) -> None:
    journal = worker.journal
    await journal.register({"files": ["jsonl"], "gone": ["postgres"]})
    await commit_rows(worker, 1)
    await journal.register({"files": ["jsonl"]})
    assert len(b'{"id":1}\n') == (await journal.advance("files", 1)).freed
    assert Backlog(0, {"jsonl": 0}) == await journal.backlog()


@pytest.mark.parametrize("kind", ALL)
@examples(30, steps=st.lists(st.tuples(st.sampled_from(["grow", "fast", "slow"]), st.integers(0, 20)), max_size=25))
def test_the_effects_of_all_advances_add_up_to_the_counted_totals(kind: str, steps: list[tuple[str, int]]) -> None:
    ran(kind, lambda frontier: steps_add_up(frontier, steps))


async def steps_add_up(frontier: Frontier, steps: list[tuple[str, int]]) -> None:
    async with frontier.join() as worker:
        journal = worker.journal
        await journal.register({"fast": ["jsonl"], "slow": ["csv", "parquet"]})
        size, lags = 0, {"fast": 0, "slow": 0}
        for count, (who, number) in enumerate(steps):
            if who == "grow":
                await offer(worker, page(count))
                (taken,) = await take(worker)
                committed = await commit(worker, done(taken, records={"item": Lines(number, b"x" * number)}))
                assert (number, number) == (committed.records, committed.bytes)
                size += number
                lags = {store: lag + number for store, lag in lags.items()}
            else:
                reached = min(await journal.end(), await journal.cursor(who) + number)
                moved = await journal.advance(who, reached)
                size -= moved.freed
                lags[who] -= moved.records
            found = {"jsonl": lags["fast"], "csv": lags["slow"], "parquet": lags["slow"]}
            assert Backlog(size, found) == await journal.backlog()


@pytest.mark.parametrize(
    "table",
    [
        Table("item", ("name",), ITEM.columns),
        Table("item", ("id",), (Column("id", "str"), Column("name"))),
        Table("thing", ("id",), ITEM.columns),
    ],
)
async def test_a_config_that_changes_the_meaning_of_records_is_refused(worker: Worker, table: Table) -> None:
    await commit_rows(worker, 1)
    with pytest.raises(JobChanged, match="--fresh"):
        await worker.agree([table])
    await worker.agree([ITEM])


async def test_harmless_changes_are_accepted(worker: Worker) -> None:
    await commit_rows(worker, 1)
    more = Table("item", ("id",), (*ITEM.columns, Column("price", "float")))
    await worker.agree([more, Table("other", ("x",), (Column("x"),))])


async def test_before_there_are_records_everything_may_change(worker: Worker) -> None:
    await worker.agree([Table("item", ("name",), ITEM.columns)])
