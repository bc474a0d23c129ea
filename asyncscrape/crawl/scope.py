"""How far a job may go: the links to follow, the sitemaps to read, the hosts that its user named."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.model import Kind, Request
from asyncscrape.urls import UrlScope, authority, canonical, origin

MOST_NESTED = 5
"""Sitemaps within sitemaps that are followed; the protocol knows of one."""


class JobScope(msgspec.Struct, frozen=True):
    """The places of a job."""

    links: UrlScope
    """For links."""
    hosts: UrlScope
    """The same without patterns and depth: for redirected seeds and for sitemaps."""
    named: frozenset[str]
    """Authorities that stand in the config or the seeds; `Guard` lets the IP addresses among them in."""
    sitemaps_of: frozenset[str]
    """Origins whose robots.txt tells which sitemaps to read."""
    plain_origins: frozenset[str] = frozenset()
    """Origins of http in the seeds and in [fetch.origins]."""
    resumed: bool = False
    """Whether links may be left of earlier runs."""

    @classmethod
    def of(cls, config: Config, seeds: Iterable[Request], *, resumed: bool = False) -> JobScope:
        """The scope of a config and the seeds of its job."""
        places = {(origin(seed.url), seed.kind) for seed in seeds}
        begins = {place for place, kind in places if kind != Kind.SITEMAP}
        found = dict.fromkeys(authority(f"{place}/") for place, _ in sorted(places))
        hosts = config.scope.hosts or tuple(found)
        rules = config.scope
        links = UrlScope.of(hosts, rules.include, rules.exclude, rules.max_depth)
        origins = {place for pair in config.fetch.origins.items() for place in pair if "://" in place}
        written = {place for place, _ in places} | origins
        return cls(
            links=links,
            hosts=UrlScope.of(hosts),
            named=links.named.union(authority(f"{place}/") for place in written),
            plain_origins=frozenset(place for place in written if place.startswith("http:")),
            sitemaps_of=frozenset(begins) if config.sitemaps == "auto" else frozenset(),
            resumed=resumed,
        )

    def why_not(self, request: Request) -> str | None:
        """Why a queued request is out of scope: it was redirected, or the config has changed since.

        This is answered at once, so regular expressions are left to `doubts`.
        """
        if request.kind == Kind.BLOB or (not request.depth and not request.hops):
            return None
        if not _by_patterns(request):
            return self.hosts.why_not(request.url, request.depth)
        ask = self.links.why_too_far if self.links.paths.takes_long else self.links.why_not
        return ask(request.url, request.depth)

    def doubts(self, request: Request) -> bool:
        """Whether regular expressions must be asked, where that may take its time, before a request is sent.

        Links of this run have been tested where their page was parsed; what they redirect to has not, nor have links
        of earlier runs, which may have had other patterns, nor URLs from files of others, which no page has offered.
        """
        tested = bool(request.parent) and not (self.resumed or request.hops)
        return self.links.paths.takes_long and _by_patterns(request) and not tested

    def sitemaps(self, places: Iterable[str], base: str, depth: int = 0) -> list[Request]:
        """Requests for the sitemaps named by a robots.txt or another sitemap, if they are on the job's hosts.

        Indexes may be nested a little; deeper ones are left out, since they may never end.
        """
        if depth > MOST_NESTED:
            return []
        urls = (canonical(place, base) for place in places)
        return [Request(url, Kind.SITEMAP, depth=depth) for url in urls if url and self.hosts.accepts(url, 0)]


def _by_patterns(request: Request) -> bool:
    """Whether the patterns decide on a request: seeds, sitemaps and files need not match them."""
    return request.depth > 0 and request.kind not in (Kind.SITEMAP, Kind.BLOB)
