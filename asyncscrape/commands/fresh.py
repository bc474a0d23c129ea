"""`run --fresh`: delete what the job has stored, and nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from asyncscrape.commands.deleting import ask_to_delete
from asyncscrape.commands.outputs import kept_elsewhere, table_files
from asyncscrape.config.models import Config
from asyncscrape.errors import AsyncscrapeError
from asyncscrape.frontier.base import Frontier
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import BLOBS
from asyncscrape.views.figures import count


def clear(config: Config, tables: Sequence[str], *, ask: bool) -> None:
    """Delete the state, parts, tables and blobs of this job; ask first, or refuse where there is nobody to ask.

    Symbolic links are removed, never their targets. Blobs in a folder that the user chose stay, and so do rows in
    Postgres and objects in S3: other jobs may share these places, and the new run overwrites its own.
    """
    frontier = build_frontier(config.frontier_place)
    records = asyncio.run(_records(frontier))
    stored = (*tables, *(records or ()))
    if (records is not None or any(_there(config, stored))) and ask:
        _ask(config, sum((records or {}).values()))
    asyncio.run(_delete(frontier, config, stored))


async def _records(frontier: Frontier) -> Mapping[str, int] | None:
    """Stored records by table; None if nothing is stored. A state that cannot be read may be deleted too.

    Raises `JobRunning` before anybody is asked.
    """
    async with frontier.alone():
        pass
    try:
        standing = await frontier.standing()
    except AsyncscrapeError:
        return {}
    return None if standing is None else standing.totals.records


async def _delete(frontier: Frontier, config: Config, tables: Sequence[str]) -> None:
    """Delete the state first, so that no run resumes with half of the files after a kill."""
    async with frontier.alone() as owner:
        await owner.erase()
        for path in _there(config, tables):
            _remove(path)


def _there(config: Config, tables: Sequence[str]) -> Iterator[Path]:
    """Those of the job's paths where something lies."""
    return (path for path in _ours(config, tables) if path.is_symlink() or path.exists())


def _ask(config: Config, records: int) -> None:
    state = f", and the job's state in {config.frontier_place}" if config.frontier_place.database else ""
    what = f"what is stored in {config.directory} (records: {count(records)}){state}"
    far = ", ".join(kept_elsewhere(config))
    ask_to_delete(
        "--fresh", what, f"What is stored in {far} stays; the new run overwrites it key by key." if far else ""
    )


def _ours(config: Config, tables: Sequence[str]) -> Iterator[Path]:
    """The paths that a run of this job may have written, apart from its state."""
    for _, path in table_files(config, (*tables, BLOBS.name)):
        yield path
    yield config.directory / "parts"
    yield config.directory / "blobs"
    yield config.directory / "report"
    yield config.directory / "debug"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
