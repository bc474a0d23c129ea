"""A disk that fills up while the report is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.network_tables import account, network
from support.storage_disk import small_disk

from asyncscrape.analysis.report_files import write
from asyncscrape.errors import StoreError
from asyncscrape.jobs.network.config import Weights
from asyncscrape.jobs.network.report.cartography import account_map
from asyncscrape.jobs.network.report.map_tables import map_tables
from asyncscrape.jobs.network.report.matrices import matrices, matrix_files

WEIGHTS = Weights().by_kind

LARGE = ("rows.csv", "columns.csv", "communities-of-accounts.csv", "graph.gexf")


def test_older_files_stay_whole_and_the_report_can_be_made_again(tmp_path: Path) -> None:
    long_names = [account(n, position=n, name="夜" * 10_000) for n in range(40)]
    made = matrices(network(long_names, [(1, "likes", 2, 1)]), WEIGHTS)
    files = dict([*matrix_files(made), *map_tables(made, account_map(made))])
    with small_disk(tmp_path / "disk") as disk:
        folder = disk.path / "report"
        write(folder, [(name, b"older") for name in files])
        disk.fill()
        for name in LARGE:
            with pytest.raises(StoreError, match=rf"no room left .*/{name}; the tables are kept, .* report again"):
                write(folder, [(name, files[name])])
        assert dict.fromkeys(files, b"older") == {path.name: path.read_bytes() for path in folder.iterdir()}
        disk.empty()
        assert list(files) == [path.name for path in write(folder, files.items()) if path.stat().st_size > 10]
