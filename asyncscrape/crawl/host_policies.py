"""How the config wants hosts to be asked: at which pace and in whose name."""

from __future__ import annotations

from asyncscrape.config.models import Politeness
from asyncscrape.politeness.clock import Policy


class HostPolicies:
    """[politeness], with the exceptions of [politeness.hosts]."""

    def __init__(self, politeness: Politeness, retries: int) -> None:
        self._common = politeness
        self._retries = retries
        self._policies = {host: self._policy(host) for host in ("", *politeness.hosts)}
        """By host; the first is that of all others, of which there may be very many."""

    def policy(self, host: str) -> Policy:
        """The pace and the patience for a host."""
        return self._policies.get(host) or self._policies[""]

    def _policy(self, host: str) -> Policy:
        own, common = self._common.hosts.get(host), self._common
        return Policy(
            delay=common.delay if own is None or own.delay is None else own.delay,
            per_host=common.per_host if own is None or own.per_host is None else own.per_host,
            rate=None if own is None else own.rate,
            retries=self._retries,
        )

    def user_agent(self, host: str) -> str:
        """Who we say we are."""
        own = self._common.hosts.get(host)
        return (own and own.user_agent) or self._common.user_agent

    def robots(self, host: str) -> bool:
        """Whether its robots.txt is asked and obeyed."""
        own = self._common.hosts.get(host)
        return self._common.robots if own is None or own.robots is None else own.robots
