"""The links of a page: those that `follow` finds, made absolute, without those the page asks not to follow."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from lxml import etree

from asyncscrape.model import Link
from asyncscrape.parsers.budget import MOST_OF_LINKS, check_links
from asyncscrape.parsers.document import FACTS, Document
from asyncscrape.parsers.errors import check_memory
from asyncscrape.parsers.reading import strings
from asyncscrape.selectors import FAILURES, NAMESPACES, Selector
from asyncscrape.urls import LONGEST, canonical, origin

log = logging.getLogger(__name__)

Urls = dict["str | None", None]

AT_ONCE = MOST_OF_LINKS // LONGEST
"""Links that are not too much, however long they are."""

Find = Callable[[Document, "list[str] | None"], Iterable[str]]
"""A function that finds the addresses in a document, as written. If it gets a list, those marked rel=nofollow go
there instead."""

_is_plain = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?").fullmatch


class Resolver:
    """Make the addresses of one page absolute and canonical."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._origin = origin(base)

    def __call__(self, address: str) -> str | None:
        """The canonical URL; None if this is not an http(s) URL, or empty: no page means itself by that."""
        # Most links look like "/item/5.html", and such a path is canonical already.
        if _is_plain(address) and len(address) < LONGEST // 2:
            return self._origin + address
        return canonical(address, self._base) if address.strip() else None


class Followed(msgspec.Struct, frozen=True):
    """The links that one rule finds on a page."""

    links: Sequence[Link] = ()
    nofollow: Sequence[str] = ()
    """URLs that the page asks not to follow."""
    uses: Sequence[str] = ()
    """Names of the selectors that found a link, and of those that failed."""


class Follow:
    """The selectors in one rule's `follow`, ready to run."""

    def __init__(self, rule: int, selectors: Sequence[Selector]) -> None:
        self._finders = [(f"{rule}.{number}", finder(selector)) for number, selector in enumerate(selectors, 1)]
        self._failed: set[str] = set()
        self.languages = {selector.language for selector in selectors}

    def links(self, document: Document, resolve: Resolver, forbidden: bool | None) -> Followed:
        """The links on a page; `forbidden` tells whether it asks to follow none, and is None if that is ignored."""
        found: Urls = {}
        marked: Urls = {}
        uses: list[str] = []
        for name, find in self._finders:
            addresses: list[str] = []
            own: list[str] | None = None if forbidden is None else []
            try:
                addresses.extend(find(document, own))
            except FAILURES as error:
                check_memory(error)
                self._tell(name, document, error)
                uses.append(f"follow failed {name}")
            urls, left = _resolved(resolve, addresses), _resolved(resolve, own or ())
            if any(url is not None for url in (*urls, *left)):
                uses.append(f"follow {name}")
            found |= urls
            marked |= left
        if forbidden:
            found, marked = {}, found | marked
        links = [Link(url) for url in found if url is not None]
        return Followed(links, [url for url in marked if url is not None and url not in found], uses)

    def _tell(self, name: str, document: Document, error: Exception) -> None:
        """Warn the first time; the run counts the others."""
        level = logging.DEBUG if name in self._failed else logging.WARNING
        self._failed.add(name)
        log.log(level, "follow %s failed on %s; its records are kept: %s", name, document.url, error)


def _resolved(resolve: Resolver, addresses: Sequence[str]) -> Urls:
    """The URLs for the addresses, each once. The page's base is in all of them, and may be long. Raises Overrun."""
    found: Urls = {}
    size = 0
    for begin in range(0, len(addresses), AT_ONCE):
        urls = dict.fromkeys(map(resolve, addresses[begin : begin + AT_ONCE]))
        if len(addresses) > AT_ONCE:
            size += sum(len(url) for url in urls if url is not None and url not in found)
            check_links(len(found), size)
        found |= urls
    return found


def finder(selector: Selector) -> Find:
    """The function that finds the addresses a selector in `follow` means."""
    match selector.language:
        case "css" if selector.take != "text":
            return _by_elements(selector)
        case "css":
            read = strings(selector, "str")
            return lambda document, marked: read(document.root)
        case "xpath":
            return _by_xpath(selector)
        case "json":
            return lambda document, marked: _within(selector.find(document.json))
        case "re":
            return lambda document, marked: selector.find(document.text)
        case "fact":
            return lambda document, marked: [str(FACTS[selector.source](document) or "")]


def _by_elements(selector: Selector) -> Find:
    find, attribute = selector.find, selector.attribute or "href"

    def read(document: Document, marked: list[str] | None) -> Iterator[str]:
        for element in find(document.root):
            if isinstance(element, str):  # CSS that mixes elements with ::text or ::attr
                yield element
            elif (address := element.get(attribute)) is None:
                continue
            elif marked is not None and _is_marked(element):
                marked.append(address)
            else:
                yield address

    return read


def _by_xpath(selector: Selector) -> Find:
    # Smart strings know the element that an attribute belongs to, so we can see whether it is marked.
    find = etree.XPath(selector.source.removeprefix("xpath:"), namespaces=NAMESPACES, smart_strings=True)

    def read(document: Document, marked: list[str] | None) -> Iterator[str]:
        found = find(document.root)
        for node in found if isinstance(found, list) else [found]:
            is_text = isinstance(node, str)
            element = getattr(node, "getparent", lambda: None)() if is_text else node
            address = node if is_text else getattr(node, "get", lambda _: None)("href")
            if not address:
                continue
            if marked is not None and element is not None and _is_marked(element):
                marked.append(str(address))
            else:
                yield str(address)

    return read


def _is_marked(element: Any) -> bool:
    rel = element.get("rel")
    return rel is not None and "nofollow" in rel.lower().split()


def _within(value: Any) -> Iterator[str]:
    """The strings in a JSON value: the value itself, or the items of a list."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
