"""The selector language: the finds of each form, the same CSS as in parsel, and the messages about mistakes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from parsel import Selector as Parsel

from asyncscrape.parsers.conversions import UNTOLD
from asyncscrape.parsers.reading import reader, strings
from asyncscrape.selectors import FACTS, Compound, SelectorError, compile_each, compile_selector

PAGE = """
<html><body><h1 class="name big"> A
 <b>bold</b>&nbsp;name </h1><p id="x">one</p><p data-k="v">two<br>three</p>
<a href="/1" class="next">1</a><a>none</a><a HREF="/2" rel="nofollow">2</a></body></html>
"""


def tree(page: str = PAGE) -> Any:
    return etree.fromstring(page, etree.HTMLParser())


def first(source: Any, scope: Any) -> Any:
    return reader("a", compile_selector(source), "str", UNTOLD, False)(scope, [])


def every(source: Any, scope: Any) -> Any:
    return reader("a", compile_selector(source), "str", UNTOLD, True)(scope, [])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("h1", "A bold name"),
        ("h1.name", "A bold name"),
        ("h1.nam", None),
        ("H1", "A bold name"),
        ("h1::text", " A\n "),
        ("#x", "one"),
        ("[data-k='v']", "twothree"),
        ("a::attr(href)", "/1"),
        ("a[rel]::attr(href)", "/2"),
        ("body > a:nth-of-type(3)", "2"),
        ("p:nth-child(2)", "one"),
        ("h1:first-child", "A bold name"),
        ("h2, p", "one"),
        ("h2::text, p::attr(id)", "x"),
        ("xpath://h1/b", "bold"),
        ("xpath://h1/b/text()", "bold"),
        ("xpath:string(//h1/b)", "bold"),
        ("xpath:count(//a)", "3"),
        ("xpath:count(//a) = 3", "true"),
        ("xpath://a[re:test(@href, '2$')]/@href", "/2"),
        ("xpath://h1[has-class('big')]/b", "bold"),
        ({"css": "h1", "re": r"b\w+"}, "bold"),
        ({"css": "h1", "re": r"b(\w+)"}, "old"),
        ({"css": "a::attr(href)", "re": "2"}, "2"),
        ({"css": "h1", "re": "z"}, None),
    ],
)
def test_first_value_in_a_page(source: Any, expected: str | None) -> None:
    assert expected == first(source, tree())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a", ["1", "none", "2"]),
        ("a::attr(href)", ["/1", "/2"]),
        ("p::text", ["one", "two", "three"]),
        ("i", []),
        ({"css": "p", "re": "o"}, ["o", "o"]),
    ],
)
def test_all_values_in_a_page(source: Any, expected: list[str]) -> None:
    assert expected == every(source, tree())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("json:a.b", "1"),
        ("json:a", '{"b":1}'),
        ("json:list[1]", "y"),
        ("json:a.b.c.d", None),
        ("json:no", None),
        ({"json": "list[0]", "re": "(.)$"}, "x"),
    ],
)
def test_values_in_json(source: Any, expected: str | None) -> None:
    assert expected == first(source, {"a": {"b": 1}, "list": ["x", "y"]})


def test_many_in_json() -> None:
    data = {"list": ["x", None, "y"], "one": "z", "null": None}
    assert ["x", "y"] == every("json:list", data)
    assert ["z"] == every("json:one", data)
    assert [] == every("json:null", data)


def test_regular_expressions_give_their_first_group() -> None:
    assert "2" == first("re:id=(\\d)", "id=2 id=3")
    assert ["2", "3"] == every("re:id=(\\d)", "id=2 id=3")
    assert ["id=2", "id=3"] == every("re:id=\\d", "id=2 id=3")
    assert " x" == first("re: x", "a x")


def test_the_long_form_may_be_an_object() -> None:
    spec = SimpleNamespace(css="h1", xpath=None, json=None, re=r"b\w+")
    assert "bold" == first(spec, tree())


def test_facts() -> None:
    assert "int" == FACTS["@position"]
    assert ["fact"] * len(FACTS) == [compile_selector(fact).language for fact in FACTS]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "'' is not a CSS selector"),
        ("a[", "is not a CSS selector"),
        ("a:bogus", "The pseudo-class :bogus is unknown"),
        ("a::bogus", "The pseudo-element ::bogus is unknown"),
        ("ns|a", "Undefined namespace prefix"),
        ("xpath://a[", "Invalid expression"),
        ("xpath:foo()", "Unregistered function"),
        ("xpath:$x", "Undefined variable"),
        ("json:a[", "is not JMESPath"),
        ("json:", "cannot be empty"),
        ("re:(", "is not a regular expression"),
        ("@ulr", 'unknown fact @ulr; did you mean "@url"?'),
        ("@zzzzzz", "the facts are @url, @fetched_at"),
        ({"css": "a", "xpath": "//a"}, "css and xpath cannot be combined"),
        ({}, "needs one of css, xpath, json or re"),
        ({"css": "a", "re": "("}, "is not a regular expression"),
    ],
)
def test_mistakes_are_told(source: Any, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        compile_selector(source)
    assert message in str(caught.value)


@pytest.mark.parametrize("source", ["re:x", "@url", "a::text", "a::attr(href)", "xpath:count(//a)"])
def test_rows_must_be_elements_or_json(source: str) -> None:
    with pytest.raises(SelectorError, match="cannot be used in `each`"):
        compile_each(source)


@pytest.mark.parametrize(
    ("each", "field"), [("json:items", "b"), ("json:items", "re:x"), ("tr", "json:x"), ("xpath://tr", "json:x")]
)
def test_fields_speak_the_language_of_their_rows(each: str, field: str) -> None:
    with pytest.raises(SelectorError, match="do not work in them"):
        compile_selector(field, within=compile_each(each))


def test_names_keep_their_case_in_xml() -> None:
    feed = etree.fromstring("<rss><pubDate>today</pubDate></rss>")
    assert ["today"] == list(strings(compile_selector("pubDate", xml=True), "str")(feed))


# The same as parsel

TAGS = ("div", "p", "td", "span")
CLASSES = ("", "a", "b", "a b", "ab")
COMPOUNDS = (
    *("td", "*", ".a", "td.a", ".a.b", "#i", "td#i", "p[title]", "[title='t']", "td:nth-child(2)", "p:first-child"),
    *(".b:nth-child(3)", "td::text", ".a::attr(title)", "*::text", "td:nth-child(1)::text"),
)
OTHERS = (
    "div td",
    "div > td.a::text",
    "td, p",
    "p + td",
    "td:not(.a)",
    "td:nth-child(2n)",
    "div td::attr(title), p.a",
)


@st.composite
def markup(draw: Any, depth: int = 4) -> str:
    tag = draw(st.sampled_from(TAGS))
    attributes = draw(st.sampled_from([f'class="{name}"' for name in CLASSES] + ['id="i"', 'title="t"', 'title=""']))
    pieces = [draw(st.sampled_from(["", "x", " y ", "<!-- c -->", "z\n"]))]
    for _ in range(draw(st.integers(0, 3)) if depth else 0):
        pieces += [draw(markup(depth - 1)), draw(st.sampled_from(["", "t"]))]
    return f"<{tag} {attributes}>{''.join(pieces)}</{tag}>"


def told(nodes: Any) -> list[str]:
    return [node if isinstance(node, str) else etree.tostring(node, encoding="unicode") for node in nodes]


@settings(max_examples=400, deadline=None)
@given(st.lists(markup(), max_size=3), st.sampled_from(COMPOUNDS + OTHERS), st.sampled_from(["body", "td", ".a"]))
def test_css_means_what_it_means_in_parsel(pieces: list[str], css: str, rows: str) -> None:
    root = etree.fromstring(f"<html><body>{''.join(pieces)}</body></html>")
    for expected, row in zip(Parsel(root=root).css(rows), compile_each(rows).find(root), strict=True):
        selector = compile_selector(css)
        found = selector.find(row) if selector.take == "nodes" else strings(selector, "str")(row)
        assert told(node.root for node in expected.css(css)) == told(found)


def test_most_css_needs_no_xpath() -> None:
    assert [True] * len(COMPOUNDS) == [isinstance(compile_selector(css).find, Compound) for css in COMPOUNDS]
