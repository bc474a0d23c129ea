"""How the config wants hosts to be asked: at which pace, in whose name, and with which fetcher."""

from __future__ import annotations

from asyncscrape.config.models import Config
from asyncscrape.crawl.scope import Reach
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.politeness.clock import Policy


class Manners:
    """[politeness], with the exceptions of [politeness.hosts]."""

    def __init__(self, config: Config) -> None:
        self._common = config.politeness
        self._retries = config.fetch.retries
        self._policies: dict[str, Policy] = {}

    def policy(self, host: str) -> Policy:
        """The pace and the patience for a host."""
        known = self._policies.get(host)
        if known is None:
            own, common = self._common.hosts.get(host), self._common
            known = self._policies[host] = Policy(
                delay=common.delay if own is None or own.delay is None else own.delay,
                per_host=common.per_host if own is None or own.per_host is None else own.per_host,
                rate=None if own is None else own.rate,
                retries=self._retries,
            )
        return known

    def user_agent(self, host: str) -> str:
        """Who we say we are."""
        own = self._common.hosts.get(host)
        return (own and own.user_agent) or self._common.user_agent

    def robots(self, host: str) -> bool:
        """Whether its robots.txt is asked and obeyed."""
        own = self._common.hosts.get(host)
        return self._common.robots if own is None or own.robots is None else own.robots


def new_fetcher(config: Config, places: Reach, named: frozenset[str] = frozenset()) -> HttpFetcher:
    """The fetcher of a job. The config's headers and cookies stay among the hosts of its scope.

    `named` are further authorities that may be on private addresses.
    """
    fetch, politeness = config.fetch, config.politeness
    return HttpFetcher(
        user_agent=politeness.user_agent,
        headers=fetch.headers,
        cookies=fetch.cookies,
        proxy=fetch.proxy,
        timeout=fetch.timeout,
        connect_timeout=fetch.connect_timeout,
        read_timeout=fetch.read_timeout,
        max_body=fetch.max_body,
        max_blob=config.store.max_blob,
        origins=fetch.origins,
        named=places.named | named,
        concurrency=politeness.concurrency,
        confides=lambda url: places.hosts.accepts(url, 0),
    )
