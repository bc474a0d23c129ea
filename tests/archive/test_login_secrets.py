"""What a login types is in no byte of the archive, even if every page shows it."""

from __future__ import annotations

import gzip
import json
from html import escape
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from support.crawling import crawl
from support.hosts_server import page, serving

NAME, PASSWORD = "member4711long", "summer&sea/\u00e9"
FORM = """<form method="post" action="/session"><input id="name" name="name"><input id="word" name="word">
<button>Sign in</button></form>"""
RULES = """
[[fetch.browser.login]]
url = {url}
steps = [{{ fill = "#name", text = "{name}" }}, {{ fill = "#word", text = {password} }}, {{ click = "button" }}]
signed_out = "form #word"
[[page]]
match = "*"
table = "page"
[page.fields]
title = {{ css = "h1", required = true }}
"""


def forms(text: str) -> tuple[str, ...]:
    """A text as pages write it."""
    return text, escape(text), json.dumps(text)[1:-1], json.dumps(text)[1:-1].replace("/", "\\/"), quote(text, "")


async def test_what_a_login_types_is_not_kept(tmp_path: Path) -> None:
    echo = " ".join((*forms(PASSWORD), *forms(NAME), f"/in?word={quote(PASSWORD, '')}&a=1", f'"\\n{PASSWORD}\\n"'))

    async def members(request: web.Request) -> web.StreamResponse:
        if request.path == "/session":
            good = dict(await request.post()) == {"name": NAME, "word": PASSWORD}
            cookie = {"Set-Cookie": "session=1; Path=/"} if good else {}
            return web.Response(status=303, headers={"Location": "/home", **cookie})
        if request.path == "/robots.txt":
            return web.Response(status=404)
        if request.path == "/login" or "session" not in request.cookies:
            return page(FORM)
        return page(f"<h1>midsummer {request.path}</h1><p>{escape(PASSWORD)}</p><!-- {echo} -->")

    async with serving({"members": members}) as hosts:
        told = {"url": json.dumps(hosts.url("members", "/login")), "password": json.dumps(PASSWORD), "name": NAME}
        seeds = [hosts.url("members", f"/{number}") for number in range(3)]
        crawled = await crawl(tmp_path, seeds, rules=RULES.format(**told), store={"archive": True})
    assert ["midsummer /0", "midsummer /1", "midsummer /2"] == sorted(row["title"] for row in crawled.rows())
    files = [path for path in (crawled.folder / "archive").iterdir() if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    kept = b"".join(gzip.decompress(path.read_bytes()) for path in files if path.suffix == ".gz")
    assert 3 == kept.count(b"<h1>midsummer /")
    assert 3 * len(echo.split()) <= kept.count(b"redacted")
    for form in (*forms(PASSWORD), *forms(NAME)):
        assert form.encode() not in content + kept
