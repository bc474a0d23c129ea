"""`asyncscrape audio`: the features of audio files, a line of JSON each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from asyncscrape.analysis.audio.build import measure_files
from asyncscrape.analysis.audio.measured import AudioProblem, Measured, flat
from asyncscrape.commands.needed_extras import require_for_command
from asyncscrape.errors import Exit
from asyncscrape.model import storable

EXTRA = "audio"


def print_features(files: Sequence[Path], workers: int | None) -> Exit:
    """Print a line for each file as soon as it and those before it are measured."""
    require_for_command(EXTRA)
    problems = 0
    with closing(measure_files(files, workers)) as results:
        for path, found in results:
            problems += isinstance(found, AudioProblem)
            sys.stdout.buffer.write(msgspec.json.encode(line(path, found)) + b"\n")
            sys.stdout.buffer.flush()
    return Exit.FAILURES if problems == len(files) else Exit.FINISHED


def line(path: Path, found: Measured) -> dict[str, Any]:
    """What is printed about a file."""
    told = {"error": found.why} if isinstance(found, AudioProblem) else flat(found)
    return {"file": storable(str(path)), **told}
