"""Files in the place of others: the newest of several for a path, and another URL where the first has failed."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.crawling import Crawled, crawl
from support.hosts_server import Answer, Hosts, serving
from support.job_frontier import job_frontier

from asyncscrape.crawl.build import Builders, Limits
from asyncscrape.crawl_job import Job
from asyncscrape.downloads.path_claims import Claim
from asyncscrape.errors import StoreError
from asyncscrape.model import BLOBS, Blob, Link, Origin, Page, Request, Response, StoredBlob
from asyncscrape.storage.base import Permit
from asyncscrape.storage.files.blobs import FileBlobs, FileSink
from asyncscrape.urls import canonical

Instead = Callable[[Request], Sequence[Link | Blob]]


class Portraits:
    """A site whose pages name files and the paths they are for."""

    def __init__(self, pages: Mapping[str, list[tuple[str, str]]], **files: bytes | int) -> None:
        self.pages = pages
        self.files = files
        """By name: bytes, or a status."""
        self.delays: dict[str, float] = {}

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path in self.pages:
            return web.json_response(self.pages[request.path])
        name = request.path.removeprefix("/")
        await asyncio.sleep(self.delays.get(name, 0.0))
        found = self.files.get(name, 404)
        if isinstance(found, int):
            return web.Response(status=found, text=f"{found}")
        return web.Response(body=found, content_type="image/png")


def read(response: Response, newest: bool = True) -> Page:
    files = [(canonical(url, response.url) or "", path) for url, path in json.loads(response.body)]
    return Page(blobs=[Blob(url, path, newest=newest) for url, path in files])


def plainly(response: Response) -> Page:
    return read(response, newest=False)


def portraits_job(job: Job, instead: Instead = lambda request: (), parser: Callable[[Response], Page] = read) -> Job:
    return replace(job, tables=(*job.tables, BLOBS), parsers={**job.parsers, "page": parser}, instead=instead)


async def crawled_pages(folder: Path, hosts: Hosts, *paths: str, **given: Any) -> Crawled:
    changed = given.pop("changed", portraits_job)
    return await crawl(folder, [hosts.url("site", path) for path in paths], changed=changed, **given)


def found(crawled: Crawled) -> tuple[dict[str, bytes], set[tuple[str, str]]]:
    """The files by path, and the rows of the table `blobs` as name and path; every row must be true."""
    folder = crawled.folder / "blobs"
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    rows = crawled.rows("blobs")
    assert [sha256(files[row["path"]]).hexdigest() for row in rows] == [row["sha256"] for row in rows]
    return files, {(row["url"].rpartition("/")[2], row["path"]) for row in rows}


# --- the newest -------------------------------------------------------------------------------


@pytest.mark.parametrize("dedupe", [False, True])
async def test_the_file_that_was_offered_last_has_the_path_in_whichever_order_they_come(
    tmp_path: Path, dedupe: bool
) -> None:
    orders = list(itertools.permutations((0.0, 0.03, 0.06)))
    pages = {"/p": [(f"/{n}{name}", f"{n}.png") for n in range(len(orders)) for name in "abc"]}
    files = {f"{n}{name}": f"{n}{name}".encode() for n in range(len(orders)) for name in "abc"}
    site = Portraits(pages, **files)
    for n, delays in enumerate(orders):
        site.delays |= {f"{n}{name}": delay for name, delay in zip("abc", delays, strict=True)}
    async with serving({"site": site}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/p", politeness={"per_host": 18}, store={"dedupe": dedupe})
    wanted = {f"{n}.png": f"{n}c".encode() for n in range(len(orders))}
    assert (wanted, {(f"{n}c", f"{n}.png") for n in range(len(orders))}) == found(crawled)
    assert ([], 0) == (crawled.failures(), crawled.snapshot.exit)
    assert {"superseded"} >= set(crawled.snapshot.skipped)


@pytest.mark.parametrize("dedupe", [False, True])
async def test_a_portrait_that_is_exchanged_replaces_that_of_an_earlier_run(tmp_path: Path, dedupe: bool) -> None:
    site = Portraits({"/1": [("/a", "x")], "/2": [("/b", "x")]}, a=b"old", b=b"new")
    async with serving({"site": site}) as hosts:
        first = await crawled_pages(tmp_path, hosts, "/1", store={"dedupe": dedupe})
        assert ({"x": b"old"}, {("a", "x")}) == found(first)
        crawled = await crawled_pages(tmp_path, hosts, "/1", "/2", store={"dedupe": dedupe})
    assert ({"x": b"new"}, {("b", "x")}) == found(crawled)


async def test_equal_bytes_change_hands_too(tmp_path: Path) -> None:
    site = Portraits({"/1": [("/a", "x"), ("/b", "x"), ("/a", "y")]}, a=b"same", b=b"same")
    async with serving({"site": site}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/1", politeness={"per_host": 1})
    assert ({"x": b"same", "y": b"same"}, {("b", "x"), ("a", "y")}) == found(crawled)


def newest_but_on_three(response: Response) -> Page:
    return read(response, newest=not response.url.endswith("/3"))


async def test_no_other_file_shares_bytes_that_may_be_replaced(tmp_path: Path) -> None:
    """With `dedupe`, and with a further path of the same URL."""
    site = Portraits(
        {"/1": [("/a", "x")], "/2": [("/b", "x"), ("/a", "z")], "/3": [("/c", "y")]}, a=b"A", b=b"B", c=b"A"
    )

    def changed(job: Job) -> Job:
        return portraits_job(job, parser=newest_but_on_three)

    async with serving({"site": site}) as hosts:
        for paths in (["/1"], ["/3"], ["/2"]):
            crawled = await crawled_pages(tmp_path, hosts, *paths, changed=changed, store={"dedupe": True})
    assert ({"x": b"B", "y": b"A", "z": b"A"}, {("b", "x"), ("c", "y"), ("a", "z")}) == found(crawled)


async def test_an_older_file_that_is_tried_again_after_the_newer_came_is_dropped(tmp_path: Path) -> None:
    site = Portraits({"/1": [("/a", "x"), ("/b", "x")]}, a=500, b=b"new")
    async with serving({"site": site}) as hosts:
        first = await crawled_pages(tmp_path, hosts, "/1", fetch={"retries": 0})
        assert ["http 500"] == [failure.reason for failure in first.failures()]
        site.files |= {"a": b"old"}
        async with job_frontier(tmp_path / "job").alone() as owner:
            assert 1 == await owner.requeue()
        crawled = await crawled_pages(tmp_path, hosts, "/1")
    assert ({"x": b"new"}, {("b", "x")}) == found(crawled)
    assert ([], {"superseded": 1}) == (crawled.failures(), dict(crawled.snapshot.skipped))


async def test_redirects_lead_to_the_newest_as_well(tmp_path: Path) -> None:
    site = Portraits({"/1": [("/a", "x"), ("/b", "x"), ("/c", "x")]}, a=b"A", c=b"C")

    async def leading(request: web.Request) -> web.StreamResponse:
        hop = {"/b": "/a", "/c": "/a"}.get(request.path)
        return web.Response(status=302, headers={"Location": hop}) if hop else await site(request)

    async with serving({"site": leading}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/1", politeness={"per_host": 1})
    assert ({"x": b"A"}, {("c", "x")}) == found(crawled)


class DyingSink:
    """A file whose commit fails for good, before or after the bytes are in place."""

    def __init__(self, sink: FileSink, after: bool) -> None:
        self._sink = sink
        self._after = after

    @property
    def sha256(self) -> str:
        return self._sink.sha256

    async def write(self, chunk: bytes) -> None:
        await self._sink.write(chunk)

    async def commit(self, content_type: str, permit: Permit | None = None) -> StoredBlob:
        if self._after:
            await self._sink.commit(content_type, permit)
        raise StoreError("gone")

    async def abort(self) -> None:
        await self._sink.abort()


class DyingBlobs(FileBlobs):
    """Dies on one URL."""

    def __init__(self, folder: Path, url: str, after: bool) -> None:
        super().__init__(folder, folder.parent)
        self._url = url
        self._after = after

    async def open(self, path: str, url: str) -> Any:
        sink = await super().open(path, url)
        return DyingSink(sink, self._after) if url.endswith(self._url) else sink


@pytest.mark.parametrize("dedupe", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies", ["/a", "/b"])
async def test_a_run_that_dies_around_the_rename_is_completed_by_the_next(
    tmp_path: Path, dies: str, after: bool, dedupe: bool
) -> None:
    site = Portraits({"/1": [("/a", "x"), ("/b", "x")]}, a=b"old", b=b"new")
    blobs = DyingBlobs(tmp_path / "job/blobs", dies, after)
    async with serving({"site": site}) as hosts:
        store = {"dedupe": dedupe}
        dead = await crawled_pages(tmp_path, hosts, "/1", builders=Builders(blobs=lambda *_: blobs), store=store)
        assert 4 == dead.snapshot.exit
        crawled = await crawled_pages(tmp_path, hosts, "/1", store=store)
    assert ({"x": b"new"}, {("b", "x")}) == found(crawled)
    assert [] == crawled.failures()


def test_a_row_is_withdrawn_whichever_was_fetched_first() -> None:
    old = Claim("a", "1", 1, "2026-11-26T10:00:00.999Z")
    for fetched_at, withdrawn_at in (
        ("2026-11-26T09:00:00.000Z", "2026-11-26T10:00:01.000Z"),
        ("2026-11-26T10:00:00.999Z", "2026-11-26T10:00:01.000Z"),
        ("2026-11-26T10:00:02.000Z", "2026-11-26T10:00:02.000Z"),
    ):
        assert Origin("a", withdrawn_at) == old.replaced_by(Claim("b", "2", 2, fetched_at))
    assert old.replaced_by(Claim("a", "2", 2, "2026-11-26T10:00:02.000Z")) is None


# --- another URL in place of one that failed --------------------------------------------------

SIZES = {"big": "mid", "mid": "small"}


def smaller(request: Request) -> list[Blob]:
    place, _, name = request.asked.rpartition("/")
    return [Blob(f"{place}/{SIZES[name]}", request.path)] if name in SIZES else []


def with_smaller(job: Job) -> Job:
    return portraits_job(job, smaller, plainly)


def with_smaller_newest(job: Job) -> Job:
    return portraits_job(job, smaller)


@pytest.mark.parametrize("dedupe", [False, True])
@pytest.mark.parametrize("changed", [with_smaller, with_smaller_newest])
async def test_a_smaller_size_takes_the_place_of_one_that_is_not_there(
    tmp_path: Path, changed: Callable[[Job], Job], dedupe: bool
) -> None:
    site = Portraits({"/1": [("/big", "x")]}, mid=403, small=b"S")
    async with serving({"site": site}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/1", changed=changed, store={"dedupe": dedupe})
    assert ({"x": b"S"}, {("small", "x")}) == found(crawled)
    assert ([], {"http 404": 1, "http 403": 1}) == (crawled.failures(), dict(crawled.snapshot.skipped))
    assert (1, 0) == (crawled.snapshot.files["done"], crawled.snapshot.files["failed"])


async def test_a_chain_ends_with_the_last_that_fails(tmp_path: Path) -> None:
    async with serving({"site": Portraits({"/1": [("/big", "x")]})}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/1", changed=with_smaller)
    assert ["small"] == [failure.url.rpartition("/")[2] for failure in crawled.failures()]
    assert 2 == crawled.snapshot.files["skipped"]


@pytest.mark.parametrize("parser", [read, plainly])
async def test_a_chain_in_a_circle_ends(tmp_path: Path, parser: Callable[[Response], Page]) -> None:
    def other(request: Request) -> list[Blob]:
        place, _, name = request.asked.rpartition("/")
        return [Blob(f"{place}/{'b' if name == 'a' else 'a'}", request.path)]

    def changed(job: Job) -> Job:
        return portraits_job(job, other, parser)

    async with serving({"site": Portraits({"/1": [("/a", "x")]})}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/1", changed=changed)
    assert 0 == crawled.snapshot.files["pending"]
    assert hosts.paths("site").count("/a") <= 2


async def test_a_smaller_size_is_as_old_as_what_it_replaces(tmp_path: Path) -> None:
    site = Portraits({"/1": [("/big", "x"), ("/b", "x")]}, mid=b"M", b=b"new")
    async with serving({"site": site}) as hosts:
        slowly = {"per_host": 1}
        crawled = await crawled_pages(tmp_path, hosts, "/1", changed=with_smaller_newest, politeness=slowly)
        assert "/mid" in hosts.paths("site")
    assert ({"x": b"new"}, {("b", "x")}) == found(crawled)


async def test_a_bot_challenge_is_never_answered_with_another_url(tmp_path: Path) -> None:
    wall: Answer = Portraits({"/1": [("/big", "x")]}, small=b"S")

    async def walled(request: web.Request) -> web.StreamResponse:
        if request.path == "/big":
            return web.Response(status=403, text="https://geo.captcha-delivery.com/captcha")
        return await wall(request)

    async with serving({"site": walled}) as hosts:
        crawled = await crawled_pages(tmp_path, hosts, "/1", changed=with_smaller, limits=Limits(seconds=3))
        assert "/mid" not in hosts.paths("site")
    assert ["blocked"] == [failure.reason for failure in crawled.failures()]
