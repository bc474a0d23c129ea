"""Answers of a server, in the form that parsers get."""

from __future__ import annotations

from datetime import UTC, datetime

from multidict import CIMultiDict

from asyncscrape.model import Request, Response

URL = "http://shop.test/item/5.html?page=2"
HTML = "text/html; charset=utf-8"


def response(body: bytes | str, kind: str = HTML, url: str = URL, **headers: str) -> Response:
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(url, depth=3, parent="http://shop.test/")
    return Response(request, 200, CIMultiDict({"Content-Type": kind} | named), raw, datetime(2024, 5, 6, tzinfo=UTC))
