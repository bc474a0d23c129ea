"""The task of a crawl, as a config or a built-in job makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from asyncscrape.access import Access
from asyncscrape.browsing import PagePlan
from asyncscrape.bundles import Bundling
from asyncscrape.model import Blob, Link, Parser, Request, Rule, Table


@dataclass(frozen=True)
class Job:
    """The task of a crawl: where it begins, who parses the answers, and which tables they fill."""

    name: str
    tables: tuple[Table, ...]
    parsers: Mapping[str, Parser]
    """By kind of request."""
    seeds: Callable[[], Iterator[Request]]
    instead: Callable[[Request], Sequence[Link | Blob]] = lambda request: ()
    """What to ask for in place of a request that failed for good, which then counts as skipped. A blob in place of a
    blob, as a smaller size of a picture, is for that path; further paths of the same URL are skipped too, unless
    they are for the newest, see `Blob.newest`."""
    rules: tuple[Rule, ...] = ()
    """The page rules that read its pages; none for a built-in job."""
    access: tuple[Access, ...] = ()
    """The credentials that its hosts want."""
    bundling: Bundling | None = None
    """How it deals with bundles of requests, if it has any."""
    secret_names: tuple[str, ...] = ()
    """Names of parameters and JSON keys whose values no archive may hold."""
    plans: Callable[[str], PagePlan | None] | None = None
    """What a browser does with a page; None for a job that needs none."""
    newest_first: bool = False
    """Whether a host is asked for what was found last before what was found first. So one artist is walked to the
    end before the next one begins, and the hosts that are needed late are busy from the start."""
