"""What warnings know of the rules."""

from __future__ import annotations

from pathlib import Path

from support.config_files import loaded

from asyncscrape.config.wishes_of import wishes_of
from asyncscrape.quality.wishes import Wishes

JOB = """\
name = "catalog"
seeds = ["https://example.org/"]
[[page]]
match = ["/a", "/b"]
follow = ["a.item", "a.next"]
[[page]]
match = "/item/*"
table = "item"
[page.fields]
name = "h1"
price = { css = ".price", type = "float" }
day = { css = "time", type = "date", format = "%d.%m.%Y" }
"""


def test_rules_and_selectors_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    assert Wishes(
        rules={"1": "/a, /b", "2": "/item/*"},
        follows={"1.1": "a.item", "1.2": "a.next"},
        formats={("item", "day"): "%d.%m.%Y"},
        types={("item", "price"): "float", ("item", "day"): "date"},
        tables={"2": "item"},
    ) == wishes_of(loaded(tmp_path, JOB))


def test_what_says_how_values_are_written_is_repeated(tmp_path: Path) -> None:
    job = JOB.replace("[[page]]", '[parse]\ndecimal = ","\n[[page]]', 1).replace("%d.%m.%Y", "%d. %B %Y")
    found = wishes_of(loaded(tmp_path, job.replace('%B %Y"', '%B %Y", months = "de"')))
    assert 'float with decimal = ","' == found.types["item", "price"]
    assert '%d. %B %Y with months = "de"' == found.formats["item", "day"]
