"""The body of a response, read as HTML, XML, JSON or text: each at its first use, and only once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from lxml import etree

from asyncscrape import charset
from asyncscrape.lazy import lazy_property
from asyncscrape.model import Response, timestamp
from asyncscrape.parsers.errors import ParseError, check_memory
from asyncscrape.parsers.half_characters import with_whole_characters, with_whole_references
from asyncscrape.urls import canonical

SHORTEST_TAG = 3
"""The bytes of `<a>`."""

_decode = msgspec.json.Decoder().decode
_decode_exactly = msgspec.json.Decoder(float_hook=Decimal).decode


class Document:
    """One response on its way through the rules."""

    def __init__(self, response: Response, max_elements: int) -> None:
        self.response = response
        self.url = response.url
        self._max_elements = max_elements

    @property
    def text(self) -> str:
        """The page as text, tags and all."""
        return self.response.text

    @lazy_property
    def root(self) -> Any:
        """The element tree; an empty one for an empty body."""
        response = self.response
        check_size(response.body, self._max_elements)
        parse = parse_xml if is_xml(response) else parse_html
        root = parse(as_utf8(response.body, response.encoding))
        return etree.Element("html") if root is None else root

    @lazy_property
    def json(self) -> Any:
        """The body as JSON."""
        return self._json(_decode)

    @lazy_property
    def exact_json(self) -> Any:
        """The body as JSON, with `Decimal` for every number that has a fraction."""
        return self._json(_decode_exactly)

    def _json(self, decode: Any) -> Any:
        try:
            try:
                return decode(self.response.body)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # In another encoding, behind a BOM, or with halves of characters.
                return decode(with_whole_characters(self.text))
        except msgspec.DecodeError as error:
            raise ParseError(f"the page is not JSON: {error}") from error
        except RecursionError as error:
            raise ParseError("the page's JSON is nested too deeply") from error

    @lazy_property
    def base(self) -> str:
        """The URL that links in the page are relative to: its `<base href>`, else its own URL."""
        for element in self.root.iter("base"):
            href = element.get("href")
            if href is not None:
                return canonical(href, self.url) or self.url
        return self.url

    @lazy_property
    def canonical(self) -> str:
        """The URL in `<link rel=canonical>` if it is http or https; else the page's own."""
        for element in self.root.iter("link"):
            if "canonical" in element.get("rel", "").lower().split():
                return canonical(element.get("href", ""), self.base) or self.url
        return self.url

    @lazy_property
    def nofollow(self) -> bool:
        """Whether the page asks, in its header or a `<meta>`, that none of its links be followed."""
        header = self.response.headers.get("X-Robots-Tag")
        if header and forbids_following(header):
            return True
        return any(
            element.get("name", "").strip().lower() == "robots" and forbids_following(element.get("content", ""))
            for element in self.root.iter("meta")
        )


FACTS: Mapping[str, Callable[[Document], str | int | None]] = {
    "@url": lambda document: document.url,
    "@fetched_at": lambda document: timestamp(document.response.fetched_at),
    "@status": lambda document: document.response.status,
    "@depth": lambda document: document.response.request.depth,
    "@parent": lambda document: document.response.request.parent or None,
    "@position": lambda document: 1,
    "@canonical": lambda document: document.canonical,
}
"""How to read each fact; `each` counts its rows itself."""


def forbids_following(directives: str) -> bool:
    """Whether "nofollow" or "none" is among the directives of a robots header or `<meta>`."""
    words = {word.strip() for word in directives.lower().split(",")}
    return not words.isdisjoint(("nofollow", "none"))


def check_size(body: bytes, max_elements: int) -> None:
    """Raise ParseError for a page with so many tags that its tree would take all memory."""
    if len(body) <= SHORTEST_TAG * max_elements:
        return
    if body.count(b"<") <= max_elements:
        return
    elements = body.count(b"<") - body.count(b"</")
    if elements > max_elements:
        raise ParseError(f"the page has {elements:,} tags; [fetch].max_elements allows {max_elements:,}")


def is_xml(response: Response) -> bool:
    """Whether the server calls it XML. XHTML counts as HTML, as selectors expect."""
    kind = response.content_type
    return kind in ("text/xml", "application/xml") or (kind.endswith("+xml") and kind != "application/xhtml+xml")


def as_utf8(body: bytes, encoding: str) -> bytes:
    """The body in UTF-8, without a BOM; lxml replaces anything invalid in it."""
    if encoding not in ("utf-8", "ascii"):
        return charset.decode(body, encoding).encode("utf-8", "replace")
    return body.removeprefix(b"\xef\xbb\xbf")


def parse_html(body: bytes) -> Any:
    """The tree, parsed as forgivingly as browsers do; None if it is empty."""
    # A new parser for each page: pages are parsed in threads too, and threads that share one wait for each other.
    root = _parsed(body, etree.HTMLParser(encoding="utf-8", recover=True, huge_tree=True))
    if root is not None and root.getnext() is not None:
        _take_in(root)
    return root


def _take_in(root: Any) -> None:
    """Bring what stands behind `</html>` into the body, as browsers do; libxml2 makes further roots of it."""
    body = root.find("body")
    for more in list(root.itersiblings("html")):
        _move(more, root if body is None else body)


def _move(part: Any, body: Any) -> None:
    """Append the contents of a further `<html>`, `<head>` or `<body>`."""
    if part.text:
        if len(body):
            body[-1].tail = (body[-1].tail or "") + part.text
        else:
            body.text = (body.text or "") + part.text
    for child in list(part):
        if child.tag in ("head", "body"):
            _move(child, body)
        else:
            body.append(child)


def parse_xml(body: bytes) -> Any:
    """The tree of an XML document, with namespaces removed: the config has no way to declare them."""
    if b"<!ENTITY" in body:
        raise ParseError("the document declares its own entities, which can blow up any reader")
    root = _parsed(
        with_whole_references(body),
        etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True, remove_pis=True),
    )
    for element in root.iter("{*}*") if root is not None else ():
        if element.tag[0] == "{":
            element.tag = element.tag.partition("}")[2]
    return root


def _parsed(body: bytes, parser: Any) -> Any:
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:  # an empty document; all else is recovered
        check_memory(error)
        return None
