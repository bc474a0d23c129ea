"""What a parser makes of one answer, in the form in which it travels on. A kept answer is read from its file first.

How much a page may say is limited: a few kilobytes of nested elements can say gigabytes.
"""

from __future__ import annotations

import traceback

import msgspec

from asyncscrape.archive.kept_answer import framed
from asyncscrape.archive.kept_records import complete
from asyncscrape.archive.redaction import Redaction
from asyncscrape.errors import Blocked, DamagedAnswer, FileGone, Gone, Retry
from asyncscrape.model import ANSWERS, Finding, Kind, Lines, Link, Page, Parser, Response, storable
from asyncscrape.parsers.budget import Overrun, check_links, check_values
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.records.lines import encode
from asyncscrape.urls import PathScope

MOST_OF_A_REASON = 1_000
"""Characters of what a parser says is wrong, or of a value that does not fit: every page may say it."""
MOST_OF_A_TRACE = 20_000
"""Characters of the end of a traceback."""


def read(
    parser: Parser, response: Response, paths: PathScope | None = None, kept: Redaction | None = None
) -> Parsed | Unparsed:
    """The contents of an answer, or why it has none. A `MemoryError` is for whoever has set the limit.

    A kept answer is read from its record first. If answers are kept, this one is put beside its contents, without its
    secrets.

    Of `paths` are the links to follow. Pages choose their links, and may choose some that keep a regular expression
    busy for hours: so that is tested here, where the time for a page is limited.
    """
    try:
        response = complete(response) if response.records else response
    except FileGone as why:
        return Unparsed(Mishap.FILE_GONE, str(why))
    except DamagedAnswer as why:
        return Unparsed(Mishap.DAMAGED, str(why))
    found = _read(parser, response, paths)
    return with_answer(found, response, kept) if kept and worth_keeping(found) else found


def _read(parser: Parser, response: Response, paths: PathScope | None) -> Parsed | Unparsed:
    try:
        found = contents(parser(response), response)
        return within(found, paths) if paths else found
    except Overrun as why:
        return Unparsed(Mishap.OVERRUN, str(why))
    except ParseError as error:
        return Unparsed(Mishap.PARSE, _reason(str(error)))
    except Gone as why:
        return Unparsed(Mishap.GONE, _reason(str(why)))
    except Blocked as why:
        return Unparsed(Mishap.BLOCKED, _reason(str(why)))
    except Retry as why:
        return Unparsed(Mishap.NOT_READY, _reason(str(why)), why.after)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        trace = storable("".join(traceback.format_exception(error))[-MOST_OF_A_TRACE:])
        return Unparsed(Mishap.FAULT, _reason(f"{type(error).__name__}: {error}"), trace=trace)


def worth_keeping(found: Parsed | Unparsed) -> bool:
    """Whether an answer is kept: also if its parser has failed on it, since another one may not."""
    return isinstance(found, Parsed) or found.mishap in (Mishap.PARSE, Mishap.FAULT)


def with_answer(found: Parsed | Unparsed, response: Response, redaction: Redaction) -> Parsed | Unparsed:
    """The same with the answer itself, to be kept."""
    from asyncscrape.archive.warc_records import kept

    answer = Lines(1, framed(kept(response, redaction)))
    if isinstance(found, Unparsed):
        return msgspec.structs.replace(found, answer=answer)
    return msgspec.structs.replace(found, records={**found.records, ANSWERS: answer})


def contents(page: Page, response: Response) -> Parsed:
    """What a parser found, in the form in which it travels on. Raises `Overrun`."""
    size = len(response.body)
    _check_links(page, size)
    lines = encode(page.records, response.origin, page.withdrawn)
    check_values(sum(len(some.text) for some in lines.values()) + len(page.finding or b""), size)
    flaws = [msgspec.structs.replace(flaw, example=_reason(flaw.example)) for flaw in page.flaws]
    found = None if page.finding is None else Finding(response.request.kind, page.finding, response.origin)
    return Parsed(lines, page.links, page.blobs, flaws, page.nofollow, page.uses, found)


def within(found: Parsed, paths: PathScope) -> Parsed:
    """The same, with the URLs that patterns leave out on their own. Sitemaps need not match them."""
    offered = [link.url for link in found.links if link.kind != Kind.SITEMAP]
    outside = {url: None for url in dict.fromkeys([*offered, *found.nofollow]) if paths.why_not(url)}
    if not outside:
        return found
    return msgspec.structs.replace(
        found,
        links=[link for link in found.links if link.kind == Kind.SITEMAP or link.url not in outside],
        nofollow=[url for url in found.nofollow if url not in outside],
        outside=[*outside],
    )


def in_unicode(found: Parsed) -> Parsed:
    """The same without lone surrogates, which cannot leave this process."""
    return msgspec.structs.replace(
        found,
        links=[Link(storable(link.url), link.kind, storable(link.note)) for link in found.links],
        blobs=[msgspec.structs.replace(blob, path=storable(blob.path)) for blob in found.blobs],
        nofollow=[*map(storable, found.nofollow)],
        uses=[*map(storable, found.uses)],
        outside=[*map(storable, found.outside)],
    )


def _check_links(page: Page, size: int) -> None:
    told = sum([len(link.url) + len(link.note) for link in page.links]) + sum(map(len, page.nofollow))
    told += sum([len(blob.url) + len(blob.path) for blob in page.blobs])
    check_links(len(page.links) + len(page.blobs) + len(page.nofollow), told, size)


def _reason(text: str) -> str:
    """As much of a text as is stored."""
    return storable(text[:MOST_OF_A_REASON])
