"""A page on trial: one field a line, in any terminal; what `re` took, what does not fit, what was left out."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from asyncscrape.model import Flaw, FlawKind, Link, Page, Record
from asyncscrape.views.trial import SAMPLE_ROWS, Trial, trial

URL = f"http://shop.test/{'long/' * 40}"
TYPES = {"name": "str", "price": "float", "tags": "list of str", "story": "str", "day": "date"}
VALUES = {"name": "A name", "price": 1.0, "tags": ["x", "y"], "story": "A long\n\nstory " * 1000, "day": None}
CUTS = {"price": "1,299.00 €"}
ONE = Trial('rule 2: match "*"', Page([Record("item", VALUES)], [Link(URL)]), {}, TYPES, {}, [CUTS])


def drawn(one: Trial, width: int) -> list[str]:
    """The lines as `try` prints them."""
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(trial([one]), soft_wrap=True)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def line(lines: list[str], name: str) -> str:
    """The only line of a field."""
    [found] = [text for text in lines if text.split()[:1] == [name]]
    return found


@pytest.mark.parametrize("width", [40, 80, 120])
def test_each_field_is_one_line_that_fits_the_terminal(width: int) -> None:
    lines = drawn(ONE, width)
    assert [] == [text for text in lines if cell_len(text) > width and "http" not in text]
    assert ["name", "str", "A", "name"] == line(lines, "name").split()
    assert line(lines, "price").split()[:5] in (
        ["price", "float", "1.0", word, '"1,299.00'] for word in ("from", "of")
    )
    assert line(lines, "story").endswith("…")
    assert line(lines, "day").endswith("–")
    assert 5 == len(lines[2:7])
    assert 1 == len({text.index(value) for text, value in zip(lines[2:4], ("A name", "1.0"), strict=True)})


def test_what_a_regular_expression_cut_away_is_shown() -> None:
    assert '    price  float        1.0  from "1,299.00 €" by re' == line(drawn(ONE, 80), "price")


def test_a_narrow_terminal_shows_the_value_first() -> None:
    lines = drawn(ONE, 30)
    assert ["    name   A name", '    price  1.0 of "1,299.00 €"'] == lines[2:4]
    values = {"sku": "A-1000-2000-3000"}
    one = Trial("rule 1", Page([Record("item", values)]), {}, {"sku": "str"}, {}, [{"sku": "Art. A-1000-2000-3000"}])
    assert "    sku  A-1000-2000-3000" == line(drawn(one, 30), "sku")
    assert '    sku  str  A-1000-2000-3000 of "Art. A-10…"' == line(drawn(one, 46), "sku")


def test_links_are_whole_so_that_they_can_be_copied() -> None:
    assert f"    {URL}" in drawn(ONE, 40)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_of_many_rows_the_first_are_shown_and_how_all_are_filled(width: int) -> None:
    rows = [
        {"n": n, "day": "2021-04-08" if n % 2 else None, "none": [], "漢字漢字漢字漢字": "漢字" * 80}
        for n in range(100)
    ]
    lines = drawn(Trial("rule 1", Page([Record("row", row) for row in rows]), {}), width)
    assert SAMPLE_ROWS == sum(text.startswith("    n ") for text in lines)
    assert "   … and 97 more rows" in lines
    told = " ".join(" ".join(lines).split())
    assert "filled in all 100 rows: n, 漢字漢字漢字漢字 filled in some: day 50 filled in none: none" in told
    assert [] == [text for text in lines if cell_len(text) > width]


def test_four_rows_are_three_and_one_more() -> None:
    lines = drawn(Trial("rule 1", Page([Record("row", {"n": 1})] * 4), {}), 80)
    assert "   … and 1 more row" in lines


def test_flaws_are_told_with_field_and_example() -> None:
    flaws = [
        Flaw("row", "day", FlawKind.MISFIT, 100, "2021-04-08"),
        Flaw("row", "price", FlawKind.MISFIT, 1, "free"),
        Flaw("row", "n", FlawKind.LEFT_OUT, 2),
        Flaw("row", "id", FlawKind.LEFT_OUT, 1, "No."),
        Flaw("row", "size", FlawKind.DEFAULTED, 2),
        Flaw("row", "sum", FlawKind.FAILED, 3, "sum() takes no text"),
    ]
    page = Page(flaws=flaws, uses=["rule 3", "follow failed 3.2"])
    lines = drawn(Trial("rule 3", page, {}, {"day": "date", "price": "float"}, {"day": "%d.%m.%Y"}), 80)
    for told in (
        '  day: 100 values do not fit %d.%m.%Y, e.g. "2021-04-08"',
        '  price: 1 value does not fit float, e.g. "free"',
        "  left out: 2 rows, because n was empty",
        '  left out: 1 row, because id was empty or does not fit, e.g. "No."',
        "  size: not found in 2 rows, which have the default",
        "  sum: the selector failed for 3 rows: sum() takes no text",
        "  follow 3.2 failed on this page; the log says why",
        "  finds nothing on this page",
    ):
        assert told in lines


def test_control_characters_stay_out_of_the_terminal() -> None:
    [shown] = [
        text
        for text in drawn(Trial("r", Page([Record("t", {"a": "x\x1b[31my\x07z\u202eא"})]), {}), 80)
        if " a " in text
    ]
    assert "x\ufffd[31my\ufffdz\ufffdא" in shown
