"""The first step of every command on a job: load its config and set up its log."""

from __future__ import annotations

import json
import sys
from typing import TextIO, cast

from rich.console import Console

from asyncscrape import logs
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.config import loading
from asyncscrape.config.models import Config
from asyncscrape.views.piped import TrimmedLines
from asyncscrape.views.safe_console import SafeConsole


def load(chosen: Chosen, level: str | None = None, *, asks: bool = False, worker: str = "") -> Config:
    """The config with the command line's overrides, `--data` last; a `level` given here beats the config's.

    A command that `asks` the sites, or tells whether it could, refuses a config without the credentials for that.
    """
    folder = () if chosen.data is None else (f"data={json.dumps(str(chosen.data))}",)
    loaded = loading.load(chosen.path, (*chosen.settings, *folder), jobs=chosen.jobs, asks=asks)
    level = "debug" if chosen.verbose else level or loaded.log.level
    logs.set_up(level, loaded.log.format, loaded.log.file, worker)
    return loaded


def console(*, stderr: bool = False) -> Console:
    """The console to print on: as wide as the terminal; off a terminal, wide enough to cut nothing."""
    file = sys.stderr if stderr else sys.stdout
    if file.isatty():
        return SafeConsole(stderr=stderr, highlight=False)
    return SafeConsole(file=cast(TextIO, TrimmedLines(file)), width=120, highlight=False)
