"""The requests that a page leads to: those in scope that were not offered a moment ago."""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.crawl.scope import JobScope
from asyncscrape.model import Blob, Kind, Link, Request, storable

REMEMBERED = 50_000
"""Recent links to remember, so that a menu on every page costs one look-up for each link."""


class Offers:
    """Turns links and files into requests."""

    def __init__(self, scope: JobScope) -> None:
        self._scope = scope
        self._offered: set[str | Link] = set()
        """Pages by their URL alone, which is cheaper to look up."""

    def of(self, request: Request, links: Sequence[Link], blobs: Sequence[Blob] = ()) -> list[Request]:
        """The requests for the links and files of a page."""
        # Pages in a sitemap count as one link away from a seed, however deeply the sitemap is nested.
        depth = 1 if request.kind == Kind.SITEMAP else request.depth + 1
        offered, accepts, most = self._offered, self._scope.links.accepts, self._scope.links.max_depth
        if len(offered) > REMEMBERED:
            offered.clear()
        # A link that is too deep here may come again from a page nearer to a seed, so it is not remembered.
        too_deep = most is not None and depth > most
        offers = []
        for link in links:
            seen = link.url if link.kind == Kind.PAGE else link
            if seen in offered or (too_deep and link.kind != Kind.SITEMAP):
                continue
            offered.add(seen)
            if link.kind == Kind.SITEMAP:
                offers += self._scope.sitemaps([link.url], request.url, request.depth + 1)
            elif accepts(link.url, depth):
                offers.append(Request(link.url, link.kind, depth=depth, note=link.note))
        offers += [Request(blob.url, Kind.BLOB, depth=depth, path=storable(blob.path)) for blob in blobs]
        return offers
