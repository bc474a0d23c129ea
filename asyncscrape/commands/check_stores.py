"""`check --connect`: whether every store can be reached and is ready for the run. Nothing is changed there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import NamedTuple

from asyncscrape.config.models import Config
from asyncscrape.destinations import ConfiguredStore, Destination, PostgresDestination
from asyncscrape.errors import Exit, StoreError, UsageError
from asyncscrape.frontier.build import probe_frontier
from asyncscrape.model import Table
from asyncscrape.storage.build import build_archive, build_blobs, build_stores

PATIENCE = 15.0
"""Seconds a store has to answer."""
TOPICS = {Exit.FINISHED: "reached", Exit.USAGE: "refused", Exit.STORE: "not reached"}


class StoreAnswer(NamedTuple):
    """The outcome of asking one store."""

    exit: Exit
    told: str


async def probed(config: Config, tables: Sequence[Table], patience: float = PATIENCE) -> list[StoreAnswer]:
    """The answers of all stores, which are asked in parallel."""
    async with AsyncExitStack() as stack:
        asked = []
        for named in config.record_stores:
            for store in build_stores([named], config.directory, tables, s3=config.s3):
                stack.push_async_callback(store.close)
                asked.append(_answer(store.probe, _records_name(named), patience))
        blobs = build_blobs(config.blob_store, config.directory, config.s3)
        stack.push_async_callback(blobs.close)
        asked.append(_answer(blobs.probe, f"downloads ({config.blob_store.label})", patience))
        if database := config.frontier_place.database:
            ask = partial(probe_frontier, config.frontier_place)
            asked.append(_answer(ask, f"state in {database.label}", patience))
        if config.store.archive:
            archive = build_archive(config.archive, "")
            stack.push_async_callback(archive.close)
            asked.append(_answer(archive.probe, "answers (archive)", patience))
        return [StoreAnswer(one.exit, _shown(one.told, config)) for one in await asyncio.gather(*asked)]


def _records_name(store: ConfiguredStore[Destination]) -> str:
    if isinstance(store.destination, PostgresDestination):
        return f"postgres ({store.source})" if store.source else store.label
    return f"records ({store.label})"


async def _answer(probe: Callable[[], Awaitable[str]], name: str, patience: float) -> StoreAnswer:
    try:
        async with asyncio.timeout(patience):
            return StoreAnswer(Exit.FINISHED, f"{name}: {await probe()}")
    except UsageError as error:
        return StoreAnswer(Exit.USAGE, _complaint(name, str(error)))
    except StoreError as error:
        return StoreAnswer(Exit.STORE, _complaint(name, str(error)))
    except TimeoutError:
        why = f"no answer within {patience:g} s; check the address, and that the server is running"
        return StoreAnswer(Exit.STORE, f"{name}: {why}")


def _complaint(name: str, error: str) -> str:
    """The complaint with the store's name, which Postgres errors already begin with."""
    return error if error.startswith("postgres") else f"{name}: {error}"


def _shown(told: str, config: Config) -> str:
    """The text without the places that are kept outside the config."""
    for store in (*config.record_stores, config.blob_store):
        told = store.without_secrets(told)
    return told


def answers(found: Sequence[StoreAnswer]) -> Mapping[str, Sequence[str]]:
    """The answers, grouped by outcome."""
    by_topic = {topic: [one.told for one in found if one.exit == code] for code, topic in TOPICS.items()}
    return {topic: told for topic, told in by_topic.items() if told}


def verdict(found: Iterable[StoreAnswer]) -> Exit:
    """The exit code: a refusal, which the user must fix, outranks an outage, which may pass."""
    return min((one.exit for one in found), key=[Exit.USAGE, Exit.STORE, Exit.FINISHED].index)
