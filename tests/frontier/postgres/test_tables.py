"""Where jobs are stored: several in one database, whatever their names are."""

from __future__ import annotations

import asyncio
import random

from support.frontier_work import HOST, commit, counted, done, offer, page, take, urls
from support.frontiers import TEAM, address
from support.postgres_server import Database

from asyncscrape.frontier.base import Group, Worker
from asyncscrape.frontier.postgres.frontier import PostgresFrontier

NAMES = ["shop", 'a "quoted"; name', "ü" * 60, "ü" * 61, "Shop", "x.y", "%s {0}"]


async def test_jobs_of_any_name_share_a_database(postgres: Database) -> None:
    for name in NAMES:
        async with PostgresFrontier(address(postgres.dsn), name).join() as worker:
            assert {HOST: 1} == await offer(worker, page(1))
    for name in NAMES:
        frontier = PostgresFrontier(address(postgres.dsn), name)
        async with frontier.join() as worker:
            assert [page(1).url] == urls(await take(worker))
        async with frontier.alone() as owner:
            await owner.erase()
        assert await frontier.standing() is None


async def test_workers_that_start_at_once_make_the_tables_once(postgres: Database) -> None:
    async def job_id() -> str:
        async with PostgresFrontier(address(postgres.dsn), "shop").join(team=TEAM) as worker:
            return worker.job_id

    assert 1 == len(set(await asyncio.gather(*(job_id() for _ in range(4)))))


async def test_workers_that_offer_the_same_urls_do_not_block_each_other(postgres: Database) -> None:
    frontier = PostgresFrontier(address(postgres.dsn), "shop")
    chance = random.Random(1)

    async def offered(worker: Worker) -> int:
        pages = [page(n, f"h{n % 7}.example.org") for n in range(600)]
        fresh = 0
        for _ in range(6):
            chance.shuffle(pages)
            committed = await worker.commit_and_take(Group(offers=pages[:400]), {}, 0.0)
            fresh += sum(committed.fresh.values())
        return fresh

    async with (
        frontier.join(team=TEAM) as a,
        frontier.join(team=TEAM) as b,
        frontier.join(team=TEAM) as c,
        frontier.join(team=TEAM) as d,
    ):
        counts = await asyncio.gather(*map(offered, (a, b, c, d)))
        stored = int(postgres.value('SELECT count(*) FROM "asyncscrape_shop".url'))
        assert (stored, {"pending": stored}) == (sum(counts), counted(await a.totals()))
    deadlocks = (
        "SELECT pg_stat_force_next_flush(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert "0" == postgres.sql(deadlocks)[0][1]


async def test_a_host_that_was_found_empty_is_granted_when_another_worker_finds_something_there(
    postgres: Database,
) -> None:
    frontier = PostgresFrontier(address(postgres.dsn), "shop")
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        for n in range(3):
            await offer(one, page(n))
            asked = await take(two)
            assert [page(n).url] == urls(asked)
            await commit(two, *map(done, asked))
            await two.give_back([HOST])
            assert [] == await two.acquire()
            assert "f" == postgres.value('SELECT open FROM "asyncscrape_shop".host')
