"""`archive`: what is kept of the answers of a job; one of them; and which of them go."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from asyncscrape.archive.base import Archive, FoundAnswer, Pruning
from asyncscrape.commands.deleting import ask_to_delete
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import timestamp
from asyncscrape.quality.shown_values import counted
from asyncscrape.storage.build import archive_place, open_archive, prune_archive
from asyncscrape.units import DURATION_HELP, duration
from asyncscrape.urls import canonical
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count, size
from asyncscrape.views.tables import facts

TURN_ON = "archive = true under [store] keeps the answers of the next run"


class ArchiveWish(NamedTuple):
    """What is asked of an archive: by default, what it holds."""

    url: str | None = None
    """The URL whose newest answer is printed."""
    older_than: str | None = None
    """Answers of this age go."""
    generation: int | None = None
    """Answers of this generation go."""


def look_into_archive(chosen: Chosen, asked: ArchiveWish, *, as_json: bool, yes: bool) -> None:
    """Print what is kept, or an answer; or take answers out."""
    config = load(chosen)
    if asked.older_than is not None or asked.generation is not None:
        _prune(config, Pruning(_before(asked.older_than), asked.generation), as_json=as_json, yes=yes)
        return
    place = archive_place(config.archive)
    with open_archive(config.archive) as archive:
        if archive is None:
            raise UsageError(nothing_kept(config))
        if asked.url is None:
            _show_totals(config.name, place, archive, as_json=as_json)
        else:
            _show_answers(asked.url, archive, as_json=as_json)


def nothing_kept(config: Config) -> str:
    """Why there is no archive, and what to do."""
    folder = config.archive.folder
    if any(folder.glob("*.warc.gz")):
        return f"{folder} has files without their index; take them in:  asyncscrape import CONFIG {folder}/*.warc.gz"
    keeps = "the next run keeps its answers" if config.store.archive else TURN_ON
    return f"nothing is kept in {archive_place(config.archive)}: {keeps}"


def _before(age: str | None) -> str:
    if age is None:
        return ""
    try:
        return timestamp(datetime.now(UTC) - timedelta(seconds=duration(age)))
    except (ValueError, OverflowError):
        raise UsageError(f"--prune-older-than {age}: {DURATION_HELP}") from None


def _prune(config: Config, pruning: Pruning, *, as_json: bool, yes: bool) -> None:
    with open_archive(config.archive) as archive:
        going = sum(map(pruning.takes, archive.answers())) if archive else 0
    if going and not yes:
        place = archive_place(config.archive)
        ask_to_delete("this", f"{counted(going, 'answer')} in {place}")
    gone = asyncio.run(_pruned(config, pruning)) if going else 0
    echo(json.dumps({"job": config.name, "pruned": gone}) if as_json else f"{counted(gone, 'answer')} deleted.")


async def _pruned(config: Config, pruning: Pruning) -> int:
    async with build_frontier(config.frontier_place).alone():
        return await asyncio.to_thread(prune_archive, config.archive, pruning)


def _show_totals(job: str, place: str, archive: Archive, *, as_json: bool) -> None:
    totals, generations, stored = archive.totals(), archive.generations(), archive.bytes_in_all()
    if as_json:
        told = {**totals._asdict(), "stored_bytes": stored, "generations": generations}
        echo(json.dumps({"job": job, **told}))
        return
    each = f", {size(stored / totals.answers)} an answer" if totals.answers else ""
    lines = {
        "answers": [f"{counted(totals.answers, 'answer')} from {counted(totals.hosts, 'host')}"],
        "bodies": [f"{count(totals.bodies)} different ones"],
        "bytes": [f"{size(totals.body_bytes)} as they were parsed, {size(stored)} in the archive{each}"],
        "fetched": [f"{totals.first or 'never'} to {totals.last or 'never'}"],
        "generations": [", ".join(f"{number}: {count(n)}" for number, n in generations.items()) or "none"],
    }
    screen = console()
    screen.print(facts(lines))
    screen.print(f"The WARC files are in {place}.", markup=False, highlight=False)


def _show_answers(url: str, archive: Archive, *, as_json: bool) -> None:
    """The newest answer on standard output, and what is known of all on the other."""
    found = archive.of(canonical(url) or url)
    if not found:
        raise UsageError(f"no answer from {url} is kept; the whole URL counts, as `asyncscrape errors` writes it")
    if as_json:
        echo(json.dumps({"url": url, "answers": [_told(one) for one in found]}))
        return
    for one in found:
        echo(f"{one.fetched_at}  {one.status}  {one.content_type or 'no type'}  {size(one.size)}", err=True)
    sys.stdout.buffer.write(archive.response(found[-1]).body)
    sys.stdout.buffer.flush()


def _told(one: FoundAnswer) -> dict[str, object]:
    told = {"fetched_at": one.fetched_at, "status": one.status, "content_type": one.content_type}
    return {**told, "bytes": one.size, "generation": one.generation}
