"""`check --connect`: whether every store can be reached and takes what a run brings. Nothing is changed there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

from asyncscrape.config.models import Config
from asyncscrape.config.stores import Database, record_destination
from asyncscrape.errors import Exit, StoreError, UsageError
from asyncscrape.model import StoreSpec, Table
from asyncscrape.storage.build import build_blobs, build_stores
from asyncscrape.storage.s3.options import S3Options

PATIENCE = 15.0
"""Seconds that a store has to answer."""
TOPICS = {Exit.FINISHED: "reached", Exit.USAGE: "refused", Exit.STORE: "not reached"}


class Answer(NamedTuple):
    """What came of asking one store."""

    exit: Exit
    told: str


async def probed(config: Config, tables: Sequence[Table], patience: float = PATIENCE) -> list[Answer]:
    """What all stores answer; they are asked at once."""
    specs, s3 = (*config.record_stores, config.blob_store), S3Options(**config.s3)
    async with AsyncExitStack() as stack:
        asked = []
        for spec in config.record_stores:
            for store in build_stores([spec], config.directory, tables, s3=s3):
                stack.push_async_callback(store.close)
                asked.append(_answer(store.probe, _records_name(spec), patience))
        blobs = build_blobs(config.blob_store, config.directory, s3)
        stack.push_async_callback(blobs.close)
        name = f"downloads ({config.blob_store.source or config.blob_store.text})"
        asked.append(_answer(blobs.probe, name, patience))
        return [Answer(one.exit, _shown(one.told, specs)) for one in await asyncio.gather(*asked)]


def _records_name(spec: StoreSpec) -> str:
    place = record_destination(spec.text)
    if isinstance(place, Database):
        return f"postgres ({spec.source})" if spec.source else str(place)
    return f"records ({spec.source or spec.text})"


async def _answer(probe: Callable[[], Awaitable[str]], name: str, patience: float) -> Answer:
    try:
        async with asyncio.timeout(patience):
            return Answer(Exit.FINISHED, f"{name}: {await probe()}")
    except UsageError as error:
        return Answer(Exit.USAGE, _complaint(name, str(error)))
    except StoreError as error:
        return Answer(Exit.STORE, _complaint(name, str(error)))
    except TimeoutError:
        why = f"no answer within {patience:g} s; is the address right, and is it running?"
        return Answer(Exit.STORE, f"{name}: {why}")


def _complaint(name: str, error: str) -> str:
    """A database says itself who it is when it complains."""
    return error if error.startswith("postgres") else f"{name}: {error}"


def _shown(told: str, specs: Iterable[StoreSpec]) -> str:
    """The same without the places that are kept outside of the config."""
    for spec in specs:
        for place in (spec.text, spec.text.partition(":")[2]):
            told = told.replace(place, spec.source) if spec.source and place else told
    return told


def answers(found: Sequence[Answer]) -> Mapping[str, Sequence[str]]:
    """What was found, by how it went."""
    by_topic = {topic: [one.told for one in found if one.exit == code] for code, topic in TOPICS.items()}
    return {topic: told for topic, told in by_topic.items() if told}


def verdict(found: Iterable[Answer]) -> Exit:
    """The exit code: what the user must change comes before what may pass by itself."""
    return min((one.exit for one in found), key=[Exit.USAGE, Exit.STORE, Exit.FINISHED].index)
