"""The page rules of a config, compiled once and run on every page.

1. `RuleParser` picks the rules whose `match` fits the URL's path and query.
2. The body becomes a `Document`: tree, JSON or text, whichever the rules ask for.
3. Each rule reads its rows: the matches of `each`, or the whole page as the only row.
4. Each row becomes a record, unless a required field or a part of the key is missing.
5. `follow` finds the links. The pages of all rules together make the `Page`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Protocol, TypeVar

from lxml import etree

from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.document import Document, is_xml
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.fields import FieldSpec, compile_field
from asyncscrape.parsers.links import Resolver, finder
from asyncscrape.parsers.rows import Rows
from asyncscrape.parsers.user_function import python_parser
from asyncscrape.selectors import SelectorError, compile_each, compile_selector
from asyncscrape.urls import glob, path_and_query


class PageRule(Protocol):
    """One `[[page]]` of the config."""

    @property
    def match(self) -> str | Sequence[str]: ...  # noqa: D102
    @property
    def follow(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def table(self) -> str | None: ...  # noqa: D102
    @property
    def each(self) -> str | None: ...  # noqa: D102
    @property
    def key(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def fields(self) -> Mapping[str, str | FieldSpec]: ...  # noqa: D102
    @property
    def parser(self) -> str | None: ...  # noqa: D102


T = TypeVar("T")


class RuleParser:
    """Turn a response into a page, by the rules that match it."""

    def __init__(self, rules: Sequence[PageRule], nofollow: bool = True, max_elements: int = 200_000) -> None:
        self._specs = tuple(rules)
        self._nofollow = nofollow
        self._max_elements = max_elements
        self._rules = [CompiledRule(rule, xml=False) for rule in rules]

    @cached_property
    def _xml_rules(self) -> list[CompiledRule]:
        return [CompiledRule(rule, xml=True) for rule in self._specs]

    def __call__(self, response: Response) -> Page:
        """Everything the matching rules find. Raises ParseError if the page is not what they expect."""
        pages = [page for _, page in self.by_rule(response)]
        return pages[0] if len(pages) == 1 else _together(pages)

    def by_rule(self, response: Response) -> list[tuple[PageRule, Page]]:
        """The same, rule by rule, in the order of the config."""
        path = path_and_query(response.url)
        rules = self._xml_rules if is_xml(response) else self._rules
        document = Document(response, self._max_elements)
        return [(rule.spec, rule.page(document, self._nofollow)) for rule in rules if rule.matches(path)]

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled XPath cannot be sent to another process, so the rules are sent and compiled again there.
        return RuleParser, (self._specs, self._nofollow, self._max_elements)


def _together(pages: Sequence[Page]) -> Page:
    """Everything several rules found, each link and file once."""
    return Page(
        [record for page in pages for record in page.records],
        _each_once([page.links for page in pages if page.links]),
        _each_once([page.blobs for page in pages if page.blobs]),
        sum(page.dropped for page in pages),
    )


def _each_once(found: Sequence[Sequence[T]]) -> Sequence[T]:
    """The findings of several rules without repeats; one rule alone finds nothing twice."""
    return found[0] if len(found) == 1 else list(dict.fromkeys(chain.from_iterable(found)))


class CompiledRule:
    """One page rule, compiled for HTML or for XML, where names are case-sensitive."""

    def __init__(self, spec: PageRule, *, xml: bool) -> None:
        self.spec = spec
        self._patterns = [glob(pattern) for pattern in ([spec.match] if isinstance(spec.match, str) else spec.match)]
        self._follow = [compile_selector(source, xml=xml) for source in spec.follow]
        self._finders = [finder(selector) for selector in self._follow]
        self._python = python_parser(spec.parser, spec.table, spec.key) if spec.parser else None
        self._each = compile_each(spec.each, xml=xml) if spec.each else None
        self._fields = [compile_field(name, field, self._each, xml) for name, field in spec.fields.items()]
        self._rows = Rows(spec.table, spec.key, self._fields, self._each) if spec.table and self._fields else None

    def matches(self, path: str) -> bool:
        """Whether the rule applies to pages with this path and query."""
        return any(pattern.search(path) for pattern in self._patterns)

    def page(self, document: Document, nofollow: bool) -> Page:
        """The page that this rule makes of the document."""
        if self._python:
            return self._python(document.response)
        try:
            resolve = Resolver(document.base if self._reads_tree else document.url)
            links = self._links(document, resolve, nofollow)
            return self._rows.page(document, resolve, links) if self._rows else Page(links=links)
        except (SelectorError, etree.XPathError) as error:
            raise ParseError(str(error)) from error

    @cached_property
    def _reads_tree(self) -> bool:
        """Whether the rule needs HTML or XML: a JSON page has no base or robots tag to look for."""
        languages = {selector.language for selector in self._follow} | {field.language for field in self._fields}
        return bool(languages - {"json", "fact"})

    def _links(self, document: Document, resolve: Resolver, nofollow: bool) -> list[Link]:
        if not self._finders or (nofollow and self._reads_tree and document.nofollow):
            return []
        found = {resolve(address): None for find in self._finders for address in find(document, nofollow)}
        return [Link(url) for url in found if url is not None]
