"""The workers of a team as others see them, each by itself and all together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.frontier.looks import together
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.stats import Look, Standing, WorkerView

if TYPE_CHECKING:
    from asyncpg import Record

SILENT = 0.5
"""The part of a lease after which a worker that gives no sign of life is silent; it has missed one then."""

_look = msgspec.json.Decoder(Look).decode


async def with_workers(work: JobWork, standing: Standing, lease: float) -> Standing:
    """The state of a job with the workers of its team; who is alone needs no mention."""
    rows = await work.rows("workers", timedelta(seconds=lease))
    looks = [_shown(row) for row in rows if row["look"] is not None]
    views = tuple(_view(row, lease) for row in rows)
    shown = together(looks) if len(looks) > 1 else standing.look
    return msgspec.structs.replace(standing, workers=views, look=shown)


def _view(row: Record, lease: float) -> WorkerView:
    pace = _shown(row).pages_per_second if row["look"] else 0.0
    return WorkerView(row["name"], row["hosts"], pace, row["seen"], row["lag"], _state(row, lease))


def _shown(row: Record) -> Look:
    """The details that a worker showed last; one that has concluded asks nothing any more."""
    look = _look(row["look"])
    return msgspec.structs.replace(look, pages_per_second=0.0, bytes_per_second=0.0) if row["concluded"] else look


def _state(row: Record, lease: float) -> str:
    if row["seen"] > lease * SILENT:
        return "silent"
    if row["concluded"]:
        return "concluded"
    if not row["placed"]:
        return "in reserve"
    return "at work" if row["hosts"] else "without a host"
