"""`[expect]`: what is understood, and which mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.config_files import complaints, loaded

from asyncscrape.config.schema import json_schema
from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.jobs.registry import Registry

JOB = """\
name = "catalog"
seeds = ["https://example.org/"]
[[page]]
match = "/*"
table = "item"
[page.fields]
price = { css = ".price", type = "decimal" }
name = "h1"
day = { css = "time", type = "date" }
at = { css = "time", type = "datetime" }
cover = { css = "img::attr(src)", blob = "covers/{url_hash}{ext}" }
"""


def test_expectations_are_read_as_the_contract_writes_them(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        JOB
        + """
[expect.item]
rows = { min = 100, max = 1_000, drop = "20%" }
[expect.item.columns]
price = { filled = "97.5%", min = 0, max = 99.5 }
name = { filled = 1, unique = true, pattern = '[A-Z].*' }
day = { min = 2020-12-02, max = "2021-01-31" }
at = { min = 2020-12-02T10:00:00+02:00, max = "2021-01-31" }
cover_path = { filled = 0.5 }
[expect.blobs.columns.bytes]
min = 1
""",
    )
    assert {
        "item": TableExpectation(
            100,
            1000,
            0.2,
            {
                "price": ColumnExpectation(0.975, 0, 99.5),
                "name": ColumnExpectation(1.0, unique=True, pattern="[A-Z].*"),
                "day": ColumnExpectation(min="2020-12-02", max="2021-01-31"),
                "at": ColumnExpectation(min="2020-12-02T08:00:00.000Z", max="2021-01-31"),
                "cover_path": ColumnExpectation(0.5),
            },
        ),
        "blobs": TableExpectation(columns={"bytes": ColumnExpectation(min=1)}),
    } == config.expectations
    assert {} == loaded(tmp_path, JOB).expectations


IN_COLUMNS = "[expect.item.columns"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[expect.itme]", '13: expect.itme: the job has no table "itme"; did you mean "item"?'),
        ("[expect.other]", '13: expect.other: the job has no table "other"; possible here: item, blobs'),
        (f"{IN_COLUMNS}]\nprise = {{}}", 'prise: the job has no column "prise"; did you mean "price"?'),
        ("[expect.item]\nrow = {}", '14: expect.item.row: unknown key; did you mean "rows"?'),
        (f"{IN_COLUMNS}.price]\nfiled = 1", 'price.filed: unknown key; did you mean "filled"?'),
        ("[expect.item]\nrows = { drop = 20 }", 'rows.drop: 20 is not a share; write it like "95%" or 0.95'),
        ("[expect.item]\nrows = { drop = '120%' }", 'drop: "120%" is not a share; write it like "95%" or 0.95'),
        (
            "[expect.item]\nrows = { min = 2, max = 1 }",
            "rows.min: is greater than max, so that no number of rows would do",
        ),
        (
            f"{IN_COLUMNS}.name]\nmin = 1",
            'name.min: cannot be judged: the column is "str"; bounds are for numbers, dates and times',
        ),
        (f"{IN_COLUMNS}.day]\nmin = 1", 'day.min: 1 does not fit the column, which is "date"'),
        (
            f"{IN_COLUMNS}.price]\nmin = 2021-01-01",
            'price.min: 2021-01-01 does not fit the column, which is "decimal"',
        ),
        (f"{IN_COLUMNS}.price]\nmin = 2\nmax = 1.5", "min: is greater than max, so that no value would do"),
        (f"{IN_COLUMNS}.day]\nmin = true", "14: expect.item.columns.day.min: true is not a number, a date or a time"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_meant(tmp_path: Path, text: str, expected: str) -> None:
    (told,) = complaints(tmp_path, f"{JOB}\n{text}\n")
    assert told.startswith("catalog.toml:1")
    assert told.endswith(expected)


@pytest.mark.parametrize(
    ("expect", "right"),
    [
        ({"item": {"rows": {"min": 100, "drop": "20%"}, "columns": {"price": {"filled": "95%", "min": 0}}}}, True),
        ({"item": {"columns": {"day": {"filled": 0.5, "min": "2020-12-02", "unique": True, "pattern": "x"}}}}, True),
        ({"item": {"columns": {"price": {"filled": 95}}}}, False),
        ({"item": {"columns": {"price": {"filed": 1}}}}, False),
        ({"item": {"rows": {"min": "many"}}}, False),
    ],
)
def test_the_schema_for_editors_says_the_same(expect: dict[str, Any], right: bool) -> None:
    config = {"name": "c", "expect": expect}
    assert right is jsonschema.Draft202012Validator(json_schema(Registry())).is_valid(config)


def test_tables_of_a_built_in_job_are_known(tmp_path: Path) -> None:
    config = "[expect.candels.columns]\nclose = {{ min = 0 }}\n[expect.{}.columns]\n{} = {{ min = 0 }}"
    text = 'name = "c"\nkind = "crypto"\n' + config.format("candles", "clsoe")
    assert [
        'catalog.toml:3: expect.candels: the job has no table "candels"; did you mean "candles"?',
        'catalog.toml:6: expect.candles.columns.clsoe: the job has no column "clsoe"; did you mean "close"?',
    ] == complaints(tmp_path, text)


def test_columns_of_a_python_parser_are_not_judged(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("def parse(response):\n    ...\n")
    job = 'name = "c"\nseeds = ["https://example.org/"]\n[[page]]\nmatch = "/*"\ntable = "t"\nparser = "shop:parse"\n'
    config = loaded(tmp_path, job + "[expect.t.columns]\nprice = { min = 0 }\n")
    assert {"t": TableExpectation(columns={"price": ColumnExpectation(min=0)})} == config.expectations
