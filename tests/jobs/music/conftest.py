"""One replica for the files that run the job "music" as a program: its start and its scene take a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.crypto_jobs import Replica
from support.music_walk import START

from asyncscrape.replica.process import ReplicaProcess


@pytest.fixture(scope="session")
def replica_process() -> Iterator[Replica]:
    """It remembers faults and requests until it is told to forget them."""
    with ReplicaProcess(START) as port:
        yield Replica(port)
