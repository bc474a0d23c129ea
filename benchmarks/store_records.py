"""A million records to Postgres: out of the journal through `AllStores` and `PostgresStore`, and by a bare loop."""

from __future__ import annotations

import asyncio
import gc
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import msgspec
from beside import judge_share, show
from crawl import WrongResultError
from support.postgres_server import PostgresServer

from asyncscrape.commands.one_crawl import collect_seldom
from asyncscrape.config.stores import postgres_destination
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.frontier.sqlite.journal import JournalTable
from asyncscrape.model import Column, Table
from asyncscrape.storage.postgres.store import PostgresStore

GOAL = 0.8
GROUP = 500
"""Records in one batch of the journal, about as many as a group of pages brings."""
UNLIMITED = 2**62
"""Bytes that may wait in the journal: no crawl waits for it."""
BATCH = 10_000
"""Rows in one transaction of the bare loop."""
ITEM = Table(
    "item",
    ("sku",),
    (
        Column("sku"),
        Column("title"),
        Column("stock", "int"),
        Column("rating", "float"),
        Column("price", "decimal"),
        Column("sold_out", "bool"),
        Column("released", "date"),
        Column("seen_at", "datetime"),
    ),
)
COLUMNS = (*(column.name for column in ITEM.columns), "_url", "_fetched_at")
CREATE = """
DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare;
CREATE TABLE bare.item (sku text PRIMARY KEY, title text, stock bigint, rating double precision, price numeric,
    sold_out boolean, released date, seen_at timestamptz, _url text, _fetched_at timestamptz);
CREATE TEMP TABLE stage (LIKE bare.item) ON COMMIT DELETE ROWS
"""
MERGE = (
    f"INSERT INTO bare.item ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM stage ON CONFLICT (sku) "
    f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])}"
)
CHECKSUM = f"SELECT count(*), sum(hashtextextended(ROW({', '.join(COLUMNS)})::text, 0)) FROM {{}}.item"
WORDS = ("amber", "basement", "chorus", "delay", "echo", "gatefold", "lacquer", "needle", "pressing", "reverb")
BEGIN = datetime(2026, 11, 20, 10, tzinfo=UTC)

Row = tuple[Any, ...]


def rows(count: int, *, in_order: bool) -> list[Row]:
    """The rows of a shop's items, by key or in any order."""
    random = Random(1)
    numbers = list(range(count))
    if not in_order:
        random.shuffle(numbers)
    return [_row(number, place, random) for place, number in enumerate(numbers)]


def _row(number: int, place: int, random: Random) -> Row:
    sku = f"{number:07}-{blake2b(number.to_bytes(4), digest_size=4).hexdigest()}"
    return (
        sku,
        " ".join(random.choices(WORDS, k=5)),
        random.randrange(10_000),
        random.random() * 5,
        Decimal(random.randrange(100, 100_000)).scaleb(-2),
        random.random() < 0.1,
        date(1990, 1, 1) + timedelta(random.randrange(12_000)),
        BEGIN - timedelta(seconds=random.randrange(10**8)),
        f"https://shop.example.org/item/{sku}",
        BEGIN + timedelta(milliseconds=place),
    )


def fill(path: Path, some: Sequence[Row]) -> None:
    """A state file whose journal holds the rows, as a crawl would have left it."""
    database = StateDatabase.open(path)
    journal = JournalTable(database)
    journal.register({"filling": ["filling"]})
    encoder = msgspec.json.Encoder(decimal_format="string")
    with database.transaction():
        for begin in range(0, len(some), GROUP):
            group = [dict(zip(COLUMNS, row, strict=True)) for row in some[begin : begin + GROUP]]
            journal.append(ITEM.name, len(group), encoder.encode_lines(group))
    database.close()


def compare(server: PostgresServer, folder: Path, count: int, rounds: int) -> None:
    """Both sides in turns, for both orders of the same rows."""
    for order in ("any", "key"):
        some = rows(count, in_order=order == "key")
        fill(folder / "full.db", some)
        # The bare loop has its rows in memory; nobody's collections of garbage shall look through them.
        gc.collect()
        gc.freeze()
        rates: dict[str, list[float]] = {"asyncscrape": [], "bare asyncpg": []}
        # What crawls find is in any order, so that is judged; the other order is told.
        for _ in range(rounds if order == "any" else 1):
            shutil.copyfile(folder / "full.db", folder / "state.db")
            rates["asyncscrape"].append(count / asyncio.run(ours(server.dsn(), folder)))
            rates["bare asyncpg"].append(count / asyncio.run(bare(server.dsn(), some)))
            asyncio.run(check(server.dsn(), count))
        gc.unfreeze()
        (folder / "full.db").unlink()
        what = "in the order of their keys" if order == "key" else "in any order, as crawls find them"
        show(f"{count:,} records of {len(ITEM.columns)} columns to Postgres, {what}:", "rows a second", rates)
        if order == "any":
            judge_share(rates["asyncscrape"], rates["bare asyncpg"], GOAL, "bare COPY and INSERT … ON CONFLICT")


async def ours(dsn: str, folder: Path) -> float:
    """The seconds from the opening of the store to the moment when the journal is empty."""
    await _execute(dsn, "DROP SCHEMA IF EXISTS ours CASCADE; CREATE SCHEMA ours; CHECKPOINT")
    async with SqliteFrontier(folder).join() as worker:
        where = postgres_destination(f"{dsn}?schema=ours")
        store = PostgresStore(where, [ITEM], job=worker.job_id, name="postgres")
        stores = AllStores([store], worker.journal, UNLIMITED, 60)
        await stores.register()
        before = gc.get_threshold()
        collect_seldom()
        begun = time.perf_counter()
        await stores.open()
        await stores.drain()
        seconds = time.perf_counter() - begun
        gc.set_threshold(*before)
        await stores.close()
        left = (await worker.journal.backlog()).bytes
    if left:
        raise WrongResultError(f"{left:,} bytes are left in the journal")
    return seconds


async def bare(dsn: str, some: Sequence[Row]) -> float:
    """The same rows in the same order, as a programmer writes it down: a transaction for each batch."""
    await _execute(dsn, "CHECKPOINT")
    begun = time.perf_counter()
    connection = await asyncpg.connect(dsn)
    await connection.execute(CREATE)
    for begin in range(0, len(some), BATCH):
        async with connection.transaction():
            batch = some[begin : begin + BATCH]
            await connection.copy_records_to_table("stage", records=batch, columns=COLUMNS)
            await connection.execute(MERGE)
    seconds = time.perf_counter() - begun
    await connection.close()
    return seconds


async def check(dsn: str, count: int) -> None:
    """Both tables hold the same, all of it."""
    connection = await asyncpg.connect(dsn)
    found = [await connection.fetchrow(CHECKSUM.format(schema)) for schema in ("ours", "bare")]
    await connection.close()
    if found[0] != found[1] or found[0][0] != count:
        raise WrongResultError(f"asyncscrape stored {found[0]}, the bare loop {found[1]}")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    for each in statement.split(";"):
        await connection.execute(each)
    await connection.close()
