"""The page rules of a config, compiled once and run on every page.

1. `RuleParser` picks the rules whose `match` fits the URL's path and query.
2. The body becomes a `Document`: tree, JSON or text, whichever the rules ask for.
3. Each rule reads its rows: the matches of `each`, or the whole page as the only row.
4. Each row becomes a record, unless a required field or a part of the key is missing.
5. `follow` finds the links. The pages of all rules together make the `Page`.

A page also tells what did not work (`Page.flaws`, `nofollow`, `uses`), so that a run can. A selector that fails costs
no more than its own value or links; only if the rows themselves cannot be found does the page fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Protocol, TypeVar

import msgspec

from asyncscrape.lazy import lazy_property
from asyncscrape.model import UNMATCHED, Page, Response
from asyncscrape.parsers.document import Document, is_xml
from asyncscrape.parsers.errors import ParseError, check_memory
from asyncscrape.parsers.fields import FieldSpec, compile_field
from asyncscrape.parsers.links import Follow, Resolver
from asyncscrape.parsers.rows import Rows
from asyncscrape.parsers.user_function import python_parser
from asyncscrape.selectors import FAILURES, compile_each, compile_selector
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

    def __init__(
        self, rules: Sequence[PageRule], nofollow: bool = True, max_elements: int = 200_000, first: int = 1
    ) -> None:
        """`first` is the number of the first rule; pages name the rules by their numbers."""
        self._specs = tuple(rules)
        self._nofollow = nofollow
        self._max_elements = max_elements
        self._first = first
        self._rules = self._compiled(xml=False)

    @lazy_property
    def _xml_rules(self) -> list[CompiledRule]:
        return self._compiled(xml=True)

    def _compiled(self, *, xml: bool) -> list[CompiledRule]:
        return [CompiledRule(rule, number, xml=xml) for number, rule in enumerate(self._specs, self._first)]

    def __call__(self, response: Response) -> Page:
        """Everything the matching rules find. Raises ParseError if the page is not what they expect."""
        pages = [page for _, page in self.by_rule(response)]
        if not pages:
            return Page(uses=(UNMATCHED,))
        return together(pages)

    def by_rule(self, response: Response) -> list[tuple[PageRule, Page]]:
        """The same, rule by rule, in the order of the config."""
        path = path_and_query(response.url)
        rules = self._xml_rules if is_xml(response) else self._rules
        document = Document(response, self._max_elements)
        return [(rule.spec, rule.page(document, self._nofollow)) for rule in rules if rule.matches(path)]

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled XPath cannot be sent to another process, so the rules are sent and compiled again there.
        return RuleParser, (self._specs, self._nofollow, self._max_elements, self._first)


def together(pages: Sequence[Page]) -> Page:
    """Everything several rules found, each link and file once."""
    if len(pages) == 1:
        return pages[0]
    links = _each_once([page.links for page in pages if page.links])
    followed = {link.url for link in links}
    return Page(
        [record for page in pages for record in page.records],
        links,
        _each_once([page.blobs for page in pages if page.blobs]),
        withdrawn=[withdrawal for page in pages for withdrawal in page.withdrawn],
        flaws=[flaw for page in pages for flaw in page.flaws],
        nofollow=[url for url in _addresses(pages) if url not in followed],
        uses=list(chain.from_iterable(page.uses for page in pages)),
    )


def _addresses(pages: Sequence[Page]) -> dict[str, None]:
    """The addresses that a page asks not to follow, each once."""
    return dict.fromkeys(chain.from_iterable(page.nofollow for page in pages))


def _each_once(found: Sequence[Sequence[T]]) -> Sequence[T]:
    """The findings of several rules without repeats; one rule alone finds nothing twice."""
    return found[0] if len(found) == 1 else list(dict.fromkeys(chain.from_iterable(found)))


class CompiledRule:
    """One page rule, compiled for HTML or for XML, where names are case-sensitive."""

    def __init__(self, spec: PageRule, number: int, *, xml: bool) -> None:
        self.spec = spec
        self._use = f"rule {number}"
        self._patterns = [glob(pattern) for pattern in ([spec.match] if isinstance(spec.match, str) else spec.match)]
        self._follow = Follow(number, [compile_selector(source, xml=xml) for source in spec.follow])
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
            page = self._python(document.response)
            return msgspec.structs.replace(page, uses=[self._use, *page.uses])
        resolve = Resolver(document.base if self._reads_tree else document.url)
        followed = self._follow.links(document, resolve, self._forbidden(document) if nofollow else None)
        uses = [self._use, *followed.uses]
        if self._rows is None:
            return Page(links=followed.links, nofollow=followed.nofollow, uses=uses)
        found = self._found(document, resolve)
        return msgspec.structs.replace(found, links=followed.links, nofollow=followed.nofollow, uses=uses)

    def _found(self, document: Document, resolve: Resolver) -> Page:
        assert self._rows is not None
        try:
            return self._rows.page(document, resolve)
        except FAILURES as error:
            check_memory(error)
            raise ParseError(str(error)) from error

    def _forbidden(self, document: Document) -> bool:
        """Whether the page asks that none of its links be followed."""
        return self._reads_tree and document.nofollow

    @lazy_property
    def _reads_tree(self) -> bool:
        """Whether the rule needs HTML or XML: a JSON page has no base or robots tag to look for."""
        languages = self._follow.languages | {field.language for field in self._fields}
        return bool(languages - {"json", "fact"})
