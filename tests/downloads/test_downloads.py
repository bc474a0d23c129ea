"""Downloads in a crawl: each URL once, the same bytes once, every path, and a blob store in trouble."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.crawling import PATIENCE, Crawled, crawl, until
from support.forked_command import run, start
from support.graph_config import NAME, write_job
from support.hosts_server import Answer, page, serving
from support.job_frontier import job_frontier, state_file
from support.responses import response
from support.shared_frontier import SharedFrontier
from support.sites import site, to

from asyncscrape.crawl.build import Builders
from asyncscrape.crawl.run import Crawl
from asyncscrape.downloads.path_claims import PathClaims
from asyncscrape.downloads.store_gate import StoreGate, Waits
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Request, StoredBlob
from asyncscrape.snapshots import unopened
from asyncscrape.storage.base import Permit
from asyncscrape.storage.files.blobs import FileBlobs, FileSink

RULES = """
[[page]]
match  = "/p/*"
follow = ["a"]
table  = "item"
[page.fields]
name = "h1"
pic  = { css = "img", many = true, blob = "p/{name}/{url_hash}.png" }
"""


def show(title: str, *pictures: str, then: str = "") -> str:
    """A page that shows pictures, and perhaps leads to another one."""
    more = f'<a href="{then}">next</a>' if then else ""
    return f"<h1>{title}</h1>" + "".join(f'<img src="{picture}">' for picture in pictures) + more


def picture(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="image/png")


def stored(crawled: Crawled) -> dict[str, bytes]:
    """What lies in the blob store, by path."""
    folder = crawled.folder / "blobs"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def named(crawled: Crawled) -> dict[str, set[str]]:
    """Paths by the last part of the URL, as the table `blobs` has them; every row must be true."""
    paths: dict[str, set[str]] = {}
    for row in crawled.rows("blobs"):
        body = (crawled.folder / "blobs" / row["path"]).read_bytes()
        assert (sha256(body).hexdigest(), len(body)) == (row["sha256"], row["bytes"])
        assert row["_fetched_at"]
        paths.setdefault(row["url"].rpartition("/")[2], set()).add(row["path"])
    return paths


# --- one URL, many paths ----------------------------------------------------------------------


async def test_a_url_is_downloaded_once_for_all_its_paths(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {
        f"/p/{n}": show(f"n{n}", "/same.png", then=f"/p/{n + 1}") for n in range(30)
    }
    pages["/same.png"] = picture(b"same" * 500)
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/p/0")], rules=RULES)
        assert 1 == hosts.paths("shop").count("/same.png")
    paths = {row["pic_path"][0] for row in crawled.rows("item")}
    assert 30 == len(paths)
    assert dict.fromkeys(paths, b"same" * 500) == stored(crawled)
    assert {"same.png": paths} == named(crawled)
    assert (30, 0, 0) == tuple(crawled.snapshot.files[state] for state in ("done", "pending", "failed"))
    assert 33 == crawled.snapshot.requests, "30 pages, robots.txt, the page that is missing, and the picture"
    assert {"http"} == {row["_url"].partition(":")[0] for row in crawled.rows("blobs")}


async def test_a_path_that_comes_in_another_run_is_a_copy_too(tmp_path: Path) -> None:
    pages = {"/p/1": show("a", "/x.png"), "/p/2": show("b", "/x.png"), "/x.png": picture(b"x")}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/p/1"), hosts.url("shop", "/p/2")]
        await crawl(tmp_path, seeds[:1], rules=RULES)
        crawled = await crawl(tmp_path, seeds, rules=RULES)
        assert 1 == hosts.paths("shop").count("/x.png")
    assert 2 == len(named(crawled)["x.png"])


async def test_copies_of_what_cannot_be_had_fail_with_it_and_retry_revives_them(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {f"/p/{n}": show(f"n{n}", "/x.png") for n in range(5)}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", f"/p/{n}") for n in range(4)]
        await crawl(tmp_path, seeds, rules=RULES)
        crawled = await crawl(tmp_path, [*seeds, hosts.url("shop", "/p/4")], rules=RULES)
        assert ["http 404"] * 5 == [failure.reason for failure in crawled.failures()]
        assert 1 == hosts.paths("shop").count("/x.png")
        pages["/x.png"] = picture(b"x")
        async with job_frontier(tmp_path / "job").alone() as owner:
            assert 5 == await owner.requeue()
        crawled = await crawl(tmp_path, seeds, rules=RULES)
        assert 2 == hosts.paths("shop").count("/x.png")
    assert (5, []) == (len(stored(crawled)), crawled.failures())
    assert stored(crawled).keys() == named(crawled)["x.png"]


async def test_urls_that_are_redirected_to_one_picture_share_its_download(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {
        "/p/1": show("a", "/old.png", "/older.png", "/x.png"),
        "/p/2": show("b", "/old.png", "/x.png"),
        "/old.png": to("/x.png"),
        "/older.png": to("/old.png"),
        "/x.png": picture(b"x"),
    }
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/p/1"), hosts.url("shop", "/p/2")]
        crawled = await crawl(tmp_path, seeds, rules=RULES)
        asked = Counter(path for path in hosts.paths("shop") if path.endswith(".png"))
    assert {"/x.png": 1, "/old.png": 1, "/older.png": 1} == asked
    assert {"x.png": 2, "old.png": 2, "older.png": 1} == {name: len(paths) for name, paths in named(crawled).items()}
    assert 5 == len(stored(crawled)) == crawled.snapshot.files["done"]


async def test_pictures_that_are_redirected_to_each_other_fail(tmp_path: Path) -> None:
    pages = {"/p/1": show("a", "/1.png", "/2.png"), "/1.png": to("/2.png"), "/2.png": to("/1.png")}
    async with serving({"shop": site(pages)}) as hosts:  # type: ignore[arg-type]
        crawled = await crawl(tmp_path, [hosts.url("shop", "/p/1")], rules=RULES)
    assert (2, 0) == (crawled.snapshot.files["failed"], crawled.snapshot.files["pending"])
    assert {"redirect loop"} == {failure.reason for failure in crawled.failures()}


async def test_a_file_that_is_too_large_is_said_to_be_and_its_record_stays(tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(100_000))

    pages: dict[str, Answer] = {"/big.png": site({"/big.png": picture(bytes(2_000_001))}), "/endless.png": endless}
    others = site({"/p/1": show("a", "/big.png", "/endless.png")})
    async with serving({"shop": lambda request: pages.get(request.path, others)(request)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/p/1")], rules=RULES, store={"max_blob": "2MB"})
    assert (["a"], {}) == ([row["name"] for row in crawled.rows("item")], stored(crawled))
    assert ["too large"] * 2 == [failure.reason for failure in crawled.failures()]
    assert all("2 MB" in failure.detail and "max_blob" in failure.detail for failure in crawled.failures())


# --- the same bytes ---------------------------------------------------------------------------


async def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {
        "/p/1": show("a", "/1.png", "/2.png", "/3.png", "/other.png"),
        "/p/2": show("b", "/4.png", "/1.png"),
        "/other.png": picture(b"other"),
    }
    pages |= {f"/{n}.png": picture(b"same" * 30_000) for n in range(1, 5)}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/p/1"), hosts.url("shop", "/p/2")]
        await crawl(tmp_path, seeds[:1], rules=RULES, store={"dedupe": True})
        crawled = await crawl(tmp_path, seeds, rules=RULES, store={"dedupe": True})
    paths = named(crawled)
    assert 2 == len(stored(crawled))
    assert 1 == len({path for n in range(1, 5) for path in paths[f"{n}.png"]})
    assert {"item": 2, "blobs": 5} == dict(crawled.snapshot.records)


async def test_with_dedupe_a_path_that_two_files_want_keeps_the_first(tmp_path: Path) -> None:
    rules = RULES.replace("p/{name}/{url_hash}.png", "{name}")
    pages = {"/p/1": show("a", "/1.png"), "/p/2": show("a", "/2.png"), "/p/3": show("c", "/3.png")}
    pictures = {"/1.png": picture(b"one"), "/2.png": picture(b"two"), "/3.png": picture(b"one")}
    async with serving({"shop": site(pages | pictures)}) as hosts:
        seeds = [hosts.url("shop", f"/p/{n}") for n in (1, 2, 3)]
        slowly = {"delay": "50ms", "per_host": 1}
        crawled = await crawl(tmp_path, seeds, rules=rules, store={"dedupe": True}, politeness=slowly)
    assert {"a": b"one"} == stored(crawled)
    assert {"1.png": {"a"}, "3.png": {"a"}} == named(crawled)
    assert [("blob path", True)] == [(why.reason, "{url_hash}" in why.detail) for why in crawled.failures()]


# --- one path, many files ---------------------------------------------------------------------

ONE_PATH = RULES.replace("p/{name}/{url_hash}.png", "{name}")


async def test_a_path_that_two_files_want_keeps_the_first_and_the_other_is_told(tmp_path: Path) -> None:
    pages = {"/p/1": show("a", "/1.png"), "/p/2": show("a", "/2.png"), "/p/3": show("b", "/1.png")}
    pictures = {"/1.png": picture(b"one"), "/2.png": picture(b"two")}
    async with serving({"shop": site(pages | pictures)}) as hosts:
        seeds = [hosts.url("shop", f"/p/{n}") for n in (1, 2, 3)]
        slowly = {"delay": "50ms", "per_host": 1}
        first = await crawl(tmp_path, seeds, rules=ONE_PATH, politeness=slowly)
        assert {"1.png": {"a", "b"}} == named(first)
        assert {"a": b"one", "b": b"one"} == stored(first)
        assert (2, 1) == (first.snapshot.files["done"], first.snapshot.files["failed"])
        (failure,) = first.failures()
        assert ("blob path", hosts.url("shop", "/2.png"), seeds[1]) == (failure.reason, failure.url, failure.parent)
        assert f"a is the path of another file, from {hosts.url('shop', '/1.png')}" in failure.detail
        async with job_frontier(tmp_path / "job").alone() as owner:
            assert 1 == await owner.requeue()
        again = await crawl(tmp_path, seeds, rules=ONE_PATH, politeness=slowly)
    assert ({"a": b"one", "b": b"one"}, 1) == (stored(again), again.snapshot.files["failed"])


async def test_a_further_path_of_a_file_does_not_replace_another_file(tmp_path: Path) -> None:
    pages = {"/p/1": show("a", "/1.png"), "/p/2": show("b", "/2.png"), "/p/3": show("a", "/2.png")}
    pictures = {"/1.png": picture(b"one"), "/2.png": picture(b"two")}
    async with serving({"shop": site(pages | pictures)}) as hosts:
        for n in (1, 2, 3):
            crawled = await crawl(tmp_path, [hosts.url("shop", f"/p/{n}")], rules=ONE_PATH)
    assert {"a": b"one", "b": b"two"} == stored(crawled)
    assert {"1.png": {"a"}, "2.png": {"b"}} == named(crawled)
    assert ["blob path"] == [failure.reason for failure in crawled.failures()]


@pytest.mark.parametrize("dedupe", [False, True])
async def test_a_file_that_changed_at_its_site_is_replaced_in_the_next_generation(
    tmp_path: Path, dedupe: bool
) -> None:
    pages = {"/p/1": show("a", "/1.png"), "/1.png": picture(b"old")}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/p/1")]
        await crawl(tmp_path, seeds, rules=ONE_PATH, store={"dedupe": dedupe})
        async with job_frontier(tmp_path / "job").alone() as owner:
            await owner.begin_generation()
        pages["/1.png"] = picture(b"new")
        crawled = await crawl(tmp_path, seeds, rules=ONE_PATH, store={"dedupe": dedupe})
    assert ({"a": b"new"}, []) == (stored(crawled), crawled.failures())


async def test_equal_bytes_may_share_a_path(tmp_path: Path) -> None:
    pages = {"/p/1": show("a", "/1.png", "/2.png"), "/1.png": picture(b"one"), "/2.png": picture(b"one")}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/p/1")], rules=ONE_PATH)
    assert ({"1.png": {"a"}, "2.png": {"a"}}, []) == (named(crawled), crawled.failures())


async def test_many_files_at_once_for_one_path_leave_a_true_table(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {"/p/1": show("a", *(f"/{n}.png" for n in range(12)))}
    pages |= {f"/{n}.png": picture(b"%d" % n * 1000) for n in range(12)}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/p/1")], rules=ONE_PATH, politeness={"per_host": 8})
    assert (1, 1, 11) == (len(named(crawled)), len(stored(crawled)), len(crawled.failures()))


# --- a store in trouble -----------------------------------------------------------------------


class Fault:
    """What goes wrong, and how often the store was asked meanwhile."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.at = frozenset({"commit", "probe"})
        self.asked: Counter[str] = Counter()

    def strike(self, step: str) -> None:
        self.asked[step] += 1
        if self.error is not None and step in self.at:
            raise self.error


class FaultySink:
    """A file on its way into a store that may be in trouble."""

    def __init__(self, sink: FileSink, fault: Fault) -> None:
        self._sink = sink
        self._fault = fault

    @property
    def sha256(self) -> str:
        return self._sink.sha256

    async def write(self, chunk: bytes) -> None:
        self._fault.strike("write")
        await self._sink.write(chunk)

    async def commit(self, content_type: str, permit: Permit | None = None) -> StoredBlob:
        self._fault.strike("commit")
        return await self._sink.commit(content_type, permit)

    async def abort(self) -> None:
        await self._sink.abort()
        self._fault.strike("abort")


class FaultyBlobs:
    """Files, as long as nothing goes wrong."""

    def __init__(self, files: FileBlobs, fault: Fault) -> None:
        self._files = files
        self._fault = fault

    async def probe(self) -> str:
        self._fault.strike("probe")
        return await self._files.probe()

    async def prepare(self, unfinished: Sequence[str]) -> None:
        self._fault.strike("prepare")
        await self._files.prepare(unfinished)

    async def open(self, path: str, url: str) -> FaultySink:
        self._fault.strike("open")
        return FaultySink(await self._files.open(path, url), self._fault)

    async def copy(self, source: str, path: str, permit: Permit | None = None) -> None:
        self._fault.strike("copy")
        await self._files.copy(source, path, permit)

    async def bring(self, path: str, file: Path) -> None:
        self._fault.strike("bring")
        await self._files.bring(path, file)

    async def remove(self, path: str) -> None:
        self._fault.strike("remove")
        await self._files.remove(path)

    async def close(self) -> None:
        await self._files.close()


WAITS = Waits(first=0.1, longest=0.3)
"""A store in trouble is looked at often."""
AWAY = StoreError("s3 is away", passing=True)


@pytest.fixture
def fault() -> Fault:
    """What goes wrong in the store from now on."""
    return Fault()


def with_fault(folder: Path, seeds: list[str], fault: Fault, **given: Any) -> Awaitable[Crawled]:
    """A crawl whose store may be in trouble."""
    blobs = FaultyBlobs(FileBlobs(folder / "job/blobs", folder / "job"), fault)
    gate = partial(StoreGate, waits=WAITS)
    return crawl(folder, seeds, rules=RULES, builders=Builders(blobs=lambda *_: blobs, gate=gate), **given)


def many(pictures: int, pages: int = 1) -> dict[str, web.Response | str]:
    """Pages that show many pictures of their own."""
    each = pictures // pages
    site: dict[str, web.Response | str] = {f"/{n}.png": picture(b"%d" % n) for n in range(pictures)}
    for n in range(pages):
        then = f"/p/{n + 1}" if n + 1 < pages else ""
        site[f"/p/{n}"] = show(f"n{n}", *(f"/{m}.png" for m in range(n * each, (n + 1) * each)), then=then)
    return site


async def crawled_through(
    fault: Fault, work: Awaitable[Crawled], over: Callable[[], bool], after: float = 1.0
) -> Crawled:
    """The store comes back some time after this was so."""
    task = asyncio.ensure_future(work)
    await until(lambda: over() or task.done())
    await asyncio.sleep(after)
    fault.error = None
    return await task


@pytest.mark.parametrize("step", ["open", "write", "commit", "abort"])
async def test_trouble_that_passes_costs_neither_files_nor_pages(tmp_path: Path, fault: Fault, step: str) -> None:
    fault.error, fault.at = AWAY, frozenset({step, "probe"})
    notes: list[str] = []
    runs: list[Crawl] = []

    def away() -> bool:
        notes.extend(run.snapshot().note for run in runs)
        return bool(runs) and runs[0].snapshot().pages["done"] == 10

    async with serving({"shop": site(many(200, pages=10))}) as hosts:
        work = with_fault(tmp_path, [hosts.url("shop", "/p/0")], fault, begun=runs.append)
        crawled = await crawled_through(fault, work, away)
        asked = Counter(path for path in hosts.paths("shop") if path.endswith(".png"))
    assert (0, 200, []) == (crawled.snapshot.exit, len(stored(crawled)), crawled.failures())
    assert 200 == len(named(crawled))
    assert step == "abort" or any("s3 is away" in note for note in notes)
    assert asked.total() <= 200 + 30, "what cannot be stored is not asked for again and again"
    assert max(asked.values()) <= 4


async def test_a_probe_that_says_yes_does_not_let_everything_in(tmp_path: Path, fault: Fault) -> None:
    fault.error, fault.at = AWAY, frozenset({"commit"})
    async with serving({"shop": site(many(300))}) as hosts:
        work = with_fault(tmp_path, [hosts.url("shop", "/p/0")], fault)
        crawled = await crawled_through(fault, work, lambda: fault.asked["commit"] >= 10)
        asked = Counter(path for path in hosts.paths("shop") if path.endswith(".png"))
    assert (0, 300) == (crawled.snapshot.exit, len(stored(crawled)))
    assert asked.total() <= 300 + 4 + 40


async def test_a_third_of_the_calls_failing_only_makes_it_slower(tmp_path: Path, fault: Fault) -> None:
    chance = random.Random(3)

    def strike(step: str) -> None:
        if step in ("commit", "copy", "probe") and chance.random() < 1 / 3:
            raise AWAY

    fault.strike = strike  # type: ignore[method-assign]
    pages = many(60) | {"/p/1": show("again", *(f"/{n}.png" for n in range(60)))}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/p/0"), hosts.url("shop", "/p/1")]
        crawled = await with_fault(tmp_path, seeds, fault)
    assert (0, 120, []) == (crawled.snapshot.exit, len(stored(crawled)), crawled.failures())
    assert 60 == len(named(crawled))


async def test_trouble_past_the_deadline_ends_the_run_and_the_next_one_finishes_it(
    tmp_path: Path, fault: Fault
) -> None:
    fault.error = AWAY
    store: dict[str, Any] = {"store_deadline": "1s"}
    async with serving({"shop": site(many(100))}) as hosts:
        seeds = [hosts.url("shop", "/p/0")]
        crawled = await with_fault(tmp_path, seeds, fault, store=store)
        assert 4 == crawled.snapshot.exit
        assert "s3 is away; retried for 1s" == crawled.snapshot.note
        assert 0 == crawled.snapshot.files["done"]
        fault.error = None
        crawled = await with_fault(tmp_path, seeds, fault, store=store)
    assert (0, 100, 100) == (crawled.snapshot.exit, len(stored(crawled)), len(named(crawled)))


async def test_trouble_that_does_not_pass_ends_the_run_at_once(tmp_path: Path, fault: Fault) -> None:
    fault.error = StoreError("no room left on the disk")
    async with serving({"shop": site(many(100))}) as hosts, asyncio.timeout(PATIENCE):
        crawled = await with_fault(tmp_path, [hosts.url("shop", "/p/0")], fault)
    assert (4, "no room left on the disk") == (crawled.snapshot.exit, crawled.snapshot.note)


async def test_a_store_that_is_away_at_the_start_is_got_ready_later(tmp_path: Path, fault: Fault) -> None:
    fault.error, fault.at = AWAY, frozenset({"prepare", "probe", "open"})
    async with serving({"shop": site(many(20))}) as hosts:
        work = with_fault(tmp_path, [hosts.url("shop", "/p/0")], fault)
        crawled = await crawled_through(fault, work, lambda: fault.asked["prepare"] >= 3, after=0.0)
    assert (0, 20) == (crawled.snapshot.exit, len(stored(crawled)))
    assert 0 == fault.asked["probe"], "it was not asked for more before it was ready"


async def test_a_store_that_refuses_us_refuses_the_run(tmp_path: Path, fault: Fault) -> None:
    fault.error, fault.at = UsageError("the secret key is wrong"), frozenset({"prepare"})
    async with serving({"shop": site(many(20))}) as hosts:
        with pytest.raises(UsageError, match="secret key"):
            await with_fault(tmp_path, [hosts.url("shop", "/p/0")], fault)
        assert [] == hosts.paths("shop")


async def test_copies_wait_for_their_store_too(tmp_path: Path, fault: Fault) -> None:
    fault.error, fault.at = AWAY, frozenset({"copy", "probe"})
    pages: dict[str, web.Response | str] = {f"/p/{n}": show(f"n{n}", "/x.png") for n in range(100)}
    pages["/x.png"] = picture(b"x")
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", f"/p/{n}") for n in range(100)]
        work = with_fault(tmp_path, seeds, fault)
        crawled = await crawled_through(fault, work, lambda: fault.asked["copy"] > 0)
        assert 1 == hosts.paths("shop").count("/x.png")
    assert (0, 100, 0) == (crawled.snapshot.exit, len(stored(crawled)), crawled.snapshot.files["failed"])
    assert fault.asked["copy"] < 99 + 60


async def test_trouble_that_comes_back_in_the_moment_in_which_it_ended_is_got_over_too(
    tmp_path: Path, fault: Fault
) -> None:
    async with SharedFrontier().join() as worker:
        blobs = FaultyBlobs(FileBlobs(tmp_path, Path("job")), fault)
        gate = StoreGate(blobs, PathClaims(worker), 60.0, time.monotonic, WAITS)
        failure = asyncio.create_task(gate.failure())
        await gate.prepare({})
        request = Request("http://127.0.0.1/1.png", "blob", path="1.png")
        gate.put_off(AWAY)
        await asyncio.sleep(0)
        async with gate.sink(request) as sink:
            await gate.keep(sink, request, response(b"", "image/png", request.url))
            gate.put_off(AWAY)
        await until(lambda: fault.asked["probe"] > 0 and gate.open)
        await gate.close()
    assert not failure.done()
    failure.cancel()


async def test_a_store_that_fails_for_good_while_the_run_drains_is_reported(tmp_path: Path, fault: Fault) -> None:
    fault.error, fault.at = StoreError("no room left on the disk"), frozenset({"commit"})
    pages = {"/p/0": show("n0", "/late.png")}
    everything = site(pages)

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path != "/late.png":
            return await everything(request)
        runs[0].interrupt()
        await asyncio.sleep(0.5)
        return picture(b"late")

    runs: list[Crawl] = []
    async with serving({"shop": answer}) as hosts:
        crawled = await with_fault(tmp_path, [hosts.url("shop", "/p/0")], fault, begun=runs.append)
    assert (4, "no room left on the disk") == (crawled.snapshot.exit, crawled.snapshot.note)


@state_file
async def test_a_copy_that_an_older_version_left_behind_does_not_keep_a_run_from_ending(tmp_path: Path) -> None:
    pages = {"/p/0": show("n0", "/x.png"), "/p/1": show("n1", "/x.png")}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/p/0"), hosts.url("shop", "/p/1")]
        await crawl(tmp_path, seeds, rules=RULES)
        with closing(sqlite3.connect(tmp_path / "job/state.db")) as state:
            changed = state.execute("UPDATE url SET state = 6 WHERE source IS NOT NULL").rowcount
            state.commit()
        async with asyncio.timeout(PATIENCE):
            crawled = await crawl(tmp_path, seeds, rules=RULES)
    assert (1, 0) == (changed, crawled.snapshot.exit)


async def test_a_long_queue_in_an_outage_does_not_keep_the_program_busy(tmp_path: Path, fault: Fault) -> None:
    fault.error = AWAY
    runs: list[Crawl] = []
    pages = many(0) | {"/p/0": show("n0", *(f"/{n}.png" for n in range(20_000)))}
    everything = site(pages)

    async def answer(request: web.Request) -> web.StreamResponse:
        return picture(request.path.encode()) if request.path.endswith(".png") else await everything(request)

    async with serving({"shop": answer}) as hosts:
        seeds = [hosts.url("shop", "/p/0")]
        task = asyncio.create_task(with_fault(tmp_path, seeds, fault, begun=runs.append))
        await until(lambda: bool(runs) and runs[0].snapshot().files["pending"] > 19_000)
        await until(lambda: "s3 is away" in runs[0].snapshot().note)
        await asyncio.sleep(2)
        loop = asyncio.get_running_loop()
        begin, used = loop.time(), time.process_time()
        await asyncio.sleep(2)
        assert time.process_time() - used < 0.4 * (loop.time() - begin)
        assert len(hosts.paths("shop")) < 60
        runs[0].interrupt()
        crawled = await task
    assert 11 == crawled.snapshot.exit
    assert (20_000, 0) == (crawled.snapshot.files["pending"], crawled.snapshot.files["failed"])


# --- kills ------------------------------------------------------------------------------------

PAGES = 300


async def album(request: web.Request) -> web.StreamResponse:
    """Pages that show a picture many others show as well, and one of their own, of few different bytes."""
    await asyncio.sleep(0.02)
    folder, name = request.match_info["path"].split("/")[:2] if "/" in request.match_info["path"] else ("", "")
    n = int(name.partition(".")[0]) if name else -1
    if folder == "p" and n < PAGES:
        children = "".join(f'<a href="/p/{child}">x</a>' for child in (2 * n + 1, 2 * n + 2) if child < PAGES)
        return page(show(f"n{n}", f"/shared/{n % 20}.png", f"/own/{n}.png") + children)
    if folder in ("shared", "own"):
        return picture(b"%d" % (n % 20) * 20_000)
    return web.Response(status=404)


def album_job(folder: Path, seed: str, shared: bool) -> Path:
    folder.mkdir()
    config = write_job(folder, [seed], store={"dedupe": shared})
    config.write_text(config.read_text().partition("[[page]]")[0] + RULES)
    return config


async def killed(config: Path, moment: Callable[[], bool]) -> None:
    with start("run", config, "--quiet") as process:
        await until(lambda: moment() or process.poll() is not None)
        process.kill()
        await asyncio.to_thread(process.communicate)


def result(folder: Path, shared: bool) -> Any:
    """The table of files, each row true of what lies in the store, and no file without a row."""
    crawled = Crawled(unopened(NAME, "idle"), folder / NAME, [])
    paths, files = named(crawled), stored(crawled)
    assert files.keys() == {path for each in paths.values() for path in each}
    sums = Counter(sha256(body).hexdigest() for body in files.values())
    # With dedupe it is a matter of time under which of its paths a picture lies.
    return (sorted(paths), sums) if shared else (paths, files)


@pytest.mark.parametrize("shared", [False, True], ids=["copies", "dedupe"])
async def test_kills_change_nothing_of_the_files(tmp_path: Path, shared: bool) -> None:
    async with serving({"album": album}) as hosts:
        whole, torn = (album_job(tmp_path / name, hosts.url("album", "/p/0"), shared) for name in ("whole", "torn"))
        assert 0 == (await asyncio.to_thread(run, "run", whole, "--quiet")).code
        log = hosts.log[hosts.authority("album")]
        total = len(log)
        assert PAGES + 20 + PAGES == len({path for _, path in log if path != "/robots.txt"} & wanted())
        for _ in range(6):
            begin = len(log)
            await killed(torn, lambda: len(log) >= begin + total // 8)  # noqa: B023
        assert 0 == (await asyncio.to_thread(run, "run", torn, "--quiet")).code
    assert result(tmp_path / "whole", shared) == result(tmp_path / "torn", shared)
    if shared:
        assert 20 == len(result(tmp_path / "torn", shared)[1])


def wanted() -> set[str]:
    own = {f"/{folder}/{n}{end}" for folder, end in (("p", ""), ("own", ".png")) for n in range(PAGES)}
    return own | {f"/shared/{n}.png" for n in range(20)}
