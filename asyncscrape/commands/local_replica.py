"""The built-in replica, for configs that name it under [fetch.origins]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asyncscrape.config.models import Config
from asyncscrape.replica.process import ReplicaProcess

REPLICA = "replica"


@contextmanager
def served(config: Config, served_at: str | None = None) -> Iterator[str | None]:
    """Run a replica if the config names one and none is served yet, and yield its address."""
    if REPLICA not in config.fetch.origins.values() or served_at is not None:
        yield served_at
        return
    with ReplicaProcess() as port:
        yield f"http://127.0.0.1:{port}"


def reachable(config: Config, address: str | None) -> Config:
    """The config with the address of the replica filled in, if it names one."""
    if address is None:
        return config
    origins = {asked: address if to == REPLICA else to for asked, to in config.fetch.origins.items()}
    return config.model_copy(update={"fetch": config.fetch.model_copy(update={"origins": origins})})
