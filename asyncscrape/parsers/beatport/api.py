"""Beatport's API, version 4, with the user's own token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from asyncscrape.errors import Blocked, Gone
from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.beatport.columns import NO_PREVIEWS, ShopFiles, matched
from asyncscrape.parsers.beatport.matching.best import FIRST_OFFERS, best
from asyncscrape.parsers.beatport.offer_reader import offers_of
from asyncscrape.parsers.beatport.wanted import PER_PAGE, SEARCH, LookedFor, looked_for, search_words
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.half_characters import decoded_whole

TOKEN_REFUSED = (
    "Beatport refuses the token, or it has run out: put a new one into BEATPORT_TOKEN, "
    "then `asyncscrape retry` and `asyncscrape run`"
)
NO_PERMISSION = "Beatport's API does not permit this token to search"
ELSEWHERE = "Beatport does not sell this in the country of this computer"


class BeatportApi:
    """The API as a source: one search a track, whose results have everything."""

    host = "api.beatport.com"

    def __init__(self, files: ShopFiles = NO_PREVIEWS) -> None:
        self._files = files

    def look_up(self, track: LookedFor) -> Link:
        """The search for a track."""
        query = {"q": search_words(track), "type": "tracks", "page": 1, "per_page": PER_PAGE}
        return Link(f"https://{self.host}/v4/catalog/search/?{urlencode(query)}", SEARCH, track.note)

    def search(self, response: Response) -> Page:
        """The match among the results of a search."""
        track = looked_for(response.request.note)
        told = answered(response)
        # The results stand under the name of what was searched for; in lists of the catalogue it is "results".
        offers = offers_of(told.get("tracks", told.get("results")), FIRST_OFFERS)
        return matched(track, best(track, offers), self._files)


def answered(response: Response) -> Mapping[str, Any]:
    """The object that a good answer holds. Raises what is wrong with any other."""
    if response.status == 401:
        raise Blocked(TOKEN_REFUSED)
    try:
        told = decoded_whole(msgspec.json.decode, response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        html = response.body.lstrip().startswith(b"<")
        raise ParseError(
            "Beatport's API sent a page of HTML, not JSON" if html else "the answer is cut off, or is no JSON"
        ) from None
    if not isinstance(told, Mapping):
        raise ParseError("the answer is no object; has the API changed?")
    check_refusal(response.status, told)
    return told


def check_refusal(status: int, told: Mapping[str, Any]) -> None:
    """Raise if the API says why it refuses."""
    said = told.get("detail") or told.get("error")
    if status < 400 and said is None:
        return
    if status == 403 and "territory" in str(said).lower():
        raise ParseError(ELSEWHERE)
    if status == 403:
        raise Blocked(f"{NO_PERMISSION}: {said}")
    if status == 404:
        raise Gone(f"Beatport says: {said}")
    raise ParseError(f"Beatport's API says: {said}")
