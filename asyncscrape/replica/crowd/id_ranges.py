"""The numbers of the crowd's accounts, tracks, playlists and comments, from which their places can be read.

They lie above those of the music scene and above 32 bits.
"""

from __future__ import annotations

FIRST_ACCOUNT = 5_000_000_000
FIRST_TRACK = 6_000_000_000
FIRST_PLAYLIST = 7_000_000_000
FIRST_COMMENT = 8_000_000_000
_APART = 1_013
_MOST_TRACKS = 64
_MOST_PLAYLISTS = 4
_MOST_COMMENTS = 16_384


def account_id(place: int) -> int:
    """The id of the account at a place."""
    return FIRST_ACCOUNT + place * _APART


def place_of_account(user_id: int, accounts: int) -> int | None:
    """The place of an account; None if nobody of the crowd has the id."""
    place, rest = divmod(user_id - FIRST_ACCOUNT, _APART)
    return place if rest == 0 and 0 <= place < accounts else None


def track_id(place: int, number: int) -> int:
    """The id of somebody's track."""
    return FIRST_TRACK + place * _MOST_TRACKS + number


def track_at(number: int) -> tuple[int, int]:
    """The place of the uploader, and which of their tracks it is."""
    return divmod(number - FIRST_TRACK, _MOST_TRACKS)


def playlist_id(place: int, number: int) -> int:
    """The id of somebody's playlist."""
    return FIRST_PLAYLIST + place * _MOST_PLAYLISTS + number % _MOST_PLAYLISTS


def playlist_at(number: int) -> tuple[int, int]:
    """The place of the owner, and which of their playlists it is."""
    return divmod(number - FIRST_PLAYLIST, _MOST_PLAYLISTS)


def comment_id(place: int, number: int) -> int:
    """The id of somebody's comment, counted from their first."""
    return FIRST_COMMENT + place * _MOST_COMMENTS + number


def is_of_crowd(number: int) -> bool:
    """Whether a number is one of the crowd's, of whatever kind."""
    return number >= FIRST_ACCOUNT
