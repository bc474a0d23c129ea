"""The server goes away, or the way to it breaks, at any moment: what was committed is stored once."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from support.cut_connection import cut_connection
from support.frontier_work import HOST, commit, counted, item_of, offer, page, seqs, take, urls
from support.frontiers import TEAM, address, in_sqlite
from support.postgres_server import Database, PostgresServer, running_postgres

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.frontier.base import Group
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.lease_clock import now


async def test_a_worker_goes_on_when_the_server_was_restarted() -> None:
    with running_postgres() as server:
        async with PostgresFrontier(address(server.dsn()), "shop").join() as worker:
            await offer(worker, page(1), page(2))
            first, _ = await take(worker)
            await asyncio.to_thread(restarted, server)
            assert [] == list((await commit(worker, item_of(first))).fenced), "its lease has not ended"
            assert {"done": 1, "leased": 1} == counted(await worker.totals())


def restarted(server: PostgresServer) -> None:
    server.stop()
    server.start()


async def test_a_call_waits_for_a_server_that_is_away_but_not_forever() -> None:
    with running_postgres() as server:
        async with PostgresFrontier(address(server.dsn()), "shop", patience=1.0).join() as worker:
            server.stop()
            with pytest.raises(StoreError, match="refuses connections") as raised:
                await worker.totals()
            assert raised.value.passing
            totals = asyncio.create_task(worker.totals())
            await asyncio.sleep(0.1)
            await asyncio.to_thread(server.start)
            assert {} == counted(await totals)


@pytest.mark.parametrize("heard", [True, False])
async def test_a_commit_whose_answer_is_lost_is_stored_once(postgres: Database, heard: bool) -> None:
    async with cut_connection(postgres.dsn) as way, PostgresFrontier(address(way.dsn), "shop").join() as worker:
        await offer(worker, page(1), page(2))
        (first,) = await take(worker, 1)
        way.heard = heard
        cut = asyncio.create_task(worker.commit_and_take(Group([item_of(first, links=[page(3)])]), {HOST: 1}, 0.0))
        await asyncio.sleep(0.1)
        way.heard = None
        committed = await cut
        assert ([], {HOST: 1}, 1) == (list(committed.fenced), committed.fresh, committed.records)
        assert [page(2).url] == urls(committed.taken[HOST])
        assert {"done": 1, "leased": 1, "pending": 1} == counted(committed.totals) == counted(await worker.totals())
        assert 1 == len(seqs(await worker.journal.read(0, 1000)))


async def test_a_worker_that_is_frozen_in_a_transaction_loses_it_and_holds_nobody_up(postgres: Database) -> None:
    frontier = PostgresFrontier(address(postgres.dsn), "shop", lease=0.5, patience=0.0)
    async with frontier.join(team=TEAM) as frozen, frontier.join(team=TEAM) as other:
        await offer(other, page(1))
        await frozen.acquire()

        async def freeze(work: object) -> None:
            await asyncio.sleep(1.0)

        late = asyncio.create_task(frozen._membership.run(freeze))  # type: ignore[attr-defined]
        while not await take(other):
            await asyncio.sleep(0.05)
        assert not late.done()
        with pytest.raises(StoreError):
            await late


async def test_a_lease_ends_earlier_for_the_worker_than_for_the_server(postgres: Database, tmp_path: Path) -> None:
    async with PostgresFrontier(address(postgres.dsn), "shop", lease=8.0).join() as worker:
        start = now()
        await worker.totals()
        first = worker.lease
        assert start + 5 < first.ends < now() + 7
        await asyncio.sleep(0.01)
        await worker.totals()
        assert (first.term, True) == (worker.lease.term, worker.lease.ends > first.ends)
    async with in_sqlite(tmp_path).join() as alone:
        assert math.inf == alone.lease.ends


async def test_a_heartbeat_keeps_a_lease_and_a_new_one_has_another_term(postgres: Database) -> None:
    frontier = PostgresFrontier(address(postgres.dsn), "shop", lease=0.4)
    async with frontier.join(team=TEAM) as idle, frontier.join(team=TEAM) as other:
        await offer(idle, page(1))
        assert [page(1).url] == urls(await take(idle))
        term = idle.lease.term
        await asyncio.sleep(0.6)
        assert (term, []) == (idle.lease.term, await other.acquire())
        postgres.sql("UPDATE \"asyncscrape_shop\".worker SET beat = '-infinity'")
        await idle.totals()
        assert term != idle.lease.term


async def test_a_worker_does_not_go_on_with_a_job_that_was_started_anew(postgres: Database) -> None:
    frontier = PostgresFrontier(address(postgres.dsn), "shop", lease=0.3)
    async with frontier.join() as cut_off:
        await offer(cut_off, page(1))
        postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'asyncscrape%' "
            'AND datname = current_database();DROP SCHEMA "asyncscrape_shop" CASCADE'
        )
        with pytest.raises(UsageError, match="started anew"):
            await cut_off.totals()


async def test_a_call_that_is_cancelled_at_any_moment_leaves_no_transaction_open(postgres: Database) -> None:
    frontier = PostgresFrontier(address(postgres.dsn), "shop")
    async with frontier.join(team=TEAM) as worker, frontier.join(team=TEAM) as other:
        for n in range(30):
            call = asyncio.create_task(offer(worker, page(n)))
            await asyncio.sleep(n / 5000)
            call.cancel()
            await asyncio.wait([call])
        await offer(worker, page(99))
        assert int(postgres.value('SELECT count(*) FROM "asyncscrape_shop".url')) > 0
        assert await worker.totals() == await other.totals()
