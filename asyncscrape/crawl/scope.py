"""How far a job may go: its scope, and the private addresses that its config names."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.model import Kind, Request
from asyncscrape.urls import Scope, authority, origin


class Reach(msgspec.Struct, frozen=True):
    """The places of a job."""

    scope: Scope
    """What links are followed to."""
    hosts: Scope
    """The same without patterns and depth: it binds redirected seeds, and sitemaps."""
    named: frozenset[str]
    """Authorities that stand in the config or the seeds, and so may be on private addresses."""
    sitemaps_of: frozenset[str]
    """Origins whose robots.txt tells which sitemaps to read."""


def reach(config: Config, seeds: Iterable[Request]) -> Reach:
    """The places that a config and the seeds of its job name, and what it lets links lead to."""
    places = {(origin(seed.url), seed.kind) for seed in seeds}
    begins = {place for place, kind in places if kind != Kind.SITEMAP}
    found = dict.fromkeys(authority(f"{place}/") for place, _ in sorted(places))
    hosts = config.scope.hosts or tuple(found)
    rules = config.scope
    scope = Scope.of(hosts, rules.include, rules.exclude, rules.max_depth)
    origins = {authority(f"{place}/") for pair in config.fetch.origins.items() for place in pair if "://" in place}
    return Reach(
        scope=scope,
        hosts=Scope.of(hosts),
        named=frozenset(found) | scope.named | origins,
        sitemaps_of=frozenset(begins) if config.sitemaps == "auto" else frozenset(),
    )
