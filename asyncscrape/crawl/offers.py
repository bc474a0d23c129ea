"""The requests that a page leads to: those in scope that were not offered a moment ago; and the links it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from asyncscrape.crawl.scope import MOST_NESTED, JobScope
from asyncscrape.model import Blob, Kind, Link, LinkLeft, Request, newest_note, storable

AT_ONCE = 2_000
"""Links that are looked at in a row, in a few milliseconds; a page may have hundreds of thousands."""
MEMORABLE = 500
"""Characters of the longest link that is remembered: 50,000 of 8,000 characters would be too much."""
REMEMBERED = 50_000
"""Recent links to remember, so that a menu on every page costs one look-up for each link."""


class Offered(NamedTuple):
    """What becomes of the links and files of a page."""

    requests: list[Request]
    left: list[LinkLeft]
    """Links that are not followed, unless they were told a moment ago."""


def blob_request(blob: Blob, parent: Request, depth: int) -> Request:
    """The request for a file. In the place of another file it inherits that one's order, and whether it is newest."""
    path, order = storable(blob.path), parent.order if parent.kind == Kind.BLOB else 0
    note = newest_note(path, order) if blob.newest or parent.newest else ""
    return Request(blob.url, Kind.BLOB, depth=depth, path=path, note=note)


class Offers:
    """Turns links and files into requests."""

    def __init__(self, scope: JobScope) -> None:
        self._scope = scope
        self._offered: set[str | tuple[Link, int]] = set()
        """Links offered, or out of scope. Pages by their URL alone, which is cheaper to look up."""
        self._told: set[str] = set()
        """Links that were left, but may yet be offered: another page may be nearer to a seed, or ask for no more."""

    def forget(self) -> None:
        """Offer everything anew: pages that are read once more may lead to what was not stored the first time."""
        self._offered.clear()
        self._told.clear()

    def doubts(self, request: Request) -> bool:
        """Whether it must be asked whether a request that was offered before is in scope."""
        return self._scope.doubts(request)

    async def in_slices(
        self,
        request: Request,
        links: Sequence[Link],
        blobs: Sequence[Blob] = (),
        nofollow: Sequence[str] = (),
        outside: Sequence[str] = (),
    ) -> Offered:
        """The same as `of`, some at a time, so that the loop goes on."""
        counts = [len(links), len(blobs), len(nofollow), len(outside)]
        if sum(counts) <= AT_ONCE:
            return self.of(request, links, blobs, nofollow, outside)
        all_of_them = Offered([], [])
        for start in range(0, max(counts), AT_ONCE):
            await asyncio.sleep(0)
            some = slice(start, start + AT_ONCE)
            found = self.of(request, links[some], blobs[some], nofollow[some], outside[some])
            all_of_them.requests.extend(found.requests)
            all_of_them.left.extend(found.left)
        return all_of_them

    def chosen_by_job(self, request: Request, links: Sequence[Link], blobs: Sequence[Blob]) -> Offered:
        """The same as `of` where no page has chosen the links, and nobody has tested them against the patterns."""
        outside = [link.url for link in links if self._scope.links.paths.why_not(link.url)]
        return self.of(request, [link for link in links if link.url not in outside], blobs, outside=outside)

    def of(
        self,
        request: Request,
        links: Sequence[Link],
        blobs: Sequence[Blob] = (),
        nofollow: Sequence[str] = (),
        outside: Sequence[str] = (),
    ) -> Offered:
        """The requests for the links and files of a page, and the links that it does not lead to.

        Those that the patterns of the scope leave out are `outside`. Hosts and depth are judged here.
        """
        # Pages in a sitemap count as one link away from a seed, however deeply the sitemap is nested.
        depth = 1 if request.kind == Kind.SITEMAP else request.depth + 1
        offered, why_too_far, most = self._offered, self._scope.links.why_too_far, self._scope.links.max_depth
        self._forget()
        too_deep = most is not None and depth > most
        new = Offered([], self._not_to_follow(nofollow) if nofollow else [])
        new.left.extend(self._out_of_scope(url) for url in outside if url not in offered)
        for link in links:
            seen = link.url if link.kind == Kind.PAGE else (link, request.bundle)
            if seen in offered:
                continue
            if too_deep and link.kind != Kind.SITEMAP:
                new.left.extend(self._leave(link.url, "depth"))
                continue
            if len(link.url) + len(link.note) <= MEMORABLE:
                offered.add(seen)
            if link.kind == Kind.SITEMAP:
                self._nested(link, request, new)
            elif why_too_far(link.url, depth):
                new.left.append(LinkLeft(link.url, "scope"))
            else:
                new.requests.append(Request(link.url, link.kind, depth=depth, note=link.note))
        new.requests.extend(blob_request(blob, request, depth) for blob in blobs)
        return new

    def _forget(self) -> None:
        for known in (self._offered, self._told):
            if len(known) > REMEMBERED:
                known.clear()

    def _nested(self, link: Link, request: Request, new: Offered) -> None:
        """A sitemap within another."""
        depth = request.depth + 1
        if found := self._scope.sitemaps([link.url], request.url, depth):
            new.requests.extend(found)
        else:
            new.left.append(LinkLeft(link.url, "depth" if depth > MOST_NESTED else "scope"))

    def _not_to_follow(self, urls: Sequence[str]) -> list[LinkLeft]:
        return [left for url in urls if url not in self._offered for left in self._leave(url, "nofollow")]

    def _leave(self, url: str, reason: str) -> Sequence[LinkLeft]:
        """Tell, once, a link that would be followed elsewhere; one that is out of scope is so everywhere."""
        if url in self._told:
            return ()
        if not self._scope.hosts.accepts(url, 0):
            return (self._out_of_scope(url),)
        if len(url) <= MEMORABLE:
            self._told.add(url)
        return (LinkLeft(url, reason),)

    def _out_of_scope(self, url: str) -> LinkLeft:
        if len(url) <= MEMORABLE:
            self._offered.add(url)
        return LinkLeft(url, "scope")
