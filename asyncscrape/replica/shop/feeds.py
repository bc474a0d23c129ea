"""The shop's pages for machines: JSON API, sitemaps and robots.txt."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import date
from html import escape
from typing import Any

from asyncscrape.replica.answers import Reply, as_json
from asyncscrape.replica.shop.catalogue import NEWEST, Catalogue, Disc
from asyncscrape.replica.shop.pages import ADDRESS

PER_PAGE = 50
"""Records on one page of the API."""

ROBOTS = f"""\
# Welcome. Please be gentle: the server stands in the back room.
User-agent: *
Disallow: /account/
Disallow: /basket
Disallow: /search
Allow: /account/help
Crawl-delay: 0.02

User-agent: GreedyBot
Disallow: /

Sitemap: {ADDRESS}/sitemap.xml
"""


def robots() -> Reply:
    """The rules for crawlers."""
    return Reply(ROBOTS.encode(), "text/plain; charset=utf-8")


def api(catalogue: Catalogue, page: int) -> Reply | None:
    """One page of `/api/records`; None after the last."""
    pages = -(-len(catalogue.records) // PER_PAGE)
    if not 1 <= page <= pages:
        return None
    records = catalogue.records[(page - 1) * PER_PAGE : page * PER_PAGE]
    paging = {
        "page": page,
        "pages": pages,
        "total": len(catalogue.records),
        "next": f"/api/records?page={page + 1}" if page < pages else None,
    }
    return as_json({"data": {"items": [_described(record) for record in records]}, "paging": paging})


def sitemap_index() -> Reply:
    """The sitemap of the sitemaps."""
    maps = "".join(
        f"<sitemap><loc>{ADDRESS}/sitemaps/{name}.xml.gz</loc><lastmod>{NEWEST}</lastmod></sitemap>\n"
        for name in ("records", "shelves")
    )
    return Reply(_xml("sitemapindex", maps), "application/xml")


def sitemap(catalogue: Catalogue, name: str) -> Reply | None:
    """A gzipped list of URLs, with the day each last changed."""
    if name == "records.xml.gz":
        pages = [(record.path, record.changed) for record in catalogue.records]
    elif name == "shelves.xml.gz":
        shelves = {f"/genre/{slug}": records for slug, records in catalogue.by_genre.items()}
        artists = {f"/artist/{slug}": records for slug, records in catalogue.by_artist.items()}
        pages = [(path, records[0].released) for path, records in (shelves | artists).items()]
    else:
        return None
    return Reply(gzip.compress(_xml("urlset", _urls(pages)), mtime=0), "application/gzip")


def _urls(pages: Iterable[tuple[str, date]]) -> str:
    return "".join(f"<url><loc>{ADDRESS}{escape(path)}</loc><lastmod>{day}</lastmod></url>\n" for path, day in pages)


def _xml(root: str, content: str) -> bytes:
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{namespace}">\n{content}</{root}>\n'.encode()


def _described(record: Disc) -> dict[str, Any]:
    return {
        "id": record.id,
        "catalogue_number": record.number,
        "title": record.title,
        "artist": {"name": record.artist.name, "slug": record.artist.slug, "town": record.artist.town},
        "label": record.label.name,
        "genre": record.genre.name,
        "released": str(record.released),
        "price": {"amount": record.cents / 100, "currency": record.label.currency},
        "stock": record.stock,
        "tracks": len(record.tracks),
        "url": record.path,
    }
