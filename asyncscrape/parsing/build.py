"""Building the parsing step of a run: the one place that decides where parsers run."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Mapping

from asyncscrape.model import Parser
from asyncscrape.parsing.base import Parsing
from asyncscrape.parsing.in_place import InPlace
from asyncscrape.parsing.processes.pool import Budget, Pool
from asyncscrape.parsing.processes.sizes import workers_borne

log = logging.getLogger(__name__)


def build_parsing(parsers: Mapping[str, Parser], workers: int | None, seconds: float, memory: int) -> Parsing:
    """The parsing step for these parsers; it must be closed.

    Without a number of workers, it has as many as this machine bears; none of them means in place. Parsers that no
    other process can load, such as those of a script that hands its own job to the program, run in place too.
    """
    if workers is None:
        workers = workers_borne(memory)
    if workers and not loadable(parsers):
        log.info("the parsers are part of the script that was started, so pages are parsed in this process")
        workers = 0
    return Pool(parsers, Budget(workers, seconds, memory)) if workers else InPlace(parsers)


def loadable(parsers: Mapping[str, Parser]) -> bool:
    """Whether another process can load these parsers: not what is local to a function, or to the script itself."""
    try:
        return b"__main__" not in pickle.dumps(dict(parsers))
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
