"""The objects as both APIs send them, and the reasons why an answer cannot be used.

Every field may be absent, null, or of another kind than it should be: `readings` decides what is usable. Only the
frame of an answer must be as expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any, Generic, TypeVar

import msgspec

from asyncscrape.errors import Gone, Retry
from asyncscrape.model import Response, storable
from asyncscrape.parsers.errors import ParseError

T = TypeVar("T")

LONGEST_SAID = 200
"""Characters of an answer that are shown."""
TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
NOT_FOUND = 404
REFUSED = 400


class SentUser(msgspec.Struct, frozen=True):
    """A user, in full or in brief; of a deleted one there is hardly more than an id."""

    id: Any = None
    urn: Any = None
    kind: Any = None
    permalink: Any = None
    permalink_url: Any = None
    username: Any = None
    description: Any = None
    city: Any = None
    country: Any = None
    country_code: Any = None
    followers_count: Any = None
    followings_count: Any = None
    track_count: Any = None
    verified: Any = None
    created_at: Any = None
    avatar_url: Any = None
    visuals: Any = None


class SentTrack(msgspec.Struct, frozen=True):
    """A track, by the names of both APIs."""

    id: Any = None
    urn: Any = None
    permalink: Any = None
    permalink_url: Any = None
    title: Any = None
    description: Any = None
    likes_count: Any = None
    favoritings_count: Any = None
    reposts_count: Any = None
    playback_count: Any = None
    comment_count: Any = None
    reveal_stats: Any = None
    reveal_comments: Any = None
    duration: Any = None
    full_duration: Any = None
    created_at: Any = None
    display_date: Any = None
    genre: Any = None
    tag_list: Any = None
    label_name: Any = None
    license: Any = None
    policy: Any = None
    access: Any = None
    isrc: Any = None
    publisher_metadata: Any = None
    metadata_artist: Any = None
    artwork_url: Any = None
    waveform_url: Any = None
    downloadable: Any = None
    download_url: Any = None
    user: Any = None


class SentComment(msgspec.Struct, frozen=True, gc=False):
    """A comment; its user is an object, an object without a name, or absent."""

    id: Any = None
    urn: Any = None
    uri: Any = None
    body: Any = None
    created_at: Any = None
    timestamp: Any = None
    user_id: Any = None
    user_urn: Any = None
    user: Any = None


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list."""

    collection: list[T | None]
    next_href: Any = None


users = msgspec.json.Decoder(Listed[SentUser] | list[SentUser | None])
tracks = msgspec.json.Decoder(Listed[SentTrack] | list[SentTrack | None])
comments = msgspec.json.Decoder(Listed[SentComment] | list[SentComment | None])
one_user = msgspec.json.Decoder(SentUser)


def page_of(response: Response, decoder: msgspec.json.Decoder[Listed[T] | list[T | None]]) -> tuple[list[T], Any]:
    """The objects on a page of a list, and its link to the next; an older form is the bare list."""
    found = answer(response, decoder)
    sent, following = (found, None) if isinstance(found, list) else (found.collection, found.next_href)
    return [item for item in sent if item is not None], following


def answer(response: Response, decoder: msgspec.json.Decoder[T]) -> T:
    """The contents of a good answer. Raises what is wrong with any other."""
    if response.status >= REFUSED:
        raise refusal(response)
    try:
        return decoder.decode(response.body)
    except msgspec.ValidationError as error:
        raise unlike(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _leniently(response, decoder)


def _leniently(response: Response, decoder: msgspec.json.Decoder[T]) -> T:
    """The same of JSON that only Python's own decoder takes, as with half a character; texts are mended later."""
    try:
        return msgspec.convert(json.loads(response.body.decode("utf-8", "replace")), decoder.type)
    except msgspec.ValidationError as error:
        raise unlike(error) from None
    except (ValueError, RecursionError):
        raise Retry(f"the answer should be JSON, but is {shown(response)}") from None


def unlike(error: Exception) -> ParseError:
    """The error for an answer of another shape."""
    return ParseError(f"the answer does not look as it used to ({error}); has the API changed?")


def refusal(response: Response) -> Exception:
    """The error for a refusal, with the words of the site: JSON of several kinds, a text, a page, or nothing."""
    if response.status == NOT_FOUND:
        return Gone(f"the site knows nothing of it any more, and says {said(response)}")
    return ParseError(f"the site says {said(response)}")


def said(response: Response) -> str:
    """The reason that a refusal gives."""
    try:
        told = json.loads(response.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return shown(response)
    words = dict.fromkeys(_words(told)) if isinstance(told, dict) else {}
    return "; ".join(words) or "nothing more"


def _words(told: Mapping[str, Any]) -> list[str]:
    """The messages within an error, wherever they stand."""
    errors = told.get("errors")
    items = [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
    places = [
        told.get("error_description"),
        told.get("message"),
        told.get("error"),
        *(item.get("error_message") for item in items),
        *(_limit(item["meta"]) for item in items if isinstance(item.get("meta"), dict)),
        told.get("status"),
    ]
    return [storable(place)[:LONGEST_SAID] for place in places if isinstance(place, str) and place.strip()]


def _limit(meta: Mapping[str, Any]) -> str | None:
    """A rate limit in words."""
    limit = meta.get("rate_limit")
    if not isinstance(limit, dict):
        return None
    most, name = limit.get("max_nr_of_requests"), limit.get("name") or limit.get("group") or "requests"
    return f"at most {most} {name} in {limit.get('time_window')}, until {meta.get('reset_time')}"


def shown(response: Response) -> str:
    """The beginning of an answer that is not JSON; of a page its title."""
    text = response.body[:65_536].decode("utf-8", "replace").strip()
    if not text:
        return "nothing at all"
    if text.startswith("<"):
        title = TITLE.search(text)
        named = " ".join(unescape(title[1]).split()) if title else ""
        return f'a page for people, "{named[:LONGEST_SAID]}"' if named else "a page for people"
    return f'"{" ".join(text.split())[:LONGEST_SAID]}"'
