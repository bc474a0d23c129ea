"""www.beatport.com: search and track pages, whose data stands in a script."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.beatport.objects import PAGES_API, flat, listed, paged
from asyncscrape.replica.beatport.stock import Stock
from asyncscrape.replica.scene.nouns import SoldTrack

OPEN = "text/plain; charset=utf-8"
DATA_BEGINS = b'<script id="__NEXT_DATA__" type="application/json">'
DATA_ENDS = b"</script>"

_KINDS = ("tracks", "releases", "artists", "labels", "charts")


def answer(stock: Callable[[], Stock], asked: Asked, is_old: bool = False) -> Reply | None:
    """The page that is asked for, or None; `is_old` if track pages are as they were until August 2026."""
    path, _, text = asked.target.partition("?")
    query = dict(parse_qsl(text))
    match path.strip("/").split("/"):
        case ["robots.txt"]:
            return robots()
        case ["search"]:
            return _search(stock(), query, everything=True)
        case ["search", "tracks"]:
            return _search(stock(), query, everything=False)
        case ["track", _, number]:
            track = stock().by_id.get(int(number)) if number.isdecimal() else None
            return _track(track, is_old) if track else None
    return None


def robots(closed: str | None = None) -> Reply:
    """Which pages robots may fetch: all but those below `closed`."""
    rule = f"Disallow: {closed}" if closed else "Allow: /"
    return Reply(f"User-agent: *\n{rule}\n".encode(), OPEN)


def unknown() -> Reply:
    """The page instead of one that is not there."""
    return Reply(_page("Page Not Found", []), status=404)


def _search(stock: Stock, query: dict[str, str], everything: bool) -> Reply:
    """Two pairs of brackets in what is searched for are taken for an attack."""
    words = query.get("q", "")
    if words.count("(") > 1:
        return Reply(b"<html><head><title>403 Forbidden</title></head><body>403 Forbidden</body></html>", status=403)
    size, number = _whole(query.get("per-page"), 25), _whole(query.get("page"), 1)
    ranked = stock.index.ranked(words)[(number - 1) * size : number * size]
    data: dict[str, Any] = {"data": [msgspec.Raw(_encoded(stock.tracks[place])) for place in ranked]}
    if everything:
        data = {kind: data if kind == "tracks" else {"data": []} for kind in _KINDS}
    name = "search-all" if everything else "search-tracks"
    return Reply(_page(f"Search: {words}", [([name, query], data)]), packable=False)


@lru_cache(8_192)
def _encoded(track: SoldTrack) -> bytes:
    return msgspec.json.encode(flat(track))


def _track(track: SoldTrack, is_old: bool) -> Reply:
    if is_old:
        found: tuple[list[Any], Any] = [f"track-{track.id}"], listed(track, PAGES_API)
    else:
        found = [f"track-details-{track.id}"], paged(track)
    title = f"{', '.join(one.name for one in track.artists)} - {track.name} ({track.mix})"
    return Reply(_page(title, [([f"cart-{track.id % 7}"], None), found]), packable=False)


def _page(title: str, found: list[tuple[list[Any], Any]]) -> bytes:
    """A page, of which only the data is worth reading."""
    queries = [
        {
            "queryHash": msgspec.json.encode(key).decode(),
            "queryKey": key,
            "state": {"status": "success", "data": data},
        }
        for key, data in (([["genres"], [{"id": 5, "name": "House"}]]), *found)
    ]
    session = {"access_token": "anonymous", "expires_in": 600, "token_type": "Bearer", "scope": "user:anon"}
    props = {"pageProps": {"anonSession": session, "dehydratedState": {"mutations": [], "queries": queries}}}
    data = msgspec.json.encode({"props": props, "page": "/", "query": {}, "buildId": "replica"})
    head = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} | Beatport</title></head>'
    )
    body = f'<body><div id="__next"><h1>{escape(title)}</h1></div>'
    safe = data.replace(b"<", b"\\u003c")
    return b"".join((head.encode(), body.encode(), DATA_BEGINS, safe, DATA_ENDS, b"</body></html>\n"))


def _whole(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else usual
