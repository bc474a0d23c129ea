"""What the peers do with an item page, in the way parsel's documentation teaches. All three run exactly this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parsel import Selector


def item(page: Selector, url: str) -> dict[str, Any]:
    """The record of the page itself."""
    return {
        "url": url,
        "name": page.css("h1.name::text").get(),
        "price": float(page.css(".price::text").re_first(r"[\d.]+") or "nan"),
        "artist": page.css("a.artist::text").get(),
        "label": page.css("span.label::text").get(),
        "tags": page.css(".tag::text").getall(),
    }


def rows(page: Selector, url: str) -> Iterator[dict[str, Any]]:
    """A record of each row of its table."""
    for position, row in enumerate(page.css("tr.row"), 1):
        date, open_, high, low, close, volume, cap = row.css("td::text").getall()
        yield {
            "url": url,
            "position": position,
            "date": date,
            "open": float(open_),
            "high": float(high),
            "low": float(low),
            "close": float(close),
            "volume": int(volume),
            "cap": int(cap),
        }
