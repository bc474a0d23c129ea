"""A real browser for a whole test module, with the HTTP fetcher that it shares cookies and rules with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asyncscrape.browsing import PagePlan, Use
from asyncscrape.crawl.build import build_browser, build_fetcher, build_trust
from asyncscrape.crawl.scope import JobScope
from asyncscrape.fetchers.base import Browser, Exchanging, Leave
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.model import Request, Response
from support.crawling import configured

AGENT = "test-bot/1.0"


@dataclass
class Free:
    """Lets pages go on to any document, and notes which."""

    waiting = 0
    gone: list[str] = field(default_factory=list)

    async def __call__(self, url: str, page: str, exchange: Exchanging) -> Response:
        self.gone.append(url)
        return await exchange(lambda: None)


@dataclass
class Opener:
    """Opens pages as a run does."""

    http: HttpFetcher
    browser: Browser

    async def open(self, url: str, *, leave: Leave | None = None, **plan: Any) -> list[Response]:
        """A page by its URL, or what it becomes in the browser."""
        document = await self.http.fetch(Request(url), user_agent=AGENT)
        return list(await self.browser.open(document, PagePlan(Use.ALWAYS, **plan), AGENT, leave))

    async def read(self, url: str, *, leave: Leave | None = None, **plan: Any) -> str:
        """The text of the page at the end."""
        return (await self.open(url, leave=leave, **plan))[-1].body.decode()


@asynccontextmanager
async def opener(folder: Path, seeds: list[str], **fetch: Any) -> AsyncIterator[Opener]:
    """A browser as a job with these seeds has it."""
    browser = {"timeout": "2m", **fetch.pop("browser", {})}
    config = configured(folder, seeds, fetch={"browser": browser, **fetch}, politeness={"user_agent": AGENT})
    job = rule_job(config)
    trust = build_trust(config, job, JobScope.of(config, job.seeds()))
    async with build_fetcher(config, trust) as http, build_browser(config, http) as chromium:
        yield Opener(http, chromium)
