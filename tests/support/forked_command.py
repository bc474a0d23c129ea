"""The program in a process that need not import it: `start` and `run` of support/command.py, half a second sooner.

For tests that start it again and again. Where the end of a job matters most, its last run is started as users do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asyncscrape import __main__
from support.command import Ended, environment
from support.forked import Forked


def start(*arguments: str | Path, environ: Mapping[str, str | None] | None = None, cwd: Path | None = None) -> Forked:
    """Start `asyncscrape` with these arguments; its output can be read once it has ended."""
    return Forked([__main__.__file__, *map(str, arguments)], environment(NO_COLOR="1", **(environ or {})), cwd)


def run(*arguments: str | Path, **options: Any) -> Ended:
    """Run to the end."""
    return Ended(start(*arguments, **options))
