"""The job "music" walked through in this process: its seeds and parsers, and the replica's answers, without a crawl.

Requests are taken in the order in which they were found, each once. Rows are kept as the stores keep them. A walk can
be left at any request and go on from what it remembers, like a crawl that was killed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from multidict import CIMultiDict

from asyncscrape.config.loading import load
from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.errors import Intention
from asyncscrape.jobs.music.job import music_job
from asyncscrape.jobs.registry import Registry
from asyncscrape.model import Page, PastRequest, Request, Response, State, Withdrawal
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.soundcloud.music_tables import TABLES
from asyncscrape.replica.answers import Asked, Reply, Site
from asyncscrape.replica.beatport.sites import API as SHOP
from asyncscrape.replica.beatport.sites import sites as shop_sites
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.soundcloud.sites import sites
from asyncscrape.replica.soundcloud.tokens import CLIENT_ID, CLIENT_SECRET
from asyncscrape.replica.soundcloud.views import view
from support.graph_config import toml_lines

START = date(2026, 11, 21)
TOKEN = {"Authorization": "Bearer replica-token"}
FOREVER = {"Authorization": f"OAuth replica-1-{2**50}"}
MERGED = {table.name for table in TABLES if table.merge}
KEYS = {table.name: table.key for table in TABLES}

Row = dict[str, Any]


def hosts(switches: Switches) -> dict[str, Site]:
    """The replica's hosts."""
    return {**sites(switches), **shop_sites(switches)}


@cache
def _loaded(path: Path, text: str) -> Config:
    """A config, checked once: many walks differ only in their artists file, which each job reads anew."""
    path.write_text(text, encoding="utf-8")
    return load(path, (), {}, Registry())


@dataclass
class Walk:
    """A job with what it remembers."""

    folder: Path
    backend: str = "official"
    switches: Switches = field(default_factory=lambda: Switches(START))
    hosts: dict[str, Site] = field(default_factory=dict)
    """With the same switches; made if not given, which takes a moment."""
    states: dict[Request, State] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)
    """The files that are wanted, by path."""
    tables: dict[str, dict[tuple[Any, ...], Row]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The URLs of the last run."""
    pages: int = 0

    def run(self, weeks: int = 0, most: int | None = None, later: timedelta = timedelta(), **music: Any) -> Walk:
        """Go on until nothing is left, or for so many requests."""
        self.switches.change({"weeks": weeks})
        self.asked = []
        job = self.job(self.switches.today + later, music)
        for seed in job.seeds():
            self.states.setdefault(Request(seed.url, seed.kind, note=seed.note), State.PENDING)
        while (waiting := self._next()) and (most is None or len(self.asked) < most):
            self._carry_out(job, waiting)
        return self

    def copy(self) -> Walk:
        """Another walk with the same memory."""
        tables = {name: dict(rows) for name, rows in self.tables.items()}
        switches = Switches(START)
        return replace(self, states=dict(self.states), blobs=dict(self.blobs), tables=tables, switches=switches)

    def job(self, today: date, music: Mapping[str, Any]) -> Job:
        """The job of a config with these keys, given what was asked before."""
        config = self.folder / "music.toml"
        keys = {"soundcloud": self.backend, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "beatport": "off"}
        text = f'name = "music"\nkind = "music"\n[music]\n{toml_lines({**keys, **music})}'
        past = [PastRequest(one.url, one.kind, one.note, state) for one, state in self.states.items()]
        return music_job(_loaded(config, text), sorted(past, key=attrgetter("kind")), today)

    def rows(self, table: str) -> list[Row]:
        """The rows of a table in the order of its key."""
        found = self.tables.get(table, {})
        return [found[key] for key in sorted(found)]

    @cached_property
    def _sites(self) -> dict[str, Site]:
        return self.hosts or hosts(self.switches)

    def _next(self) -> Request | None:
        return next((one for one, state in self.states.items() if state is State.PENDING), None)

    def _carry_out(self, job: Job, request: Request) -> None:
        if request.kind not in job.parsers:
            self.states[request] = State.SKIPPED
            return
        self.asked.append(request.url)
        self.pages += 1
        response = self._answer(request)
        try:
            page = job.parsers[request.kind](response)
        except (Intention, ParseError):
            self.states[request] = State.FAILED
            return
        self.states[request] = State.DONE
        for link in page.links:
            self.states.setdefault(Request(link.url, link.kind, note=link.note), State.PENDING)
        self.blobs |= {blob.path: blob.url for blob in page.blobs}
        self._keep(page)

    def _answer(self, request: Request) -> Response:
        at = datetime.combine(self.switches.today, datetime.min.time(), UTC) + timedelta(milliseconds=self.pages)
        reply, hops = self._reply(request.url), request.hops
        while location := reply.headers.get("Location"):
            hops = (*hops, request.url)
            request = msgspec.structs.replace(request, url=location, hops=hops)
            reply = self._reply(location)
        headers = CIMultiDict({"Content-Type": reply.content_type})
        return Response(request, reply.status, headers, reply.body, at)

    def _reply(self, url: str) -> Reply:
        parts = urlsplit(url)
        target = url.removeprefix(f"https://{parts.netloc}")
        if parts.netloc.startswith("api-v2"):
            target += f"{'&' if parts.query else '?'}client_id={view(self.switches).client_id}"
        headers = TOKEN if parts.netloc == SHOP else FOREVER
        return self._sites[parts.netloc].answer(Asked(parts.netloc, target, headers=headers))

    def _keep(self, page: Page) -> None:
        for record in page.records:
            table = self.tables.setdefault(record.table, {})
            key = tuple(record.values[name] for name in KEYS[record.table])
            known = table.get(key, {}) if record.table in MERGED else {}
            told = {name: value for name, value in record.values.items() if value is not None or name not in known}
            table[key] = {**known, **told}
        for gone in page.withdrawn:
            self._withdraw(gone)

    def _withdraw(self, gone: Withdrawal) -> None:
        table = self.tables.get(gone.table, {})
        for key, row in list(table.items()):
            if all(row.get(name) == value for name, value in gone.key.items()):
                del table[key]
