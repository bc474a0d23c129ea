"""What a config may not have if several workers are to run its job, since it lies on one machine."""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.config.models import Config
from asyncscrape.destinations import FolderDestination
from asyncscrape.model import Table


def reasons(config: Config, tables: Sequence[Table]) -> list[str]:
    """Why several workers cannot run the job: each key with what to use instead; empty if they can."""
    found = []
    for store in config.record_stores:
        if isinstance(store.destination, FolderDestination):
            found.append(f"{store.word}: the files lie on one machine's disk")
    return found
