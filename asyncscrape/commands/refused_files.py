"""The warning about files that were refused for their path: the records that name it name another's file, or none."""

from __future__ import annotations

import asyncio

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import Frontier
from asyncscrape.quality.shown_values import counted
from asyncscrape.stats import ShownState, Snapshot


def warned(snapshot: Snapshot, frontier: Frontier) -> Snapshot:
    """The snapshot with the warning, if there are such files."""
    if not snapshot.files[ShownState.FAILED]:
        return snapshot
    refused = sum(failure.reason == Reason.BLOB_PATH for failure in asyncio.run(frontier.failures()))
    if not refused:
        return snapshot
    what = f"{counted(refused, 'file')} refused for the path, so records name a path that holds another file, or none"
    warning = f"{what}; give each file its own path, with {{url_hash}} in `blob`; see `asyncscrape errors`"
    return msgspec.structs.replace(snapshot, warnings=(warning, *snapshot.warnings))
