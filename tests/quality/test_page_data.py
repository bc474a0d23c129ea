"""Which requests look like the data of a page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asyncscrape.browsing import SeenRequest
from asyncscrape.quality.page_data import page_data, pattern_of


def asked(url: str, value: Any) -> SeenRequest:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return SeenRequest("GET", "fetch", url, 200, "application/json", len(body), body=body)


def test_the_answer_whose_values_are_shown_comes_first_and_each_pattern_once() -> None:
    text = "Ann Lee 1,234,567.89 Bob Ray 42.10"
    rows = [{"who": "Ann Lee", "worth": 1234567.891}, {"who": "Bob Ray", "worth": 42.1}]
    requests = [
        asked("http://x.test/settings", {"theme": "dark", "flags": ["one", "two", "three"]}),
        asked("http://x.test/rows?page=1", {"result": {"rows": rows, "tags": ["a", "b", "c"]}}),
        asked("http://x.test/rows?page=2", {"result": {"rows": rows[:1], "tags": []}}),
    ]
    first, second = page_data(requests, text)
    assert ("/rows*", "json:result.rows[*]", 2, {"who": "who", "worth": "worth"}, 1.0) == (
        first.pattern,
        first.each,
        first.rows,
        first.columns.selectors,
        first.shown,
    )
    assert ("/settings", 0.0) == (second.pattern, second.shown)


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"3", b"[" * 5000, b'"text"', b"\xff"])
def test_what_is_no_list_or_object_is_no_data(body: bytes) -> None:
    assert [] == page_data([asked("http://x.test/", body)], "text")


@pytest.mark.parametrize(
    ("value", "each"),
    [
        ([1, 2], "json:[*]"),
        ({"a b": {"c-d": [{}]}}, 'json:"a b"."c-d"[*]'),
        ({"a": 1}, ""),
        ({"0": [1]}, 'json:"0"[*]'),
    ],
)
def test_the_longest_list_is_found_by_a_selector_that_works(value: Any, each: str) -> None:
    assert [each] == [data.each for data in page_data([asked("http://x.test/", value)], "")]


def test_deep_answers_are_read_as_far_as_they_matter() -> None:
    deep: Any = [1]
    for _ in range(500):
        deep = {"a": deep}
    assert [""] == [data.each for data in page_data([asked("http://x.test/", deep)], "")]


@pytest.mark.parametrize(
    ("rows", "selectors", "key"),
    [
        ([{"@id": 1, "größe": "5 cm", "_x": 2}], {"id": '"@id"', "grosse": '"größe"', "x": "_x"}, ["id"]),
        ([{"node": {"id": 1, "at": {"x": 1}}, "tags": [1]}], {"node_id": "node.id"}, ["node_id"]),
        ([["a", 1], ["b", 1]], {"value_1": "[0]", "value_2": "[1]"}, ["value_1"]),
        (["a", "b"], {"value": "@"}, ["value"]),
        ([{"type": "x", "n": 1}, {"type": "x", "n": 2}], {"type": "type", "n": "n"}, ["n"]),
        ([{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}], {"a": "a", "b": "b"}, ["a", "b"]),
        ([{"a b": 1, "a-b": 2}], {"a_b": '"a b"', "a_b_2": '"a-b"'}, ["a_b"]),
        ([{"1": 1}, {"later": 2}], {"value_1": '"1"', "later": "later"}, ["value_1", "later"]),
    ],
)
def test_columns_have_names_that_a_config_takes_and_a_key_that_tells_entries_apart(
    rows: list[Any], selectors: dict[str, str], key: list[str]
) -> None:
    [data] = page_data([asked("http://x.test/", rows)], "")
    assert (selectors, key) == (data.columns.selectors, data.columns.key)


def test_objects_of_one_kind_by_their_names_are_entries_too() -> None:
    prices = {name: {"price": number, "name": name} for number, name in enumerate("abc")}
    [data] = page_data([asked("http://x.test/", {"prices": prices, "tags": ["x"]})], "")
    assert ("json:prices.*", 3, ["price"]) == (data.each, data.rows, data.columns.key)


@pytest.mark.parametrize(
    ("url", "pattern"), [("http://x.test", "/"), ("http://x.test/a/b?c=d", "/a/b*"), ("http://x.test/a#b", "/a")]
)
def test_a_pattern_leaves_the_query_open(url: str, pattern: str) -> None:
    assert pattern == pattern_of(url)
