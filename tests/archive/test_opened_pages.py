"""Of a page that a browser opens, what it showed after each turn is kept, and each answer that it captured."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import crawl
from support.forked_command import run
from support.hosts_server import page, serving
from support.warc_files import in_folder

from asyncscrape.storage.build import open_archive

LATE = """<!doctype html><title>late</title><body><table></table><button class="next">next</button><script>
let page = 0;
async function load() {
  const rows = await (await fetch(`/api/rows?page=${page}`)).json();
  document.querySelector("table").innerHTML = rows.map((n) => `<tr class="row"><td>${n}</td></tr>`).join("");
  if (page === 2) document.querySelector(".next").remove();
}
document.querySelector(".next").onclick = () => { page += 1; setTimeout(load, 20); };
setTimeout(load, 50);
</script>"""
RULES = """
[[page]]
match = "/late"
browser = true
wait = "css:tr.row"
steps = [{ click = ".next", if_present = true, repeat = 50 }]
capture = "/api/*"
table = "shown"
each = "tr.row"
key = ["n"]
[page.fields]
n = { css = "td", type = "int" }
[[page]]
match = "/api/*"
table = "sent"
each = "json:[*]"
key = ["n"]
[page.fields]
n = { json = "@", type = "int" }
"""

SHOWN = """<!doctype html><title>chart</title><body><h1>a chart</h1><script>
setTimeout(() => document.body.insertAdjacentHTML("beforeend",
  `<canvas class="chart" width="12" height="8"></canvas><a href="/late">late</a>`), 50);
</script>"""
PICTURED = """
[[page]]
match = "/shown"
browser = true
wait = "css:.chart"
table = "chart"
follow = ["a"]
[page.fields]
title = "h1"
chart = { screenshot = ".chart", blob = "shots/{url_hash}{ext}" }
whole = { pdf = true, blob = "docs/{url_hash}.pdf" }
"""


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/api/rows":
        first = 10 * int(request.query["page"])
        return web.json_response(list(range(first, first + 10)))
    pages = {"/late": LATE, "/shown": SHOWN}
    return page(pages[request.path]) if request.path in pages else web.Response(status=404)


async def test_each_turn_and_each_captured_answer_is_kept_under_its_own_url(tmp_path: Path) -> None:
    async with serving({"dynamic": answer}) as hosts:
        origin = hosts.url("dynamic", "")
        crawled = await crawl(tmp_path, [f"{origin}/late"], rules=RULES, store={"archive": True})
    with open_archive(in_folder(crawled.folder)) as archive:
        assert archive is not None
        kept = [(found.url.removeprefix(origin), archive.response(found)) for found in archive.answers()]
    turns = [response.text for url, response in kept if url == "/late"]
    captured = {url: json.loads(response.body) for url, response in kept if url != "/late"}
    assert {f"/api/rows?page={n}": list(range(10 * n, 10 * n + 10)) for n in range(3)} == captured
    rows = [[int(n) for n in re.findall(r'<tr class="row"><td>(\d+)', turn)] for turn in turns]
    assert [list(range(10 * n, 10 * n + 10)) for n in range(3)] == rows
    for table in ("shown", "sent"):
        assert list(range(30)) == sorted(row["n"] for row in crawled.rows(table))


@pytest.mark.torture
async def test_what_a_browser_has_shown_is_read_again_without_one(tmp_path: Path) -> None:
    async with serving({"dynamic": answer}) as hosts:
        seeds = [hosts.url("dynamic", "/shown")]
        crawled = await crawl(tmp_path, seeds, rules=PICTURED + RULES, store={"archive": True})
    before = everything(crawled.folder)
    assert ["chart", "sent", "shown"] == sorted(name for name in before if name in ("chart", "sent", "shown"))
    ended = run("extract", tmp_path / "job.toml", "--quiet", environ={"PATH": "/nowhere"})
    assert 0 == ended.code, ended.err
    assert before == everything(crawled.folder)
    (tmp_path / "job.toml").write_text((tmp_path / "job.toml").read_text().replace('title = "h1"', 'title = "title"'))
    ended = run("extract", tmp_path / "job.toml", "--quiet", environ={"PATH": "/nowhere"})
    after = everything(crawled.folder)
    assert (0, before["sent"], before["files"]) == (ended.code, after["sent"], after["files"]), ended.err
    [row] = map(json.loads, after["chart"])
    assert {"title": "chart"}.items() <= row.items()
    assert json.loads(before["chart"][0]) | {"title": "chart"} == row


def everything(folder: Path) -> dict[str, list[str]]:
    """The lines of each table, and the names of the files."""
    files = [str(path) for path in (folder / "blobs").rglob("*") if path.is_file()]
    return {path.stem: sorted(path.read_text().splitlines()) for path in folder.glob("*.jsonl")} | {"files": files}
