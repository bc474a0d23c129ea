"""A parser for graph_site.py, which withdraws what other pages told; `write_job` puts it beside the config."""

from __future__ import annotations

import re

from asyncscrape.model import Page, Record, Response, Withdrawal

TABLE = "kept"
KEYS = 50
"""The keys that page 0 records. It is always read first, since it leads to all others."""
AT_STAKE = 25
"""Of these, the keys that other pages withdraw."""
OWN = 1000
NUMBER = re.compile(rb'<p class="number">(\d+)</p>')


def read(response: Response) -> Page:
    """What a page says about keys; together, all pages say the same in whatever order they come after page 0."""
    found = NUMBER.search(response.body)
    assert found is not None
    number = int(found[1])
    if number == 0:
        return Page([Record(TABLE, {"key": key}) for key in range(KEYS)])
    gone = [number % KEYS] if number % KEYS < AT_STAKE else []
    own = [OWN + number] if number % 5 == 0 else []
    return Page(
        [Record(TABLE, {"key": key}) for key in own],
        withdrawn=[Withdrawal(TABLE, {"key": key}) for key in gone + own],
    )


def left(numbers: set[int]) -> list[int]:
    """The keys that remain of a crawl of these pages."""
    gone = {number % KEYS for number in numbers - {0}}
    return [key for key in range(KEYS) if key not in gone or key >= AT_STAKE]
