"""A site that wants to see a token or an id with every request: its API, its token endpoint, and its home page."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from asyncscrape.access import Access, AppToken, GivenId, GivenToken, PublicId, TokenQuota
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.http.issuers import Rules
from asyncscrape.fetchers.http.with_access import HttpWithAccess
from asyncscrape.model import Request, Response
from support.fetching import trusting
from support.hosts_server import Hosts, serving

SECRET = "s3cr3t"
APP = "app"
BASIC = "Basic " + b64encode(f"{APP}:{SECRET}".encode()).decode()


class Guarded:
    """The state of the site. Its hosts are "api", "login", "home", and "other", which wants nothing."""

    def __init__(self) -> None:
        self.hosts: Hosts
        self.life: object = 3600
        self.given = 0
        """Tokens and ids given so far; only the last is good."""
        self.forms: list[dict[str, str]] = []
        self.seen: list[tuple[str, str | None]] = []
        """What the API and the other host were sent: path with query, and Authorization."""
        self.trouble: list[web.Response] = []
        """The next answers of the token endpoint."""
        self.refusal = 401
        self.closed = False
        """Whether the API refuses everything."""
        self.slow = 0.0
        """Seconds that the token endpoint takes."""
        self.robots = web.Response(status=404)

    @property
    def token(self) -> str:
        return f"token{self.given}"

    def app(self, **more: Any) -> AppToken:
        url = self.hosts.url("login", "/oauth/token")
        return AppToken(self.hosts.authority("api"), APP, **{"client_secret": SECRET, "url": url, **more})

    def public(self) -> PublicId:
        return PublicId(self.hosts.authority("api"), "client_id", self.hosts.url("home", "/"), r'"id":"(\w+)"')

    def given_id(self) -> GivenId:
        return GivenId(self.hosts.authority("api"), "client_id", self.token, self.hosts.url("api", "/me"))

    def given_token(self, token: str) -> GivenToken:
        return GivenToken(self.hosts.authority("api"), token, self.hosts.url("api", "/me"), scheme="OAuth")

    async def login(self, request: web.Request) -> web.StreamResponse:
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        await asyncio.sleep(self.slow)
        if self.trouble:
            return self.trouble.pop(0)
        if request.method != "POST" or request.headers.get("Authorization") != BASIC:
            return web.json_response({"error": "invalid_client"}, status=401)
        self.given += 1
        return web.json_response({"access_token": self.token, "expires_in": self.life, "token_type": "bearer"})

    async def home(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=self.robots.status, text=self.robots.text)
        if request.path == "/":
            return web.Response(status=302, headers={"Location": "/discover"})
        return web.Response(text=f'<script>[{{"id":"{self.token}"}}]</script>', content_type="text/html")

    async def api(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.path_qs, request.headers.get("Authorization")))
        shown = request.headers.get("Authorization") == f"OAuth {self.token}"
        if self.closed or not (shown or request.query.get("client_id") == self.token):
            return web.json_response({"error": None}, status=self.refusal)
        match request.path:
            case "/away":
                return web.Response(status=302, headers={"Location": self.hosts.url("other", "/x")})
            case "/echo":
                return web.Response(status=302, headers={"Location": f"/x?a=1&client_id={self.token}&b=2"})
            case "/wall":
                return web.Response(status=403, text='{"url":"https://geo.captcha-delivery.com/x"}')
            case "/private":
                return web.json_response({}, status=self.refusal)
        return web.json_response({"path": request.path})

    async def other(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.path_qs, request.headers.get("Authorization")))
        return web.json_response({"path": request.path})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hosts]:
        answers = {"api": self.api, "login": self.login, "home": self.home, "other": self.other}
        async with serving(answers) as self.hosts:
            yield self.hosts


class Clock:
    """The time, as a test sets it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def always(url: str) -> bool:
    return True


@asynccontextmanager
async def opened(
    site: Guarded, data: Path, access: Sequence[Access], clock: Callable[[], float], **options: Any
) -> AsyncIterator[HttpWithAccess]:
    """A fetcher that shows the site what it wants to see."""
    permits = options.pop("permits", always)
    trust = trusting(*map(site.hosts.authority, ("api", "login", "home", "other")))
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(HttpFetcher(user_agent="test-bot", **{"trust": trust, **options}))
        rules = Rules(lambda host: "test-bot", permits, clock)
        yield await stack.enter_async_context(HttpWithAccess(http, access, data, rules))


async def ask(fetcher: HttpWithAccess, site: Guarded, path: str = "/x", host: str = "api") -> Response:
    return await fetcher.fetch(Request(site.hosts.url(host, path)))


HOUR = 3600.0
QUOTA = (TokenQuota(1, HOUR),)
