"""`move`: carry the state of a job from its folder into the database that its config names.

1. What the folder holds of tables in S3 is put to what several workers gather there, see `storage/gathered/`.
2. The state is copied in one transaction, while nobody can run the job, here or there.
3. The folder is marked as the place of the files that the job has written so far.
4. The old file is set aside.
5. Kept answers in S3 take the form to which several workers can add, see `storage/archive/shared/`.

A kill before the second step has ended leaves everything as it was; what the first has put does no harm. After that,
the same command does the rest, and `archive` the last step. If the state is in the database already, only the first
step may be left to do: for a job of an older version, which kept the records for tables in S3 in the folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.config.models import Config
from asyncscrape.crawl.folder_mark import MARK, claim
from asyncscrape.destinations import S3Destination
from asyncscrape.errors import UsageError
from asyncscrape.frontier.build import moved_state, succeeded_stores
from asyncscrape.frontier.moving import JobFacts, StateFacts, Successor, Tell
from asyncscrape.own_folders import STATE
from asyncscrape.quality.shown_values import counted
from asyncscrape.storage.build import FILES, carry_tables, import_libraries, share_archive
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
    import_libraries(*place.databases, *config.record_stores, config.blob_store)
    if _tables_in_s3(config) and not (config.directory / STATE).exists() and asyncio.run(_only_tables(config)):
        echo(f"what {config.name} has stored for tables in S3 lies there now")
    else:
        with move_bar.shown(console(stderr=True)) as show:
            moved = asyncio.run(_moved(config, show))
        echo(f"the state of {config.name} is in {place} now, with {counted(moved.requests, 'request')}")
        echo(f"{config.directory / STATE}.moved is the file that it comes from; delete it when you like")
    share_archive(config.archive)
    echo(f"to go on:  asyncscrape run {chosen.arguments}")


async def _moved(config: Config, tell: Tell) -> StateFacts:
    async with moved_state(config.frontier_place, tell, partial(_carried, config)) as facts:
        await asyncio.to_thread(claim, config.directory, facts.job_id, facts.generation.number, begun=False)
        return facts


def _tables_in_s3(config: Config) -> bool:
    return any(isinstance(store.destination, S3Destination) for store in config.record_stores)


async def _only_tables(config: Config) -> bool:
    """Do the first step for a job whose state is in the database; whether anything was left to do."""

    async def carry(facts: JobFacts) -> Sequence[Successor]:
        if (config.directory / MARK).exists():
            await asyncio.to_thread(
                claim, config.directory, facts.job_id, facts.generation.number, begun=True
            )  # another job's records lie there if this is refused
        return await _carried(config, facts)

    return await succeeded_stores(config.frontier_place, carry)


async def _carried(config: Config, facts: JobFacts) -> Sequence[Successor]:
    """Do the first step; the stores that go on with what was put."""
    stores, directory = config.record_stores, config.directory
    store = await carry_tables(
        stores, directory, facts.tables, facts.job_id, config.s3, facts.cursors, facts.generation
    )
    return [Successor(store.id, store.names, FILES)] if store else []
