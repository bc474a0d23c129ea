"""Building the parsing step of a run: the one place that decides where parsers run."""

from __future__ import annotations

from collections.abc import Mapping

from asyncscrape.model import Parser
from asyncscrape.parsing.base import Parsing
from asyncscrape.parsing.in_place import InPlace
from asyncscrape.parsing.processes.pool import Budget, Pool
from asyncscrape.parsing.processes.sizes import workers_borne


def build_parsing(parsers: Mapping[str, Parser], workers: int | None, seconds: float, memory: int) -> Parsing:
    """The parsing step for these parsers; it must be closed.

    Without a number of workers, it has as many as this machine bears; none of them means in place.
    """
    if workers is None:
        workers = workers_borne(memory)
    return Pool(parsers, Budget(workers, seconds, memory)) if workers else InPlace(parsers)
