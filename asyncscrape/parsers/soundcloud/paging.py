"""When and where to read on in a list, for every list of both APIs.

The link to the next page is followed whatever its form, until it is missing, leads to the page itself or to another
host, enough has come, or ten pages in a row were empty. A short page ends a list only if exactly as much has come as
the site has said: both sites leave out what they hide and still link to the rest, and their counts may be old.

The frontier keeps each URL with each note once. Where everything is wanted, the progress is the same on all pages
but for the empty ones in a row, so that links that lead in a circle end by themselves. Where a number is wanted, what
has come so far counts, and that ends circles too. Where a length is expected, the count stops a page behind it, and
from there on the progress is the same again.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from asyncscrape.model import Response
from asyncscrape.urls import authority, canonical

PAGE_LIMIT = 200
"""The most items that either API gives at once."""
MOST_EMPTY = 10
"""Empty pages in a row before a list is taken to have ended."""
LEFT_OUT = ("client_id", "oauth_token", "app_version", "app_locale")
"""Parameters of links that are about the client, not about the list."""


class ReadSoFar(msgspec.Struct, frozen=True, array_like=True):
    """How far a list has been read."""

    come: int = 0
    """Items so far, where a number is wanted or the length of the list is known."""
    empty: int = 0
    """Empty pages in a row."""


class Listing(msgspec.Struct, frozen=True):
    """How much of a list is wanted."""

    most: int | None = None
    """None for everything."""
    expected: int | None = None
    """The length of the list, if the site has told it elsewhere."""

    @property
    def limit(self) -> int:
        """The number of items to ask for at once."""
        return PAGE_LIMIT if self.most is None else max(1, min(PAGE_LIMIT, self.most))

    def room(self, progress: ReadSoFar) -> int | None:
        """How many more items are wanted; None for all."""
        return None if self.most is None else max(0, self.most - progress.come)

    def after(self, progress: ReadSoFar, items: int) -> ReadSoFar | None:
        """The progress after a page with this many items; None if the list has ended."""
        if not items:
            return ReadSoFar(progress.come, progress.empty + 1) if progress.empty + 1 < MOST_EMPTY else None
        come = progress.come + items
        # On a full page the site may not yet have counted the newest items.
        if (self.most is not None and come >= self.most) or (come == self.expected and items < self.limit):
            return None
        return ReadSoFar(self._counted(come))

    def _counted(self, come: int) -> int:
        """What has come, as far as it has to be known."""
        if self.most is not None:
            return come
        return 0 if self.expected is None else min(come, self.expected + self.limit)


def next_page(response: Response, next_href: Any) -> str | None:
    """The canonical URL of the next page; None if there is none at this API, or it is this page again."""
    if not isinstance(next_href, str) or not next_href.strip():
        return None
    asked = response.request.asked
    host = authority(asked)
    href = next_href.strip()
    if href.startswith((f"{host}/", f"{host}?")):
        href = f"https://{href}"
    found = canonical(href, asked)
    if found is None or authority(found) != host:
        return None
    following = canonical(_without_client(found, host))
    return None if following is None or following in (asked, response.url) else following


def _without_client(url: str, host: str) -> str:
    """The URL with https and without what is about the client; the rest of the query as it was sent."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in LEFT_OUT]
    return f"https://{host}{parts.path}{'?' if kept else ''}{'&'.join(kept)}"
