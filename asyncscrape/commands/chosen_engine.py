"""The engine that `run --engine` names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from asyncscrape.commands.engine import Engine, EngineName
from asyncscrape.commands.worker_processes import ThisMachine
from asyncscrape.config.models import Config

READ_BY_WORKERS = ("ASYNCSCRAPE__", "AWS_", "PG")
"""How variables begin that a worker reads although no config names them."""


@contextmanager
def engine_for(name: EngineName | None, config: Config) -> Iterator[Engine]:
    """The engine, ready to start workers of a job."""
    if name is not EngineName.RAY:
        yield ThisMachine()
        return
    from asyncscrape.commands.ray_cluster import joined

    with joined(taken_along(config, os.environ)) as cluster:
        yield cluster


def taken_along(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Those variables of this environment that a worker on another machine needs."""
    named = {secret.source.removeprefix("env:") for secret in config.secrets if secret.source.startswith("env:")}
    return {name: value for name, value in environ.items() if name in named or name.startswith(READ_BY_WORKERS)}
