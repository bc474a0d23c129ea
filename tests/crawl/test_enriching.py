"""Steps make tables of finished tables; they can be ended at any moment, and go on after the last stored portion."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.crawling import Crawled, configured, crawl
from support.hosts_server import serving
from support.job_frontier import job_frontier
from support.postgres_server import Database
from support.sites import links, site

from asyncscrape.analysis.finished_tables import read_table
from asyncscrape.crawl.enriching import enrich
from asyncscrape.enrichments import Inputs, Portion, TableStep, Work
from asyncscrape.errors import FetchError
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.model import Column, Origin, Record, Table, Withdrawal
from asyncscrape.records.lines import encode

ORIGIN = Origin("http://x/", "2026-11-27T00:00:00.000Z")
LENGTHS = Table("lengths", ("title",), (Column("title"), Column("length", "int")))
PAGES = {"/": links("/a", "/b", "/c", title="home"), **{f"/{name}": links(title=name * 3) for name in "abc"}}


class Ended(Exception):
    """The end of a run at a chosen moment."""


@dataclass
class Lengths:
    """The length of each title, one row a portion."""

    most: int = 1_000
    """Rows after which the run ends."""
    looked_at: list[str] = field(default_factory=list)

    def step(self, **told: str) -> TableStep:
        return TableStep(LENGTHS, "titles", self.work, **told)

    def work(self, inputs: Inputs) -> Work:
        known = set(inputs.read(LENGTHS)["title"])
        titles = sorted(set(inputs.read(Table("page", ("_url",), (Column("title"),)))["title"]) - known)
        return Work(len(titles), self.portions(titles))

    async def portions(self, titles: list[str]) -> AsyncGenerator[Portion, None]:
        for n, title in enumerate(titles):
            if n == self.most:
                raise Ended
            self.looked_at.append(title)
            row = Record(LENGTHS.name, {"title": title, "length": len(title)})
            yield Portion(encode([row], ORIGIN), n + 1)


@dataclass
class Job:
    """A crawled job, to be enriched again and again."""

    folder: Path
    seed: str
    stores: Mapping[str, Any] = field(default_factory=dict)
    told: list[tuple[int, int]] = field(default_factory=list)

    async def enrich(self, *steps: TableStep) -> dict[str, int]:
        config = configured(self.folder, [self.seed], **({"store": self.stores} if self.stores else {}))
        job = rule_job(config)
        job = replace(job, tables=(*job.tables, *(step.table for step in steps)))
        read = lambda table: read_table(config.directory / f"{table.name}.jsonl", table)  # noqa: E731
        tell = lambda step, done, total: self.told.append((done, total))  # noqa: E731
        return dict(await enrich(config, job, job_frontier(config.directory), steps, read, tell))

    def rows(self) -> list[tuple[str, int]]:
        lines = (self.folder / "job/lengths.jsonl").read_bytes().splitlines()
        return sorted((row["title"], row["length"]) for row in map(msgspec.json.decode, lines))


ALL = [("aaa", 3), ("bbb", 3), ("ccc", 3), ("home", 4)]


@pytest.fixture
async def job(tmp_path: Path) -> Job:
    async with serving({"shop": site(PAGES)}) as hosts:
        crawled: Crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
        assert 4 == len(crawled.rows())
        return Job(tmp_path, hosts.url("shop", "/"))


async def test_a_table_is_made_of_others(job: Job) -> None:
    assert {"lengths": 4} == await job.enrich(Lengths().step())
    assert ALL == job.rows()
    assert [(n, 4) for n in range(5)] == job.told


async def test_what_was_made_is_not_made_again(job: Job) -> None:
    await job.enrich(Lengths().step())
    again = Lengths()
    assert {} == await job.enrich(again.step())
    assert ([], ALL) == (again.looked_at, job.rows())


@pytest.mark.parametrize("most", range(4))
async def test_it_goes_on_where_it_ended(job: Job, most: int) -> None:
    with pytest.raises(Ended):
        await job.enrich(Lengths(most).step())
    rest = Lengths()
    assert {"lengths": 4 - most} == await job.enrich(rest.step())
    assert ["aaa", "bbb", "ccc", "home"][most:] == rest.looked_at
    assert ALL == job.rows()


async def test_each_step_reads_what_the_last_one_has_made(job: Job) -> None:
    seen: list[int] = []

    def count(inputs: Inputs) -> Work:
        seen.append(inputs.read(LENGTHS).height)
        return Work(0, Lengths().portions([]))

    await job.enrich(Lengths().step(), TableStep(LENGTHS, "lengths", count))
    assert [4] == seen


async def test_a_row_made_anew_of_the_same_takes_the_place_of_the_old_one_in_every_store(
    tmp_path: Path, postgres: Database
) -> None:
    job = Job(tmp_path, "http://127.0.0.1/", {"records": [postgres.store("remade"), "jsonl"]})

    async def longer(factor: int) -> AsyncGenerator[Portion, None]:
        for n, title in enumerate(["aaa", "bbb"]):
            row = Record(LENGTHS.name, {"title": title, "length": factor * len(title)})
            yield Portion(encode([row], ORIGIN), n + 1)

    for factor in (3, 1, 2):
        await job.enrich(TableStep(LENGTHS, "titles", lambda inputs, by=factor: Work(2, longer(by))))  # type: ignore[misc]
        expected = [("aaa", 3 * factor), ("bbb", 3 * factor)]
        assert expected == job.rows()
        assert [[title, str(n)] for title, n in expected] == postgres.sql(
            "SELECT title, length FROM remade.lengths ORDER BY title"
        )


async def test_a_row_that_is_withdrawn_is_gone(job: Job) -> None:
    await job.enrich(Lengths().step())

    async def gone() -> AsyncGenerator[Portion, None]:
        yield Portion(encode((), ORIGIN, [Withdrawal(LENGTHS.name, {"title": "bbb"})]), 0)

    await job.enrich(TableStep(LENGTHS, "titles", lambda inputs: Work(0, gone())))
    assert [row for row in ALL if row[0] != "bbb"] == job.rows()


async def test_a_step_may_look_into_files(job: Job, tmp_path: Path) -> None:
    blobs = tmp_path / "job/blobs/audio"
    blobs.mkdir(parents=True)
    (blobs / "1.mp3").write_bytes(b"sound")

    async def portions(inputs: Inputs) -> AsyncGenerator[Portion, None]:
        await inputs.bring("audio/1.mp3", tmp_path / "brought")
        with pytest.raises(FetchError, match=r"audio/2.mp3 is no longer in the store"):
            await inputs.bring("audio/2.mp3", tmp_path / "missing")
        yield Portion({}, 1)

    await job.enrich(TableStep(LENGTHS, "files", lambda inputs: Work(1, portions(inputs))))
    assert b"sound" == (tmp_path / "brought").read_bytes()
