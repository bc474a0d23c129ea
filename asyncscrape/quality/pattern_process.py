"""Matching values against a pattern in a process of its own: thirty letters can keep `(a+)+b` busy for years, and no
signal ends a match.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

SECONDS = 10.0
"""CPU seconds in which the values of a column must be matched."""
EACH = 50e-6
"""More of them for each value: some fifty times what an ordinary pattern needs."""

PROGRAM = Path(__file__).with_name("pattern_program.py")


class Undecided(Exception):
    """The pattern takes too long."""


class PatternProcess:
    """Matches values; the process starts with the first of them."""

    def __init__(self, pattern: str, seconds: float = SECONDS) -> None:
        self._pattern = pattern
        self._seconds = seconds
        self._process: subprocess.Popen[str] | None = None

    def others(self, values: Sequence[str]) -> list[int]:
        """The places of the values that do not match as a whole. Raises `Undecided`; then this is of no more use."""
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{json.dumps(values)}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close()
            raise Undecided
        others: list[int] = json.loads(answer)
        return others

    def _started(self) -> subprocess.Popen[str]:
        # In a session of its own, Ctrl-C does not reach it: the run decides when it stops.
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps([self._pattern, self._seconds, EACH])}\n")
        return process

    def close(self) -> None:
        """End the process, if it runs."""
        if self._process is not None:
            with suppress(BrokenPipeError), self._process as process:
                process.kill()
            self._process = None
