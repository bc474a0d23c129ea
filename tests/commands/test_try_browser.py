"""`try` with a browser: what the page asked for, what of that is its data, and whether the browser is worth it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from support.command import Ended, run
from support.hosts_server import serving
from support.sites import site

LATE = """<!doctype html><title>late</title><table></table><button class="next">next</button><script>
let page = 0;
async function load() {
  const answer = await (await fetch(`/api/rows?page=${page}`)).json();
  document.querySelector("table").innerHTML = answer.data.rows
    .map((row) => `<tr class="row"><td>${row.name}<td>${row.price.toFixed(2)}</tr>`).join("");
  if (page === 2) document.querySelector(".next").remove();
}
document.querySelector(".next").onclick = () => { page += 1; load(); };
setTimeout(load, 50);
fetch("/missing");
</script>"""
PAGES = site({"/late": LATE, "/plain": "<table><tr class=row><td>one<td>1</table>", "/empty": "<p>nothing"})
RULE = """
match = ["/late", "/plain", "/empty"]
table = "thing"
each = "tr.row"
key = ["name"]
[page.fields]
name = "td"
price = { css = "td:nth-child(2)", type = "float" }
"""


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/api/rows":
        first = 10 * int(request.query["page"])
        rows = [{"name": f"thing {n}", "price": 1000.5 * n} for n in range(first, first + 10)]
        return web.json_response({"data": {"rows": rows}, "more": first < 20})
    return await PAGES(request)


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    async with serving({"late": answer}) as hosts:
        yield hosts.url("late", "")


async def tried(
    folder: Path, origin: str, path: str, *flags: str | Path, more: str = "", captured: str = ""
) -> Ended:
    """The end of `try` on a page of this site, with further keys for its rule and a further rule."""
    file = folder / "things.toml"
    file.write_text(f'name = "things"\nseeds = ["{origin}/"]\n[[page]]\n{more}{RULE}{captured}')
    return await asyncio.to_thread(run, "try", file, f"{origin}{path}", *flags)


def pasted(out: str, first: str) -> str:
    """The indented lines of an output that begin with this one, as somebody would paste them."""
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith(first))
    end = next((number for number in range(start, len(lines)) if not lines[number].startswith("    ")), len(lines))
    return "\n".join(line.strip() for line in lines[start:end]) + "\n"


async def test_a_page_is_tried_in_a_browser_although_its_rule_does_not_say_so_and_what_to_paste_works(
    tmp_path: Path, origin: str
) -> None:
    picture = tmp_path / "late.png"
    shown = await tried(tmp_path, origin, "/late", "--browser", "--screenshot", picture)
    assert 0 == shown.code, shown.err
    told = shown.out.splitlines()
    assert "table thing: 10 records" in shown.out
    assert "rule 1: plain HTTP brings nothing, the browser 10 rows: add browser = true to the rule" in shown.out
    assert any(line.split()[:3] == ["GET", "fetch", "200"] and "/api/rows?page=0" in line for line in told)
    assert any(line.split()[:3] == ["GET", "fetch", "404"] and "/missing" in line for line in told)
    assert "/api/rows?page=0: a list of 10 entries, and 100 % of its values stand on the page" in shown.out
    assert b"\x89PNG" == picture.read_bytes()[:4]

    capture, rule = pasted(shown.out, "capture ="), pasted(shown.out, "[[page]]")
    assert 'capture = "/api/rows*"\n' == capture
    steps = 'steps = [{ click = ".next", repeat = 9, if_present = true }]\n'
    again = await tried(tmp_path, origin, "/late", more=f"browser = true\n{steps}{capture}", captured=rule)
    assert 0 == again.code, again.err
    assert "table rows: 30 records" in again.out
    assert "table thing: 30 records" in again.out
    assert "add browser" not in again.out


async def test_without_a_browser_a_page_that_brings_nothing_says_what_to_try(tmp_path: Path, origin: str) -> None:
    for keys in ("", "browser = false\n"):
        shown = await tried(tmp_path, origin, "/late", more=keys)
        assert 0 == shown.code, shown.err
        assert "finds nothing on this page" in shown.out
        assert "try again with --browser" in shown.out
    assert (
        "try again with --browser"
        in (await tried(tmp_path, origin, "/late", "--no-browser", more="browser = true\n")).out
    )
    assert "--browser" not in (await tried(tmp_path, origin, "/empty")).out


async def test_a_page_that_needs_no_browser_is_not_opened_where_the_rule_leaves_it_open(
    tmp_path: Path, origin: str
) -> None:
    shown = await tried(tmp_path, origin, "/plain", more='browser = "auto"\n')
    assert "table thing: 1 record" in shown.out
    assert "plain HTTP brings what it wants, so a run does not open the page in a browser" in shown.out
    assert "requests" not in shown.out


@pytest.mark.parametrize("flag", ["--headed", "--screenshot"])
async def test_flags_that_cannot_be_used_together_are_refused(tmp_path: Path, origin: str, flag: str) -> None:
    given = (flag, tmp_path / "x.png") if flag == "--screenshot" else (flag,)
    refused = await tried(tmp_path, origin, "/late", "--no-browser", *given)
    assert (2, True) == (
        refused.code,
        f"{flag} needs a browser, so it cannot be used with --no-browser" in refused.err,
    )


@pytest.mark.torture
async def test_a_step_that_fails_shows_the_requests_and_leaves_the_picture(tmp_path: Path, origin: str) -> None:
    picture = tmp_path / "failed.png"
    failed = await tried(
        tmp_path, origin, "/plain", "--screenshot", picture, more='browser = true\nsteps = [{ click = "#more" }]\n'
    )
    assert 3 == failed.code
    assert "#more" in failed.err
    assert "the page made 1 request" in failed.out
    assert b"\x89PNG" == picture.read_bytes()[:4]
