"""Whole runs whose stores are away, slow or silent: what they end with, and what they tell meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.crawling import PATIENCE, Crawled, crawl, until
from support.faulty_records import AWAY, Fault, Write, hang, refuse
from support.hosts_server import serving
from support.job_frontier import job_frontier
from support.sites import links, site

from asyncscrape.config.models import Fetch
from asyncscrape.crawl.run import Crawl
from asyncscrape.errors import UsageError
from asyncscrape.model import Batch
from asyncscrape.snapshots import snapshot_of
from asyncscrape.stats import Snapshot

USUAL_DRAIN = Fetch().drain_timeout
PAGES = {"/": links(*(f"/{n}" for n in range(30)))} | {f"/{n}": links() for n in range(30)}


@pytest.fixture
def fault() -> Fault:
    """What goes wrong in the store from now on."""
    return Fault()


async def crawled(
    folder: Path, fault: Fault, *, begun: Callable[[Crawl], object] = lambda run: None, **store: object
) -> Crawled:
    async with serving({"shop": site(dict(PAGES))}) as hosts:
        seeds, fetch = [hosts.url("shop", "/")], {"drain_timeout": "500ms"}
        return await crawl(folder, seeds, begun=begun, fetch=fetch, store=store, builders=fault.builders)


async def from_outside(folder: Path) -> Snapshot:
    """The job as another process is told of it."""
    return snapshot_of("job", await job_frontier(folder / "job").standing())


async def test_a_store_that_stays_away_ends_the_run_with_4_and_the_next_run_brings_everything(
    tmp_path: Path, fault: Fault
) -> None:
    fault.write = refuse
    ended = await crawled(tmp_path, fault, store_deadline="1s")
    kept = ended.snapshot.records["page"]
    assert (4, kept) == (ended.snapshot.exit, ended.snapshot.stores["jsonl"].lag)
    assert ended.snapshot.note.startswith("jsonl took nothing for 1s, since ")
    assert f"{AWAY}; nothing is lost" in ended.snapshot.note
    later = await from_outside(tmp_path)
    assert ("failed", ended.snapshot.note, kept) == (later.state, later.note, later.stores["jsonl"].lag)
    assert AWAY in later.stores["jsonl"].trouble, "who looks afterwards is told as well"
    fault.write = None
    async with serving({"shop": site({})}) as hosts:
        ended = await crawl(tmp_path, [hosts.url("shop", "/robots.txt")], builders=fault.builders)
    assert (0, kept) == (ended.snapshot.exit, len(ended.rows())), "what the first run kept is stored by the next"


async def test_what_only_the_user_can_change_ends_a_run_as_wrong_usage(tmp_path: Path, fault: Fault) -> None:
    async def refused(batches: Sequence[Batch]) -> None:
        raise UsageError("the column title is of another type")

    fault.write = refused
    with pytest.raises(UsageError, match="of another type"):
        await crawled(tmp_path, fault)


@pytest.mark.parametrize("write", [refuse, hang])
@pytest.mark.parametrize("when", ["crawling", "ending"])
async def test_a_signal_does_not_wait_for_a_store_beyond_the_drain(
    tmp_path: Path, fault: Fault, write: Write, when: str
) -> None:
    fault.write = write
    runs: list[Crawl] = []
    work = asyncio.create_task(crawled(tmp_path, fault, begun=runs.append))
    await until(lambda: bool(runs) and runs[0].snapshot().pages["done"] >= (31 if when == "ending" else 1))
    if when == "ending":
        await until(lambda: "tables" in runs[0].snapshot().note)
    runs[0].interrupt()
    async with asyncio.timeout(USUAL_DRAIN):
        ended = await work
    assert 11 == ended.snapshot.exit
    assert ended.snapshot.stores["jsonl"].lag == sum(ended.snapshot.records.values())


async def test_the_trouble_is_told_while_the_run_goes_on_and_to_other_processes(tmp_path: Path, fault: Fault) -> None:
    fault.write = refuse
    runs: list[Crawl] = []
    work = asyncio.create_task(crawled(tmp_path, fault, begun=runs.append))
    await until(lambda: bool(runs) and runs[0].snapshot().pages["done"] >= 1)

    async def seen() -> bool:
        told = await from_outside(tmp_path)
        return bool(told.stores) and (told.stores["jsonl"].trouble, told.stores["jsonl"].lag) == (AWAY, 31)

    async with asyncio.timeout(PATIENCE):
        while not await seen():
            await asyncio.sleep(0.05)
    inside = runs[0].snapshot().stores["jsonl"]
    assert (AWAY, 31) == (inside.trouble, inside.lag)
    assert inside.trouble_for > 0
    fault.write = None
    ended = await work
    assert (0, 0, "") == (
        ended.snapshot.exit,
        ended.snapshot.stores["jsonl"].lag,
        ended.snapshot.stores["jsonl"].trouble,
    )


async def test_a_full_journal_makes_the_crawl_wait_and_names_the_store(tmp_path: Path, fault: Fault) -> None:
    fault.write = refuse
    runs: list[Crawl] = []
    work = asyncio.create_task(crawled(tmp_path, fault, begun=runs.append, journal_limit="50B"))
    notes: list[str] = []

    def held_up() -> bool:
        notes.extend(run.snapshot().note for run in runs)
        return bool(notes) and "still has to take" in notes[-1]

    await until(held_up)
    assert re.fullmatch(r"jsonl still has to take [\d,]+ records?; the crawl waits for it", notes[-1])
    fault.write = None
    ended = await work
    assert (0, 31) == (ended.snapshot.exit, len(ended.rows()))
