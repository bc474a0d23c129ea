"""The faults that can be switched on, by kind:

| kind | the answer |
|---|---|
| `busy` | HTTP 200 that says the system is busy: code "500" as text, on the official API as a number |
| `bad-request` | HTTP 200 with error code "400" and without data; HTTP 400 on the official API |
| `wrong-coin` | the answer about another coin, as from a broken cache |
| `official-error` | the official API's error `code`, with its usual HTTP status or with `status` |
| `too-many` | HTTP 429, with `retry_after` if that is set |
| `server-error` | HTTP 502 with a web page |
| `gone` | HTTP 404 with a JSON message; on the web pages "we couldn't find your page" |
| `web-page` | HTTP 200 with an unrelated web page |
| `challenge` | HTTP 403 "Just a moment..." |
| `cut-off` | the right answer without its second half |
| `slow` | the right answer, `delay` seconds later |
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from asyncscrape.replica.answers import JSON, Reply, as_json
from asyncscrape.replica.behaviour import Fault
from asyncscrape.replica.coinmarketcap import official_api, web_api, web_pages

BUSY = "The system is busy, please try again later!"
_CHALLENGE = b"""<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>
<body><h1>coinmarketcap.com</h1><p id="challenge-error-text">Enable JavaScript and cookies</p></body></html>
"""
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
_ELSEWHERE = (
    b"<!DOCTYPE html><html><head><title>CoinMarketCap</title></head><body><p>We will be back.</p></body></html>\n"
)


def instead(fault: Fault, today: date, is_official: bool, is_pages: bool) -> Reply | None:
    """The answer that ignores the question; None if the fault only bends the right answer."""
    match fault.kind:
        case "busy":
            return official_api.failed(today, 500, BUSY, 200) if is_official else web_api.failed(today, "500", BUSY)
        case "bad-request":
            text = '"value" must contain at least one of [id, rwaId, slug, rwaSlug]'
            return official_api.failed(today, 400, text) if is_official else web_api.failed(today, "400", text)
        case "official-error":
            return official_api.failed(today, fault.code, status=fault.status, retry_after=fault.retry_after)
        case "too-many":
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return Reply(b'{"message":"Too Many Requests"}', JSON, 429, headers)
        case "server-error":
            return Reply(_BAD_GATEWAY, status=502)
        case "gone":
            return web_pages.unknown() if is_pages else as_json({"message": "Not Found"}, 404)
        case "web-page":
            return Reply(_ELSEWHERE)
        case "challenge":
            return Reply(_CHALLENGE, status=403, headers={"cf-mitigated": "challenge"})
    return None


def bent(fault: Fault, answer: Reply) -> Reply:
    """The right answer, cut off or late."""
    if fault.kind == "cut-off":
        answer = replace(answer, body=answer.body[: len(answer.body) // 2])
    return replace(answer, delay=fault.delay)
