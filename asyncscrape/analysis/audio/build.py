"""Building the measurement of many files: the one place that knows how many processes this machine bears."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from pathlib import Path

from asyncscrape.analysis.audio.measured import Measured
from asyncscrape.analysis.audio.workers import Workers, measure_all
from asyncscrape.parsing.processes.sizes import cores


def measure_files(paths: Iterable[Path], count: int | None = None) -> Generator[tuple[Path, Measured]]:
    """Each file with its features, or why there are none, in the order of the paths.

    Without a number of processes, there is one for each core. It needs the extra `audio`. A caller that takes no
    more should close the iterator, which ends the processes.
    """
    with workers(count) as measuring:
        yield from measure_all(paths, measuring)


def workers(count: int | None = None) -> Workers:
    """So many processes that measure files, or one for each core."""
    return Workers(count or max(1, math.ceil(cores())))
