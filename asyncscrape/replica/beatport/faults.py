"""The faults of Beatport's hosts. What each kind means is told in `asyncscrape/replica/behaviour.py`."""

from __future__ import annotations

from dataclasses import replace

from asyncscrape.replica.answers import JSON, Reply
from asyncscrape.replica.beatport import official_api, web_pages
from asyncscrape.replica.behaviour import Fault

_CHALLENGE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>
<body><h1>www.beatport.com</h1><noscript>Enable JavaScript and cookies to continue</noscript></body></html>
"""
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
_ELSEWHERE = b"<!DOCTYPE html><html><head><title>Beatport</title></head><body><p>We will be back.</p></body></html>\n"


def instead(fault: Fault, host: str) -> Reply | None:
    """The answer that ignores the question; None if the fault only bends the right answer."""
    match fault.kind:
        case "expired":
            return official_api.refused(401, "Authentication credentials were not provided.")
        case "no-scope":
            return official_api.refused(403, "You do not have permission to perform this action.")
        case "territory":
            return official_api.refused(403, "Territory Restricted.")
        case "gone":
            return official_api.no_track() if host == official_api.HOST else web_pages.unknown()
        case "too-many":
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return Reply(b'{"detail":"Request was throttled."}', JSON, 429, headers)
        case "server-error":
            return Reply(_BAD_GATEWAY, status=502)
        case "web-page":
            return Reply(_ELSEWHERE)
        case "challenge":
            return Reply(_CHALLENGE.encode(), status=403, headers={"cf-mitigated": "challenge"})
        case "closed-search":
            return web_pages.robots("/search")
    return None


def bent(fault: Fault, answer: Reply) -> Reply:
    """The right answer, broken or late."""
    body = answer.body
    if fault.kind == "cut-off":
        body = body[: len(body) // 2]
    elif fault.kind == "corrupted":
        body = _corrupted(body)
    return replace(answer, body=body, delay=fault.delay)


def _corrupted(body: bytes) -> bytes:
    before, begins, after = body.partition(web_pages.DATA_BEGINS)
    data, ends, rest = after.partition(web_pages.DATA_ENDS)
    if not begins:
        return body[: len(body) // 2]
    return before + begins + data[: len(data) * 2 // 3] + ends + rest
