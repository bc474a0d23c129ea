"""The links of a page: those that `follow` finds, made absolute, without those the page asks not to follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lxml import etree

from asyncscrape.parsers.document import FACTS, Document
from asyncscrape.parsers.reading import strings
from asyncscrape.selectors import NAMESPACES, Selector
from asyncscrape.urls import LONGEST, canonical, origin

Find = Callable[[Document, bool], Iterable[str]]
"""A function that finds the addresses in a document, as written; True leaves out those marked rel=nofollow."""

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


def finder(selector: Selector) -> Find:
    """The function that finds the addresses a selector in `follow` means."""
    match selector.language:
        case "css" if selector.take != "text":
            return _by_elements(selector)
        case "css":
            read = strings(selector, "str")
            return lambda document, nofollow: read(document.root)
        case "xpath":
            return _by_xpath(selector)
        case "json":
            return lambda document, nofollow: _within(selector.find(document.json))
        case "re":
            return lambda document, nofollow: selector.find(document.text)
        case "fact":
            return lambda document, nofollow: [str(FACTS[selector.source](document) or "")]


def _by_elements(selector: Selector) -> Find:
    find, attribute = selector.find, selector.attribute or "href"

    def read(document: Document, nofollow: bool) -> Iterator[str]:
        for element in find(document.root):
            address = element.get(attribute)
            if address is None or (nofollow and _is_marked(element)):
                continue
            yield address

    return read


def _by_xpath(selector: Selector) -> Find:
    # Smart strings know the element that an attribute belongs to, so we can see whether it is marked.
    find = etree.XPath(selector.source.removeprefix("xpath:"), namespaces=NAMESPACES, smart_strings=True)

    def read(document: Document, nofollow: bool) -> Iterator[str]:
        found = find(document.root)
        for node in found if isinstance(found, list) else [found]:
            is_text = isinstance(node, str)
            element = getattr(node, "getparent", lambda: None)() if is_text else node
            address = node if is_text else getattr(node, "get", lambda _: None)("href")
            if address and not (nofollow and element is not None and _is_marked(element)):
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
