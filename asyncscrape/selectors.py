"""The selector language of the config, in one place: CSS, `xpath:`, `json:`, `re:` and `@` facts.

`compile_selector` turns a selector from the TOML file into a `Selector`, or raises a `SelectorError` that says what
is wrong. The config calls it to find mistakes early, the parsers to run it on pages.

CSS means the same as in parsel (`::text` and `::attr(name)` included). Most CSS in configs is one compound such as
`a.next` or `td:nth-child(2)`: walking the tree for that tag and testing each candidate costs half to a tenth of the
XPath it would be translated to, so these become a `Compound`; everything else becomes XPath, compiled once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import Any, Literal, Protocol

import cssselect
import jmespath
import msgspec
from cssselect import parser as css_tree
from cssselect.xpath import ExpressionError
from jmespath.exceptions import JMESPathError
from lxml import etree
from parsel.csstranslator import GenericTranslator, HTMLTranslator

from asyncscrape.model import FieldType

Language = Literal["css", "xpath", "json", "re", "fact"]
Take = Literal["nodes", "text", "attr"]

Test = Callable[[Any], bool]

LANGUAGES: tuple[Language, ...] = ("css", "xpath", "json", "re")
FACTS: Mapping[str, FieldType] = {
    "@url": "str",  # the URL of the page
    "@fetched_at": "datetime",
    "@status": "int",
    "@depth": "int",  # number of links from a seed to the page
    "@parent": "str",  # the page that linked here; empty for seeds
    "@position": "int",  # the row's place within `each`, from 1
    "@canonical": "str",  # the URL that the page names as its canonical one, else @url
}
"""Facts about a page that need no search, with the type of their column."""
NAMESPACES = {"re": "http://exslt.org/regular-expressions", "set": "http://exslt.org/sets"}


class SelectorError(ValueError):
    """A selector cannot work; the message tells the config's author why."""


FAILURES = (SelectorError, etree.XPathError, re.error)
"""The errors of a selector that is right, but cannot work on this page."""


class SelectorParts(Protocol):
    """The long form of a selector: one of the languages, and `re` to refine the result."""

    @property
    def css(self) -> str | None: ...  # noqa: D102
    @property
    def xpath(self) -> str | None: ...  # noqa: D102
    @property
    def json(self) -> str | None: ...  # noqa: D102
    @property
    def re(self) -> str | None: ...  # noqa: D102


class Compound(msgspec.Struct, frozen=True):
    """CSS without combinators: a tag and conditions on the element itself."""

    tag: str
    """Lower case for HTML; "*" for any."""
    tests: tuple[Test, ...]
    nth: int = 0
    """The k of `:nth-child(k)` if that is the only condition; else 0."""
    candidates: Callable[[Any], list[Any]] | None = None
    """Finds all candidates at once if any tag may have the class: cheaper than testing every element."""

    def __call__(self, scope: Any) -> Iterator[Any]:
        """The elements that match at or below `scope`, lazily, in document order."""
        found: Iterator[Any] = iter(self.candidates(scope)) if self.candidates else scope.iter(self.tag)
        for test in self.tests:
            found = filter(test, found)
        return found


class Selector(msgspec.Struct, frozen=True):
    """A selector, compiled. `find` runs it, in a way that depends on the language."""

    source: str
    """As written in the config."""
    language: Language
    find: Callable[[Any], Any]
    """css: element → elements, or strings if `take` is "nodes" and the CSS mixes them · xpath: element → whatever
    XPath returns · json: data → data · re: text → strings · fact: anything → its own name."""
    take: Take = "nodes"
    """The part to take of the elements found: themselves, their text nodes, or one attribute."""
    attribute: str = ""
    texts: Callable[[Any], list[str]] | None = None
    """For ::text: finds the text nodes directly, for elements that were found inside each other."""
    refine: re.Pattern[str] | None = None
    """The regular expression applied to the text of each result."""


def compile_selector(
    source: str | Mapping[str, Any] | SelectorParts, *, within: Selector | None = None, xml: bool = False
) -> Selector:
    """The selector, ready to run. Raises SelectorError.

    `within` is the rule's `each`, if there is one: a field must use a language that its rows understand.
    `xml` is for XML documents, where names are case-sensitive.
    """
    language, text, refine = _parts(source)
    _check_within(language, within)
    selector = _COMPILERS[language](text, xml)
    if refine is None:
        return selector
    return msgspec.structs.replace(selector, refine=_regex(refine))


def compile_each(source: str, *, xml: bool = False) -> Selector:
    """The selector of a rule's rows, which finds elements or a list in JSON."""
    selector = compile_selector(source, xml=xml)
    if selector.language in ("re", "fact"):
        raise SelectorError(f"{source!r} cannot be used in `each`: rows come from CSS, xpath: or json:")
    if selector.take != "nodes" or _yields_no_nodes(selector):
        raise SelectorError(f"{source!r} cannot be used in `each`: it finds text, and rows must be elements")
    return selector


def _yields_no_nodes(selector: Selector) -> bool:
    return selector.language == "xpath" and not isinstance(selector.find(_SAMPLE), list)


def _parts(source: str | Mapping[str, Any] | SelectorParts) -> tuple[Language, str, str | None]:
    if isinstance(source, str):
        return (*_short(source), None)
    found: dict[str, str] = {}
    for name in LANGUAGES:
        text = source.get(name) if isinstance(source, Mapping) else getattr(source, name)
        if text is not None:
            found[name] = text
    refine = found.pop("re", None)
    if len(found) > 1:
        raise SelectorError(f"{' and '.join(found)} cannot be combined: a field has one selector")
    if found:
        language, text = next(iter(found.items()))
        return language, text, refine  # type: ignore[return-value]
    if refine is None:
        raise SelectorError("a field needs one of css, xpath, json or re")
    return "re", refine, None


def _short(source: str) -> tuple[Language, str]:
    text = source.strip()
    if text.startswith("@"):
        return "fact", text[1:]
    prefix, colon, rest = text.partition(":")
    if colon and prefix in ("xpath", "json", "re"):
        return prefix, rest if prefix == "re" else rest.strip()  # type: ignore[return-value]
    return "css", text


def _check_within(language: Language, each: Selector | None) -> None:
    if each is None or language == "fact":
        return
    if (each.language == "json") != (language == "json"):
        raise SelectorError(
            f"the rows of this rule are {'JSON' if each.language == 'json' else 'elements'} ({each.source}): "
            f"{language} selectors do not work in them"
        )


# CSS


def _css(text: str, xml: bool) -> Selector:
    try:
        trees = cssselect.parse(text)
        xpath = _not_counting(_TRANSLATORS[xml].css_to_xpath(text))
    except (cssselect.SelectorError, ExpressionError) as error:
        raise SelectorError(f"{text!r} is not a CSS selector: {error}") from error
    take, attribute = _taken({_pseudo_element(tree) for tree in trees})
    if take == "mixed":
        return Selector(text, "css", xpath_finder(xpath))
    compound = _compound(trees[0].parsed_tree, xml) if len(trees) == 1 else None
    find = compound or xpath_finder(" | ".join(_element_xpath(tree, xml) for tree in trees))
    return Selector(text, "css", find, take, attribute, xpath_finder(xpath) if take == "text" else None)


def _pseudo_element(tree: css_tree.Selector) -> tuple[Take, str]:
    pseudo = tree.pseudo_element
    if pseudo is None:
        return "nodes", ""
    return ("text", "") if isinstance(pseudo, str) else ("attr", pseudo.arguments[0].value or "")


def _taken(pseudos: set[tuple[Take, str]]) -> tuple[Take | Literal["mixed"], str]:
    return pseudos.pop() if len(pseudos) == 1 else ("mixed", "")


def _element_xpath(tree: css_tree.Selector, xml: bool) -> str:
    return _not_counting(_TRANSLATORS[xml].selector_to_xpath(tree, translate_pseudo_elements=False))


def _not_counting(xpath: str) -> str:
    """The same XPath, but looking for the k-th sibling instead of counting all, which is quadratic."""

    def looked_for(found: re.Match[str]) -> str:
        siblings, number = found[1], int(found[2])
        none_beyond = f"not({siblings}[{number + 1}])"
        return f"({siblings}[{number}] and {none_beyond})" if number else none_beyond

    return _COUNTED.sub(looked_for, xpath)


def _compound(tree: Any, xml: bool) -> Compound | None:
    """The compound, or None if the CSS needs more than a test of each element alone."""
    tests: list[Test] = []
    nth = 0
    candidates = None
    while not isinstance(tree, css_tree.Element):
        if isinstance(tree, css_tree.Class):
            candidates = partial(_with_class, name=tree.class_name)
        nth = _nth(tree)
        test = _is_nth(nth) if nth else _test(tree, xml)
        if test is None:
            return None
        tests.append(test)
        tree = tree.selector
    if tree.namespace:
        return None
    tag = tree.element or "*"
    nth = nth if len(tests) == 1 else 0
    return Compound(tag if xml else tag.lower(), tuple(reversed(tests)), nth, candidates if tag == "*" else None)


_with_class: Callable[..., Any] = etree.XPath("descendant-or-self::*/@class[contains(., $name)]/..")


def _test(tree: Any, xml: bool) -> Test | None:
    match tree:
        case css_tree.Class(class_name=name):
            return _has_class(name)
        case css_tree.Hash(id=name):
            return _has_value("id", name)
        case css_tree.Attrib(namespace=None, attrib=name, operator="exists"):
            return _has_attribute(name if xml else name.lower())
        case css_tree.Attrib(namespace=None, attrib=name, operator="=", value=css_tree.Token(value=str(value))):
            return _has_value(name if xml else name.lower(), value)
    return None


def _has_class(name: str) -> Test:
    def test(element: Any) -> bool:
        value = element.get("class")
        return value is not None and (value == name or (name in value and name in value.split()))

    return test


def _has_attribute(attribute: str) -> Test:
    return lambda element: element.get(attribute) is not None


def _has_value(attribute: str, value: str) -> Test:
    return lambda element: element.get(attribute) == value


def _nth(tree: Any) -> int:
    """The k of `:nth-child(k)` and of `:first-child`; 0 for anything else."""
    match tree:
        case css_tree.Pseudo(ident="first-child"):
            return 1
        case css_tree.Function(name="nth-child", arguments=[css_tree.Token(type="NUMBER", value=str(k))]):
            return int(k) if k.isdigit() else 0
    return 0


def _is_nth(k: int) -> Test:
    def test(element: Any) -> bool:
        # Look at k siblings at most: counting them all would be quadratic on a page with a very long list.
        before = element.itersiblings("*", preceding=True)
        return sum(1 for _ in islice(before, k)) == k - 1

    return test


# XPath


def _xpath(text: str, xml: bool) -> Selector:
    return Selector(f"xpath:{text}", "xpath", xpath_finder(text))


def xpath_finder(text: str) -> Callable[[Any], Any]:
    """The expression, compiled. Raises SelectorError if it is wrong or uses unknown names."""
    try:
        find = etree.XPath(text, namespaces=NAMESPACES, smart_strings=False)
        find(_SAMPLE)  # unknown functions, variables and prefixes only show when it runs
    except (etree.XPathError, ValueError) as error:
        raise SelectorError(f"{text!r} is not XPath: {error}") from error
    return find


# JSON, regular expressions, facts


_PLAIN_NAMES = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)


def _json(text: str, xml: bool) -> Selector:
    try:
        expression = jmespath.compile(text)
    except (JMESPathError, ValueError) as error:
        raise SelectorError(f"{text!r} is not JMESPath: {str(error).splitlines()[0]}") from error
    if _PLAIN_NAMES.fullmatch(text):
        return Selector(f"json:{text}", "json", partial(_by_names, names=tuple(text.split("."))))
    return Selector(f"json:{text}", "json", partial(_by_jmespath, expression=expression, source=text))


def _by_names(data: Any, names: Iterable[str]) -> Any:
    """Read a plain `a.b.c`, for which JMESPath's own interpreter takes many times longer."""
    for name in names:
        if type(data) is not dict:
            return None
        data = data.get(name)
    return data


def _by_jmespath(data: Any, expression: Any, source: str) -> Any:
    try:
        return expression.search(data)
    except JMESPathError as error:
        raise SelectorError(f"{source!r} does not fit this JSON: {str(error).splitlines()[0]}") from error


def _re(text: str, xml: bool) -> Selector:
    return Selector(f"re:{text}", "re", partial(matches, _regex(text)))


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise SelectorError(f"{text!r} is not a regular expression: {error}") from error


def matches(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The matches of the pattern in the text, in order: the first group of each, or all of it without groups."""
    group = min(pattern.groups, 1)
    return (found[group] for found in pattern.finditer(text) if found[group] is not None)


def _fact(text: str, xml: bool) -> Selector:
    fact = f"@{text}"
    if fact not in FACTS:
        close = get_close_matches(fact, FACTS, 1)
        hint = f'did you mean "{close[0]}"?' if close else "the facts are " + ", ".join(FACTS)
        raise SelectorError(f"unknown fact {fact}; {hint}")
    return Selector(fact, "fact", lambda _: fact)


_COUNTED = re.compile(r"count\(((?:preceding|following)-sibling::[\w*-]+)\) = (\d+)")
_SAMPLE = etree.fromstring("<html/>")
_TRANSLATORS: Mapping[bool, HTMLTranslator | GenericTranslator] = {False: HTMLTranslator(), True: GenericTranslator()}
_COMPILERS: Mapping[Language, Callable[[str, bool], Selector]] = {
    "css": _css,
    "xpath": _xpath,
    "json": _json,
    "re": _re,
    "fact": _fact,
}
