"""Matching values against a pattern in a process of its own: thirty letters can keep `(a+)+b` busy for years, and no
signal ends a match.

A process lives for one block of values, which costs some ten milliseconds: so whatever else fails, none is left, and
many tables and columns at once do not mean many processes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Semaphore

SECONDS = 10.0
"""CPU seconds in which the values of a column must be matched."""
EACH = 50e-6
"""More of them for each value: some fifty times what an ordinary pattern needs."""

PROGRAM = Path(__file__).with_name("pattern_program.py")
PROCESSES = 2
"""At once, however many tables are checked."""

_room = Semaphore(PROCESSES)


class Undecided(Exception):
    """The pattern takes too long."""


class PatternProcess:
    """Matches values, block by block, within the time that there is for all of them."""

    def __init__(self, pattern: str, seconds: float = SECONDS) -> None:
        self._pattern = pattern
        self._left = seconds

    def others(self, values: Sequence[str]) -> list[int]:
        """The places of the values that do not match as a whole. Raises `Undecided`; then this is of no more use."""
        seconds = self._left + EACH * len(values)
        with _room:
            answer = _answer(json.dumps([self._pattern, seconds, values]))
        if not answer:
            raise Undecided
        others: list[int]
        others, took = json.loads(answer)
        self._left = seconds - took
        return others


def _answer(question: str) -> str:
    """What the program says; nothing if its time was up."""
    # In a session of its own, Ctrl-C does not reach it: the run decides when it stops.
    command = [sys.executable, "-I", "-S", str(PROGRAM)]
    done = subprocess.run(
        command,
        input=question,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="ascii",
        start_new_session=True,
        check=False,
    )
    return done.stdout
