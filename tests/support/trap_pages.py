"""Pages that keep a parser busy for minutes, or fill the memory, though each is small on the wire."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

from aiohttp import web

RULES = r"""
[[page]]
match  = "/trap/*"
follow = ["a"]
table  = "page"
key    = ["url"]
[page.fields]
url     = "@url"
title   = "h1"
reviews = { re = '(\d+) reviews' }
intro   = "h2 ~ p"
tags    = { css = ".tag", many = true }
price   = { css = "b", type = "decimal" }
count   = { css = "u", type = "int" }
day     = { css = "time", type = "date" }

[[page]]
match  = "/trap/href"
follow = ['re:href=(\S+?)+,']

[[page]]
match = "/trap/rows*"
table = "row"
each  = "xpath://i"
key   = ["url", "n"]
[page.fields]
url   = "@url"
n     = "@position"
above = "xpath:ancestor::*"

[[page]]
match = "/json/*"
table = "item"
each  = "json:data[].items[]"
key   = ["url", "n"]
[page.fields]
url = "@url"
n   = "@position"
x   = { json = "sort_by(@, &to_string(@))", type = "json" }

[[page]]
match  = "/good/*"
follow = ["a"]
table  = "good"
key    = ["url"]
[page.fields]
url   = "@url"
title = "h1"
"""


def _html(body: str | bytes, **headers: str) -> web.Response:
    data = body if isinstance(body, bytes) else body.encode()
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", **headers}
    return web.Response(body=gzip.compress(data, 6), headers=headers)


def _json(body: str) -> web.Response:
    return _html(body, **{"Content-Type": "application/json"})


def traps() -> Mapping[str, web.Response]:
    """By path."""
    attributes = " ".join(f"a{n}=1" for n in range(100_000))
    siblings = "<h2></h2>" * 8_000 + "<p></p>" * 12_000
    return {
        "/trap/digits": _html("<h1>x</h1>" + "1" * 250_000),
        "/trap/siblings": _html(siblings),
        "/trap/attributes": _html(f"<p {attributes}>x"),
        "/trap/nested": _html("<div class=tag>" * 1_900 + "x" * 1_500_000 + "</div>" * 1_900),
        "/trap/rows": _html("<i>" * 250 + "x" * 10_000 + "<i>y</i>" * 190_000),
        "/trap/base": _html(f"<base href='http://127.0.0.1/{'x' * 7_900}/'>" + "<a href=?>" * 60_000),
        "/trap/bases": _html(
            f"<base href='http://127.0.0.1/{'x' * 7_900}/'>" + "".join(f"<a href={n}>" for n in range(190_000))
        ),
        "/trap/punycode": _html(b"x-" * 7_000_000, **{"Content-Type": "text/html; charset=punycode"}),
        "/trap/decimal": _html("<b>1e999999999</b><u>1e999999999</u><time>" + "1" * 1_000_000 + "</time>"),
        "/trap/digits2": _html("<b>" + "9" * 4_000_000 + "</b><u>" + "9" * 4_000_000 + "</u>"),
        "/trap/deep": _html("<b>" * 150_000 + "x"),
        "/trap/address": _html("<a href='http://" + "xn--" * 500_000 + "'>x</a><a href='/" + "../" * 900_000 + "'>"),
        "/trap/href": _html("href=" + "a" * 60),
        "/json/nested": _json('{"data":[{"items":[' + "[" * 900 + "]" * 900 + "]}]}"),
        "/json/lists": _json('{"data":[{"items":[' + ",".join(["[" + "[]," * 999 + "[]]"] * 4_000) + "]}]}"),
        "/json/numbers": _json('{"data":[{"items":[[' + "9" * 8_000_000 + "]]}]}"),
        "/json/keys": _json(
            '{"data":[{"items":[{' + ",".join(f'"{n}":{n}' for n in range(900_000)) + "}]}]}",
        ),
    }
