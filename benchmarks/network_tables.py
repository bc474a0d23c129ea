"""The tables of a finished walk of any size: from the truth of the replica's crowd, through the job's own stores.

What follows a run finds them as it would after one: parts, and finished tables beside the job's state folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from asyncscrape.config.models import Config
from asyncscrape.model import Batch, Origin, TypedRecords
from asyncscrape.parsers.soundcloud.network_tables import (
    ACCOUNTS,
    INTERACTIONS,
    NETWORK_TABLES,
    AccountRow,
    InteractionRow,
    MetRow,
)
from asyncscrape.records.lines import encode
from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, Member
from asyncscrape.storage.build import build_stores

LATEST = 500
GROUP = 200
"""Accounts that one write brings."""


class Made(NamedTuple):
    """How much there is."""

    accounts: int
    met: int
    interactions: int


def finished_walk(config: Config, crowd: Crowd, accounts: int) -> Made:
    """The tables of a walk over so many accounts of the crowd, taken by lot."""
    return asyncio.run(_finished(config, crowd, Random(1).sample(truth.accounts(crowd), accounts)))


async def _finished(config: Config, crowd: Crowd, walked: Sequence[Member]) -> Made:
    [store] = build_stores(config.record_stores, config.directory, NETWORK_TABLES)
    await store.open(0)
    met: dict[int, MetRow] = {}
    count = 0
    for seq, start in enumerate(range(0, len(walked), GROUP), 1):
        rows = _rows(crowd, walked[start : start + GROUP], start, met)
        count += len(rows[INTERACTIONS.name])
        await store.write(list(_batches(seq, rows)))
    await store.finish()
    await store.close()
    return Made(len(walked), len(met), count)


def _rows(crowd: Crowd, some: Sequence[Member], start: int, met: dict[int, MetRow]) -> dict[str, list[Any]]:
    """What their turns bring: themselves, whom they meet for the first time, and what they did."""
    own: list[Any] = []
    done: list[Any] = []
    for position, one in enumerate(some, start + 1):
        its, found = one.profile, truth.interactions(crowd, one.profile.id, LATEST)
        emerged = written(truth.emerged(crowd, its.id))
        uploads = truth.number_of_uploads(crowd, its.id)
        state = "done" if found else "empty"
        own.append(
            AccountRow(
                its.id, its.permalink, its.username, its.followers, uploads, emerged, position, state, None, None
            )
        )
        for (kind, target), deeds in found.items():
            if target not in met:
                own.append(_met(crowd, target, met))
            times = written(deeds.first_at), written(deeds.last_at)
            done.append(InteractionRow(its.id, kind, target, met[target].permalink, deeds.n, *times))
    return {ACCOUNTS.name: own, INTERACTIONS.name: done}


def _met(crowd: Crowd, target: int, met: dict[int, MetRow]) -> MetRow:
    one = truth.account(crowd, target)
    assert one is not None
    its = one.profile
    return met.setdefault(target, MetRow(its.id, its.permalink, its.username, its.followers))


def _batches(seq: int, rows: Mapping[str, list[Any]]) -> Iterator[Batch]:
    origin = Origin("https://soundcloud.com/", "2026-11-20T10:00:00.000Z")
    for table, lines in encode(TypedRecords(rows), origin).items():
        yield Batch(seq, table, lines.count, lines.text)


def written(time: datetime | None) -> str | None:
    """A time as the job writes it."""
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")
