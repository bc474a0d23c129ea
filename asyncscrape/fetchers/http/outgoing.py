"""What goes out with a request besides its URL: the headers, and the cookies of the config and of the site."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import ClientResponse
from multidict import CIMultiDict

from asyncscrape.access import may_be_secret
from asyncscrape.fetchers.cookies import Jar
from asyncscrape.fetchers.http.readable import readable
from asyncscrape.fetchers.trust import Trust

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ACCEPT_ENCODING = "gzip, deflate, br, zstd"

Headers = CIMultiDict[str]


class Outgoing:
    """Composes the headers of requests, and keeps the cookies of their answers.

    Hosts in scope see the headers and cookies of the config; without TLS only if the user has named that origin, save
    for headers that nobody need keep secret.
    """

    def __init__(self, user_agent: str, headers: Mapping[str, str], cookies: Mapping[str, str], trust: Trust) -> None:
        own = CIMultiDict(headers)
        self._cookies = {**_pairs(own.pop("Cookie", "")), **cookies}
        # robots.txt is judged by this name, so no header may give another.
        own["User-Agent"] = user_agent
        self._bare = CIMultiDict({"Accept": ACCEPT, "Accept-Encoding": ACCEPT_ENCODING, "User-Agent": user_agent})
        self._open = _joined(self._bare, {name: value for name, value in own.items() if not may_be_secret(name)})
        self._whole = _joined(self._bare, own)
        self._trust = trust
        self.jar = Jar(trust.cookie_domains)

    def headers(self, url: str, user_agent: str | None, more: Mapping[str, str]) -> Headers:
        """The headers of a request for a canonical URL; `more` are for this one alone."""
        in_scope = self._trust.in_scope(url)
        confided = in_scope and self._trust.keeps_secrets(url)
        headers = self._whole if confided else self._open if in_scope else self._bare
        cookies = self.jar.shown_to(url)
        if confided and self._cookies:
            cookies = {**self._cookies, **cookies}
        if cookies:
            more = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), **more}
        if user_agent not in (None, headers["User-Agent"]):
            more = {"User-Agent": str(user_agent), **more}
        return _joined(headers, more) if more else headers

    def heed(self, url: str, answer: ClientResponse) -> None:
        """Keep the cookies that an answer sets. Those of the config give way only to a host that sees them itself."""
        if "Set-Cookie" in answer.headers:
            reserved = () if self._trust.confides(url) else self._cookies
            self.jar.take(url, readable(answer.headers).getall("Set-Cookie"), reserved)


def _joined(headers: Headers, more: Mapping[str, str]) -> Headers:
    joined = headers.copy()
    joined.update(more)
    return joined


def _pairs(cookie_header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in cookie_header.split(";"))
    return {name: value for name, _, value in pairs if name}
