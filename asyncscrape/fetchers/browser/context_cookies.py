"""The cookies of a browser's context and of the run, kept the same.

The run's cookies are lent to the browser host by host, before a page asks that host for anything; what its pages
have set is taken back once they are read. So a login in the browser serves plain HTTP, and the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from playwright.async_api import BrowserContext, Error

from asyncscrape.fetchers.cookies import Cookie, Jar, domains_of
from asyncscrape.urls import authority, host_of

SAME = 2.0
"""Seconds by which the same expiry may differ."""

Key = tuple[str, str, str]
"""Name, domain and path; in a browser the domain begins with a dot if hosts below it see the cookie."""


class ContextCookies:
    """The cookies of one context."""

    def __init__(self, context: BrowserContext, jar: Jar) -> None:
        self._context = context
        self._jar = jar
        self._same: dict[Key, Cookie] = {}
        """What both sides have, by the browser's key."""
        self._seen: set[Key] = set()
        """Those that the browser has shown to have."""
        self._keys: dict[Key, Key] = {}
        """From the jar's key to the browser's, where that is wider: the jar shares fewer cookies."""

    async def lend(self, url: str) -> None:
        """Give the browser what the host of this URL may see."""
        host = host_of(authority(url))
        current = {self._key(cookie): cookie for cookie in self._jar.seen_by(host)}
        fresh = [key for key, cookie in current.items() if self._same.get(key) != cookie]
        if fresh:
            await self._add([as_lent(current[key], key) for key in fresh])
            self._same.update((key, current[key]) for key in fresh)
        domains = set(domains_of(host))
        both = self._seen & self._same.keys()
        for key in [key for key in both if key not in current and key[1].removeprefix(".") in domains]:
            await self._context.clear_cookies(name=key[0], domain=key[1], path=key[2])
            self._forget(key)

    async def take_back(self, url: str) -> None:
        """Keep what pages have set since, and forget what they have removed; `url` is that of the page."""
        host = host_of(authority(url))
        told: list[Any] = list(await self._context.cookies())
        found: dict[Key, Any] = {(raw["name"], raw["domain"], raw["path"]): raw for raw in told}
        for key, raw in found.items():
            self._seen.add(key)
            if (cookie := self._taken(raw, host)) and not alike(cookie, self._same.get(key)):
                self._jar.keep(cookie)
                self._same[key] = cookie
        for key in self._seen - found.keys():
            if key in self._same:
                self._jar.drop(self._same[key])
            self._forget(key)

    async def _add(self, cookies: list[Any]) -> None:
        try:
            await self._context.add_cookies(cookies)
        except Error:  # it takes none if one is not to its liking
            for cookie in cookies:
                with suppress(Error):
                    await self._context.add_cookies([cookie])

    def _key(self, cookie: Cookie) -> Key:
        key = (cookie.name, f".{cookie.domain}" if cookie.shared else cookie.domain, cookie.path)
        return self._keys.get(key, key)

    def _forget(self, key: Key) -> None:
        self._seen.discard(key)
        self._same.pop(key, None)

    def _taken(self, raw: Mapping[str, Any], host: str) -> Cookie | None:
        """A cookie of the browser as the jar keeps it."""
        domain: str = raw["domain"].removeprefix(".")
        shared = raw["domain"].startswith(".") and self._jar.shared(domain)
        if raw["domain"].startswith(".") and not shared:
            if domain not in domains_of(host):
                return None
            self._keys[raw["name"], host, raw["path"]] = (raw["name"], raw["domain"], raw["path"])
            domain = host
        return from_browser(raw, domain, shared=shared)


def from_browser(raw: Mapping[str, Any], domain: str, *, shared: bool) -> Cookie:
    """A cookie as browsers tell it."""
    expires = raw.get("expires", -1)
    return Cookie(
        raw["name"],
        raw["value"],
        domain,
        raw["path"],
        shared,
        bool(raw.get("secure")),
        math.inf if expires == -1 else float(expires),
        bool(raw.get("httpOnly")),
        str(raw.get("sameSite") or ""),
    )


def as_lent(cookie: Cookie, key: Key) -> dict[str, Any]:
    """A cookie as browsers take it."""
    name, domain, path = key
    lent: dict[str, Any] = {"name": name, "value": cookie.value, "domain": domain, "path": path}
    lent |= {"secure": cookie.secure, "httpOnly": cookie.http_only}
    if cookie.expires < math.inf:
        lent["expires"] = cookie.expires
    return lent | ({"sameSite": cookie.same_site} if cookie.same_site else {})


def alike(new: Cookie, old: Cookie | None) -> bool:
    """Whether a browser has kept a cookie as it was lent."""
    if old is None or (new.value, new.secure) != (old.value, old.secure):
        return False
    return new.expires == old.expires or abs(new.expires - old.expires) <= SAME
