"""Page rules run on pages: the records, links and blobs that the config asks for."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsel import Selector as Parsel
from support.responses import HTML, URL, response

from asyncscrape.config.models import PageRule
from asyncscrape.errors import UsageError
from asyncscrape.model import Blob, Flaw, FlawKind, Link, Page, Record, Withdrawal
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.import_parser import search
from asyncscrape.parsers.paths import path_of
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.selectors import SelectorError


def parse(body: bytes | str, kind: str = HTML, url: str = URL, **rule: Any) -> Page:
    return RuleParser([PageRule(**({"match": "*"} | rule))])(response(body, kind, url))


def values(page: Page) -> list[dict[str, Any]]:
    return [record.values for record in page.records]


def record(body: bytes | str, kind: str = HTML, **fields: Any) -> dict[str, Any]:
    [found] = values(parse(body, kind, table="t", fields=fields))
    return found


def rows(body: bytes | str, each: str, kind: str = HTML, **fields: Any) -> list[dict[str, Any]]:
    return values(parse(body, kind, table="t", each=each, fields=fields))


def rows_left_out(page: Page) -> int:
    return sum(flaw.count for flaw in page.flaws if flaw.kind is FlawKind.LEFT_OUT)


def urls(page: Page) -> list[str]:
    return [link.url for link in page.links]


# Records


def test_a_record_holds_its_fields_in_their_order() -> None:
    body = "<h1 class=name> A\n <b>name</b></h1><p class=price>$19.99</p><a class=tag>x</a><a class=tag>y</a>"
    expected = {"name": "A name", "price": 19.99, "tags": ["x", "y"], "none": None, "url": URL}
    found = record(
        body,
        name="h1.name",
        price={"css": ".price", "re": r"[\d.]+", "type": "float"},
        tags={"css": ".tag", "many": True},
        none="h2",
        url="@url",
    )
    assert expected == found
    assert list(expected) == list(found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<p>a</p></body></html>\n<p>b</p>c<!-- d --><p>e</p>", (["a", "b", "e"], "abce")),
        (b"<body>a</body></html><html><head><title>b</title></head><body>c<p>d</p></body></html>", (["d"], "abcd")),
        (b"<p>a</p></html><!-- b -->", (["a"], "a")),
    ],
)
def test_what_stands_behind_the_end_of_a_page_belongs_to_it(body: bytes, expected: tuple[list[str], str]) -> None:
    found = record(body, css={"css": "p", "many": True}, all={"xpath": "string(/html)"})
    same = record(body, css={"xpath": "//p/text()", "many": True})
    assert expected == (found["css"], found["all"].strip())
    assert same["css"] == found["css"]


def test_facts() -> None:
    found = record("<p>", **{name: f"@{name}" for name in ("fetched_at", "status", "depth", "parent", "position")})
    expected = {"fetched_at": "2024-05-06T00:00:00.000Z", "status": 200, "depth": 3, "parent": "http://shop.test/"}
    assert expected | {"position": 1} == found


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", URL),
        ("<link rel=canonical href='/item/5#top'>", "http://shop.test/item/5"),
        ("<base href='http://cdn.test/x/'><link rel='next canonical' href='y'>", "http://cdn.test/x/y"),
        ("<link rel=canonical href='javascript:x'>", URL),
        ("<link rel=canonical>", URL),
    ],
)
def test_canonical_is_what_the_page_names(head: str, expected: str) -> None:
    if "rel=canonical>" in head:
        expected = "http://shop.test/item/5.html?page=2"
    assert expected == record(head, url="@canonical")["url"]


def test_a_regular_expression_looks_in_the_source() -> None:
    assert {"id": 7} == record("<script>var id = 7;</script>", id={"re": r"id = (\d+)", "type": "int"})


def test_json_inside_html() -> None:
    found = record("<script id=data>{'a': 1}</script>".replace("'", '"'), data={"css": "#data", "type": "json"})
    assert {"data": {"a": 1}} == found


def test_defaults_stand_in_for_nothing() -> None:
    found = record(
        "<p class=a>x</p>",
        a={"css": ".a", "type": "int", "default": 0},
        b={"css": ".b", "default": "none"},
        c={"css": ".c", "many": True, "default": ["x"]},
        d={"css": ".d", "many": True},
        e={"css": ".e", "type": "date", "default": "2020-01-02"},
    )
    assert {"a": 0, "b": "none", "c": ["x"], "d": [], "e": "2020-01-02"} == found


def test_a_missing_required_field_fails_the_page() -> None:
    with pytest.raises(ParseError) as caught:
        record("<p>x</p>", name={"css": "h1", "required": True})
    assert "required field name: selector 'h1' matched nothing on this page" == str(caught.value)


def test_a_required_field_of_another_type_fails_the_page() -> None:
    with pytest.raises(ParseError) as caught:
        record("<p>x</p>", price={"css": "p", "type": "float", "required": True})
    assert "required field price: selector 'p' matched no value of type \"float\" on this page: x" == str(
        caught.value
    )


def test_a_missing_key_fails_the_page() -> None:
    with pytest.raises(ParseError, match="required field id"):
        parse("<p>", table="t", key=["id"], fields={"id": "h1"})


def test_values_can_be_stored() -> None:
    found = record("<p>1.50</p>", a={"css": "p", "type": "decimal"}, b={"css": "p", "type": "json"})
    assert b'{"a":"1.50","b":1.5}' == msgspec.json.encode(found)


# Rows

NESTED = "<div id=1>a<p>b</p></div><div id=2><p>c</p><ul><li><p>d</p></li></ul></div>"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (":scope", ["ab", "cd"]),
        (":scope::attr(id)", ["1", "2"]),
        (":scope::text", ["a", None]),
        (":scope > p::text", ["b", "c"]),
        (":scope > ul p", [None, "d"]),
        ("xpath:.", ["ab", "cd"]),
        ("xpath:@id", ["1", "2"]),
    ],
)
def test_a_row_can_name_itself(selector: str, expected: list[str | None]) -> None:
    assert expected == [row["f"] for row in rows(NESTED, "div", f=selector)]


TABLE = """<table><tr class=row><td>2024-01-02</td><td>1.5</td><td><a href=/x>x</a></td></tr>
<tr class=head><td>a</td></tr>
<tr class=row><td>no date</td><td></td></tr></table>"""


def test_each_makes_a_record_of_each_row() -> None:
    expected = [
        {"n": 1, "day": "2024-01-02", "open": 1.5, "link": "/x", "text": "x", "url": URL},
        {"n": 2, "day": None, "open": None, "link": None, "text": None, "url": URL},
    ]
    assert expected == rows(
        TABLE,
        "tr.row",
        n="@position",
        day={"css": "td:nth-child(1)", "type": "date"},
        open={"css": "td:nth-child(2)", "type": "float"},
        link="a::attr(href)",
        text="td:nth-child(3)",
        url="@url",
    )


def test_rows_without_a_key_or_a_required_field_are_left_out() -> None:
    page = parse(
        TABLE,
        table="t",
        each="tr",
        key=["day"],
        fields={"day": {"css": "td:first-child", "type": "date"}, "n": "@position"},
    )
    assert [{"day": "2024-01-02", "n": 1}] == values(page)
    assert 2 == rows_left_out(page)


def test_xpath_rows_and_fields() -> None:
    found = rows(
        TABLE, "xpath://tr[td[2]]", a="xpath:td[1]", b="xpath:.//a/@href", c={"xpath": "count(td)", "type": "int"}
    )
    assert [{"a": "2024-01-02", "b": "/x", "c": 3}, {"a": "no date", "b": None, "c": 2}] == found


def test_a_regular_expression_in_a_row_looks_in_its_markup() -> None:
    assert [{"x": "x"}, {"x": None}] == rows(TABLE, "tr.row", x="re:href=./(.)")


def test_a_page_without_rows_is_not_a_mistake() -> None:
    assert [] == rows("<p>", "tr", a="td")


CELLS = ("td:nth-child(1)", "td:nth-child(2)", "td:nth-child(3)", "th:nth-child(1)", "td:first-child")


@st.composite
def cells(draw: Any, depth: int = 2) -> str:
    pieces = []
    for _ in range(draw(st.integers(0, 4))):
        tag = draw(st.sampled_from(["td", "td", "td", "th"]))
        inside = f"<table><tr>{draw(cells(depth - 1))}</tr></table>" if depth and draw(st.booleans()) else ""
        pieces.append(f"<{tag}>{draw(st.sampled_from(['', ' a ', 'b<i>c</i>', '<!-- c -->d']))}{inside}</{tag}>")
    return "".join(pieces)


@settings(max_examples=150, deadline=None)
@given(st.lists(cells(), max_size=4), st.sampled_from(["tr", "td", "table > tr", "table"]))
def test_cells_are_those_that_parsel_finds(lines: list[str], each: str) -> None:
    body = f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
    expected = [
        {css: " ".join(cell.xpath("string()").get().split()) if (cell := row.css(css)[:1]) else None for css in CELLS}
        for row in Parsel(text=body).css(each)
    ]
    found = rows(body, each, **{f"f{index}": css for index, css in enumerate(CELLS)})
    assert [list(line.values()) for line in expected] == [list(line.values()) for line in found]


# JSON

API = '{"data": {"items": [{"id": 1, "name": "a", "price": 1.10}, {"id": "2"}, {"name": "c"}]}, "next": "/api?p=2"}'


def test_json_rows() -> None:
    page = parse(
        API,
        "application/json",
        table="t",
        each="json:data.items",
        key=["id"],
        follow=["json:next"],
        fields={"id": {"json": "id", "type": "int"}, "name": "json:name", "n": "@position", "url": "@url"},
    )
    assert [{"id": 1, "name": "a", "n": 1, "url": URL}, {"id": 2, "name": None, "n": 2, "url": URL}] == values(page)
    assert 1 == rows_left_out(page)
    assert ["http://shop.test/api?p=2"] == urls(page)


def test_json_decimals_keep_their_digits_and_leave_others_alone() -> None:
    fields = {"d": {"json": "price", "type": "decimal"}, "f": {"json": "price", "type": "float"}}
    fields["j"] = {"json": "@", "type": "json"}
    first = rows(API, "json:data.items", "application/json", **fields)[0]
    assert {"d": Decimal("1.10"), "f": 1.1, "j": {"id": 1, "name": "a", "price": 1.1}} == first
    assert (
        Decimal("0.1234567890123456789")
        == record('{"a": 0.1234567890123456789}', a={"json": "a", "type": "decimal"})["a"]
    )


@pytest.mark.parametrize(
    ("body", "expected"), [("{}", 0), ('{"data": null}', 0), ('{"data": {"items": {"id": 1}}}', 1)]
)
def test_json_rows_may_be_missing_or_one(body: str, expected: int) -> None:
    assert expected == len(rows(body, "json:data.items", "application/json", id="json:id"))


def test_json_in_other_encodings() -> None:
    assert {"a": "ä"} == record('{"a": "ä"}'.encode("latin-1"), "application/json; charset=latin-1", a="json:a")
    assert {"a": "ä"} == record(b"\xef\xbb\xbf" + '{"a": "ä"}'.encode(), "application/json", a="json:a")


def test_half_a_character_in_json_is_replaced() -> None:
    body = r"""{"a": "x\ud83d!", "b": "\ud83d\ude00\\ud800\\\udC00", "\uDFFF": {"\ud800": 1}, "c": "/\udead"}"""
    page = parse(body, "application/json", table="t", fields={"a": "json:a", "b": "json:b"}, follow=["json:c"])
    assert [{"a": "x\ufffd!", "b": "😀\\ud800\\\ufffd"}] == values(page)
    assert ["http://shop.test/%EF%BF%BD"] == urls(page)
    data = {"xpath": "string(//script)", "type": "json"}
    assert {"a": {"\ufffd": "\ufffd"}} == record(r"""<script>{"\ud800": "\udfff"}</script>""", a=data)
    assert {"a": "\ufffd"} == record(
        '{"a": "\ud800"}'.encode("utf-16", "surrogatepass"), "application/json", a="json:a"
    )


def test_half_a_character_in_xml_is_replaced() -> None:
    for half in ("&#xD800;", "&#x00dfFF;", "&#55296;", "&#057343;"):
        assert {"a": "\ufffd", "b": "y"} == record(
            f"<r><a x='{half}'>{half}</a><b>y</b></r>", "text/xml", a="a", b="b"
        )
    assert {"a": "\ud7ff\ue000😀"} == record("<a>&#xD7FF;&#57344;&#x1F600;</a>", "text/xml", a="a")


@pytest.mark.parametrize("body", ["<html>", "", "[" * 100_000, '{"a": 1}}', b"\xff\xff"])
def test_what_is_not_json_fails_the_page(body: bytes | str) -> None:
    with pytest.raises(ParseError, match=r"the page is not JSON|nested too deeply"):
        record(body, a="json:a")


def test_a_selector_that_fails_on_a_page_costs_only_its_field() -> None:
    body = '{"items": [{"a": [1], "b": 1}, {"a": null, "b": 2}, {"a": "x", "b": 3}]}'
    fields = {"a": {"json": "sum(a)", "type": "int"}, "b": {"json": "b", "type": "int"}}
    page = parse(body, "application/json", table="t", each="json:items", key=["b"], fields=fields)
    assert [{"a": 1, "b": 1}, {"a": None, "b": 2}, {"a": None, "b": 3}] == values(page)
    [flaw] = page.flaws
    assert ("t", "a", FlawKind.FAILED, 2) == (flaw.table, flaw.column, flaw.kind, flaw.count)
    assert "does not fit this JSON: In function sum()" in flaw.example
    page = parse(body, "application/json", table="t", fields={"a": "json:sum(items)", "b": "@url"})
    assert ([{"a": None, "b": URL}], ["a"]) == (values(page), [flaw.column for flaw in page.flaws])
    page = parse("<p id=x>", table="t", fields={"a": "xpath://p[re:test(@id, '(')]", "b": "p::attr(id)"})
    assert ([{"a": None, "b": "x"}], ["a"]) == (values(page), [flaw.column for flaw in page.flaws])


def test_rows_that_cannot_be_found_and_needed_fields_that_fail_fail_the_page() -> None:
    with pytest.raises(ParseError, match="does not fit this JSON"):
        parse('{"a": 1}', "application/json", table="t", each="json:keys(a)", key=["a"], fields={"a": "json:a"})
    with pytest.raises(
        ParseError, match=r"required field a: .* matched nothing on this page: .*does not fit this JSON"
    ):
        record('{"a": 1}', a={"json": "sum(a)", "required": True})


def test_a_follow_that_fails_costs_no_records(caplog: pytest.LogCaptureFixture) -> None:
    rule = PageRule(
        match="*",
        follow=["json:next", "json:map(&url, items)", "json:other"],
        table="t",
        fields={"a": {"json": "a", "type": "int"}},
    )
    parser = RuleParser([PageRule(match="/no", follow=["a"]), rule])
    pages = [parser(response('{"a": 1, "next": "/p", "items": null}', "application/json")) for _ in range(2)]
    for page in pages:
        assert ([{"a": 1}], ["http://shop.test/p"]) == (values(page), urls(page))
        assert ["rule 2", "follow 2.1", "follow failed 2.2"] == page.uses
    [told] = [entry.getMessage() for entry in caplog.records]
    assert told.startswith(f"follow 2.2 failed on {URL}; its records are kept: 'map(&url, items)' does not fit")
    page = parse("<a href=/x id=y>z</a>", follow=["xpath://a[re:test(@id, '(')]", "a"], table="t", fields={"a": "a"})
    assert ([{"a": "z"}], ["http://shop.test/x"]) == (values(page), urls(page))
    assert ["rule 1", "follow failed 1.1", "follow 1.2"] == page.uses


def test_json_rows_take_no_css() -> None:
    with pytest.raises(SelectorError, match="do not work in them"):
        rows("{}", "json:a", b="h1")


def test_fields_say_how_their_source_writes() -> None:
    body = "<b>1.299,00 €</b><i>8. Mai 2021, 10:00</i>"
    found = record(
        body,
        price={"css": "b", "type": "float", "decimal": ","},
        day={"css": "i", "type": "date", "format": ["%d.%m.%Y", "%d. %B %Y, %H:%M"], "months": "de"},
        at={"css": "i", "type": "datetime", "months": "de", "zone": "Europe/Berlin"},
    )
    assert {"price": 1299.0, "day": "2021-05-08", "at": "2021-05-08T08:00:00.000Z"} == found


# Links


@pytest.mark.parametrize(
    "follow", ["a", "a::attr(href)", "xpath://a", "xpath://a/@href", 're:href="([^"]*)"', "a[href]"]
)
def test_links_are_absolute_unique_and_in_order(follow: str) -> None:
    addresses = [
        "b",
        "/a",
        "#top",
        "/a#x",
        "//other.test/x",
        "javascript:x()",
        "mailto:a@b",
        "data:,x",
        "http://[",
        "/a b",
    ]
    body = "".join(f'<a href="{address}">x</a>' for address in addresses)
    expected = ["http://shop.test/item/b", "http://shop.test/a", URL, "http://other.test/x", "http://shop.test/a%20b"]
    page = parse(body, follow=[follow])
    assert expected == urls(page)
    assert {"page"} == {link.kind for link in page.links}


@pytest.mark.parametrize(
    "address", ["/a/../b", "/./a", "/a/%2e%2e/b", "/a/.b", "/..", "/a//b", "/ä", "/a?b", "/a\\b", "/~a/b.html"]
)
def test_the_short_way_to_a_url_leads_to_the_same(address: str) -> None:
    expected = parse("", follow=[], url=URL), parse(f"<a href='http://shop.test{address}'>", follow=["a"])
    assert urls(expected[1]) == urls(parse(f"<a href='{address}'>", follow=["a"]))


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://cdn.test/x/", "http://cdn.test/x/a"),
        ("/deep/er/", "http://shop.test/deep/er/a"),
        ("mailto:x", "http://shop.test/item/a"),
    ],
)
def test_base_is_honoured(base: str, expected: str) -> None:
    assert [expected] == urls(parse(f"<base target=x><base href='{base}'><base href='/no/'><a href=a>", follow=["a"]))


NOFOLLOW = "<a href=/1 rel='external NoFollow'>1</a><a href=/2 rel=nofollowing>2</a>"


@pytest.mark.parametrize("follow", ["a", "a::attr(href)", "xpath://a", "xpath://a/@href"])
def test_nofollow_is_obeyed(follow: str) -> None:
    rule = PageRule(match="*", follow=[follow])
    assert ["http://shop.test/2"] == urls(RuleParser([rule], nofollow=True)(response(NOFOLLOW)))
    assert ["http://shop.test/1", "http://shop.test/2"] == urls(
        RuleParser([rule], nofollow=False)(response(NOFOLLOW))
    )


def test_links_that_the_page_asks_not_to_follow_are_told() -> None:
    body = (
        "<a href=/1 rel=nofollow>1</a><a href=/2>2</a><a href=/2 rel=nofollow>2</a><a href='mailto:x' rel=nofollow>"
    )
    page = parse(body, follow=["a", "b"])
    assert (["http://shop.test/2"], ["http://shop.test/1"]) == (urls(page), page.nofollow)
    assert ["rule 1", "follow 1.1"] == page.uses
    page = parse("<meta name=robots content=nofollow>" + body, follow=["a"])
    assert ([], ["http://shop.test/1", "http://shop.test/2"]) == (urls(page), sorted(page.nofollow))
    rules = [PageRule(match="*", follow=[css]) for css in ("a[rel]", "a:not([rel])")]
    assert ["http://shop.test/1"] == RuleParser(rules)(response(body)).nofollow
    assert [] == RuleParser(rules, nofollow=False)(response(body)).nofollow


@pytest.mark.parametrize(
    ("head", "header", "expected"),
    [
        ("<meta name=ROBOTS content='noindex, NOFOLLOW'>", "", 0),
        ("<meta name=robots content=none>", "", 0),
        ("<meta name=robots content=noindex>", "", 1),
        ("<meta name=otherbot content=nofollow>", "", 1),
        ("", "nofollow", 0),
        ("", "noindex, none", 0),
        ("", "noindex", 1),
    ],
)
def test_pages_that_ask_not_to_be_followed(head: str, header: str, expected: int) -> None:
    rule = PageRule(match="*", follow=["a"], table="t", fields={"a": "a"})
    page = RuleParser([rule])(response(f"{head}<a href=/1>x</a>", X_Robots_Tag=header))
    assert expected == len(page.links)
    assert [{"a": "x"}] == values(page)
    assert 1 == len(
        RuleParser([rule], nofollow=False)(response(f"{head}<a href=/1>x</a>", X_Robots_Tag=header)).links
    )


# Rules


def test_every_rule_that_fits_applies() -> None:
    parser = RuleParser(
        [
            PageRule(match=["/list/*", "/item/*"], follow=["a"]),
            PageRule(match="/item/*?page=*", follow=["a", "b::attr(x)"], table="t", fields={"a": "a"}),
            PageRule(match="/item/*.html", table="none", fields={"a": "a"}),
        ]
    )
    answer = response("<a href=/1>x</a><b x=/2>")
    uses = ["rule 1", "follow 1.1", "rule 2", "follow 2.1", "follow 2.2"]
    links = [Link("http://shop.test/1"), Link("http://shop.test/2")]
    expected = Page([Record("t", {"a": "x"})], links, [], withdrawn=[], flaws=[], nofollow=[], uses=uses)
    assert expected == parser(answer)
    assert [(1, 0), (2, 1)] == [(len(page.links), len(page.records)) for _, page in parser.by_rule(answer)]
    assert ["/item/*?page=*"] == list(parser.by_rule(answer)[1][0].match)


def test_a_page_without_a_rule_gives_nothing() -> None:
    for parser in (RuleParser([]), RuleParser([PageRule(match="/other", follow=["a"])])):
        assert Page(uses=("unmatched",)) == parser(response("<a href=/1>"))


def test_a_selector_of_follow_is_used_where_it_finds_a_link() -> None:
    follow = ["a", "b", "a.none", "a[name]", "i, a::attr(href)"]
    page = parse("<a href=/1>x</a><b>y</b><a name=z>", follow=follow)
    assert ["rule 1", "follow 1.1", "follow 1.5"] == page.uses
    assert ["http://shop.test/1"] == urls(page)
    numbered = RuleParser([PageRule(match="*", follow=["a"])], first=7)
    for parser in (numbered, pickle.loads(pickle.dumps(numbered))):
        assert ["rule 7", "follow 7.1"] == parser(response("<a href=/1>")).uses


# Flaws


def flaws(page: Page) -> list[tuple[str, str, int, str]]:
    return [(flaw.column, flaw.kind.value, flaw.count, flaw.example) for flaw in page.flaws]


def test_values_that_do_not_fit_are_told_apart_from_those_not_found() -> None:
    cells = ("2021-04-08", "08.04.2021", "soon", " ", "")
    body = "".join(f"<li><b>{cell}</b></li>" for cell in cells) + "<li></li>"
    fields = {"day": {"css": "b", "type": "date", "format": "%d.%m.%Y"}, "n": "@position"}
    page = parse(body, table="t", each="li", key=["n"], fields=fields)
    assert [None, "2021-04-08", None, None, None, None] == [row["day"] for row in values(page)]
    assert [("day", "misfit", 2, "2021-04-08")] == flaws(page)
    assert ["t"] == [flaw.table for flaw in page.flaws]


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ("<b>free</b>", {"css": "b", "type": "float"}, [(1, "free")]),
        ("<b>free</b><b>5</b>", {"css": "b", "type": "float"}, [(1, "free")]),
        ("<b>5</b><b>free</b>", {"css": "b", "type": "float"}, []),
        ("<b>1</b><b>x</b><b></b><b>y</b>", {"css": "b", "type": "int", "many": True}, [(2, "x")]),
        ("<b>1</b>", {"css": "i", "type": "float"}, []),
        ("<b>1</b>", {"css": "b", "type": "float", "re": "x"}, []),
        ("<b>id x</b>", {"css": "b", "type": "float", "re": "id (.)"}, [(1, "x")]),
        ("<b>x</b>", {"re": "<b>(.)", "type": "int"}, [(1, "x")]),
        ("<b>{a: 1}</b>", {"css": "b", "type": "json"}, [(1, "{a: 1}")]),
        ("<b>null</b>", {"css": "b", "type": "json"}, []),
        ("<a href='mailto:a@b'>x</a>", {"css": "a", "type": "url"}, [(1, "mailto:a@b")]),
        ("<img src=data:,x><img src=/y>", {"css": "img", "many": True, "blob": "{name}"}, [(1, "data:,x")]),
        ("<a>x</a><img src=''>", {"css": "a, img", "blob": "{name}"}, []),
        ("<b>x\n" + "y" * 200 + "</b>", {"css": "b", "type": "int"}, [(1, "x " + "y" * 97 + "…")]),
    ],
)
def test_flaws_of_a_field(body: str, field: dict[str, Any], expected: list[tuple[int, str]]) -> None:
    page = parse(body, table="t", fields={"f": field})
    assert [("f", "misfit", *told) for told in expected] == flaws(page)
    page = parse(f"<p>{body}</p>", table="t", each="p", fields={"f": field})
    assert [("f", "misfit", *told) for told in expected] == flaws(page)


def test_flaws_in_json() -> None:
    body = '{"items": [{"a": 1.5, "b": [1, "x", null]}, {"a": "", "b": null}, {"a": {"c": 1}, "b": "y"}, {"a": []}]}'
    fields = {"a": {"json": "a", "type": "int"}, "b": {"json": "b", "type": "int", "many": True}}
    page = parse(body, "application/json", table="t", each="json:items", fields=fields)
    assert [("b", "misfit", 2, "x"), ("a", "misfit", 2, "1.5")] == sorted(flaws(page), reverse=True)


def test_cells_that_do_not_fit_are_told() -> None:
    body = "<table>" + "".join(f"<tr><td>{day}</td></tr>" for day in ("2021-04-08", "x", "")) + "</table>"
    fields = {"day": {"css": "td:nth-child(1)", "type": "date"}}
    assert [("day", "misfit", 1, "x")] == flaws(parse(body, table="t", each="tr", fields=fields))


def test_rows_left_out_are_told_by_the_first_field_that_is_empty() -> None:
    body = "<p><i>1</i><b>x</b></p><p><b>x</b></p><p><i>z</i></p><p><i>4</i></p>"
    fields = {"n": {"css": "i", "type": "int"}, "name": {"css": "b", "required": True}}
    page = parse(body, table="t", each="p", key=["n"], fields=fields)
    assert [{"n": 1, "name": "x"}] == values(page)
    assert [("n", "left out", 2, ""), ("name", "left out", 1, "")] == flaws(page)
    assert 3 == rows_left_out(page)


def test_a_row_that_is_left_out_has_no_misfits_but_tells_what_it_had_instead() -> None:
    body = "<table>" + "".join(f"<tr><td>{n}<td>{price}" for n, price in (("No.", "EUR"), (1, "2.5"), ("Sum", "?")))
    fields = {
        "n": {"css": "td:nth-child(1)", "type": "int"},
        "price": {"css": "td:nth-child(2)", "type": "float", "default": 0.0},
    }
    page = parse(body, table="t", each="tr", key=["n"], fields=fields)
    assert [{"n": 1, "price": 2.5}] == values(page)
    assert [("n", "left out", 2, "No.")] == flaws(page)


def test_a_selector_that_fails_is_told_even_where_the_row_is_left_out() -> None:
    fields = {"a": {"json": "sum(a)", "type": "int"}, "b": "json:b"}
    page = parse('[{"a": null, "b": "x"}]', "application/json", table="t", each="json:@", key=["a"], fields=fields)
    assert [("a", "left out", 1), ("a", "failed", 1)] == [flaw[:3] for flaw in flaws(page)]
    assert all("does not fit this JSON" in flaw.example for flaw in page.flaws)


def test_defaults_that_took_the_place_of_a_value_are_told() -> None:
    body = "".join(f"<p><b>{n}</b>{price}</p>" for n, price in enumerate(("<i>1</i>", "", "<i>free</i>")))
    fields = {"n": "b", "price": {"css": "i", "type": "int", "default": 0}}
    page = parse(body, table="t", each="p", key=["n"], fields=fields)
    assert [1, 0, 0] == [row["price"] for row in values(page)]
    assert [("price", "defaulted", 2, ""), ("price", "misfit", 1, "free")] == flaws(page)
    page = parse("<b>0</b>", table="t", fields=fields | {"list": {"css": "u", "many": True, "default": ["x"]}})
    assert [("price", "defaulted", 1, ""), ("list", "defaulted", 1, "")] == flaws(page)


def test_flaws_of_several_rules_are_all_told() -> None:
    field = {"f": {"css": "b", "type": "int"}}
    rules = [PageRule(match="*", table=table, fields=field) for table in ("one", "two")]
    page = RuleParser(rules)(response("<b>x</b>"))
    assert ["one", "two"] == [flaw.table for flaw in page.flaws]


def test_a_parser_can_be_sent_to_another_process() -> None:
    parser = RuleParser([PageRule(match="*", follow=["xpath://a"])])
    assert parser(response("<a href=/1>")) == pickle.loads(pickle.dumps(parser))(response("<a href=/1>"))


@pytest.mark.usefixtures("search_path")
def test_python_in_place_of_a_rule(tmp_path: Path) -> None:
    (tmp_path / "shop_parser.py").write_text(
        "from asyncscrape.model import Link, Page, Record\n"
        "def item(response): return Page([Record('t', {'size': len(response.body)})])\n"
        "def nothing(response): pass\n"
        "def reserved(response): return Page([Record('t', {'_url': 1})])\n"
        "def linking(response): return Page([], [Link('/next', note='\\ud800'), Link('mailto:x')])\n"
    )
    search(tmp_path)
    page = parse("abc", table="t", parser="shop_parser:item")
    assert ([{"size": 3}], ["rule 1"]) == (values(page), page.uses)
    with pytest.raises(ParseError, match="returned a record for table 't'; its rule fills 'other'"):
        parse("abc", table="other", parser="shop_parser:item")
    with pytest.raises(ParseError, match="returned NoneType, not a Page"):
        parse("abc", table="t", parser="shop_parser:nothing")
    linking = parse("abc", table="t", parser="shop_parser:linking")
    assert [("http://shop.test/next", "\ufffd")] == [(link.url, link.note) for link in linking.links]
    with pytest.raises(ParseError, match="without 'id', which is part of its key"):
        parse("abc", table="t", key=["id"], parser="shop_parser:item")
    with pytest.raises(ParseError, match="begins with an underscore"):
        parse("abc", table="t", parser="shop_parser:reserved")
    with pytest.raises(UsageError, match="shop_parser has no x"):
        parse("abc", table="t", parser="shop_parser:x")
    with pytest.raises(UsageError, match="No module named 'no_such'"):
        parse("abc", table="t", parser="no_such:x")


@pytest.mark.usefixtures("search_path")
def test_python_may_withdraw_the_keys_of_its_table(tmp_path: Path) -> None:
    (tmp_path / "gone_parser.py").write_text(
        "from asyncscrape.model import Page, Withdrawal\n"
        "def gone(response): return Page(withdrawn=[Withdrawal('t', {'id': 7})])\n"
        "def more(response): return Page(withdrawn=[Withdrawal('t', {'id': 7, 'name': 'x'})])\n"
        "def null(response): return Page(withdrawn=[Withdrawal('t', {'id': None})])\n"
    )
    search(tmp_path)
    page = parse("", table="t", key=["_url", "id"], parser="gone_parser:gone")
    assert [Withdrawal("t", {"id": 7})] == page.withdrawn
    with pytest.raises(ParseError, match="withdrew a record of table 't'; its rule fills 'other'"):
        parse("", table="other", key=["id"], parser="gone_parser:gone")
    for function in ("more", "null"):
        with pytest.raises(ParseError, match=r"a value for each part of the key, \['id'\], and nothing else"):
            parse("", table="t", key=["id"], parser=f"gone_parser:{function}")


# Blobs


def test_blob_fields_point_to_files() -> None:
    page = parse(
        "<h1>A/B</h1><img class=cover src='/img/c%20d.JPG?x=1'>",
        table="t",
        fields={"name": "h1", "cover": {"css": "img.cover::attr(src)", "blob": "covers/{name}-{url_hash}{ext}"}},
    )
    url = "http://shop.test/img/c%20d.JPG?x=1"
    path = path_of("covers/A_B-{url_hash}{ext}", url, {})
    assert [{"name": "A/B", "cover": url, "cover_path": path}] == values(page)
    assert [Blob(url, path)] == page.blobs
    assert path.startswith("covers/A_B-")
    assert path.endswith(".JPG")


def test_a_bare_element_is_the_file_it_shows() -> None:
    page = parse("<img src=/a.png><a href=/b.pdf>", table="t", fields={"f": {"css": "a", "blob": "{name}"}})
    assert [{"f": "http://shop.test/b.pdf", "f_path": "b.pdf"}] == values(page)
    page = parse("<img src=/a.png>", table="t", fields={"f": {"css": "img", "blob": "{host}/{name}"}})
    assert [Blob("http://shop.test/a.png", "shop.test/a.png")] == page.blobs


GALLERY = """<body><div class="gallery x"><a href=/large.jpg><img src=/small.jpg alt=""></a></div>
<ul class=x><li><img src=" /one.jpg "></li><li><img src="" href=/two.jpg></li><li>a text<img></li></ul>
<video poster=/still.jpg></video><object data=/o.svg></object><source srcset="/s.webp 1x, /s2.webp 2x"></body>"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"css": "div img"}, ["/small.jpg"]),
        ({"css": ".gallery a"}, ["/large.jpg"]),
        ({"css": "div.gallery > a > img"}, ["/small.jpg"]),
        ({"css": "ul.x > li img"}, ["/one.jpg", "/two.jpg"]),
        ({"css": "a.none, .gallery a, img"}, ["/large.jpg", "/small.jpg", "/one.jpg", "/two.jpg"]),
        ({"css": "li:not(.y) + li > img"}, ["/two.jpg"]),
        ({"css": "img"}, ["/small.jpg", "/one.jpg", "/two.jpg"]),
        ({"css": "img, a::attr(href)"}, ["/large.jpg", "/small.jpg", "/one.jpg", "/two.jpg"]),
        ({"xpath": "//div//img"}, ["/small.jpg"]),
        ({"xpath": "//ul//img | //div/a/@href"}, ["/large.jpg", "/one.jpg", "/two.jpg"]),
        ({"css": "ul img", "re": r"(/t.*)\.jpg"}, ["/two"]),
        ({"css": "video"}, ["/still.jpg"]),
        ({"css": "body > object"}, ["/o.svg"]),
        ({"css": "body source"}, ["/s.webp"]),
        ({"css": "li::text"}, ["/item/a%20text"]),
        ({"css": "img::attr(alt)"}, []),
        ({"css": "body li"}, []),
        ({"xpath": "//comment()"}, []),
    ],
)
def test_an_element_means_its_address_wherever_its_selector_ends(source: dict[str, str], expected: list[str]) -> None:
    absolute = [f"http://shop.test{path}" for path in expected]
    page = parse(GALLERY, table="t", fields={"f": {**source, "many": True, "blob": "{url_hash}"}})
    assert absolute == [blob.url for blob in page.blobs]
    assert absolute == values(page)[0]["f"]
    fields = {"all": {**source, "many": True, "type": "url"}, "first": {**source, "type": "url"}}
    assert {"all": absolute, "first": next(iter(absolute), None)} == record(GALLERY, **fields)


def test_an_empty_address_is_no_address() -> None:
    page = parse("<a href=' '><img src=''>", table="t", fields={"f": {"css": "a img", "blob": "{name}"}})
    assert ([{"f": None, "f_path": None}], []) == (values(page), page.blobs)
    assert [] == urls(parse("<a href=''>x</a><b> </b>", follow=["a", "b::text"]))


def test_urls_in_rows_are_absolute_and_canonical() -> None:
    body = "<base href=/deep/><li><a href='../A b#c'>x</a></li><li src=x><a href='mailto:a@b'>y</a></li>"
    fields = {"a": {"css": "a", "type": "url"}, "b": {"css": ":scope > a", "type": "url"}}
    fields |= {"own": {"css": ":scope", "type": "url"}, "def": {"css": "b", "type": "url", "default": "none.png"}}
    none = "http://shop.test/deep/none.png"
    url = "http://shop.test/A%20b"
    expected = [
        {"a": url, "b": url, "own": None, "def": none},
        {"a": None, "b": None, "own": "http://shop.test/deep/x", "def": none},
    ]
    assert expected == rows(body, "li", **fields)


def test_urls_in_json() -> None:
    body = '{"items": [{"u": "/a", "many": ["/b", 5, null, "", "data:,x"]}, {"u": ""}, {"u": 5}]}'
    fields = {"u": {"json": "u", "type": "url"}, "many": {"json": "many", "type": "url", "many": True}}
    found = rows(body, "json:items", "application/json", **fields)
    assert ["http://shop.test/a", None, None] == [row["u"] for row in found]
    assert [["http://shop.test/b"], [], []] == [row["many"] for row in found]


def test_many_blobs() -> None:
    body = "<img src=/a.png><img src=/b.png><img src=/a.png><img src='data:,x'>"
    page = parse(body, table="t", fields={"f": {"css": "img::attr(src)", "many": True, "blob": "{name}"}})
    assert ["a.png", "b.png", "a.png"] == values(page)[0]["f_path"]
    assert [Blob("http://shop.test/a.png", "a.png"), Blob("http://shop.test/b.png", "b.png")] == page.blobs


def test_no_blob_without_a_url_or_a_record() -> None:
    field = {"css": "img::attr(src)", "blob": "{name}"}
    page = parse("<img src='javascript:x'>", table="t", fields={"f": field})
    assert ([{"f": None, "f_path": None}], []) == (values(page), page.blobs)
    page = parse("<p><img src=/a.png></p>", table="t", each="p", key=["k"], fields={"f": field, "k": "b"})
    assert (1, []) == (rows_left_out(page), page.blobs)


@pytest.mark.parametrize(
    ("template", "record", "expected"),
    [
        ("x/{a}", {"a": "../../etc/passwd"}, "x/.._.._etc_passwd"),
        ("{a}/{b}", {"a": "..", "b": "."}, "_/_"),
        ("{a}{b}/x", {"a": ".", "b": "."}, "_/x"),
        ("x/{a}", {"a": ""}, "x/_"),
        ("x/{a}", {"a": None}, "x/_"),
        ("x/{a}", {"a": "a\\b\0c\nd:e"}, "x/a_b_c_d_e"),
        ("x/{a}", {"a": 5}, "x/5"),
        ("{host}/{name}", {}, "e.org_8080/a b.tar.gz"),
        ("x{ext}", {}, "x.gz"),
        ("{name}", {"name": "mine"}, "mine"),
    ],
)
def test_blob_paths_stay_inside(template: str, record: dict[str, Any], expected: str) -> None:
    assert expected == path_of(template, "http://e.org:8080/x/a%20b.tar.gz?q=/../", record)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("/a", "_"), ("/a.b/c", "_"), ("/a.toolongext", "_"), ("/a.j-g", "_"), ("/a.mp3?b.jpg", ".mp3"), ("/", "_")],
)
def test_extensions_are_sane(url: str, expected: str) -> None:
    assert expected == path_of("{ext}", f"http://e.org{url}", {})


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_value_leads_out_of_the_blob_store(one: str, two: str) -> None:
    parts = path_of("x/{a}{b}/{b}", "http://e.org/", {"a": one, "b": two}).split("/")
    assert 3 == len(parts)
    assert not {"", ".", ".."} & set(parts)
    assert max(len(part.encode()) for part in parts) <= 255


# Pictures and PDFs of the page


def with_shots(reasons: dict[str, str], **rule: Any) -> Page:
    """A page that a browser has opened, with what it told of each picture."""
    opened = response("<h1>A</h1><p>1</p><p>2</p>")
    request = msgspec.structs.replace(opened.request, note=msgspec.json.encode(reasons).decode())
    return RuleParser([PageRule(match="*", table="t", browser=True, **rule)])(replace(opened, request=request))


SHOT = {"screenshot": ".chart > b", "blob": "{name}/{a}-{url_hash}{ext}"}


def test_a_picture_has_the_url_of_its_page_with_a_fragment_and_a_path_like_other_files() -> None:
    name = "screenshot=.chart%20%3E%20b"
    page = with_shots(
        {name: "", "pdf": ""}, fields={"a": "h1", "shot": SHOT, "doc": {"pdf": True, "blob": "{name}{ext}"}}
    )
    url = f"{URL}#{name}"
    path = path_of("5.html/A-{url_hash}.png", url, {})
    [row] = values(page)
    assert {"a": "A", "shot": url, "shot_path": path, "doc": f"{URL}#pdf", "doc_path": "5.html.pdf"} == row
    assert [Blob(url, path), Blob(f"{URL}#pdf", "5.html.pdf")] == page.blobs


def test_a_picture_that_could_not_be_made_is_empty_and_told() -> None:
    page = with_shots({"screenshot=.chart%20%3E%20b": "nothing there"}, fields={"a": "h1", "shot": SHOT})
    assert ([{"a": "A", "shot": None, "shot_path": None}], []) == (values(page), page.blobs)
    assert [Flaw("t", "shot", FlawKind.FAILED, 1, "nothing there")] == page.flaws
    page = parse("<h1>A</h1>", table="t", fields={"a": "h1", "shot": SHOT})
    assert ["the page was not opened in a browser"] == [flaw.example for flaw in page.flaws]
    with pytest.raises(ParseError, match="required field shot"):
        with_shots({}, fields={"a": "h1", "shot": SHOT | {"required": True}})


def test_rows_share_the_picture_of_their_page() -> None:
    shot = {"screenshot": "page", "blob": "{name}.png"}
    page = with_shots({"screenshot=page": ""}, each="p", key=["a"], fields={"a": "xpath:text()", "shot": shot})
    assert ([f"{URL}#screenshot=page"] * 2, 1) == ([row["shot"] for row in values(page)], len(page.blobs))


# Documents


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", None),
        (b"\0", None),
        (b"  \n", None),
        (b"<!-- only -->", None),
        (b"plain", None),
        (b"<p>a\0b</p>", "a\ufffdb"),
        (b"<p>a\xff\xfeb</p>", "a\ufffd\ufffdb"),
        (b"\xef\xbb\xbf<p>\xc3\xa4</p>", "ä"),
        (b"<?xml version='1.0' encoding='latin-1'?><p>\xc3\xa4</p>", "ä"),
        (b"<p>\xc3", "\ufffd"),
        (b"<p><p", ""),
        (b"x" * 200_000 + b"\xff<p>\xc3\xa4\xff</p>", "ä\ufffd"),
        (b"<a x='" + b"y" * 1_000_000 + b"'></a><p>z</p>", "z"),
        (b"<p>" + b"y" * 12_000_000, "y" * 12_000_000),
    ],
)
def test_broken_html_is_read_as_far_as_it_goes(body: bytes, expected: str | None) -> None:
    assert {"p": expected} == record(body, p="p")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "shift_jis", "gb18030", "koi8-r"])
def test_other_encodings(encoding: str) -> None:
    text = {"shift_jis": "日本", "gb18030": "中文", "koi8-r": "привет"}.get(encoding, "äß")
    assert {"p": text} == record(f"<p>{text}</p>".encode(encoding), f"text/html; charset={encoding}", p="p")


def test_xml_keeps_case_and_drops_namespaces() -> None:
    body = """<?xml version="1.0" encoding="latin-1"?><rss xmlns:dc="d"><channel>
    <item><pubDate>Wed, 02 Dec 2020 10:00:00 GMT</pubDate><dc:creator>\xe4</dc:creator><link>/1</link></item>
    </channel></rss>""".encode("latin-1")
    fields = {"day": {"css": "pubDate", "type": "date"}, "who": "creator", "x": "xpath:creator"}
    page = parse(body, "application/rss+xml", table="t", each="item", follow=["link::text"], fields=fields)
    assert [{"day": "2020-12-02", "who": "ä", "x": "ä"}] == values(page)
    assert ["http://shop.test/1"] == urls(page)


def test_xhtml_is_read_as_html() -> None:
    body = "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>x</p></body></html>"
    assert {"p": "x"} == record(body, "application/xhtml+xml", p="p")


def test_xml_reads_no_files_and_expands_nothing(tmp_path: Any) -> None:
    (tmp_path / "secret").write_text("secret")
    outside = f"<!DOCTYPE a [<!ENTITY x SYSTEM 'file://{tmp_path}/secret'>]><a>&x;</a>"
    laughs = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><a>&b;</a>"
    for body in (outside, laughs, laughs.encode("utf-16")):
        with pytest.raises(ParseError, match="entities"):
            record(body, "text/xml" if isinstance(body, str) else "text/xml; charset=utf-16", a="a")
    assert {"a": None} == record("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'><b/>", "text/xml", a="a")
    assert {"a": None} == record("", "text/xml", a="a")


def test_too_many_tags_fail_the_page() -> None:
    rule = PageRule(match="*", follow=["a"])
    with pytest.raises(ParseError, match=r"the page has 1,001 tags; \[fetch\].max_elements allows 1,000"):
        RuleParser([rule], max_elements=1000)(response("<a>" * 1001))
    assert [] == RuleParser([rule], max_elements=1000)(response("<a>" * 1000)).links


def test_a_page_of_links_is_read_in_reasonable_time() -> None:
    body = "".join(f"<a href=/{n}>x</a>" for n in range(190_000))
    assert 190_000 == len(parse(body, follow=["a:nth-child(3)", "body a:nth-child(4)", "a:last-child", "a"]).links)


HOSTILE = """
from asyncscrape.config.models import PageRule
from asyncscrape.parsers.rules import RuleParser
from support.responses import response

fields = {"a": "div", "b": "div::text", "c": "xpath://div//b", "d": {"css": "b", "many": True}, "e": "div div > b"}
rules = [PageRule(match="*", follow=["a", "div a", "xpath://a/@href"], table="t", fields=fields)]
fields = {"a": "b:nth-child(1)", "b": "div:nth-child(1)"}
rules.append(PageRule(match="*", key=["a"], table="u", each="div", fields=fields))
for kind in ("text/html", "text/xml"):
    page = RuleParser(rules)(response("<div>" * 100_000 + "<b>x</b><a href=/1>", kind))
    print(len(page.records) > 0)
"""


def test_deep_nesting_neither_crashes_nor_hangs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (0, "True\nTrue\n") == (done.returncode, done.stdout), done.stderr
