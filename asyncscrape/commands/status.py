"""`status`: where a job stands, also while it runs in other processes."""

from __future__ import annotations

import asyncio
import json

from rich.console import Console

from asyncscrape.commands import refused_files
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import record_tables
from asyncscrape.commands.notes import mending, noted
from asyncscrape.commands.whole_job import LOOK_EVERY, WholeJob
from asyncscrape.config.wishes_of import wishes_of
from asyncscrape.frontier.build import build_frontier
from asyncscrape.quality.coverage import covered
from asyncscrape.snapshots import look_now, snapshot_of
from asyncscrape.views import tables
from asyncscrape.views.echo import echo
from asyncscrape.views.progress import render, shown


def watch_job(chosen: Chosen) -> None:
    """Show where the job stands, for as long as it runs."""
    config = load(chosen)
    whole = WholeJob(config, build_frontier(config.frontier_place))
    asyncio.run(_watched(whole, console(stderr=True)))


async def _watched(whole: WholeJob, screen: Console) -> None:
    await whole.look()
    async with shown(whole.snapshot, screen):
        while whole.runs:
            await asyncio.sleep(LOOK_EVERY)
            await whole.look()


def show_status(chosen: Chosen, as_json: bool) -> None:
    """Print where the job stands."""
    config = load(chosen)
    frontier = build_frontier(config.frontier_place)
    standing = asyncio.run(frontier.standing())
    missed = standing is not None and bool(look_now(standing).complaints)
    command = "extract" if standing is not None and standing.rereading else "run"
    snapshot = noted(snapshot_of(config.name, standing), chosen.arguments, missed=missed, command=command)
    if standing is not None:
        snapshot = covered(snapshot, standing.totals, record_tables(config, chosen.jobs), wishes_of(config))
        snapshot = refused_files.warned(snapshot, frontier)
    if as_json:
        echo(json.dumps(snapshot.as_dict()))
        return
    hints = mending(snapshot, chosen.arguments, by_rules=config.kind is None, command=command) if missed else []
    screen = console()
    screen.print(render(snapshot, min(screen.width, 100), 1000))
    if snapshot.bundles and config.kind:
        screen.print(tables.bundles(snapshot.bundles, chosen.jobs[config.kind].bundles))
    for part in (*tables.findings(snapshot), *tables.advice(hints)):
        screen.print(part)
