"""The first step of every command on a job: load its config and set up its log."""

from __future__ import annotations

import json
import sys

from rich.console import Console

from asyncscrape import logs
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.config import loading
from asyncscrape.config.models import Config


def load(chosen: Chosen, level: str | None = None) -> Config:
    """The config with the command line's overrides, `--data` last; a `level` given here beats the config's."""
    folder = () if chosen.data is None else (f"data={json.dumps(str(chosen.data))}",)
    loaded = loading.load(chosen.path, (*chosen.settings, *folder), jobs=chosen.jobs)
    logs.set_up("debug" if chosen.verbose else level or loaded.log.level, loaded.log.format, loaded.log.file)
    return loaded


def console(*, stderr: bool = False) -> Console:
    """The console to print on: as wide as the terminal; off a terminal, wide enough to cut nothing."""
    made = Console(stderr=stderr, highlight=False)
    if not (sys.stderr if stderr else sys.stdout).isatty():
        made.width = 120
    return made
