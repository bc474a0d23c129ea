"""What a parser makes of one answer, in the form in which it travels on: pure, without I/O.

How much a page may say is limited: a few kilobytes of nested elements can say gigabytes.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection

import msgspec

from asyncscrape.errors import Blocked, Gone, Retry
from asyncscrape.model import Finding, Link, Page, Parser, Response, storable
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.records.lines import encode

MOST_OF_VALUES = 64_000_000
"""Bytes of the records of one page."""
MOST_OF_LINKS = 32_000_000
"""Characters of the links and files of one page."""
MOST_LINKS = 500_000
"""Links and files of one page: ten times what a sitemap may hold."""


class Overrun(Exception):
    """A page says more than it may."""


def read(parser: Parser, response: Response) -> Parsed | Unparsed:
    """The contents of an answer, or why it has none. A `MemoryError` is for whoever has set the limit."""
    try:
        return contents(parser(response), response)
    except ParseError as error:
        return Unparsed(Mishap.PARSE, storable(str(error)))
    except Gone as why:
        return Unparsed(Mishap.GONE, storable(str(why)))
    except Blocked as why:
        return Unparsed(Mishap.BLOCKED, storable(str(why)))
    except Retry as why:
        return Unparsed(Mishap.NOT_READY, storable(str(why)), why.after)
    except Overrun as why:
        return Unparsed(Mishap.OVERRUN, str(why))
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        trace = storable("".join(traceback.format_exception(error)))
        return Unparsed(Mishap.FAULT, storable(f"{type(error).__name__}: {error}"), trace=trace)


def contents(page: Page, response: Response) -> Parsed:
    """What a parser found, in the form in which it travels on. Raises `Overrun`."""
    _check_links([*(link.url for link in page.links), *(blob.url for blob in page.blobs), *page.nofollow])
    lines = encode(page.records, response.origin, page.withdrawn)
    _check(sum(len(some.text) for some in lines.values()) + len(page.finding or b""), MOST_OF_VALUES, "values")
    flaws = [msgspec.structs.replace(flaw, example=storable(flaw.example)) for flaw in page.flaws]
    found = None if page.finding is None else Finding(response.request.kind, page.finding, response.origin)
    return Parsed(lines, page.links, page.blobs, flaws, page.nofollow, page.uses, found)


def in_unicode(found: Parsed) -> Parsed:
    """The same without lone surrogates, which cannot leave this process."""
    return msgspec.structs.replace(
        found,
        links=[Link(storable(link.url), link.kind, storable(link.note)) for link in found.links],
        blobs=[msgspec.structs.replace(blob, path=storable(blob.path)) for blob in found.blobs],
        nofollow=[*map(storable, found.nofollow)],
        uses=[*map(storable, found.uses)],
    )


def _check_links(urls: Collection[str]) -> None:
    if len(urls) > MOST_LINKS:
        raise Overrun(f"it has more than {MOST_LINKS:,} links")
    _check(sum(map(len, urls)), MOST_OF_LINKS, "links")


def _check(size: int, most: int, what: str) -> None:
    if size > most:
        raise Overrun(f"its {what} are over {most // 1_000_000} MB")
