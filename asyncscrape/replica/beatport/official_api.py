"""api.beatport.com, version 4: search, lists and single tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

import msgspec

from asyncscrape.replica.answers import JSON, Asked, Reply, as_json, redirect
from asyncscrape.replica.beatport.key_numbers import KEYS
from asyncscrape.replica.beatport.objects import detailed, listed
from asyncscrape.replica.beatport.stock import Stock
from asyncscrape.replica.beatport.tokens import BearerTokens
from asyncscrape.replica.scene.nouns import SoldTrack
from asyncscrape.replica.scene.transliteration import words_of

HOST = "api.beatport.com"
MOST_COUNTED = 10_000
MOST_A_PAGE = 100
_KINDS = ("tracks", "releases", "artists", "labels", "charts")

Query = dict[str, str]


def answer(stock: Callable[[], Stock], tokens: BearerTokens, asked: Asked) -> Reply:
    """The answer to a request. A path without its last slash leads to the one with it."""
    path, _, text = asked.target.partition("?")
    if path == "/robots.txt":
        return refused(404, "Not found.")
    if not path.endswith("/"):
        return redirect(301, f"{path}/" + (f"?{text}" if text else ""))
    if path == "/v4/auth/o/token/" and asked.method == "POST":
        return tokens.renew(asked)
    if asked.method == "POST":
        return refused(405, f'Method "{asked.method}" not allowed.')
    if not tokens.admits(asked):
        return refused(401, "Authentication credentials were not provided.")
    query = dict(parse_qsl(text))
    match path.strip("/").split("/")[1:]:
        case ["catalog", "search"]:
            return _search(stock(), query)
        case ["catalog", "tracks"]:
            return _list(stock(), query)
        case ["catalog", "tracks", number]:
            return _track(stock(), number)
    return refused(404, "Not found.")


def refused(status: int, detail: str) -> Reply:
    """An error, as the API words it."""
    return as_json({"detail": detail}, status)


def no_track() -> Reply:
    """The answer about a track that is not there."""
    return refused(404, "No Track matches the given query.")


def _search(stock: Stock, query: Query) -> Reply:
    kind = query.get("type", "tracks")
    if kind not in _KINDS:
        return refused(400, f'"{kind}" is not a valid type.')
    found = stock.index.ranked(query.get("q", "")) if kind == "tracks" else []
    return _page("search", query, found, stock, kind, 25)


def _list(stock: Stock, query: Query) -> Reply:
    filtered = list(_filtered(stock, query))
    found = sorted(frozenset.intersection(*filtered)) if filtered else range(len(stock.tracks))
    return _page("tracks", query, found, stock, "results", 10)


def _filtered(stock: Stock, query: Query) -> Iterator[frozenset[int]]:
    """The places of the tracks that each filter lets through. `q` is not a filter, nor is what nobody knows."""
    for name, value in query.items():
        if name in _FUZZY:
            yield stock.index.named(words_of(value), _FUZZY[name])
        elif name in _EXACT:
            known = stock.places(_EXACT[name])
            yield frozenset().union(*(known.get(one, frozenset()) for one in value.split(",")))


_FUZZY = {"artist_name": "artist", "name": "title", "mix_name": "mix", "label_name": "label"}
_EXACT: dict[str, Callable[[SoldTrack], object]] = {
    "isrc": lambda track: track.isrc,
    "id": lambda track: track.id,
    "bpm": lambda track: track.bpm,
    "catalog_number": lambda track: track.catalog_number,
    "genre_name": lambda track: track.genre,
    "key_id": lambda track: track.key,
    "key_name": lambda track: track.key and KEYS[track.key].name,
    "release_id": lambda track: track.release.id,
    "label_id": lambda track: track.release.label_id,
}


def _page(end: str, query: Query, found: Sequence[int], stock: Stock, items: str, usual: int) -> Reply:
    """One page of what was found. Addresses of other pages come without "https://"."""
    number, size = _whole(query.get("page"), 1), min(_whole(query.get("per_page"), usual), MOST_A_PAGE)
    count = min(len(found), MOST_COUNTED)
    last = max(1, -(-count // max(1, size)))
    if not 1 <= number <= last or size < 1:
        return refused(404, "Invalid page.")
    here = found[(number - 1) * size : min(number * size, count)]
    tracks = [msgspec.Raw(_encoded(stock.tracks[place])) for place in here]
    address = f"{HOST}/v4/catalog/{end}/"
    body = {
        items: tracks,
        **({"order": [items]} if end == "search" else {}),
        "next": _other_page(address, query, number + 1, size) if number < last else None,
        "previous": _other_page(address, query, number - 1, size) if number > 1 else None,
        "count": count,
        "page": f"{number}/{last}",
        "per_page": size,
    }
    return Reply(msgspec.json.encode(body), JSON, packable=False)


def _other_page(address: str, query: Query, number: int, size: int) -> str:
    return f"{address}?{urlencode({**query, 'page': number, 'per_page': size})}"


def _whole(text: str | None, usual: int) -> int:
    if text is None:
        return usual
    return int(text) if text.isdecimal() else 0


@lru_cache(8_192)
def _encoded(track: SoldTrack) -> bytes:
    return msgspec.json.encode(listed(track))


def _track(stock: Stock, number: str) -> Reply:
    track = stock.by_id.get(_whole(number, 0))
    if track is None:
        return no_track()
    return Reply(msgspec.json.encode(detailed(track)), JSON, packable=False)
