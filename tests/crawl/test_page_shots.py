"""Pictures and PDFs of pages as files in the blob store, made by a real browser."""

from __future__ import annotations

import asyncio
import struct
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import Crawled, configured, crawl, until
from support.forked_command import run, start
from support.hosts_server import serving
from support.sites import site

from asyncscrape.crawl.build import Builders
from asyncscrape.downloads.store_gate import StoreGate, Waits
from asyncscrape.errors import Reason, StoreError
from asyncscrape.storage.files.blobs import FileBlobs, FileSink

CHART = """<!doctype html><title>chart</title><style>body { margin: 0 } .chart { position: absolute; top: 1520px }
@keyframes turn { to { transform: rotate(1turn) } } .spin { animation: turn 1s infinite; width: 20px; height: 20px }
</style><body><div style="height: 1500px"><h1>chart</h1><div class="spin">x</div></div><script>
setTimeout(() => document.body.insertAdjacentHTML("beforeend",
  `<canvas class="chart" width="120" height="80"></canvas><p class="hidden" style="display:none">x</p>`), 50);
</script>"""
OTHER = CHART.replace("<h1>chart", "<h1>another chart")
RULES = """
[[page]]
match = "/chart*"
browser = true
wait = "css:.chart"
table = "chart"
[page.fields]
title  = "h1"
chart  = { screenshot = ".chart", blob = "shots/{title}/{url_hash}{ext}" }
whole  = { screenshot = "page", blob = "shots/whole-{name}{ext}" }
window = { screenshot = "window", blob = "shots/window-{name}.png" }
doc    = { pdf = true, blob = "docs/{url_hash}.pdf" }
none   = { screenshot = "#nothing", blob = "shots/none-{url_hash}.png" }
hidden = { screenshot = ".hidden", blob = "shots/hidden-{url_hash}.png" }
"""


def files_of(crawled: Crawled) -> dict[str, bytes]:
    folder = crawled.folder / "blobs"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", png, 16)
    return width, height


async def test_pictures_and_pdfs_of_a_page_become_files_paths_in_its_record_and_rows_of_blobs(tmp_path: Path) -> None:
    async with serving({"shop": site({"/chart": CHART})}) as hosts:
        url = hosts.url("shop", "/chart")
        crawled = await crawl(tmp_path, [url], rules=RULES)
    [row] = crawled.rows("chart")
    files = files_of(crawled)
    assert f"{url}#screenshot=.chart" == row["chart"]
    assert {row[f"{name}_path"] for name in ("chart", "whole", "window", "doc")} == files.keys()
    assert row["chart_path"].startswith("shots/chart/")
    assert "shots/whole-chart.png" == row["whole_path"]
    assert (120, 80) == size(files[row["chart_path"]])
    assert (1280, 800) == size(files[row["window_path"]])
    width, height = size(files[row["whole_path"]])
    assert (1280, True) == (width, height > 1500)
    assert files[row["doc_path"]].startswith(b"%PDF-")
    assert [None] * 4 == [row[name] for name in ("none", "none_path", "hidden", "hidden_path")]
    assert {
        (f"{url}#{name}", path, sha256(files[path]).hexdigest(), len(files[path]), kind)
        for name, path, kind in (
            ("screenshot=.chart", row["chart_path"], "image/png"),
            ("screenshot=page", row["whole_path"], "image/png"),
            ("screenshot=window", row["window_path"], "image/png"),
            ("pdf", row["doc_path"], "application/pdf"),
        )
    } == {
        (one["url"], one["path"], one["sha256"], one["bytes"], one["content_type"]) for one in crawled.rows("blobs")
    }
    told = "\n".join(crawled.snapshot.warnings)
    assert "nothing on the page matches '#nothing'" in told
    assert "what matches '.hidden' is not visible" in told


class LateStore(FileBlobs):
    """A blob store that is away at first."""

    away = 3

    async def open(self, path: str, url: str) -> FileSink:
        self.away -= 1
        if self.away >= 0:
            raise StoreError("the store is away", passing=True)
        return await super().open(path, url)


ROWS = """
[[page]]
match = "/chart*"
table = "cell"
each = "h1, canvas"
key = ["page", "tag"]
browser = "auto"
[page.fields]
page = "@url"
tag = "xpath:name()"
shot = { screenshot = "window", blob = "shots/{name}{ext}", required = true }
"""


@pytest.mark.torture
async def test_rows_share_a_picture_and_a_page_waits_for_the_store_without_being_asked_again(tmp_path: Path) -> None:
    late = Builders(
        blobs=lambda *_: LateStore(tmp_path / "job/blobs", tmp_path / "job"),
        gate=partial(StoreGate, waits=Waits(first=0.05, longest=0.1)),
    )
    async with serving({"shop": site({"/chart": CHART, "/chart.2": CHART, "/chart?b": OTHER})}) as hosts:
        seeds = [hosts.url("shop", path) for path in ("/chart", "/chart.2", "/chart?b")]
        crawled = await crawl(tmp_path, seeds, rules=ROWS, builders=late)
        assert [1, 1, 1] == [hosts.paths("shop").count(url.removeprefix(hosts.url("shop", ""))) for url in seeds]
    assert {"shots/chart.png", "shots/chart.2.png"} == files_of(crawled).keys()
    [failure] = crawled.failures()
    assert (Reason.BLOB_PATH, True) == (
        failure.reason,
        "shots/chart.png is the path of another file" in failure.detail,
    )
    rows = [(row["page"], row["tag"], row["shot_path"]) for row in crawled.rows("cell") if row["page"] == seeds[1]]
    assert [(seeds[1], tag, "shots/chart.2.png") for tag in ("canvas", "h1")] == sorted(rows)


def picture_files(folder: Path) -> int:
    return sum(path.suffix == ".png" for path in (folder / "job/blobs").rglob("*"))


@pytest.mark.torture
async def test_a_killed_run_ends_with_the_files_and_rows_of_an_undisturbed_one(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {f"/chart{n}": CHART.replace("<h1>", f"<h1>{n} ") for n in range(12)}
    found = []
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", path) for path in pages]
        for name, kills in (("whole", ()), ("killed", (1, 4, 9))):
            folder = tmp_path / name
            folder.mkdir()
            config = configured(folder, seeds, rules=RULES, fetch={"parse_workers": 1})
            assert config.folder == folder
            for files in kills:
                process = await asyncio.to_thread(start, "run", folder / "job.toml", "--quiet")
                await until(lambda folder=folder, files=files: picture_files(folder) >= files)  # type: ignore[misc]
                process.kill()
                await asyncio.to_thread(process.communicate)
            assert 0 == (await asyncio.to_thread(run, "run", folder / "job.toml", "--quiet")).code
            crawled = Crawled(None, folder / "job", [])  # type: ignore[arg-type]
            rows = [{**row, "_fetched_at": ""} for table in ("chart", "blobs") for row in crawled.rows(table)]
            found.append((files_of(crawled), sorted(map(str, rows))))
    assert 48 == len(found[0][0])
    assert found[0] == found[1]
