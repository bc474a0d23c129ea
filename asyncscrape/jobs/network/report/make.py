"""The report as commands call it: from the finished tables to matrices, communities, the map, and a summary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from asyncscrape.analysis.report_files import Content, write
from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import FinishedTables
from asyncscrape.jobs.network.config import Network
from asyncscrape.parsers.soundcloud.network_tables import NETWORK_TABLES

if TYPE_CHECKING:
    from asyncscrape.jobs.network.report.account_map import AccountMap
    from asyncscrape.jobs.network.report.matrices import Matrices

SOURCE = "SoundCloud"
ORIGINAL = "the original project's data"
SYNTHETIC = "synthetic data from the built-in replica"
TABLES = {table.name: table for table in NETWORK_TABLES}


def report(finished: FinishedTables) -> RenderableType:
    """Make the report, and return its summary for the terminal."""
    from asyncscrape.jobs.network.report.cartography import account_map
    from asyncscrape.jobs.network.report.summary import shown

    options = finished.config.section(Network)
    made, problems = _matrices(finished, options)
    drawn = account_map(made)
    source = ORIGINAL if options.original else SYNTHETIC if finished.synthetic else SOURCE
    files = write(finished.folder, _files(made, drawn, source))
    return Group(shown(made, drawn, files), *map(Text, problems))


def _matrices(finished: FinishedTables, options: Network) -> tuple[Matrices, list[str]]:
    """The matrices of what is stored, or of the original's data; with what could not be read of these."""
    from asyncscrape.jobs.network.report.matrices import matrices
    from asyncscrape.jobs.network.report.original import original
    from asyncscrape.jobs.network.report.stored_network import stored_network

    if options.original is None:
        made = matrices(stored_network(lambda name: finished.read(TABLES[name])), options.weights.by_kind)
        if made.rows.is_empty():
            raise UsageError("no account has been read yet; run the job first, or look at its `errors`")
        return made, []
    found = original(options.original, *_lists(options.original))
    return found.made, list(found.problems)


def _lists(matrix: Path) -> tuple[Path, Path]:
    """The two CSV files beside the original's matrix."""
    if not matrix.is_file():
        raise UsageError(
            f"there is no file {matrix}, which [network] original names; put the original's sparse_matrix.npz there, "
            "or name the place where it is"
        )
    found = sorted(matrix.parent.glob("*.csv"))
    if len(found) != 2:
        raise UsageError(
            f"{matrix.parent} has {len(found)} CSV files; put the original's two beside its matrix, "
            "as seeds.csv and remaining_seeds.csv, and no others"
        )
    return found[0], found[1]


def _files(made: Matrices, drawn: AccountMap, source: str) -> Iterator[tuple[str, Content]]:
    from asyncscrape.jobs.network.report.map_page import page
    from asyncscrape.jobs.network.report.map_picture import picture
    from asyncscrape.jobs.network.report.map_tables import map_tables
    from asyncscrape.jobs.network.report.matrices import matrix_files

    yield from matrix_files(made)
    yield from map_tables(made, drawn)
    yield "map.png", picture(drawn, source)
    yield "map.html", page(drawn, source)
