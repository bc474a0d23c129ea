"""Beatport's public pages: the search page, then the page of the track that was found.

A page holds its data as JSON in a script called `__NEXT_DATA__`: a list of queries, each with the key it was asked by
and its answer. The search page tells nearly everything, so its match is a row already; the track's page completes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from asyncscrape.errors import Blocked, Gone, Retry
from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.beatport.columns import NO_PREVIEWS, ShopFiles, matched, page_of, page_url, row
from asyncscrape.parsers.beatport.matching.best import FIRST_OFFERS, best
from asyncscrape.parsers.beatport.offer_reader import offer_of, offers_of, sent_offer
from asyncscrape.parsers.beatport.wanted import PER_PAGE, SEARCH, TRACK, LookedFor, looked_for, search_words
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.half_characters import decoded_whole

_NEXT_DATA = re.compile(rb"<script[^>]*\bid=[\"']__NEXT_DATA__[\"'][^>]*>")
_CHALLENGE = re.compile(rb"<title>\s*just a moment", re.IGNORECASE)
_ID = re.compile(r"/track/[^/]*/(\d+)")


class BeatportPages:
    """The pages as a source: a search page for each track, and the page of each match."""

    host = "www.beatport.com"

    def __init__(self, files: ShopFiles = NO_PREVIEWS) -> None:
        self._files = files

    def look_up(self, track: LookedFor) -> Link:
        """The search for a track."""
        query = {"q": search_words(track), "page": 1, "per-page": PER_PAGE}
        return Link(f"https://{self.host}/search/tracks?{urlencode(query)}", SEARCH, track.note)

    def search(self, response: Response) -> Page:
        """The match among the results on a search page, and a link to its own page."""
        track = looked_for(response.request.note)
        match = best(track, offers_of(found_tracks(page_data(response)), FIRST_OFFERS))
        page = matched(track, match, self._files)
        if match.offer is None:
            return page
        return msgspec.structs.replace(page, links=[Link(page_url(match.offer), TRACK, track.note)])

    def track(self, response: Response) -> Page:
        """The columns on a track's own page."""
        number = _ID.search(response.request.asked)
        if number is None:
            raise ParseError("the address is not that of a track")
        offer = offer_of(track_data(page_data(response), int(number[1])))
        return page_of(row(looked_for(response.request.note), offer, self._files))


Queries = Mapping[str, Any]
"""The answers on a page by the first word of the key they were asked by; `Raw` where they are not decoded yet."""
CORRUPTED = "the page's data (__NEXT_DATA__) is corrupted or cut off"


class PageQueryState(msgspec.Struct):
    """The state of a query: its answer."""

    data: msgspec.Raw = msgspec.Raw()


class PageQuery(msgspec.Struct, rename="camel"):
    """A query with the key that it was asked by."""

    query_key: list[Any]
    state: PageQueryState


class DehydratedState(msgspec.Struct):
    """All queries of a page."""

    queries: list[PageQuery]


class PageProps(msgspec.Struct, rename="camel"):
    """What a page is made of."""

    dehydrated_state: DehydratedState


class Props(msgspec.Struct, rename="camel"):
    """What a page is made of, as its framework holds it."""

    page_props: PageProps


class NextData(msgspec.Struct):
    """The data of a page."""

    props: Props


class Lists(msgspec.Struct):
    """A list of tracks under either name, each not decoded yet: a page has four times as many as are looked at."""

    data: list[msgspec.Raw] | None = None
    results: list[msgspec.Raw] | None = None


_PAGE = msgspec.json.Decoder(NextData)
_LISTS = msgspec.json.Decoder(Lists)


def page_data(response: Response) -> Queries:
    """The data of a page. Raises what is wrong with it."""
    if response.status == 404:
        raise Gone("Beatport has no such page")
    if _CHALLENGE.search(response.body):
        raise Blocked("Beatport asks for proof that a person is looking; this program gives none")
    script = script_text(response.body)
    if script is None:
        raise ParseError("the page has no data (__NEXT_DATA__); has the site changed?")
    try:
        found = decoded_whole(_PAGE.decode, script).props.page_props.dehydrated_state.queries
    except msgspec.ValidationError:
        return dict(answers(_queries(script)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ParseError(CORRUPTED) from None
    named = [(query.query_key[0], query.state.data) for query in found if query.query_key and len(query.state.data)]
    return {name: data for name, data in named if isinstance(name, str)}


def _queries(script: bytes) -> Any:
    """The queries of a page on which anything is not as it usually is. Raises what is wrong with it."""
    try:
        return decoded_whole(msgspec.json.decode, script)["props"]["pageProps"]["dehydratedState"]["queries"]
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ParseError(CORRUPTED) from None
    except (KeyError, TypeError, IndexError):
        raise ParseError("the page's data (__NEXT_DATA__) is not arranged as it used to be") from None


def script_text(page: bytes) -> bytes | None:
    """The text of the script with the data. A pattern for its end would take twenty times as long."""
    begin = _NEXT_DATA.search(page)
    end = page.find(b"</script", begin.end()) if begin else -1
    return page[begin.end() : end] if begin and end >= 0 else None


def answers(queries: Any) -> Iterator[tuple[str, Any]]:
    """The answer to each query that a page has asked."""
    for query in queries if isinstance(queries, list) else ():
        match query:
            case {"queryKey": [str(name), *_], "state": {"data": data}}:
                yield name, data


def decoded(answer: Any) -> Any:
    """An answer."""
    try:
        return decoded_whole(msgspec.json.decode, answer) if isinstance(answer, msgspec.Raw) else answer
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ParseError(CORRUPTED) from None


def opened(answer: Any) -> Any:
    """An answer, whose tracks stay as they were sent if it is a list of them."""
    try:
        lists = decoded_whole(_LISTS.decode, answer) if isinstance(answer, msgspec.Raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        lists = None
    return decoded(answer) if lists is None else {"data": lists.data, "results": lists.results}


def found_tracks(queries: Queries) -> Any:
    """The tracks that a search has found, on its own page or on the one with everything that was found."""
    searched = opened(queries.get("search-tracks", ...))
    match searched:
        case {"data": list(tracks)} | {"results": list(tracks)}:
            return tracks
    match decoded(queries.get("search-all")):
        case {"tracks": {"data": list(tracks)}}:
            return tracks
    if searched is None:
        raise Retry("the page was sent before its search was answered")
    raise ParseError("the page has no search result; has the site changed?")


def track_data(queries: Queries, number: int) -> Mapping[str, Any]:
    """The track that a page is about, in the form of either generation."""
    for name in (f"track-details-{number}", f"track-{number}"):
        told: Any = decoded(queries.get(name))
        if sent_offer(told):
            return dict(told)
    raise ParseError(f"the page does not tell track {number}; has the site changed?")
