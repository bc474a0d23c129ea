"""The built-in replica, for configs that name it under [fetch.origins]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asyncscrape.config.models import Config
from asyncscrape.replica.process import ReplicaProcess

REPLICA = "replica"


@contextmanager
def served(config: Config) -> Iterator[Config]:
    """Run a replica if the config names one, and yield the config with its address filled in."""
    if REPLICA not in config.fetch.origins.values():
        yield config
        return
    with ReplicaProcess() as port:
        address = f"http://127.0.0.1:{port}"
        origins = {asked: address if to == REPLICA else to for asked, to in config.fetch.origins.items()}
        yield config.model_copy(update={"fetch": config.fetch.model_copy(update={"origins": origins})})
