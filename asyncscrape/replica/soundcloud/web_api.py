"""The web client's API, `api-v2.soundcloud.com`. Every request shows the public client id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import Comment, UploadedTrack
from asyncscrape.replica.soundcloud import deed_lists, web_shapes
from asyncscrape.replica.soundcloud.cursors import cursor_in, window
from asyncscrape.replica.soundcloud.kept_answers import KeptAnswers
from asyncscrape.replica.soundcloud.views import View, encoded, limit_of, number_in, offset_of

HOST = "api-v2.soundcloud.com"
_API = f"https://{HOST}"
_DIGITS = 20
_MOST_IDS = 50

Query = Mapping[str, str]


def answer(asked: Asked, view: View) -> Reply:
    """The answer to any request."""
    path, _, text = asked.target.partition("?")
    if path == "/robots.txt":
        return nothing()
    if f"client_id={view.client_id}" not in text.split("&"):
        return unauthorised()
    return _kept(path, text, view)


def nothing() -> Reply:
    """What is said of all that is not there."""
    return encoded({}, 404)


def unauthorised() -> Reply:
    """What is said to a client id that is missing or out of date."""
    return encoded({}, 401)


def _made(path: str, text: str, view: View) -> Reply:
    query = dict(parse_qsl(text, keep_blank_values=True))
    match unquote(path).strip("/").split("/"):
        case ["resolve"]:
            return _resolve(query, view)
        case ["search", "users"]:
            return _search(query, view)
        case ["tracks"] if "ids" in query:
            return _tracks_by_id(query["ids"], view)
        case ["tracks", name, *rest]:
            upload = shown(number_in(name), view)
            return nothing() if upload is None else _of_track(upload, rest, query, view)
        case ["users", name, *rest] | ["stream", "users", name, *rest]:
            user_id = number_in(name)
            if user_id is not None and view.world.profile(user_id) is not None:
                return _of_user(user_id, rest, query, view)
    return nothing()


def _of_user(user_id: int, rest: Sequence[str], query: Query, view: View) -> Reply:
    match rest:
        case []:
            return encoded(web_shapes.user(user_id, view.world))
        case ["tracks"]:
            return _uploads(user_id, query, view)
        case [name]:
            return deed_lists.web_list(user_id, name, query, view) or nothing()
    return nothing()


def _of_track(upload: UploadedTrack, rest: Sequence[str], query: Query, view: View) -> Reply:
    match rest:
        case []:
            return encoded(web_shapes.track(upload.id, view.world))
        case ["comments"]:
            return _comments(upload, query, view)
        case ["download"] if upload.downloadable:
            return encoded({"redirectUri": download_url(upload)})
    return nothing()


def shown(track_id: int | None, view: View) -> UploadedTrack | None:
    """The upload, if the public may see it."""
    upload = None if track_id is None else view.world.upload(track_id)
    return upload if upload is not None and is_public(upload) else None


def is_public(upload: UploadedTrack) -> bool:
    """Whether an upload is shown to everybody."""
    return not (upload.private or upload.deleted)


def download_url(upload: UploadedTrack) -> str:
    """Where the uploader's own file lies."""
    return f"https://cf-media.sndcdn.com/{upload.waveform}.mp3?Policy=replica&Signature=replica&Key-Pair-Id=replica"


def resolved(url: str, view: View) -> UploadedTrack | int | None:
    """What is at an address of the site: an upload, or somebody's id."""
    parts = unquote(urlsplit(url).path).strip("/").split("/")
    by = view.world.by_permalink(parts[0])
    if len(parts) == 1 or parts[1] in ("sets", "tracks", "likes", "reposts", "following", "followers", "comments"):
        return by.id if by else None
    upload = view.world.upload_by_path("/".join(parts[:2]))
    return upload if upload is not None and is_public(upload) else None


def _resolve(query: Query, view: View) -> Reply:
    found = resolved(query.get("url", ""), view)
    if found is None:
        return nothing()
    of = web_shapes.user(found, view.world) if isinstance(found, int) else web_shapes.track(found.id, view.world)
    return encoded(of)


def _uploads(user_id: int, query: Query, view: View) -> Reply:
    limit = limit_of(query, 20)
    everything = view.world.uploads_of(user_id, hidden=True)
    tracks, cursor = window(everything, limit, cursor_in(query.get("offset", "")), is_public)
    link = None
    if cursor:
        link = f"{_API}/users/{user_id}/tracks?offset={quote(cursor.written(_DIGITS))}&limit={limit}"
    return view.page([web_shapes.track(one.id, view.world) for one in tracks], link, "null", query_urn=None)


_SORTS: Mapping[str, Callable[[Sequence[Comment]], Sequence[Comment]]] = {
    "newest": lambda comments: comments[::-1],
    "oldest": lambda comments: comments,
    "track-timestamp": lambda comments: sorted(comments, key=lambda one: (one.at_ms or 0, one.id)),
}


def _comments(upload: UploadedTrack, query: Query, view: View) -> Reply:
    """A page of comments. Its next link is null only when the page is empty."""
    limit, offset, sort = limit_of(query, 10), offset_of(query), query.get("sort", "newest")
    comments = _SORTS.get(sort, _SORTS["newest"])(view.world.comments_under(upload.id))
    page = comments[offset : offset + limit]
    more = {"client_id": view.client_id, "offset": offset + limit, "threaded": 0, "limit": limit}
    if sort != "newest":
        more["sort"] = sort
    link = f"{_API}/tracks/{upload.id}/comments?{urlencode(more)}" if page else None
    return view.page([web_shapes.comment(one, view.world) for one in page], link, "null", query_urn=None)


def _search(query: Query, view: View) -> Reply:
    """A page of people. The last one has no next link at all."""
    limit, offset, text = limit_of(query, 10), offset_of(query), query.get("q", "")
    found = truth.found(text)
    urn = f"soundcloud:search:{blake2b(f'{text} {offset}'.encode(), digest_size=16).hexdigest()}"
    more = {"query_urn": urn, "limit": limit, "offset": offset + limit, "q": text}
    link = f"{_API}/search/users?{urlencode(more)}" if offset + limit < len(found) else None
    page = [web_shapes.user(one.id, view.world) for one in found[offset : offset + limit]]
    return view.page(page, link, "absent", total_results=len(found), query_urn=urn)


def _tracks_by_id(ids: str, view: View) -> Reply:
    """A bare list in an order of its own; what is not shown is missing."""
    numbers = ids.split(",")
    if len(numbers) > _MOST_IDS:
        return encoded({}, 400)
    tracks = [upload for one in numbers if (upload := shown(number_in(one), view))]
    return encoded(
        [web_shapes.track(one.id, view.world) for one in sorted(tracks, key=attrgetter("id"), reverse=True)]
    )


_kept = KeptAnswers(_made, 60_000_000)
