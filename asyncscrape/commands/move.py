"""`move`: carry the state of a job from its folder into the database that its config names.

1. The state is copied in one transaction, while nobody can run the job, here or there.
2. The folder is marked as the place of the files that the job has written so far.
3. The old file is set aside.
4. Kept answers in S3 take the form to which several workers can add.

A kill before the first step has ended leaves everything as it was. After that, the same command does the rest, and
`archive` the last step.
"""

from __future__ import annotations

import asyncio

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.config.models import Config
from asyncscrape.crawl.folder_mark import claim
from asyncscrape.destinations import S3Destination, form_of
from asyncscrape.errors import UsageError
from asyncscrape.frontier.build import moved_state
from asyncscrape.frontier.moving import StateFacts, Tell
from asyncscrape.own_folders import STATE
from asyncscrape.quality.shown_values import counted
from asyncscrape.storage.build import import_libraries, share_archive
from asyncscrape.views import move_bar
from asyncscrape.views.echo import echo


def move_job(chosen: Chosen) -> None:
    """Move the state and say where it is now."""
    config = load(chosen)
    place = config.frontier_place
    if place.database is None:
        raise UsageError(
            "the config does not say where the state is to go; name a Postgres database there: "
            '[frontier] url = "postgres://…"'
        )
    for store in config.record_stores:
        if isinstance(store.destination, S3Destination) and form_of(store.destination):
            raise UsageError(
                f"{store.label}: tables in S3 that a job has begun with its state in a file cannot go on with one in "
                "Postgres, where several workers may add to them. Let the job end as it is, without [frontier] url"
            )
    import_libraries(*place.databases, config.blob_store)
    with move_bar.shown(console(stderr=True)) as show:
        moved = asyncio.run(_moved(config, show))
    share_archive(config.archive)
    echo(f"the state of {config.name} is in {place} now, with {counted(moved.requests, 'request')}")
    echo(f"{config.directory / STATE}.moved is the file that it comes from; delete it when you like")
    echo(f"to go on:  asyncscrape run {chosen.arguments}")


async def _moved(config: Config, tell: Tell) -> StateFacts:
    async with moved_state(config.frontier_place, tell) as facts:
        await asyncio.to_thread(claim, config.directory, facts.job_id, facts.generation, begun=False)
        return facts
