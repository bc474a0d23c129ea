"""The cookies that sites set, kept for the run (RFC 6265, with the later rules that protect secure cookies).

Two rules are stricter than in browsers:

* A cookie belongs to the host that set it. One for a whole domain is shared among the domain's hosts only if the
  domain is itself a host that the user named: without a list of all public suffixes, nobody knows that `co.uk` and
  `github.io` are no sites. For any other domain the cookie is kept for its own host alone.
* They have a limit: sites could fill the memory with them.
"""

from __future__ import annotations

import math
import re
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from asyncscrape.addresses import is_literal
from asyncscrape.urls import authority, canonical, host_of, path_and_query

LONGEST = 4096
"""Bytes in the name and value of the longest cookie that is kept."""
MOST = 50
"""The most cookies of one host or domain; the oldest make way."""
MOST_BYTES = 16_000
"""The same in bytes: hardly any server takes longer headers."""
MOST_IN_ALL = 16_000_000
"""The most bytes of memory for all cookies; the hosts that were asked longest ago lose theirs."""
SITES = ("Strict", "Lax", "None")
"""What a cookie may say about requests from other sites."""
EACH = 500
"""Bytes of memory for a cookie beyond its characters, and for a host or domain beyond its cookies."""


class Cookie(NamedTuple):
    """A cookie as it is kept."""

    name: str
    value: str
    domain: str
    path: str
    shared: bool
    """Whether the hosts below the domain see it."""
    secure: bool
    expires: float
    http_only: bool = False
    """Whether scripts may not see it. For browsers, as the next one."""
    same_site: str = ""
    """Whether requests from other sites may carry it: Strict, Lax or None; "" if it does not say."""

    @property
    def size(self) -> int:
        """The bytes that count towards the limit of its host or domain."""
        return len(self.name) + len(self.value) + len(self.path)


class DomainCookies:
    """The cookies of one host or domain."""

    __slots__ = ("cookies", "size")

    def __init__(self) -> None:
        self.cookies: dict[tuple[str, str], Cookie] = {}
        self.size = 0

    @property
    def memory(self) -> int:
        """Bytes of memory that they take, roughly."""
        return EACH + EACH * len(self.cookies) + self.size

    def put(self, cookie: Cookie) -> None:
        """Keep it in the place of its predecessor."""
        self.drop(cookie)
        self.cookies[cookie.name, cookie.path] = cookie
        self.size += cookie.size
        while len(self.cookies) > MOST or self.size > MOST_BYTES:
            self.drop(next(iter(self.cookies.values())))

    def drop(self, cookie: Cookie) -> None:
        """Forget the one with this name and path."""
        old = self.cookies.pop((cookie.name, cookie.path), None)
        self.size -= old.size if old else 0

    def drop_expired(self, now: float) -> None:
        """Forget those whose time has come."""
        for cookie in [cookie for cookie in self.cookies.values() if cookie.expires <= now]:
            self.drop(cookie)


class Jar:
    """All cookies of a run. Which hosts may share some, the user says by naming their domain."""

    def __init__(
        self, domains: Collection[str], now: Callable[[], float] = time.time, most: int = MOST_IN_ALL
    ) -> None:
        """`most` bytes of memory are for cookies."""
        self._domains = domains
        self._now = now
        self._most = most
        self._kept: dict[str, DomainCookies] = {}
        """By host or domain, the one asked longest ago first."""
        self._size = 0

    def __len__(self) -> int:
        return sum(len(kept.cookies) for kept in self._kept.values())

    def take(self, url: str, lines: Iterable[str], reserved: Collection[str] = ()) -> None:
        """Keep what an answer from a canonical URL sets, except under reserved names."""
        found = [parsed(line, url, self._domains, self._now()) for line in lines]
        cookies = [cookie for cookie in found if cookie and cookie.name not in reserved]
        for cookie in cookies if url.startswith("https:") else self._harmless(cookies):
            self._put(cookie)

    def shown_to(self, url: str) -> dict[str, str]:
        """The cookies for a request, longer paths first."""
        if not self._kept:
            return {}
        path = _path(url)
        found = [
            cookie
            for cookie in self._of(host_of(authority(url)))
            if _below(path, cookie.path) and (not cookie.secure or url.startswith("https:"))
        ]
        found.sort(key=lambda cookie: len(cookie.path))
        # The last of a name counts in a dict, and the first is the most particular one that goes out.
        shown = {cookie.name: cookie.value for cookie in found}
        return dict(reversed(shown.items()))

    def keep(self, cookie: Cookie) -> None:
        """Keep one that a browser has taken from a page, by its own rules."""
        self._put(cookie)

    def drop(self, cookie: Cookie) -> None:
        """Forget it."""
        kept = self._take_out(cookie.domain)
        kept.drop(cookie)
        self._put_back(cookie.domain, kept)

    def shared(self, domain: str) -> bool:
        """Whether the hosts below a domain may share cookies."""
        return domain in self._domains

    def seen_by(self, host: str) -> list[Cookie]:
        """Everything that a host may see, whatever the path."""
        return list(self._of(host)) if self._kept else []

    def __iter__(self) -> Iterator[Cookie]:
        """All of them."""
        return (cookie for kept in self._kept.values() for cookie in kept.cookies.values())

    def _of(self, host: str) -> Iterator[Cookie]:
        """The cookies that a host may see; expired ones are forgotten."""
        now = self._now()
        for domain in domains_of(host):
            if domain not in self._kept:
                continue
            kept = self._take_out(domain)
            kept.drop_expired(now)
            self._put_back(domain, kept)
            yield from (cookie for cookie in kept.cookies.values() if cookie.shared or domain == host)

    def _harmless(self, cookies: Sequence[Cookie]) -> list[Cookie]:
        """Those of an answer without TLS that take the place of no secure cookie."""
        # Found once for all cookies of the answer: it may be a walk through all hosts.
        secure = {place: self._secure(*place) for place in {(new.domain, new.shared) for new in cookies}}
        return [
            new
            for new in cookies
            if not any(_below(new.path, path) for path in secure[new.domain, new.shared].get(new.name, ()))
        ]

    def _secure(self, domain: str, shared: bool) -> Mapping[str, set[str]]:
        """The paths of the secure cookies, by name, that are seen together with one of this domain."""
        places = [above for above in domains_of(domain) if above in self._kept]
        if shared:
            ending = f".{domain}"
            places += [host for host in self._kept if host.endswith(ending)]
        paths: defaultdict[str, set[str]] = defaultdict(set)
        for place in places:
            for old in self._kept[place].cookies.values():
                if old.secure:
                    paths[old.name].add(old.path)
        return paths

    def _put(self, cookie: Cookie) -> None:
        kept = self._take_out(cookie.domain)
        if cookie.expires <= self._now():
            kept.drop(cookie)
        else:
            kept.put(cookie)
        self._put_back(cookie.domain, kept)
        while self._size > self._most:
            self._take_out(next(iter(self._kept)))

    def _take_out(self, domain: str) -> DomainCookies:
        kept = self._kept.pop(domain, None)
        if kept is None:
            return DomainCookies()
        self._size -= kept.memory
        return kept

    def _put_back(self, domain: str, kept: DomainCookies) -> None:
        """As the one asked last."""
        if kept.cookies:
            self._kept[domain] = kept
            self._size += kept.memory


def parsed(line: str, url: str, domains: Collection[str], now: float) -> Cookie | None:
    """The cookie in a Set-Cookie line of an answer from this URL; None if it is not valid there."""
    pair, *rest = line.split(";")
    name, sign, value = (part.strip() for part in pair.partition("="))
    told = _attributes(rest)
    host, secure = host_of(authority(url)), "secure" in told
    domain = _domain(told.get("domain", ""), host)
    if not (name and sign and _fits(name, value)) or domain is None or (secure and not url.startswith("https:")):
        return None
    shared = domain in domains
    path = told.get("path", "")
    path = path if path.startswith("/") else _path(url).rpartition("/")[0] or "/"
    site = told.get("samesite", "").capitalize()
    hidden, site = "httponly" in told, site if site in SITES else ""
    cookie = Cookie(name, value, domain if shared else host, path, shared, secure, _expiry(told, now), hidden, site)
    return cookie if _keeps_prefix(cookie, told) else None


def _fits(name: str, value: str) -> bool:
    return len(name) + len(value) <= LONGEST and not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", name + value)


def domains_of(host: str) -> Iterator[str]:
    """The host, and each domain that it lies in."""
    yield host
    # Asked once: no host ends like an address without being one, and the question is slow.
    literal = is_literal(host)
    while not literal and "." in host:
        host = host.partition(".")[2]
        yield host


def _attributes(parts: Iterable[str]) -> Mapping[str, str]:
    """The last of each name counts, as in browsers."""
    pairs = (part.partition("=") for part in parts)
    return {name.strip().lower(): value.strip() for name, _, value in pairs if len(value) <= 1024}


def _domain(told: str, host: str) -> str | None:
    """The domain that a cookie is for: "" for its host alone, None if the host does not lie in it."""
    bare = told.removeprefix(".")
    if not bare:
        return ""
    url = canonical(f"http://{bare}/")
    domain = host_of(authority(url)) if url else ""
    return domain if domain in domains_of(host) else None


def _keeps_prefix(cookie: Cookie, told: Mapping[str, str]) -> bool:
    """Some names promise that only a safe answer can have set them."""
    name = cookie.name.lower()
    if name.startswith("__host-"):
        return cookie.secure and told.get("path") == "/" and not told.get("domain")
    return cookie.secure or not name.startswith("__secure-")


def _expiry(told: Mapping[str, str], now: float) -> float:
    age = told.get("max-age", "")
    if age.removeprefix("-").isdecimal():
        return now + float(age) if age[0] != "-" else -math.inf
    try:
        return parsedate_to_datetime(told.get("expires", "")).replace(tzinfo=UTC).timestamp()
    except (ValueError, TypeError, OverflowError):
        return math.inf


def _path(url: str) -> str:
    return path_and_query(url).partition("?")[0]


def _below(path: str, top: str) -> bool:
    return path.startswith(top) and (top.endswith("/") or path[len(top) : len(top) + 1] in ("", "/"))
