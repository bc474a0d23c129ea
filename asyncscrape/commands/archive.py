"""`archive`: what is kept of the answers of a job, and one of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from asyncscrape.archive.base import Archive, FoundAnswer
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.errors import UsageError
from asyncscrape.own_folders import ARCHIVE
from asyncscrape.quality.shown_values import counted
from asyncscrape.storage.build import open_archive
from asyncscrape.urls import canonical
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count, size
from asyncscrape.views.tables import facts

TURN_ON = "archive = true under [store] keeps the answers of the next run"


def show_archive(chosen: Chosen, url: str | None, *, as_json: bool) -> None:
    """Print what is kept; or with a URL, its newest answer."""
    config = load(chosen)
    folder = config.directory / ARCHIVE
    with open_archive(config.directory, config.name) as archive:
        if archive is None:
            raise UsageError(f"nothing is kept in {folder}: {TURN_ON}")
        if url is None:
            _show_totals(config.name, folder, archive, as_json=as_json)
        else:
            _show_answers(url, archive, as_json=as_json)


def _show_totals(job: str, folder: Path, archive: Archive, *, as_json: bool) -> None:
    totals, generations, stored = archive.totals(), archive.generations(), archive.bytes_on_disk()
    if as_json:
        told = {**totals._asdict(), "stored_bytes": stored, "generations": generations}
        echo(json.dumps({"job": job, **told}))
        return
    each = f", {size(stored / totals.answers)} an answer" if totals.answers else ""
    lines = {
        "answers": [f"{counted(totals.answers, 'answer')} from {counted(totals.hosts, 'host')}"],
        "bodies": [f"{count(totals.bodies)} different ones, each kept once"],
        "bytes": [f"{size(totals.body_bytes)} as they were parsed, {size(stored)} in the archive{each}"],
        "fetched": [f"{totals.first or 'never'} to {totals.last or 'never'}"],
        "generations": [", ".join(f"{number}: {count(n)}" for number, n in generations.items()) or "none"],
    }
    screen = console()
    screen.print(facts(lines))
    screen.print(f"The WARC files are in {folder}.", markup=False, highlight=False)


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
    sys.stdout.buffer.write(archive.body(found[-1]))
    sys.stdout.buffer.flush()


def _told(one: FoundAnswer) -> dict[str, object]:
    told = {"fetched_at": one.fetched_at, "status": one.status, "content_type": one.content_type}
    return {**told, "bytes": one.size, "generation": one.generation}
