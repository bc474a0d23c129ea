"""The permalink of a profile: the last part of its address."""

from __future__ import annotations

import re

SLUG = re.compile(r"[A-Za-z0-9_-]{1,100}")
ADDRESS = re.compile(r"(?:https?://)?(?:www\.|m\.)?soundcloud\.com/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE)


def permalink_in(told: str) -> str | None:
    """A permalink from itself or from the profile's address; None if it is neither."""
    address = ADDRESS.fullmatch(told)
    found = address[1] if address else told.removeprefix("@").strip("/")
    return found.lower() if SLUG.fullmatch(found) else None
