"""`extract`: the rules are run over the kept answers, without any network, as a new generation of the same stores.

It is a crawl like any other with the archive in the place of the network, see `crawl/rereading.py`. The frontier
knows that kept answers are being read, so the same command goes on after a kill, and the next `run` asks for what was
not kept.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from asyncscrape.archive.base import Archive
from asyncscrape.commands import again, needed_extras, what_is_read
from asyncscrape.commands.archive import nothing_kept
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of
from asyncscrape.commands.reread import reread, tell_what_waits
from asyncscrape.commands.retry import whole_url
from asyncscrape.commands.summing_up import Telling, summed_up
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import deliver_answers, kept_spelling
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.rereading import KeptSource
from asyncscrape.errors import JobChanged, UsageError
from asyncscrape.frontier.base import Frontier
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import Kind, Request
from asyncscrape.snapshots import finished
from asyncscrape.stats import Standing
from asyncscrape.storage.build import import_libraries, open_archive
from asyncscrape.views.figures import count

log = logging.getLogger("asyncscrape.run")

HALF_IN_PLACE = (
    "the last tables were being put in place when that was stopped; run `extract` once with the rules of before, "
    "which finishes that, and then with these"
)


def extract_job(chosen: Chosen, match: str | None, how: Telling, *, accept: bool, yes: bool) -> int:
    """Make a new generation of what is kept; the exit code."""
    config = load(chosen, level="error" if how.quiet else None, asks=True)
    needed_extras.require(config, chosen.jobs)
    of_kind = built_in(config, chosen.jobs)
    import_libraries(*config.record_stores, config.blob_store)
    pattern = whole_url(match) if match else None
    with open_archive(config.archive) as archive:
        if archive is None:
            raise UsageError(nothing_kept(config))
        lasting = of_kind.lasting if of_kind and not yes else ()
        spelled = None if yes else kept_spelling(config, job_of(config, chosen.jobs))
        begun = asyncio.run(_begun(config, archive, lasting, pattern, spelled))
        job = job_of(config, chosen.jobs)
        first = partial(what_is_read.of_extraction, config, job, archive, begun.sitemaps, matched=pattern is not None)
        source = KeptSource(archive, first, pattern, partial(what_is_read.rest, config, job, archive))
        screen = None if how.quiet else console(stderr=True)
        try:
            snapshot = reread(config, job, source, Consent(accept), screen)
        except JobChanged as changed:
            if not begun.resumed:
                raise
            if begun.switching:
                raise UsageError(HALF_IN_PLACE) from changed
            # what the rules of that time have made is of no use
            asyncio.run(_anew(build_frontier(config.frontier_place)))
            snapshot = reread(config, job, source, Consent(accept), screen)
    code = summed_up(snapshot, config, job, of_kind, how)
    tell_what_waits(snapshot, chosen.arguments)
    return code


class Begun(NamedTuple):
    """What is known when a generation begins, or goes on."""

    resumed: bool = False
    """Whether it goes on."""
    switching: bool = False
    """Whether its tables are being put in place."""
    sitemaps: Sequence[Request] = ()
    """Those that were asked for so far."""


async def _begun(
    config: Config,
    archive: Archive,
    lasting: Sequence[str],
    pattern: re.Pattern[str] | None,
    spelled: Callable[[str], str] | None,
) -> Begun:
    """Begin a generation, or go on with the one that was stopped. Without `spelled`, answers may be missing."""
    frontier = build_frontier(config.frontier_place)
    standing = await frontier.standing()
    if standing is None or not standing.totals.requests:
        return Begun()
    past = await frontier.past((Kind.SITEMAP,)) if config.sitemaps == "auto" else ()
    begun = Begun(sitemaps=[Request(one.url, one.kind, note=one.note) for one in past])
    stopped = standing.rereading and not finished(standing)
    if stopped and standing.match == (pattern.pattern if pattern else ""):
        return begun._replace(resumed=True, switching=standing.switching)
    if standing.switching:
        raise UsageError(f"the last tables are being put in place; let `{_last(standing)}` finish that first")
    again.spare("extract", standing, lasting)
    waiting = config.store.archive and standing.behind
    await deliver_answers(config, frontier, waiting=waiting, rereading=standing.rereading)
    if spelled is not None:
        await _check_whole(frontier, archive, spelled)
    await _anew(frontier)
    return begun


def _last(standing: Standing) -> str:
    """The command that made the last tables."""
    if not standing.rereading:
        return "run"
    return "extract, with the same --match" if standing.match else "extract"


async def _anew(frontier: Frontier) -> None:
    async with frontier.alone() as owner:
        now = await owner.begin_generation(reread=True)
    log.info("generation %d is made of what is kept; the tables there are stay until it is finished", now.number)


async def _check_whole(frontier: Frontier, archive: Archive, spelled: Callable[[str], str]) -> None:
    """Refuse to begin without answers that were read and are gone, or never were kept."""
    read = await frontier.pages_read()
    missing = await asyncio.to_thread(lambda: sum(archive.last_from(spelled(page.url)) is None for page in read))
    if missing:
        raise UsageError(
            f"the answers of {count(missing)} of {count(len(read))} pages that were read are not kept, since the "
            "archive began later or was pruned; the new tables would be without them until the next run asks for "
            "them again. `extract --yes` goes on all the same"
        )
