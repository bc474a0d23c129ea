"""Pages that only exist once their scripts have run, crawled with a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import crawl
from support.hosts_server import serving
from support.sites import site

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
ODD = """<!doctype html><body><x-card></x-card><iframe src="/inner"></iframe><script>
customElements.define("x-card", class extends HTMLElement {
  connectedCallback() { this.attachShadow({mode: "open"}).innerHTML = "<p class=shadow>in the shadow</p>"; }
});
</script>"""
INNER = "<!doctype html><body><p class=frame>in the frame</p>"


PAGES = site({"/late": LATE, "/odd": ODD, "/inner": INNER})


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/api/rows":
        await asyncio.sleep(0.02)
        first = 10 * int(request.query["page"])
        return web.json_response(list(range(first, first + 10)))
    return await PAGES(request)


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    async with serving({"dynamic": answer}) as hosts:
        yield hosts.url("dynamic", "")


async def test_a_table_that_is_filled_late_and_turned_by_clicks_is_read_to_the_last_row(
    tmp_path: Path, origin: str
) -> None:
    rules = """
[[page]]
match = "/late"
browser = true
wait = "css:tr.row"
steps = [{ click = ".next", if_present = true, repeat = 50 }]
table = "number"
each = "tr.row"
key = ["n"]
[page.fields]
n = { css = "td", type = "int" }
"""
    crawled = await crawl(tmp_path, [f"{origin}/late"], rules=rules)
    assert list(range(30)) == sorted(row["n"] for row in crawled.rows("number"))


@pytest.mark.torture
async def test_shadow_roots_and_frames_are_read_where_they_are(tmp_path: Path, origin: str) -> None:
    rules = """
[[page]]
match = "/odd"
browser = true
table = "odd"
[page.fields]
shadow = "x-card p.shadow"
frame = "p.frame"
"""
    crawled = await crawl(tmp_path, [f"{origin}/odd"], rules=rules)
    [row] = crawled.rows("odd")
    assert ("in the shadow", "in the frame") == (row["shadow"], row["frame"])
