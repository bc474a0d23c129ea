from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.config_files import complaints, loaded

from asyncscrape.config.csv_columns import CsvError
from asyncscrape.config.seeds import problems, read_seeds, rows
from asyncscrape.config.values import CERTAIN_URL, url_trouble
from asyncscrape.urls import canonical

JOB = """\
name = "catalog"
seeds = ["https://example.org/first"]
seeds_file = "seeds.csv"
[[page]]
match = "/*"
follow = ["a"]
"""


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/1\nhttps://example.org/2",
        "# a comment\n\n https://example.org/1 \r\n\n#https://example.org/x\nhttps://example.org/2\n",
        "\ufeffhttps://example.org/1\nhttps://example.org/2\n",
        "url\nhttps://example.org/1\nhttps://example.org/2\n",
        'name,URL\n"a, ""b""\nc",https://example.org/1\n# x,y\n,\n\nd,"https://example.org/2"\n',
        "# first\nurl;name\nhttps://example.org/1;x\nhttps://example.org/2\n",
        "name\turl\nx\thttps://example.org/1\ny\thttps://example.org/2\n",
    ],
)
def test_seeds_are_lines_or_a_column_of_a_csv(tmp_path: Path, text: str) -> None:
    (tmp_path / "seeds.csv").write_text(text, encoding="utf-8", newline="")
    config = loaded(tmp_path, JOB)
    assert [f"https://example.org/{name}" for name in ("first", "1", "2")] == list(read_seeds(config))


def test_a_bad_line_is_reported_with_its_place_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text('n,url\n"a\nb",https://example.org/\n\nc,example.org\nd\n')
    assert [
        'seeds.csv:5: "example.org" is not a complete URL; write it like "https://example.org/list"',
        'seeds.csv:6: "" is not a complete URL; write it like "https://example.org/list"',
    ] == complaints(tmp_path, JOB)


def test_only_the_first_bad_lines_are_reported(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text("x\n" * 1000)
    assert 20 == len(complaints(tmp_path, JOB))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "seeds.csv: contains no URLs; write one per line"),
        (b"url\n", "seeds.csv: contains no URLs; write one per line"),
        (b"https://example.org/caf\xe9\n", "seeds.csv: is not UTF-8; save the file in that encoding"),
        (b'a,url\n1,"' + b"x" * 200_000, "seeds.csv:2: is not a valid CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "seeds.csv").write_bytes(content)
    (found,) = complaints(tmp_path, JOB)
    assert found.startswith(expected)


def test_a_missing_file_is_reported_with_the_line_of_its_key(tmp_path: Path) -> None:
    assert ['catalog.toml:3: seeds_file: "seeds.csv" does not exist'] == complaints(tmp_path, JOB)


def test_a_file_that_went_away_is_reported_when_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match="cannot be read: No such file"):
        list(rows(tmp_path / "seeds.csv"))


def test_a_long_file_is_checked_quickly(tmp_path: Path) -> None:
    path = tmp_path / "seeds.txt"
    path.write_text("".join(f"https://www.example.org/item/{number}?page=1\n" for number in range(100_000)))
    begin = time.perf_counter()
    assert [] == list(problems(path))
    assert time.perf_counter() - begin < 5


@given(st.from_regex(CERTAIN_URL, fullmatch=True))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_url_that_is_certainly_good_is_good(url: str) -> None:
    assert canonical(url) is not None
    assert url_trouble(url) is None
