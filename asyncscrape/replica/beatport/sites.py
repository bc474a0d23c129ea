"""Beatport's hosts as sites of the replica. How they answer is loaded when one is asked: starts stay quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from asyncscrape.replica.answers import READ_ONLY, Asked, Reply
from asyncscrape.replica.behaviour import Switches

API = "api.beatport.com"
HOSTS = (API, "www.beatport.com", "geo-media.beatport.com", "geo-samples.beatport.com")

Counters = Mapping[str, Callable[[Asked], Reply]]
"""What answers, by host."""


class Beatport:
    """One of the hosts."""

    def __init__(self, counters: Callable[[], Counters], name: str) -> None:
        self.methods = (*READ_ONLY, "POST") if name == API else READ_ONLY
        self._counters = counters
        self._name = name

    def answer(self, asked: Asked) -> Reply:
        """The answer, or the fault that is due."""
        return self._counters()[self._name](asked)


def sites(switches: Switches) -> dict[str, Beatport]:
    """The hosts by name. They sell the same tracks."""

    @cache
    def counters() -> Counters:
        from asyncscrape.replica.beatport.counters import counters

        return dict(zip(HOSTS, counters(switches), strict=True))

    return {name: Beatport(counters, name) for name in HOSTS}
