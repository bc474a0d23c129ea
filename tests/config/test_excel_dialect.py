"""The signs of CSV for Excel: given, or of the machine's locale."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.config_files import MINIMAL, loaded

from asyncscrape.destinations import ExcelDialect

LOCALES = Path("/usr/share/i18n/locales")


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("", ExcelDialect(",", ".")),
        ('excel_delimiter = ";"', ExcelDialect(";", ",")),
        ('excel_delimiter = ","', ExcelDialect(",", ".")),
        ('excel_delimiter = "tab"', ExcelDialect("\t", ".")),
        ('excel_delimiter = "tab"\nexcel_decimal = ","', ExcelDialect("\t", ",")),
        ('excel_delimiter = ";"\nexcel_decimal = "."', ExcelDialect(";", ".")),
        ('excel_decimal = ","', ExcelDialect(";", ",")),
    ],
)
def test_a_sign_that_is_not_given_goes_with_the_other(tmp_path: Path, store: str, expected: ExcelDialect) -> None:
    config = loaded(tmp_path, f'{MINIMAL}[store]\nrecords = ["csv-excel", "csv"]\n{store}\n')
    assert [expected, ExcelDialect()] == [found.excel for found in config.record_stores]


@pytest.mark.skipif(
    not (shutil.which("localedef") and (LOCALES / "de_DE").exists()), reason="no locales can be made here"
)
@pytest.mark.parametrize(("name", "expected"), [("de_DE", (";", ",")), ("xx_XX", (",", "."))])
def test_no_sign_is_given(tmp_path: Path, name: str, expected: tuple[str, str]) -> None:
    if (LOCALES / name).exists():
        made = ["localedef", "--no-archive", "-i", name, "-f", "UTF-8", str(tmp_path / f"{name}.UTF-8")]
        subprocess.run(made, check=True, capture_output=True)
    code = "from asyncscrape.config.stores import excel_dialect; print(tuple(excel_dialect(None, None)), 1.5)"
    environ = {"LC_ALL": f"{name}.UTF-8", "LOCPATH": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environ)
    assert f"{expected} 1.5\n" == said.stdout
