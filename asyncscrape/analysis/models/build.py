"""Carrying out the experiments of a study on all cores, in threads: what they do is numpy and scikit-learn.

Each experiment uses one thread, whatever the machine has, so that its sums, and with them its outcome, are the same
everywhere.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

from asyncscrape.analysis.models.experiments import Experiment, Tested
from asyncscrape.parsing.processes.sizes import cores


async def outcomes(experiments: Sequence[Experiment]) -> AsyncGenerator[Tested]:
    """The outcome of each experiment, in their order."""
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(max(1, math.ceil(cores())), "experiment")
    with threadpool_limits(1):
        running = [loop.run_in_executor(pool, _alone, experiment) for experiment in experiments]
        try:
            for one in running:
                yield await one
        finally:
            pool.shutdown(cancel_futures=True)


def _alone(experiment: Experiment) -> Tested:
    """In this thread: OpenMP counts its threads for each that calls it, unlike numpy's libraries."""
    with threadpool_limits(1, "openmp"):
        return experiment()
