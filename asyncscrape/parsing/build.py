"""Building the parsing step of a run: the one place that decides where parsers run."""

from __future__ import annotations

from collections.abc import Mapping

from asyncscrape.config.models import Fetch
from asyncscrape.model import Parser
from asyncscrape.parsing.base import Parsing
from asyncscrape.parsing.in_place import InPlace
from asyncscrape.parsing.processes.pool import Budget, Pool
from asyncscrape.parsing.processes.sizes import workers_borne


def build_parsing(parsers: Mapping[str, Parser], fetch: Fetch) -> Parsing:
    """The parsing step for these parsers; it must be closed."""
    workers = workers_borne(fetch.parse_memory) if fetch.parse_workers is None else fetch.parse_workers
    if workers == 0:
        return InPlace(parsers)
    return Pool(parsers, Budget(workers, fetch.parse_timeout, fetch.parse_memory))
