"""How far a job may go: its scope, and the private addresses that its config names."""

from __future__ import annotations

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.config.seeds import read_seeds
from asyncscrape.urls import Scope, authority, canonical, origin


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


def reach(config: Config) -> Reach:
    """The places that a config names, and what it lets links lead to."""
    listed = () if config.sitemaps in (None, "auto") else tuple(config.sitemaps or ())
    begins = dict.fromkeys(origin(url) for text in read_seeds(config) if (url := canonical(text)))
    maps = dict.fromkeys(origin(url) for text in listed if (url := canonical(text)))
    found = dict.fromkeys(authority(f"{place}/") for place in (*begins, *maps))
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
