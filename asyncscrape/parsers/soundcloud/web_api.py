"""The API behind the site's own pages.

Every request carries the id of a client, which the fetcher adds. It tells a country only by its code, and no address
of an uploader's own file.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

HOST = "api-v2.soundcloud.com"
PARAMETER = "client_id"
HOME_PAGE = "https://soundcloud.com/"
PUBLISHED_ID = r'"hydratable"\s*:\s*"apiClient"\s*,\s*"data"\s*:\s*\{[^{}]*?"id"\s*:\s*"([A-Za-z0-9_-]{8,64})"'
"""The id of the web client in the data of the home page."""


class WebApi:
    """The URLs of the web client's API."""

    @staticmethod
    def search(name: str, most: int) -> str:
        """The people whom a search for a name finds."""
        return f"https://{HOST}/search/users?{urlencode({'q': name, 'limit': most, 'offset': 0})}"

    @staticmethod
    def resolve(permalink: str) -> str:
        """The profile with a permalink."""
        return f"https://{HOST}/resolve?{urlencode({'url': f'https://soundcloud.com/{permalink}'})}"

    @staticmethod
    def profile(artist: int) -> str:
        """A profile."""
        return f"https://{HOST}/users/{artist}"

    @staticmethod
    def tracks(artist: int, limit: int) -> str:
        """The tracks of a profile, newest first."""
        return f"https://{HOST}/users/{artist}/tracks?limit={limit}&linked_partitioning=1"

    @staticmethod
    def done_by(account: int, kind: str, limit: int) -> Sequence[str]:
        """The list of what an account has done, newest first; likes and reposts of tracks and playlists in one."""
        first = "&offset=0" if kind == "reposts" else ""
        place = {"follows": f"users/{account}/followings", "reposts": f"stream/users/{account}/reposts"}
        path = place.get(kind, f"users/{account}/{kind}")
        return [f"https://{HOST}/{path}?limit={limit}{first}&linked_partitioning=1"]

    @staticmethod
    def comments(track: int, limit: int) -> str:
        """The comments under a track and the replies to them, newest first."""
        return f"https://{HOST}/tracks/{track}/comments?threaded=0&filter_replies=0&limit={limit}&offset=0"
