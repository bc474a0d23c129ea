"""`status`: where a job stands, also while it runs in another process."""

from __future__ import annotations

import asyncio
import json

import click

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.frontier.build import build_frontier
from asyncscrape.snapshots import snapshot_of
from asyncscrape.views.progress import render


def show_status(chosen: Chosen, as_json: bool) -> None:
    """Print where the job stands."""
    config = load(chosen)
    snapshot = snapshot_of(config.name, asyncio.run(build_frontier(config.directory).standing()))
    if as_json:
        click.echo(json.dumps(snapshot.as_dict()))
    else:
        screen = console()
        screen.print(render(snapshot, min(screen.width, 100), 1000))
