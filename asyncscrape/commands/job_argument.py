"""The job that a command works on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.registry import Registry
from asyncscrape.secret_settings import shown


@dataclass(frozen=True)
class Chosen:
    """The config of a job and its overrides, as the command line gives them."""

    path: Path
    settings: tuple[str, ...] = ()
    data: Path | None = None
    verbose: bool = False
    jobs: Mapping[str, BuiltIn] = field(default_factory=Registry)
    """The built-in jobs that the config may name."""

    @property
    def arguments(self) -> str:
        """The same choice as arguments for a shell, to be shown: secrets are left out."""
        flags = [part for setting in self.settings for part in ("--set", shown(setting))]
        return shlex.join([str(self.path), *flags, *(("--data", str(self.data)) if self.data is not None else ())])
