"""The shop's addresses."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from asyncscrape.replica.answers import READ_ONLY, Asked, Reply
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.shop import catalogue, covers, faults, feeds, pages

NAMES = (pages.HOST, "shop.localhost")
"""The host itself, and a name under which browsers find it on loopback."""

STYLE = Path(__file__).with_name("shop.css")


class Shop:
    """The record shop. Pages are made at their first visit and kept."""

    methods = READ_ONLY

    def __init__(self) -> None:
        self._catalogue = catalogue.build()
        self._faults = faults.Faults(self._catalogue)
        self._kept: dict[tuple[str, int], Reply] = {}

    def answer(self, asked: Asked) -> Reply:
        """The answer for a path with a query, of which only the page number counts."""
        path, _, query = asked.target.partition("?")
        fault = self._faults.answer(path)
        if fault is not None:
            return fault
        place = path, _page_number(query)
        kept = self._kept.get(place)
        if kept is None:
            kept = self._make(*place)
            if kept is None:
                return _missing()
            self._kept[place] = kept
        return kept

    def _make(self, path: str, page: int) -> Reply | None:
        stock = self._catalogue
        match path.split("/")[1:]:
            case [""]:
                return _html(pages.home(stock))
            case ["new"]:
                return _html(pages.listing("New records", path, stock.records, page))
            case ["genre" | "artist" | "record" as kind, slug]:
                return self._described(kind, slug, page)
            case ["covers", name] if name.removesuffix(".png") in stock.by_number:
                return Reply(covers.draw(name.removesuffix(".png")), "image/png")
            case ["api", "records"]:
                return feeds.api(stock, page)
            case ["sitemap.xml"]:
                return feeds.sitemap_index()
            case ["sitemaps", name]:
                return feeds.sitemap(stock, name)
            case ["robots.txt"]:
                return feeds.robots()
            case ["static", "shop.css"]:
                return Reply(STYLE.read_bytes(), "text/css; charset=utf-8")
            case ["account", _] | ["basket" | "search"]:
                return _html(pages.account())
        return None

    def _described(self, kind: str, slug: str, page: int) -> Reply | None:
        """The page of a shelf, an artist or a record."""
        stock = self._catalogue
        if kind == "genre" and (shelf := stock.by_genre.get(slug)):
            return _html(pages.listing(shelf[0].genre.name, f"/genre/{slug}", shelf, page))
        if kind == "artist" and (works := stock.by_artist.get(slug)):
            return _html(pages.artist(works[0].artist, works))
        if kind == "record" and (record := stock.by_slug.get(slug)):
            return faults.damaged(stock.records.index(record), pages.item(stock, record))
        return None


def sites(_: Switches) -> dict[str, Shop]:
    """The shop by its names; nothing about it can be switched."""
    return dict.fromkeys(NAMES, Shop())


def _html(text: str | None) -> Reply | None:
    return None if text is None else Reply(text.encode())


def _missing() -> Reply:
    return Reply(pages.sorry("Nothing here", "That page is not, or no longer, in this shop.").encode(), status=404)


def _page_number(query: str) -> int:
    """The number in `page=`, 1 without it; anything but a number becomes 0, a page that no list has."""
    value = parse_qs(query).get("page", ["1"])[0] if query else "1"
    return int(value) if value.isdecimal() and len(value) < 9 else 0
