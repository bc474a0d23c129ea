"""Which job a command is about."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Chosen:
    """What every command on a job is told: the config, and what overrides it."""

    path: Path
    settings: tuple[str, ...] = ()
    data: Path | None = None
    verbose: bool = False

    @property
    def arguments(self) -> str:
        """The same choice as words for a shell."""
        flags = [part for setting in self.settings for part in ("--set", setting)]
        return shlex.join([str(self.path), *flags, *(("--data", str(self.data)) if self.data is not None else ())])
