"""Step 5 of the crawl: a parser makes records, links and files of an answer. Pure, without I/O.

`read` can run in another process: its arguments and its result can be pickled. A parser is a function or a callable
object, a response has plain headers, and records come back as lines.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

import msgspec

from asyncscrape.crawl.verdict import Fate, Verdict, parser_fault
from asyncscrape.errors import Blocked, Gone, Intention, Reason, Retry
from asyncscrape.model import Blob, Finding, Flaw, Lines, Link, Page, Parser, Response, storable
from asyncscrape.parsers.errors import ParseError
from asyncscrape.politeness.clock import Signal
from asyncscrape.records.lines import encode

log = logging.getLogger(__name__)

LARGE = 256_000
"""Longer bodies are parsed in a thread, one at a time: the loop goes on, and memory stays bounded."""


class Parsed(msgspec.Struct, frozen=True):
    """The contents of an answer."""

    records: Mapping[str, Lines]
    """By table."""
    links: Sequence[Link]
    blobs: Sequence[Blob]
    flaws: Sequence[Flaw]
    nofollow: Sequence[str]
    uses: Sequence[str]
    finding: Finding | None


class Parsing:
    """Runs the parsers of a job: on short answers in place, on long ones in a thread."""

    def __init__(self, parsers: Mapping[str, Parser]) -> None:
        self._parsers = parsers
        self._one_at_a_time = asyncio.Lock()

    async def read(self, response: Response, now: float) -> Parsed | Verdict:
        """The contents of an answer, or a verdict where the parser knows better than the status."""
        parser = self._parsers[response.request.kind]
        if len(response.body) <= LARGE:
            return read(parser, response, now)
        async with self._one_at_a_time:
            return await asyncio.to_thread(read, parser, response, now)

    def refined(self, response: Response, verdict: Verdict) -> Parsed | Verdict:
        """A refusal after its parser has read the body. It raises what is wrong, or makes a page of it, where a
        refusal is all there is to know.
        """
        try:
            return contents(self._parsers[response.request.kind](response), response)
        except Blocked as why:
            return verdict._replace(signal=Signal.BLOCKED, reason=Reason.BLOCKED, detail=f"{verdict.detail}: {why}")
        except (Intention, ParseError) as why:
            return verdict._replace(detail=f"{verdict.detail}: {why}")
        except Exception:
            log.debug("the parser cannot read the refusal of %s", response.url, exc_info=True)
        return verdict


def contents(page: Page, response: Response) -> Parsed:
    """What a parser found, in the form in which it travels on."""
    lines = encode(page.records, response.origin, page.withdrawn)
    flaws = [msgspec.structs.replace(flaw, example=storable(flaw.example)) for flaw in page.flaws]
    found = None if page.finding is None else Finding(response.request.kind, page.finding, response.origin)
    return Parsed(lines, page.links, page.blobs, flaws, page.nofollow, page.uses, found)


def read(parser: Parser, response: Response, now: float) -> Parsed | Verdict:
    """The contents of an answer, or a verdict if the parser finds it useless."""
    try:
        return contents(parser(response), response)
    except ParseError as error:
        return Verdict(Fate.FAIL, Signal.OK, Reason.PARSE, str(error))
    except Gone as why:
        return Verdict(Fate.FAIL, Signal.NEUTRAL, Reason.GONE, str(why))
    except Blocked as why:
        return Verdict(Fate.FAIL, Signal.BLOCKED, Reason.BLOCKED, str(why))
    except Retry as why:
        not_before = None if why.after is None else now + why.after
        return Verdict(Fate.RETRY, Signal.NEUTRAL, Reason.NOT_READY, str(why), not_before)
    except Exception as error:
        log.warning("the parser failed on %s", response.url, exc_info=True)
        return parser_fault(error)
