"""Runs that are killed at a chosen number of requests."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from support.command import lines, until
from support.forked_command import start
from support.graph_config import Site
from support.job_frontier import IN_POSTGRES

CONCURRENCY = 32
GROUP = 256 if IN_POSTGRES else 64
"""Answers that can arrive while one group gathers and another is written: 0.1 s' worth at this concurrency, or 0.4 s'
where a database server takes part in the writing."""


def asked(site: Site) -> Counter[str]:
    return Counter(entry.path for entry in site.log())


def kill_at(config: Path, site: Site, requests: int, *flags: str) -> bool:
    """Run until the site has had this many requests, then kill; False if the job finished first."""
    with start("run", config, "--quiet", *flags) as process:
        reached = until(lambda: lines(site.log_file) >= requests, process)
        process.kill()
        process.communicate()
    return reached


def moments(kills: int, total: int, seed: int) -> list[int]:
    """Numbers of requests at which to kill: spread at random over the whole job, its last moments included."""
    chance = random.Random(seed)
    return sorted([*(chance.randrange(total) for _ in range(kills - 1)), total])
