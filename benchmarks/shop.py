"""The site that every contender crawls, as a pure function: its pages, and the records that a crawl of it must find.

A record shop with 40 items to a list page. Each list page links to its items and to the next list; each item page, of
about 11 KB, has a table of 40 rows by 7 cells and 22 links: 20 to other items, one to the artist's list, one to its
own.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

ITEMS_PER_LIST = 40
ROWS = 40
RELATED = 20
COLUMNS = ("date", "open", "high", "low", "close", "volume", "cap")

Record = dict[str, Any]

WORDS = (
    *("amber", "basement", "chorus", "delay", "echo", "fader", "gatefold", "harmonic", "inner"),
    *("jubilee", "kettle", "lacquer", "matrix", "needle", "outrun", "pressing", "quartz", "reverb"),
    *("sleeve", "tonearm", "undertow", "vinyl", "warehouse", "xylophone", "yonder", "zither"),
)
TAGS = ("ambient", "dub", "electro", "folk", "garage", "house", "jazz", "jungle", "soul", "techno")


class Item(NamedTuple):
    """What one item page tells."""

    name: str
    price: float
    artist: str
    label: str
    tags: list[str]
    rows: list[tuple[Any, ...]]
    links: list[str]
    story: list[str]


def paths(lists: int) -> Iterator[str]:
    """The path of every page of a shop with so many lists."""
    for number in range(lists):
        yield f"/list/{number}.html"
    for number in range(lists * ITEMS_PER_LIST):
        yield f"/item/{number}.html"


def page(path: str, lists: int) -> str:
    """The page at a path."""
    kind, _, name = path[1:].partition("/")
    number = int(name.removesuffix(".html"))
    return list_page(number, lists) if kind == "list" else item_page(number, lists)


def records(origin: str, lists: int) -> Iterator[Record]:
    """Every record that a crawl of the whole shop must find."""
    for number in range(lists * ITEMS_PER_LIST):
        item, url = item_of(number, lists), f"{origin}/item/{number}.html"
        yield {
            "url": url,
            "name": item.name,
            "price": item.price,
            "artist": item.artist,
            "label": item.label,
            "tags": item.tags,
        }
        for position, row in enumerate(item.rows, 1):
            yield {"url": url, "position": position, **dict(zip(COLUMNS, row, strict=True))}


def item_of(number: int, lists: int) -> Item:
    """The facts of one item: always the same for the same number."""
    chance = Random(number)
    related = [f"/item/{chance.randrange(lists * ITEMS_PER_LIST)}.html" for _ in range(RELATED)]
    own, artists = f"/list/{number // ITEMS_PER_LIST}.html", f"/list/{chance.randrange(lists)}.html"
    return Item(
        name=f"{_words(chance, 3).title()} no. {number}",
        price=chance.randrange(500, 5000) / 100,
        artist=_words(chance, 2).title(),
        label=f"{_words(chance, 1).title()} Records",
        tags=chance.sample(TAGS, 4),
        rows=[_row(chance, position) for position in range(ROWS)],
        links=[own, artists, *related],
        story=[_words(chance, 60) for _ in range(7)],
    )


def _words(chance: Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))


def _row(chance: Random, position: int) -> tuple[Any, ...]:
    low, high = sorted((chance.randrange(100, 9000), chance.randrange(9000, 20000)))
    open_, close = chance.randrange(low, high), chance.randrange(low, high)
    date = f"2026-{1 + position // 28:02}-{1 + position % 28:02}"
    prices = (price / 100 for price in (open_, high, low, close))
    return (date, *prices, chance.randrange(10**6, 10**7), chance.randrange(10**8, 10**9))


def item_page(number: int, lists: int) -> str:
    """The page of one item."""
    item = item_of(number, lists)
    own, artists, *related = item.links
    head = "".join(f'<th scope="col">{column.title()}</th>' for column in COLUMNS)
    rows = "\n".join(f'<tr class="row">{"".join(f"<td>{cell}</td>" for cell in row)}</tr>' for row in item.rows)
    others = "\n".join(f'<li><a class="rel" href="{link}">More like this: {link[6:-5]}</a></li>' for link in related)
    body = f"""<nav><a class="up" href="{own}">Back to the list</a></nav>
<article>
<h1 class="name">{item.name}</h1>
<p class="by">by <a class="artist" href="{artists}">{item.artist}</a> on <span class="label">{item.label}</span></p>
<p>Yours for <span class="price">&euro; {item.price:.2f}</span>, postage included.</p>
<ul class="tags">{"".join(f'<li class="tag">{tag}</li>' for tag in item.tags)}</ul>
{"".join(f"<p>{text}.</p>" for text in item.story)}
<table class="history">
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</article>
<aside><h2>Others bought</h2><ul>
{others}
</ul></aside>"""
    return _document(item.name, body)


def list_page(number: int, lists: int) -> str:
    """The page of one list."""
    first = number * ITEMS_PER_LIST
    items = "\n".join(
        f'<li><a class="item" href="/item/{item}.html">Record {item}</a></li>'
        for item in range(first, first + ITEMS_PER_LIST)
    )
    onward = f'<a class="next" href="/list/{number + 1}.html">Next</a>' if number + 1 < lists else ""
    return _document(f"List {number}", f"<h1>List {number}</h1>\n<ul>\n{items}\n</ul>\n<nav>{onward}</nav>")


def _document(title: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} | The Record Shop</title>
<link rel="stylesheet" href="/shop.css">
</head>
<body>
{body}
<footer><p>The Record Shop, open every day but Sunday. All prices include tax.</p></footer>
</body>
</html>
"""
