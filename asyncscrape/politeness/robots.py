"""The Robots Exclusion Protocol, RFC 9309: how to ask for a robots.txt, and what it allows. Pure.

The journey of one robots.txt:

1. the crawl asks for the `robots_url` of an origin, under the same politeness as everything else
2. `judge` says what the answer means: a `Hop` to follow, a `Later`, or a `Cached` text, good for a day at most
3. the frontier keeps the `Cached`, so that a resumed run need not ask again
4. `parse` turns the text into `Robots` for one user agent, whose `allows` decides about every URL

A request without an answer (timeout, reset, name not found, certificate) is also a `Later`: nothing may be fetched
for now, and the host waits and is asked again.

The verdict is our own, not protego's, which departs from the RFC in ways that cannot be fixed from outside: it
applies a group for `cat` to `catalog-bot` and one for `*bot*` to `bot`, lets a Crawl-delay end a group, reads `/a$`
as `/a%24` too and `/index.html` as `/` too, and treats all bytes that are not UTF-8 as equal. The tests compare both
where they ought to agree.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from asyncscrape.model import Response
from asyncscrape.politeness.path_rules import NO_RULES, PathRule, PathRules, path_rule, together
from asyncscrape.urls import LONGEST, canonical, origin

LIMIT = 500 * 1024
"""Bytes read of a robots.txt; the RFC asks for at least this many."""

MOST_HOPS = 5
"""Redirects to follow; one more counts as if there were no robots.txt."""

DAY = 24 * 3600.0
SHORTEST_CACHE = 60.0
"""A max-age below this is taken as a habit of the server, not as a wish about its robots.txt."""

REDIRECTS = (301, 302, 303, 307, 308)

# ---------------------------------------------------------------------------------------------------------------
# The verdict


class Robots(msgspec.Struct, frozen=True):
    """The rules of one robots.txt for one user agent."""

    rules: PathRules = NO_RULES
    crawl_delay: float | None = None
    """Seconds between two requests, if it asks for them."""
    sitemaps: tuple[str, ...] = ()
    """As written; sitemaps are for every user agent."""

    def allows(self, url: str) -> bool:
        """Whether a URL, in canonical form, may be fetched."""
        return self.rules.allow(url)

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, roughly."""
        return LEAST_SIZE + self.rules.size + sum(60 + len(place) for place in self.sitemaps)


LEAST_SIZE = 500
"""Bytes of memory for a robots.txt without rules, and for its place in a table."""
ALLOW_ALL = Robots()
"""The rules of a host without a robots.txt."""


# ---------------------------------------------------------------------------------------------------------------
# Reading

SPELLINGS = {
    "user-agent": "agent",
    "user agent": "agent",
    "useragent": "agent",
    "allow": "allow",
    "disallow": "disallow",
    "dissallow": "disallow",
    "dissalow": "disallow",
    "disalow": "disallow",
    "diasllow": "disallow",
    "disallaw": "disallow",
    "crawl-delay": "delay",
    "crawl delay": "delay",
    "crawldelay": "delay",
    "sitemap": "sitemap",
    "sitemaps": "sitemap",
    "site-map": "sitemap",
}
"""The fields that are read, in people's spellings: what a site wants matters more than how it spells it."""

_LINE = re.compile(rf"\s*({'|'.join(SPELLINGS)})(?:\s*:|\s)(.*)", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_DRESSED_UP = re.compile(r"Mozilla/\S+ \(compatible; *(?=[A-Za-z])", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


class _Group:
    """The rules for some user agents, while they are being read."""

    def __init__(self) -> None:
        self.agents: set[str] = set()
        self.rules: list[PathRule] = []
        self.delays: list[float] = []

    def add(self, name: str, value: str) -> None:
        if name == "delay":
            number = _NUMBER.match(value)
            self.delays += [float(number[0])] if number else []
        else:
            rule = path_rule(value, allow=name == "allow")
            self.rules += [rule] if rule else []


def product_token(user_agent: str) -> str:
    """The name by which robots.txt knows a crawler, in lower case: "catalog-bot" for "Catalog-Bot/1.0 (+https://…)".

    For one dressed up as "Mozilla/5.0 (compatible; Catalog-Bot/1.0; …)", the name in the brackets counts.
    """
    dress = _DRESSED_UP.match(user_agent)
    token = _TOKEN.match(user_agent, dress.end() if dress else 0)
    return token[0].lower() if token else ""


def parse(body: bytes, user_agent: str) -> Robots:
    """The rules of a robots.txt for a user agent. Never fails: anything unreadable is ignored."""
    fields = list(_fields(_text(body)))
    groups = _for_agent(product_token(user_agent), _groups(fields))
    rules = {rule for group in groups for rule in group.rules}
    return Robots(
        rules=together(rules),
        crawl_delay=max((delay for group in groups for delay in group.delays), default=None),
        sitemaps=tuple(
            dict.fromkeys(value for name, value in fields if name == "sitemap" and 0 < len(value) <= LONGEST)
        ),
    )


def _text(body: bytes) -> str:
    """The part of the body that counts, as text; bytes that are not UTF-8 match the same bytes in a URL."""
    text = _cut(body).removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    # Many sites serve a web page for any address. It has no rules, even if it quotes some.
    return "" if text.lstrip().startswith("<") else text


def _cut(body: bytes) -> bytes:
    """The first 500 KiB, without the line this would tear: half a rule may mean something else."""
    if len(body) <= LIMIT:
        return body
    end = max(body.rfind(b"\n", 0, LIMIT + 1), body.rfind(b"\r", 0, LIMIT + 1))
    return body[: max(end, 0)]


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The field and value of every line that has both."""
    for line in re.split(r"[\r\n]+", text):
        found = _LINE.fullmatch(line.partition("#")[0])
        if found:
            yield SPELLINGS[found[1].lower()], found[2].strip().strip("\0")


def _groups(fields: Iterable[tuple[str, str]]) -> list[_Group]:
    """The groups as they stand in the file.

    Only the first rule ends a list of user agents: other lines, Crawl-delay among them, must not (RFC 9309, 2.2.4).
    Lines before the first user agent apply to nobody.
    """
    groups: list[_Group] = []
    listing = False
    for name, value in fields:
        if name == "agent":
            if not listing:
                groups.append(_Group())
                listing = True
            groups[-1].agents.add(_agent(value))
        elif groups and name != "sitemap":
            groups[-1].add(name, value)
            listing = listing and name == "delay"
    return groups


def _agent(value: str) -> str:
    """The token in a user-agent line: everything up to a version or a remark."""
    if value.split()[:1] == ["*"]:
        return "*"
    token = _TOKEN.match(value)
    return token[0].lower() if token else ""


def _for_agent(token: str, groups: Sequence[_Group]) -> list[_Group]:
    """All groups that name the agent; if there are none, those for everybody."""
    named = [group for group in groups if token and token in group.agents]
    return named or [group for group in groups if "*" in group.agents]


# ---------------------------------------------------------------------------------------------------------------
# Asking


class Cached(msgspec.Struct, frozen=True):
    """The answer of one origin, good until it expires; the same text may mean different things to two user agents."""

    origin: str
    expires: float
    text: bytes = b""
    """Empty when everything is allowed."""
    why: str = ""
    """The reason why everything is allowed, if it is not the text: "http 404"."""

    def robots(self, user_agent: str) -> Robots:
        """The rules for a user agent."""
        return parse(self.text, user_agent) if self.text else ALLOW_ALL

    def at_most(self, seconds: float, now: float) -> Cached:
        """The same, good for no longer than this: the clock may have been wrong when it was stored."""
        return msgspec.structs.replace(self, expires=min(self.expires, now + seconds))

    def dump(self) -> bytes:
        """The bytes that the frontier keeps."""
        return _encoder.encode(self)

    @classmethod
    def load(cls, data: bytes) -> Cached:
        """The value that `dump` wrote."""
        return _decoder.decode(data)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Cached)


class Hop(msgspec.Struct, frozen=True):
    """Ask for the robots.txt elsewhere, on whatever host."""

    url: str


class Later(msgspec.Struct, frozen=True):
    """Nobody knows what is allowed, so nothing is until the next try."""

    reason: str


def robots_url(origin: str) -> str:
    """The URL of an origin's robots.txt."""
    return f"{origin}/robots.txt"


def judge(response: Response, now: float) -> Cached | Hop | Later:
    """Judge one answer to a request for a robots.txt.

    The request's hops count the redirects so far; the rules apply to the origin that was asked first.

    | status | means |
    |---|---|
    | 2xx | the rules, if the body holds any |
    | 301 302 303 307 308 | a hop; the sixth, or one to nowhere, counts as no robots.txt |
    | other 3xx | no robots.txt: nothing to follow, and 304 answers a question we did not ask |
    | 4xx | no robots.txt, whatever the body says; that includes 401, 403 and 429 |
    | 5xx, or a status that is not final | later |
    """
    status = response.status
    if 200 <= status < 300:
        return _cached(response, now, _cut(response.body), "")
    location = response.headers.get("Location")
    if status in REDIRECTS and location and len(response.request.hops) < MOST_HOPS:
        target = canonical(location, response.url)
        if target:
            return Hop(target)
    if 300 <= status < 500:
        return _cached(response, now, b"", f"http {status}")
    return Later(f"http {status}")


def _cached(response: Response, now: float, text: bytes, why: str) -> Cached:
    return Cached(origin(response.request.asked), now + _lifetime(response.headers), text, why)


def _lifetime(headers: Mapping[str, str]) -> float:
    """Seconds to keep it: a day, or less if the server says so."""
    found = re.search(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", headers.get("Cache-Control", ""), re.IGNORECASE)
    seconds = float(found[1]) if found else DAY
    return min(seconds, DAY) if seconds >= SHORTEST_CACHE else DAY
