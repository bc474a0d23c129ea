"""Defaults are no values that a page had."""

from __future__ import annotations

import pytest

from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.model import Flaw, FlawKind, FoundFlaw
from asyncscrape.quality.without_defaults import without_defaults
from asyncscrape.stats import Totals

URL = "http://h/1"
NAME = ColumnFacts(10)


@pytest.mark.parametrize(
    ("records", "replaced", "defaulted", "expected"),
    [(10, 0, 3, 7), (10, 0, 10, 0), (10, 90, 10, 9), (10, 90, 100, 0), (0, 0, 10, 0)],
)
def test_a_column_is_filled_as_far_as_the_pages_filled_it(
    records: int, replaced: int, defaulted: int, expected: int
) -> None:
    flaws = [FoundFlaw(Flaw("item", "price", FlawKind.DEFAULTED, defaulted), URL)]
    flaws.append(FoundFlaw(Flaw("item", "name", FlawKind.MISFIT, 2), URL))
    found = {"item": TableFacts(10, {"name": NAME, "price": ColumnFacts(10)})}
    told = without_defaults(found, Totals(records={"item": records}, replaced={"item": replaced}, flaws=flaws))
    assert {"name": NAME, "price": ColumnFacts(expected, empty_at=URL)} == told["item"].columns
