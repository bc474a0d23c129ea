"""The program as users start it, in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from support.forked import Forked

PATIENCE = 300.0
"""Seconds after which a run that should have ended counts as hung."""


def start(
    *arguments: str | Path, environ: Mapping[str, str | None] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start `asyncscrape` with these arguments; its output can be read from the process."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    command = [sys.executable, "-m", "asyncscrape", *map(str, arguments)]
    return subprocess.Popen(command, text=True, env=environment(NO_COLOR="1", **(environ or {})), **pipes)


def environment(**variables: str | None) -> dict[str, str]:
    """The environment of the tests with these variables; None takes one away."""
    return {name: value for name, value in {**os.environ, **variables}.items() if value is not None}


class Ended:
    """A process that has ended, with its output."""

    def __init__(self, process: subprocess.Popen[str] | Forked) -> None:
        self.out, self.err = process.communicate(timeout=PATIENCE)
        self.code = process.returncode

    @property
    def summary(self) -> dict[str, Any]:
        """The last line, as printed by `--json`."""
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found


def run(*arguments: str | Path, **options: Any) -> Ended:
    """Run to the end."""
    return Ended(start(*arguments, **options))


def until(condition: Callable[[], object], process: subprocess.Popen[str] | Forked | None = None) -> bool:
    """Wait for a condition; False if the process ended first."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            return False
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.005)
    return True


def lines(path: Path) -> int:
    """The number of lines in a file so far."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def flags(values: Sequence[str]) -> list[str]:
    """Each value as a `--set` option."""
    return [part for value in values for part in ("--set", value)]
