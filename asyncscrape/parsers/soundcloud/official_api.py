"""The public API, for apps with credentials of their own.

Ids are URNs in its URLs. It tells no background pictures and no verification, and for some tracks only the length of
the part that everybody may hear. Lists leave out tracks that are blocked where we are unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

HOST = "api.soundcloud.com"
TOKEN_URL = "https://secure.soundcloud.com/oauth/token"


class OfficialApi:
    """The URLs of the public API."""

    @staticmethod
    def search(name: str, most: int) -> str:
        """The people whom a search for a name finds."""
        return f"https://{HOST}/users?{urlencode({'q': name, 'limit': most, 'linked_partitioning': 'true'})}"

    @staticmethod
    def resolve(permalink: str) -> str:
        """A redirect to the profile with a permalink."""
        return f"https://{HOST}/resolve?{urlencode({'url': f'https://soundcloud.com/{permalink}'})}"

    @staticmethod
    def profile(artist: int) -> str:
        """A profile."""
        return f"https://{HOST}/users/soundcloud:users:{artist}"

    @staticmethod
    def tracks(artist: int, limit: int) -> str:
        """The tracks of a profile, newest first."""
        query = {"access": "playable,preview,blocked", "limit": limit, "linked_partitioning": "true"}
        return f"https://{HOST}/users/soundcloud:users:{artist}/tracks?{urlencode(query)}"

    @staticmethod
    def done_by(account: int, kind: str, limit: int) -> Sequence[str]:
        """The lists of what an account has done, newest first, without dates; it tells no comments."""
        lists = {"follows": ("followings",)}.get(kind, (f"{kind}/tracks", f"{kind}/playlists"))
        query = urlencode({"limit": limit, "linked_partitioning": "true"})
        return [f"https://{HOST}/users/soundcloud:users:{account}/{name}?{query}" for name in lists]

    @staticmethod
    def comments(track: int, limit: int) -> str:
        """The comments under a track."""
        return f"https://{HOST}/tracks/soundcloud:tracks:{track}/comments?limit={limit}&linked_partitioning=true"
