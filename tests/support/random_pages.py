"""Pages that say something about few keys, at few times, and now and then withdraw or sweep: always the same ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count
from typing import Any

from asyncscrape.model import Origin
from support.newest_model import TABLES, PageSaid


def random_pages(seed: int, number: int) -> list[Sequence[PageSaid]]:
    """The pages of so many batches; some pages come twice."""
    chance, urls = random.Random(seed), count()

    def record() -> dict[str, Any]:
        values = {"word": chance.choice(["x", "y", None]), "price": chance.choice(["1.75", "2.25"]), "n": 1}
        return {"k": chance.randrange(40), **{name: values[name] for name in values if chance.random() < 0.7}}

    def page(table: str) -> PageSaid:
        moment = f"2026-11-20T10:00:00.{chance.randrange(1, 9):03}Z"
        gone = [chance.randrange(40)] if chance.random() < 0.1 else []
        swept = [{"n": 1, "word": "x"}] if chance.random() < 0.03 else []
        origin = Origin(f"http://127.0.0.1/{next(urls)}", moment)
        return PageSaid(table, origin, [record() for _ in range(chance.randrange(1, 30))], gone, swept)

    tables = [table.name for table in TABLES]
    return [[page(table)] * chance.randrange(1, 3) for table in chance.choices(tables, k=number)]
