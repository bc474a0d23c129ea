"""The official API, `api.soundcloud.com`. Every request shows a token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from asyncscrape.replica.answers import Asked, Reply, redirect
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import UploadedTrack
from asyncscrape.replica.soundcloud import deed_lists, official_shapes
from asyncscrape.replica.soundcloud.cursors import cursor_in, window
from asyncscrape.replica.soundcloud.kept_answers import KeptAnswers
from asyncscrape.replica.soundcloud.official_shapes import API
from asyncscrape.replica.soundcloud.tokens import is_valid
from asyncscrape.replica.soundcloud.views import JSON_UTF8, View, encoded, limit_of, number_in, offset_of
from asyncscrape.replica.soundcloud.web_api import download_url, is_public, resolved, shown

HOST = "api.soundcloud.com"
ROBOTS = Reply(b"User-agent: *\nDisallow: /\n", "text/plain")
_DIGITS = 11
_USUAL_LIMIT = 50
_NOW_MS = 1_741_082_000_000
_NAMES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}

Query = dict[str, str]


def answer(asked: Asked, view: View) -> Reply:
    """The answer to any request."""
    path, _, text = asked.target.partition("?")
    if path == "/robots.txt":
        return ROBOTS
    if not is_valid(asked.headers.get("Authorization", "")):
        return failed(401)
    return _kept(path, text, view)


def failed(status: int) -> Reply:
    """An error as this API writes it."""
    link = "https://developers.soundcloud.com/docs/api/explorer/open-api"
    body = {"code": status, "message": "", "link": link, "status": f"{status} - {_NAMES[status]}"}
    return encoded({**body, "errors": [], "error": None}, status)


def _made(path: str, text: str, view: View) -> Reply:
    query = dict(parse_qsl(text, keep_blank_values=True))
    match unquote(path).strip("/").split("/"):
        case ["resolve"]:
            return _resolve(query, view)
        case ["users"]:
            return _people(query, view)
        case ["tracks"] if "urns" in query:
            return _tracks_by_urn(query, view)
        case ["tracks", name, *rest]:
            upload = shown(number_in(name), view)
            return failed(404) if upload is None else _of_track(upload, rest, query, view)
        case ["users", name, *rest]:
            user_id = number_in(name)
            if user_id is not None and view.world.profile(user_id) is not None:
                return _of_user(user_id, rest, query, view)
    return failed(404)


def _of_user(user_id: int, rest: Sequence[str], query: Query, view: View) -> Reply:
    match rest:
        case []:
            return encoded(official_shapes.user(user_id, view.world))
        case ["tracks"]:
            return _uploads(user_id, query, view)
    return _social(user_id, "/".join(rest), query, view)


def _of_track(upload: UploadedTrack, rest: Sequence[str], query: Query, view: View) -> Reply:
    match rest:
        case []:
            return encoded(official_shapes.track(upload.id, view.world))
        case ["comments"]:
            newest_first = view.world.comments_under(upload.id)[::-1]
            path = f"tracks/soundcloud:tracks:{upload.id}/comments"
            return _by_offset(path, newest_first, official_shapes.comment, query, view)
        case ["download"]:
            return redirect(302, download_url(upload)) if upload.downloadable else failed(404)
    return failed(404)


def _resolve(query: Query, view: View) -> Reply:
    found = resolved(query.get("url", ""), view)
    if found is None:
        return failed(404)
    kind, number = ("users", found) if isinstance(found, int) else ("tracks", found.id)
    location = f"{API}/{kind}/soundcloud:{kind}:{number}"
    body = encoded({"status": "302 - Found", "location": location}).body
    return Reply(body, JSON_UTF8, 302, {"Location": location})


def _people(query: Query, view: View) -> Reply:
    if "urns" in query:
        known = (view.world.profile(number_in(urn) or 0) for urn in query["urns"].split(","))
        return encoded([official_shapes.user(one.id, view.world) for one in known if one])
    if "q" not in query:
        return failed(400)
    return _by_offset(
        "users", truth.found(query["q"]), lambda one, world: official_shapes.user(one.id, world), query, view
    )


def _tracks_by_urn(query: Query, view: View) -> Reply:
    tracks = (shown(number_in(urn), view) for urn in query["urns"].split(","))
    return encoded([official_shapes.track(one.id, view.world) for one in tracks if one])


def _uploads(user_id: int, query: Query, view: View) -> Reply:
    """A page of tracks. Those that cannot be heard are shown only if asked for."""
    wanted = query.get("access", "playable,preview").split(",")
    limit = limit_of(query, _USUAL_LIMIT)
    everything = view.world.uploads_of(user_id, hidden=True)

    def is_wanted(one: UploadedTrack) -> bool:
        return is_public(one) and official_shapes.access(one) in wanted

    tracks, cursor = window(everything, limit, cursor_in(query.get("cursor", "")), is_wanted)
    more = {"page_size": limit, "cursor": cursor and cursor.written(_DIGITS), "linked_partitioning": "true"}
    if "access" in query:
        more["access"] = query["access"]
    path = f"users/soundcloud:users:{user_id}/tracks"
    shapes = [official_shapes.track(one.id, view.world) for one in tracks]
    return _linked(shapes, f"{API}/{path}?{urlencode(more, safe=',:')}" if cursor else None, query, view)


def _social(user_id: int, name: str, query: Query, view: View) -> Reply:
    found = deed_lists.official_list(user_id, name, view.world)
    if found is None:
        return failed(404)
    path = f"users/soundcloud:users:{user_id}/{name}"
    return (_by_offset if "/" in name else _by_milliseconds)(path, *found, query, view)


def _by_offset(path: str, items: Sequence[Any], shape: deed_lists.Shape, query: Query, view: View) -> Reply:
    """A page of a list that is read by offset."""
    limit, offset = limit_of(query, _USUAL_LIMIT), offset_of(query)
    more = query | {"limit": str(limit), "offset": str(offset + limit)}
    link = f"{API}/{path}?{urlencode(more)}" if offset + limit < len(items) else None
    return _linked([shape(one, view.world) for one in items[offset : offset + limit]], link, query, view)


def _by_milliseconds(path: str, items: Sequence[Any], shape: deed_lists.Shape, query: Query, view: View) -> Reply:
    """A page of a list that is read by time: one item came into it every second. It is always linked."""
    limit, cursor = limit_of(query, _USUAL_LIMIT), query.get("cursor", "")
    start = (_NOW_MS - int(cursor)) // 1_000 if cursor.isdecimal() else 0
    end = start + limit
    link = f"{API}/{path}?page_size={limit}&cursor={_NOW_MS - end * 1_000}" if end < len(items) else None
    return view.page([shape(one, view.world) for one in items[start:end]], link, "absent")


def _linked(items: Sequence[Any], next_href: str | None, query: Query, view: View) -> Reply:
    """A page, or a bare list, as it used to be, if no page was asked for."""
    if query.get("linked_partitioning") not in ("true", "1"):
        return encoded(items)
    return view.page(items, next_href, "absent")


_kept = KeptAnswers(_made, 40_000_000)
