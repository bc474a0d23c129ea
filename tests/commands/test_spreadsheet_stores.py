"""Spreadsheets as record stores, through the program: written, known by their files, and never read for a report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest
from support.config_files import MINIMAL, loaded
from support.forked_command import run

from asyncscrape.commands.outputs import table_files
from asyncscrape.commands.report import read_finished
from asyncscrape.config.loading import load
from asyncscrape.errors import UsageError
from asyncscrape.jobs.registry import Registry
from asyncscrape.model import Table

CONFIG = """
name = "office"
seeds = ["https://shop.example.org/new"]
[politeness]
delay = "0s"
[fetch.origins]
"https://shop.example.org" = "replica"
[[page]]
match = "/new"
table = "record"
each = "a.record"
key = ["n"]
[page.fields]
n = "@position"
title = "xpath:."
[store]
records = ["csv", "csv-excel", "xlsx", "xlsx:elsewhere"]
excel_delimiter = ";"
"""


def test_a_run_writes_spreadsheets_and_knows_their_files(tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_text(CONFIG)
    ended = run("run", "office.toml", "--quiet", cwd=tmp_path)
    assert (0, "") == (ended.code, ended.err)
    folder = tmp_path / "data/office"
    with (folder / "record.csv").open(encoding="utf-8", newline="") as plain:
        rows = [row[:2] for row in csv.reader(plain)]
    with (folder / "record.excel.csv").open(encoding="utf-8-sig", newline="") as office:
        assert rows == [row[:2] for row in csv.reader(office, delimiter=";")]
    sheet = openpyxl.load_workbook(folder / "record.xlsx")["record"]
    assert len(rows) > 3
    assert rows == [[str(value) for value in row[:2]] for row in sheet.iter_rows(values_only=True)]
    before = (folder / "record.xlsx").read_bytes()
    assert 0 == run("run", "office.toml", "--again", "--quiet", cwd=tmp_path).code
    assert before != (folder / "record.xlsx").read_bytes()  # the pages were fetched later
    other = ("--set", "store.excel_delimiter=tab")
    assert 0 == run("run", "office.toml", "--quiet", *other, cwd=tmp_path).code
    assert "n\ttitle" in (folder / "record.excel.csv").read_text(encoding="utf-8-sig")
    config = load(tmp_path / "office.toml", (f"data={json.dumps(str(tmp_path / 'data'))}",), {}, Registry())
    made = [*folder.glob("record.*"), tmp_path / "elsewhere/record.xlsx"]
    assert sorted(made) == sorted(tmp_path / path for _, path in table_files(config, ["record"]))
    assert [True] * 4 == [path.exists() for path in made]


def test_a_report_reads_no_spreadsheet(tmp_path: Path) -> None:
    config = loaded(tmp_path, f'data = "{tmp_path}"\n{MINIMAL}[store]\nrecords = ["csv-excel", "xlsx", "csv"]\n')
    config.directory.mkdir()
    for name in ("item.excel.csv", "item.xlsx"):
        (config.directory / name).touch()
    with pytest.raises(UsageError, match="needs the finished table item"):
        read_finished(config, Table("item", ("n",), ()))
    (config.directory / "item.csv").write_text("n\n7\n", "utf-8")
    assert {"n": ["7"]} == read_finished(config, Table("item", ("n",), ())).to_dict(as_series=False)
