"""A process that measures audio files for another one, which a hostile file cannot take along.

It reads the name of a file a line, in hexadecimal digits, and answers with a line of JSON each. Before each file it
limits the processor time that it may use from then on: when that is over, the system ends it.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from pathlib import Path

from asyncscrape.analysis.audio.decoding import AudioError
from asyncscrape.analysis.audio.features import features_in
from asyncscrape.analysis.audio.measured import AudioProblem, Measured, encode_measured
from asyncscrape.parsing.limits import depend_on, limit

MEMORY = 512_000_000
"""Bytes of data that a process may hold."""
NO_MEMORY = "it takes more memory than a file may"


def main(parent: int, seconds: float) -> None:
    """Answer for each file, which may take so much processor time, until there are no more."""
    depend_on(parent)
    limit("DATA", MEMORY)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a decoder prints is no answer
    for line in sys.stdin.buffer:
        _limit_time(seconds)
        answers.write(encode_measured(measured(Path(os.fsdecode(bytes.fromhex(line.decode()))))) + b"\n")


def measured(path: Path) -> Measured:
    """The features of a file, or why there are none."""
    try:
        return features_in(path)
    except AudioError as error:
        return AudioProblem(str(error))
    except MemoryError:
        return AudioProblem(NO_MEMORY)


def _limit_time(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds), hard))
