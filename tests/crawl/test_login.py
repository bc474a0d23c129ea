"""Sites that want a login: signed in to before anything else, again when a page says so, and never in a loop."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import Crawled, crawl
from support.hosts_server import Hosts, page, serving

from asyncscrape.errors import Exit

PASSWORD = "s3cr3t"
FORM = """<form method="post" action="/session"><input id="name" name="name"><input id="word" name="word">
<button>Sign in</button></form>"""
MIRROR = """<script>document.querySelectorAll("input").forEach((one) =>
  one.addEventListener("input", () => one.setAttribute("value", one.value)));</script>"""
"""Frameworks write into the page what people type."""

RULES = """
[fetch.browser]
storage_state = true
[[fetch.browser.login]]
url = "{url}"
steps = [{{ fill = "#name", text = "me" }}, {{ fill = "#word", text = "{password}" }}, {{ click = "{button}" }}]
signed_out = "form #word"
[[page]]
match = "*"
browser = {browser}
table = "page"
[page.fields]
title = {{ css = "h1", required = true }}
"""


class Members:
    """A site for members; a session is good for a few pages."""

    def __init__(self) -> None:
        self.hosts: Hosts
        self.life = 1000
        self.session = 0
        self.left = 0
        self.redirects = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        if request.path == "/login":
            return page(FORM + MIRROR)
        if request.path == "/session":
            return self._begin((await request.post())["word"] == PASSWORD)
        good = self.left > 0 and request.cookies.get("session") == str(self.session)
        if not good and self.redirects:
            return web.Response(status=302, headers={"Location": f"/login?next={request.path}"})
        self.left -= 1
        return page(f"<h1>{request.path}</h1>" if good else FORM)

    def _begin(self, good: bool) -> web.StreamResponse:
        if not good:
            return page(f"<p class=wrong>wrong</p>{FORM}")
        self.session, self.left = self.session + 1, self.life
        cookie = f"session={self.session}; Path=/; HttpOnly; Max-Age=3600"
        return web.Response(status=303, headers={"Location": "/home", "Set-Cookie": cookie})

    @property
    def logins(self) -> int:
        return self.hosts.paths("members").count("/session")


@pytest.fixture
async def members() -> AsyncIterator[Members]:
    site = Members()
    async with serving({"members": site.answer}) as site.hosts:
        yield site


async def visit(
    folder: Path,
    site: Members,
    *,
    password: str = PASSWORD,
    browser: bool = True,
    pages: int = 5,
    button: str = "button",
) -> Crawled:
    url = site.hosts.url("members", "/login")
    rules = RULES.format(url=url, password=password, button=button, browser=str(browser).lower())
    seeds = [site.hosts.url("members", f"/{number}") for number in range(pages)]
    return await crawl(folder, seeds, rules=rules)


async def test_a_login_goes_before_all_pages_and_is_repeated_when_a_page_says_so(
    tmp_path: Path, members: Members
) -> None:
    members.life = 4
    crawled = await visit(tmp_path, members)
    assert [f"/{number}" for number in range(5)] == sorted(row["title"] for row in crawled.rows())
    assert 2 == members.logins
    kept = tmp_path / "job" / "storage_state.json"
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)


async def test_plain_pages_that_say_signed_out_come_round_after_the_next_login(
    tmp_path: Path, members: Members
) -> None:
    members.life = 18  # enough for all that the first session was not enough for, in whatever order they come
    crawled = await visit(tmp_path, members, browser=False, pages=25)
    assert 25 == len(crawled.rows())
    assert 2 == members.logins
    assert Exit.FINISHED == crawled.snapshot.exit


@pytest.mark.torture
async def test_a_login_serves_plain_pages_and_the_next_run(tmp_path: Path, members: Members) -> None:
    members.redirects = True
    first = await visit(tmp_path, members, browser=False, pages=2)
    assert (2, 1) == (len(first.rows()), members.logins)
    again = await visit(tmp_path, members, browser=False, pages=4)
    assert (4, 1) == (len(again.rows()), members.logins)
    members.session += 1
    (tmp_path / "job" / "storage_state.json").write_text("{damaged")
    third = await visit(tmp_path, members, browser=False, pages=6)
    assert (6, 2) == (len(third.rows()), members.logins)


async def test_a_login_that_fails_ends_the_run_with_advice(tmp_path: Path, members: Members) -> None:
    crawled = await visit(tmp_path, members, password="wrong", browser=False)
    assert (Exit.USAGE, 1) == (crawled.snapshot.exit, members.logins)
    assert "look at the steps and the credentials" in crawled.snapshot.note
    assert "wrong" not in crawled.snapshot.note


async def test_a_secret_is_written_nowhere(
    tmp_path: Path, members: Members, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "asyncscrape")
    for secret, button in (("wr0ng-w0rd", "button"), ("g00d-w0rd", ".missing")):
        (tmp_path / secret).mkdir()
        crawled = await visit(tmp_path / secret, members, password=secret, browser=False, button=button)
        assert Exit.USAGE == crawled.snapshot.exit
        kept = [path for path in (tmp_path / secret / "job").rglob("*") if path.is_file()]
        assert kept
        assert [] == [path for path in kept if secret.encode() in path.read_bytes()]
        assert secret not in crawled.snapshot.note
        assert secret not in caplog.text


async def test_a_login_at_another_host_leads_there_and_back(tmp_path: Path) -> None:
    """As with single sign-on: the answers of two hosts send the browser to and fro."""
    there: list[Hosts] = []
    signed = {"Location": "/home", "Set-Cookie": "session=1; Path=/; HttpOnly"}

    async def app(request: web.Request) -> web.StreamResponse:
        if request.path == "/callback" and request.query_string == "code=7":
            return web.Response(status=303, headers=signed)
        if request.path in ("/login", "/callback"):
            return web.Response(status=302, headers={"Location": there[0].url("office", "/authorize?for=app")})
        if "session" not in request.cookies and request.path != "/robots.txt":
            to = there[0].url("office", f"/authorize?to={request.path}")
            return web.Response(status=302, headers={"Location": to})
        return page(f"<h1>{request.path}</h1>")

    async def office(request: web.Request) -> web.StreamResponse:
        if request.method == "POST" and (await request.post())["word"] == PASSWORD:
            return web.Response(status=302, headers={"Location": "/grant", "Set-Cookie": "office=1; Path=/"})
        if request.path == "/grant" and "office" in request.cookies:
            return web.Response(status=302, headers={"Location": there[0].url("app", "/callback?code=7")})
        return web.Response(status=404) if request.path == "/robots.txt" else page(FORM)

    async with serving({"app": app, "office": office}) as hosts:
        there.append(hosts)
        rules = RULES.format(url=hosts.url("app", "/login"), password=PASSWORD, button="button", browser="true")
        seeds = [hosts.url("app", f"/{number}") for number in range(3)]
        fetch = {"private_hosts": [hosts.authority("office")]}
        crawled = await crawl(tmp_path, seeds, rules=rules, fetch=fetch)
        assert ["/0", "/1", "/2"] == sorted(row["title"] for row in crawled.rows())
        assert 1 == hosts.paths("office").count("/session")


@pytest.mark.torture
@pytest.mark.parametrize("browser", [True, False])
async def test_try_signs_in_as_a_run_does(tmp_path: Path, members: Members, browser: bool) -> None:
    url = members.hosts.url("members", "/login")
    rules = RULES.format(url=url, password=PASSWORD, button="button", browser=str(browser).lower())
    wanted = members.hosts.url("members", "/1")
    file = tmp_path / "job.toml"
    file.write_text(f'name = "job"\nseeds = ["{wanted}"]\n[politeness]\ndelay = "0s"\n{rules}')
    command = (sys.executable, "-m", "asyncscrape", "try", str(file), wanted)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert (0, 1) == (process.returncode, members.logins)
    assert "title  str  /1" in told.decode()
