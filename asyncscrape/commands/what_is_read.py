"""What is read first of what is kept: links lead on to the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from asyncscrape.archive.base import Archive, FoundAnswer
from asyncscrape.config.models import Config
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl_job import Job
from asyncscrape.model import Kind, Request

NO_PAGES = ("image/", "video/", "audio/", "font/")
NO_PAGE = frozenset(
    {
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
        "application/octet-stream",
        "application/pdf",
        "application/zip",
    }
)
"""Types of answers that no page rule reads; files of a page are found in the archive when a rule asks for them."""


def of_extraction(
    config: Config, job: Job, archive: Archive, sitemaps: Sequence[Request], *, matched: bool
) -> Iterator[Request]:
    """What is read first; links lead on to the rest.

    The seeds of some built-in jobs depend on what was requested before, and on the day: there, all that is kept is
    offered. So it is with --match: then the next run asks for nothing that is kept.
    """
    by_seeds, bundled = config.kind is None, job.bundling is not None
    if by_seeds or bundled:
        yield from job.seeds()
    yield from sitemaps
    if by_seeds:
        yield from (_request(one) for one in archive.documents() if one.kind == Kind.SITEMAP)
        yield from imported_pages(config, job, archive)
    if not bundled and (matched or not by_seeds):
        yield from _all_kept(config, archive)


def rest(config: Config, job: Job, archive: Archive) -> Iterator[Request]:
    """All that is kept, if an answer among it is damaged: other pages may be known by nothing but its links."""
    if job.bundling is None:
        yield from _all_kept(config, archive)


def _all_kept(config: Config, archive: Archive) -> Iterator[Request]:
    """Requests for all pages. They may be as deep as pages may be, so no links are followed if that is limited."""
    files = {one.id for one in archive.imported() if not is_page(one)}
    for one in archive.documents():
        if one.id not in files:
            yield msgspec.structs.replace(_request(one), depth=config.scope.max_depth or 0)


def _request(answer: FoundAnswer) -> Request:
    """The request that was answered."""
    return Request(answer.hops[0] if answer.hops else answer.url, answer.kind, note=answer.note)


def of_import(config: Config, job: Job, archive: Archive) -> Iterator[Request]:
    """The seeds, and all imported pages within the scope."""
    yield from job.seeds()
    yield from imported_pages(config, job, archive)


def imported_pages(config: Config, job: Job, archive: Archive) -> Iterator[Request]:
    """All imported pages within the scope."""
    scope = JobScope.of(config, job.seeds())
    for answer in archive.imported():
        request = Request(answer.url, Kind.PAGE, depth=1, note=answer.note)
        if is_page(answer) and scope.why_not(request) is None:
            yield request


def is_page(answer: FoundAnswer) -> bool:
    """Whether page rules may read an answer."""
    kind = answer.content_type
    return 200 <= answer.status < 300 and kind not in NO_PAGE and not kind.startswith(NO_PAGES)
