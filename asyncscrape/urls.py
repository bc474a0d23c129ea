"""URLs: the canonical form, the fingerprint, and the scope of a crawl. Pure: nothing here touches the network.

The canonical form is the `href` that the WHATWG URL Standard gives, as every browser does, with these differences:

* only http and https: any other scheme is useless to a crawler and gives None;
* the fragment is dropped, because it never reaches a server;
* credentials (`user:password@`) are dropped: a page must not choose what we log in with;
* an empty query is dropped: `/a?` is asked for as `/a`;
* a URL longer than `LONGEST` characters, as given or as written out, gives None. Servers refuse such URLs (RFC 9110
  asks them to take at least 8,000), and a hostile page could fill the queue with megabytes of them;
* a host of much more than the 253 characters that the DNS allows gives None: no index of a database could hold it.

It is ASCII and ready to send: `yarl.URL(url, encoded=True)` sees the same host, port, path and query. A host that the
standard allows but no name server can know, such as `a..b`, fails later, at its lookup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote

from ada_url import idna, join_url, normalize_url

LONGEST = 8_000
"""Characters in the longest accepted URL."""

_LONGEST_ORIGIN = 1_000
"""Characters in the longest scheme, host and port. The DNS allows a name of 253, but the standard allows any."""

_MOST_ENCODED = LONGEST // 6
"""Characters beyond ASCII in the longest URL: each becomes six or more. (In a host they cost quadratic time.)"""

_SCHEMES = ("http://", "https://")

_PLAIN = re.compile(
    r"""(?: [\w~!$&()*+,;=@-]       # a segment other than "." and "..", with nothing to encode or decode
            [\w~!$&()*+,;=@.-]*+    # (no colon either: it may end a scheme)
            /?+ )*+
        (?: \? [\w~!$&()*+,;=@./?%:-]++ )?+""",
    re.ASCII | re.VERBOSE,
)
"""A path below some folder, perhaps with a query, that the standard's serialisation leaves unchanged."""


def canonical(url: str, base: str | None = None) -> str | None:
    """The one spelling of an http(s) URL, resolved against `base`; None for anything else. Takes any text."""
    if len(url) > LONGEST or (base and len(base) > LONGEST):
        return None
    href = (_join_plain(url, base) if base else None) or _resolve(url, base)
    return href if href and len(href) <= LONGEST else None


def _join_plain(url: str, base: str) -> str | None:
    """The same as `_resolve`, in a third of the time, for the most common links; None for others."""
    root, folder = _place(base)
    if not url or not root:
        return None
    if url[0] == "/":
        return root + url if _PLAIN.fullmatch(url, 1) else None
    if url.startswith(root):
        rest = len(root)
        return url if url[rest : rest + 1] == "/" and _PLAIN.fullmatch(url, rest + 1) else None
    return folder + url if url[0] != "?" and _PLAIN.fullmatch(url) else None


@lru_cache(maxsize=256)
def _place(base: str) -> tuple[str, str]:
    """Origin and folder of a page, in canonical form; empty if it has none. All links of a page share them."""
    url = canonical(base)
    if not url:
        return "", ""
    path = url.partition("?")[0]
    return origin(url), path[: path.rindex("/") + 1]


def _resolve(url: str, base: str | None) -> str | None:
    if len(url) > _MOST_ENCODED and len(url) - len(url.encode("ascii", "ignore")) > _MOST_ENCODED:
        return None
    try:
        href = normalize_url(url) if base is None else join_url(base, url)
    except ValueError:
        text = _scalars(url)
        return _resolve(text, base) if text != url else None
    return _trim(href) if href.startswith(_SCHEMES) else None


def _scalars(text: str) -> str:
    """The text with U+FFFD for lone surrogates, as in browsers; JSON may hold such halves of characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _trim(href: str) -> str | None:
    """An http(s) href without the parts that the canonical form drops; None if its host is not valid, or too long."""
    if "#" in href:
        href = href[: href.index("#")]
    if href[-1] == "?" and href.index("?") == len(href) - 1:
        href = href[:-1]
    if "@" in href:
        href = _without_credentials(href)
    if href.find("/", 8) > _LONGEST_ORIGIN:
        return None
    return None if "xn--" in href and not _is_idn(authority(href)) else href


def _without_credentials(href: str) -> str:
    start = href.index("//") + 2
    place = href[start : href.index("/", start)]
    return href[:start] + href[start + place.rfind("@") + 1 :]


def _is_idn(place: str) -> bool:
    """Whether every `xn--` label can be decoded. The standard refuses others, but ada 4.0 lets them pass."""
    return ".xn--" not in "." + idna.decode(place.partition(":")[0])


def authority(url: str) -> str:
    """The "host" or "host:port" of a canonical URL, without a default port. Politeness applies to each of these."""
    return url[8 if url[4] == "s" else 7 : url.find("/", 8)]


def host_of(authority: str) -> str:
    """The host in an authority, without its port; an IPv6 address keeps its brackets."""
    return authority[: authority.index("]") + 1] if authority[0] == "[" else authority.partition(":")[0]


def origin(url: str) -> str:
    """The scheme, host and port of a canonical URL: "https://host:port"."""
    return url[: url.find("/", 8)]


def path_and_query(url: str) -> str:
    """The rest of a canonical URL after its origin; begins with "/"."""
    return url[url.find("/", 8) :]


def fingerprint(kind: str, url: str, extra: str = "") -> bytes:
    """16 bytes that stand for a request in the frontier. They are stored, so every version and process must agree.

    `extra` is the request's note; for a further path of a file it is that path.
    """
    return blake2b(f"{kind}\0{url}\0{extra}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


_EXPRESSION = "re:"
"""A pattern that begins with this goes on as a regular expression."""


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """A pattern for path and query, compiled; call its `search`. Raises ValueError if it is not a regular expression.

    A glob must match all of path and query. "*" stands for anything, "/" and nothing included; every other character
    stands for itself, so "?" begins a query. Characters that URLs percent-encode may be written plainly: "/café/*".
    After "re:" follows a regular expression, which may match anywhere in the path and query as they are sent.
    """
    if not pattern.startswith(_EXPRESSION):
        return re.compile(rf"\A{_glob_source(pattern)}")
    source = pattern.removeprefix(_EXPRESSION)
    try:
        return re.compile(source)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{source!r} is not a regular expression: {error}") from error


_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def _glob_source(pattern: str) -> str:
    """The glob as a regular expression that cannot backtrack over its stars: URLs come from strangers."""
    return translate(quote(pattern, safe=_ASCII).replace("[", "[[]").replace("?", "[?]"))


@dataclass(frozen=True, slots=True)
class UrlScope:
    """The URLs that belong to a crawl. All of hosts, include, exclude and max_depth must agree.

    Hosts are written as in a URL, in any case and alphabet:

    * `example.org` is that host on the default ports, http and https alike;
    * `example.org:8080` is that host on that port only;
    * `*.example.org` is the host itself and all its subdomains, on the default ports; `*.example.org:8080` likewise;
    * `*` is every host on every port.

    Patterns are those of `glob`. A URL must match one of `include`, unless that is empty, and none of `exclude`.
    Seeds have depth 0; None for `max_depth` means any depth.
    """

    origins: frozenset[str]
    wildcards: re.Pattern[str] | None
    paths: PathScope
    max_depth: int | None

    @classmethod
    def of(
        cls,
        hosts: Iterable[str],
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        max_depth: int | None = None,
    ) -> UrlScope:
        """Compile the keys of [scope]. Raises ValueError for an invalid host or pattern."""
        hosts = list(hosts)
        wild = [_wildcard_source(host) for host in hosts if "*" in host]
        return cls(
            origins=frozenset(place for host in hosts if "*" not in host for place in _origins(host)),
            wildcards=re.compile("|".join(wild)) if wild else None,
            paths=PathScope(Patterns.of(include), Patterns.of(exclude)),
            max_depth=max_depth,
        )

    @property
    def named(self) -> frozenset[str]:
        """The authorities that hosts lists by name; wildcards do not count."""
        return frozenset(authority(f"{place}/") for place in self.origins)

    def accepts(self, url: str, depth: int) -> bool:
        """Whether a canonical URL, this many links from a seed, belongs to the crawl."""
        return self.why_not(url, depth) is None

    def why_not(self, url: str, depth: int) -> str | None:
        """The reason, for people, why it does not; None if it does."""
        return self.why_too_far(url, depth) or self.paths.why_not(url)

    def why_too_far(self, url: str, depth: int) -> str | None:
        """The same, by depth and host alone: that takes no time worth speaking of, whatever the URL."""
        if self.max_depth is not None and depth > self.max_depth:
            return f"deeper than max_depth {self.max_depth}"
        place = url[: url.find("/", 8)]
        if place not in self.origins and not (self.wildcards and self.wildcards.fullmatch(place)):
            return f"host {authority(url)} is not in [scope].hosts"
        return None


@dataclass(frozen=True, slots=True)
class PathScope:
    """The paths that belong to a crawl."""

    include: Patterns
    exclude: Patterns

    def __bool__(self) -> bool:
        """Whether there are patterns at all."""
        return bool(self.include.texts or self.exclude.texts)

    @property
    def takes_long(self) -> bool:
        """Whether a hostile URL can keep a pattern busy: a regular expression, which may try every way to match."""
        return any(text.startswith(_EXPRESSION) for text in (*self.include.texts, *self.exclude.texts))

    def why_not(self, url: str) -> str | None:
        """The reason, for people, why a canonical URL does not belong to the crawl; None if it does."""
        path = url[url.find("/", 8) :]
        if self.exclude.texts and self.exclude.fit(path):
            return f"excluded by {self.exclude.first(path)}"
        if self.include.texts and not self.include.fit(path):
            return f"not included by {', '.join(self.include.texts)}"
        return None


@dataclass(frozen=True, slots=True)
class Patterns:
    """Several patterns tested as one: all globs make a single regular expression."""

    texts: tuple[str, ...]
    tests: tuple[Callable[[str], re.Match[str] | None], ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Patterns:
        """Compile them. Raises ValueError for an invalid pattern."""
        globs = [_glob_source(text) for text in texts if not text.startswith(_EXPRESSION)]
        together = [re.compile("|".join(globs)).match] if globs else []
        return cls(tuple(texts), (*together, *(glob(text).search for text in texts if text.startswith(_EXPRESSION))))

    def fit(self, path: str) -> bool:
        """Whether one of them matches."""
        for test in self.tests:  # noqa: SIM110  a generator would cost more than the tests
            if test(path):
                return True
        return False

    def first(self, path: str) -> str:
        """The first that matches, as written."""
        return next((text for text in self.texts if glob(text).search(path)), "")


def _origins(host: str) -> list[str]:
    """The canonical origins that a host stands for: one for each scheme."""
    found = [canonical(scheme + host) for scheme in _SCHEMES] if re.fullmatch(r"[^\s/?#@\\]+", host) else []
    if not all(found) or not found:
        raise ValueError(f'{host!r} is not a host, such as "example.org" or "127.0.0.1:8080"')
    return [origin(url) for url in found if url]


def _wildcard_source(host: str) -> str:
    if host == "*":
        return ".*"
    if not host.startswith("*.") or "*" in host[1:]:
        raise ValueError(f'{host!r}: "*" stands alone, or at the front for all subdomains, as in "*.example.org"')
    return "|".join(re.escape(place).replace("://", r"://(?:.+\.)?", 1) for place in _origins(host[2:]))
