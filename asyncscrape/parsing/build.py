"""Building the parsing step of a run: the one place that decides where parsers run."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Mapping
from contextlib import suppress

from asyncscrape.archive.redaction import Redaction
from asyncscrape.model import Parser
from asyncscrape.parsing.base import Parsing
from asyncscrape.parsing.in_place import InPlace
from asyncscrape.parsing.processes.pool import Budget, Pool
from asyncscrape.parsing.processes.sizes import cores, workers_borne
from asyncscrape.urls import PathScope

log = logging.getLogger(__name__)


def build_parsing(
    parsers: Mapping[str, Parser],
    paths: PathScope,
    workers: int | None,
    seconds: float,
    memory: int,
    kept: Redaction | None = None,
) -> Parsing:
    """The parsing step for these parsers, which tells links within `paths` from others; it must be closed.

    If answers are kept, `kept` is what is taken out of them.

    Without a number of workers, it has as many as this machine bears; none of them means in place. Parsers that no
    other process can load, such as those of a script that hands its own job to the program, run in place too.
    """
    if workers is None:
        workers = workers_borne(memory)
    if workers and not loadable(parsers):
        log.info("the parsers are part of the script that was started, so pages are parsed in this process")
        workers = 0
    if workers and cores() <= 1:
        _let_workers_finish()
    if not workers:
        return InPlace(parsers, paths, kept)
    return Pool(parsers, Budget(workers, seconds, memory), paths, kept)


def loadable(parsers: Mapping[str, Parser]) -> bool:
    """Whether another process can load these parsers: not what is local to a function, or to the script itself."""
    try:
        return b"__main__" not in pickle.dumps(dict(parsers))
    except (pickle.PicklingError, AttributeError, TypeError):
        return False


def _let_workers_finish() -> None:
    """On a core that the crawl shares with its workers, keep it from interrupting them for each page.

    Else two programs push each other out of the core's caches twice a page, which costs more than the way between.
    """
    with suppress(AttributeError, OSError):
        for thread in os.listdir("/proc/self/task"):
            os.sched_setscheduler(int(thread), os.SCHED_BATCH, os.sched_param(0))
