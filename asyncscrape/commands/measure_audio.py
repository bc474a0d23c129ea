"""`asyncscrape audio`: the features of audio files, a line of JSON each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from asyncscrape.analysis.audio.build import measure_files
from asyncscrape.analysis.audio.measured import AudioProblem, Measured, flat
from asyncscrape.commands.needed_extras import require_for_command
from asyncscrape.errors import Exit
from asyncscrape.model import storable
from asyncscrape.views.piped import write_while_read

EXTRA = "audio"


def print_features(files: Sequence[Path], workers: int | None) -> Exit:
    """Print a line for each file as soon as it and those before it are measured."""
    require_for_command(EXTRA)
    problems: list[Path] = []
    with closing(measure_files(files, workers)) as results:
        write_while_read(_lines(results, problems))
    return Exit.FAILURES if problems else Exit.FINISHED


def _lines(results: Iterable[tuple[Path, Measured]], problems: list[Path]) -> Iterator[bytes]:
    """What is printed about each file; those that could not be measured are noted."""
    for path, found in results:
        if isinstance(found, AudioProblem):
            problems.append(path)
        told = {"error": found.why} if isinstance(found, AudioProblem) else flat(found)
        yield msgspec.json.encode({"file": storable(str(path)), **told}) + b"\n"
