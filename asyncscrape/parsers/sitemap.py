"""Sitemaps: a site's own list of its pages. Index files lead to more sitemaps, the others to pages.

Reads XML sitemaps, plain text (one URL a line), RSS and Atom feeds, gzipped or not. XML is read as a stream and
forgivingly: a bare ampersand is accepted, and whatever was found before a mistake counts.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

from lxml import etree

from asyncscrape.model import Kind, Link, Page, Response
from asyncscrape.parsers.budget import check_links
from asyncscrape.parsers.dates import DateReader
from asyncscrape.parsers.errors import ParseError, check_memory
from asyncscrape.parsers.half_characters import with_whole_references
from asyncscrape.urls import canonical

MAX_SIZE = 50_000_000
"""Bytes of a sitemap after decompression, as the protocol sets it."""

MOST_BETWEEN = 200_000
"""Tags between two entries. The tree behind an entry can be freed, the tags since then cannot."""

MOST_MEMBERS = 500
"""gzip members in one sitemap. Each copies everything after it, so very many empty ones would cost minutes."""

ROOTS = ("urlset", "sitemapindex", "rss", "feed", "RDF")
ENTRIES = ("url", "sitemap", "item", "entry")
DATES = ("lastmod", "pubDate", "updated", "date")

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BARE_AMPERSAND = re.compile(rb"&(?!#?\w{1,10};)")
_DATES = DateReader()
_PARTIAL_DATE = re.compile(r"\d{4}(?:-\d\d)?")


class SitemapParser:
    """Turn a response into the links of its sitemap, without those last changed before `since`."""

    def __init__(self, since: date | None = None, max_size: int = MAX_SIZE) -> None:
        self._since = since.isoformat() if since else ""
        self._max_size = max_size

    def __call__(self, response: Response) -> Page:
        """The links. Raises ParseError if this is not a sitemap, or is too large."""
        body = unpacked(response.body, self._max_size)
        text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
        found = self._xml(body) if _looks_like_xml(text) else _lines(body)
        links: dict[str, Link] = {}
        size = 0
        for address, kind in found:
            url = canonical(address, response.url)
            if url is not None:
                size += 0 if url in links else len(url)
                links[url] = Link(url, kind)
                check_links(len(links), size)
        return Page(links=list(links.values()))

    def _xml(self, body: bytes) -> Iterator[tuple[str, str]]:
        for name, address, changed in _entries(_mended(body)):
            if not self._is_old(changed):
                yield address, Kind.SITEMAP if name == "sitemap" else Kind.PAGE

    def _is_old(self, changed: str) -> bool:
        """Whether it certainly has not changed since; without a readable date it may have."""
        if not self._since or not changed:
            return False
        day = changed if _PARTIAL_DATE.fullmatch(changed) else _DATES.day(changed)
        return day is not None and day < self._since[: len(day)]


def unpacked(body: bytes, limit: int) -> bytes:
    """The body, decompressed if it is gzip. Raises ParseError beyond the limit."""
    pieces: list[bytes] = []
    rest, size = body, 0
    while rest.startswith(_GZIP) and len(pieces) < MOST_MEMBERS:
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16)
        try:
            pieces.append(stream.decompress(rest, limit - size + 1))
        except zlib.error as error:
            raise ParseError(f"the sitemap's gzip is damaged: {error}") from error
        size += len(pieces[-1])
        if size > limit:
            break
        rest = stream.unused_data
    if rest.startswith(_GZIP) and len(pieces) == MOST_MEMBERS:
        raise ParseError(f"the sitemap is compressed in more than {MOST_MEMBERS} parts")
    if max(size, len(rest)) > limit:
        raise ParseError(f"the sitemap is larger than {limit:,} bytes")
    return b"".join(pieces) if pieces else body


def _looks_like_xml(text: bytes) -> bool:
    return text.startswith((b"<", *_UTF16)) or not text


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    for line in body.decode("utf-8-sig", "replace").splitlines():
        if line.strip():
            yield line.strip(), Kind.PAGE


def _mended(body: bytes) -> bytes:
    """The XML with two common mistakes corrected: a bare "&" in a URL, and a cut-off last entry."""
    if b"<!ENTITY" in body:
        raise ParseError("the sitemap declares its own entities, which can blow up any reader")
    if body.startswith(_UTF16):
        return body
    return with_whole_references(_BARE_AMPERSAND.sub(b"&amp;", body[: body.rfind(b">") + 1]))


def _entries(body: bytes) -> Iterator[tuple[str, str, str]]:
    """Name, address and date of each entry. Its element is freed before the next one, so memory stays small."""
    parsing = etree.iterparse(
        BytesIO(body), events=("start", "end"), recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    known = found = False
    since = 0
    try:
        for event, element in parsing:
            name = _name(element)
            known = known or name in ROOTS
            since += 1
            if since > MOST_BETWEEN:
                raise ParseError(f"the sitemap has {MOST_BETWEEN:,} tags in a row without an entry")
            if event == "end" and name in ENTRIES:
                address, changed = _told(element)
                _forget(element)
                since = 0
                if address:
                    found = True
                    yield name, address, changed
    except etree.XMLSyntaxError as error:
        check_memory(error)
        if not found:
            raise ParseError(f"the sitemap is not XML: {error}") from error
    if not found and (not known or len(parsing.error_log)):
        raise ParseError("the page is not a sitemap: it has no URLs, or is broken before the first one")


def _forget(element: Any) -> None:
    element.clear()
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]


def _told(entry: Any) -> tuple[str, str]:
    """The address in an entry and its date of last change, as written."""
    address = changed = ""
    for child in entry:
        name = _name(child)
        if name == "loc" or (name == "link" and child.get("rel", "alternate") == "alternate"):
            address = address or child.get("href") or (child.text or "").strip()
        elif name in DATES:
            changed = changed or (child.text or "").strip()
    return address, changed


def _name(element: Any) -> str:
    """The tag without its namespace; empty for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
