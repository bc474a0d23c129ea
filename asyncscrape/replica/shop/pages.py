"""The shop's HTML pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from asyncscrape.replica.shop import words
from asyncscrape.replica.shop.catalogue import Artist, Catalogue, Disc, Review, Sale, Track, slugify

HOST = "shop.example.org"
ADDRESS = f"https://{HOST}"
SHOP = "Groove Harbour"
PER_PAGE = 20


def home(catalogue: Catalogue) -> str:
    """The front page: a few picks, the shelves, and links as careless as on any real front page."""
    picks = "".join(_card(record, ref="home") for record in catalogue.records[3:60:5])
    week = catalogue.records[41]
    main = f"""
<section class="hero"><h1>Records by the sea, post by the bag</h1>
<p>New and second-hand vinyl, played before it is priced. <a href="/new">See what is new</a></p></section>
<section class="around"><h2>Around the shop</h2>
<ul>
<li><a href="/r/{week.number.lower()}">Record of the week</a></li>
<li><a href="/r/deal-of-the-day">Deal of the day</a></li>
<li><a href="/sale/2025">Summer sale 2025</a></li>
<li><a href="/vouchers">Gift vouchers</a></li>
<li><a href="/account/wishlist">Your wishlist</a></li>
<li><a rel="nofollow" href="/new?sort=price">Everything, cheapest first</a></li>
<li><a href="mailto:hello@{HOST}">Write to us</a></li>
</ul></section>
<section class="picks"><h2>Staff picks</h2><div class="cards">{picks}</div></section>"""
    return _page(f"{SHOP} – records by the sea", "/", main)


def listing(title: str, path: str, records: Sequence[Disc], page: int) -> str | None:
    """One page of a list; None after the last."""
    pages = -(-len(records) // PER_PAGE)
    if not 1 <= page <= pages:
        return None
    cards = "".join(_card(record) for record in records[(page - 1) * PER_PAGE : page * PER_PAGE])
    main = f"""
<nav class="breadcrumb" aria-label="Breadcrumb"><a href="/">{SHOP}</a> › {escape(title)}</nav>
<h1>{escape(title)}</h1>
<p class="count">{len(records)} records, page {page} of {pages}
<span class="sort">sort by <a rel="nofollow" href="{path}?sort=price">price</a>
<a rel="nofollow" href="{path}?sort=artist">artist</a></span></p>
<div class="cards">{cards}</div>
{_pager(path, page, pages)}"""
    return _page(f"{title}, page {page} · {SHOP}", _numbered(path, page), main)


def item(catalogue: Catalogue, record: Disc) -> str:
    """A record's own page."""
    related = "".join(_card(other) for other in catalogue.related(record))
    genre = f'<a href="/genre/{slugify(record.genre.name)}">{escape(record.genre.name)}</a>'
    main = f"""
<nav class="breadcrumb" aria-label="Breadcrumb"><a href="/">{SHOP}</a> › {genre} › {escape(record.title)}</nav>
<article class="record" itemscope itemtype="https://schema.org/Product" data-sku="{record.number}">
{_facts(record)}
<section class="about"><h2>About this record</h2>
{"".join(f"<p>{escape(text)}</p>" for text in record.text)}</section>
<section><h2>Track listing</h2>{_sides(record.tracks)}</section>
<section><h2>Price history</h2>{_history(record)}</section>
<section><h2>Reviews</h2>{"".join(map(_review, record.reviews))}</section>
</article>
<aside class="related"><h2>From the same shelf</h2><div class="cards">{related}</div></aside>"""
    title = f"{record.title} – {record.artist.name} · {SHOP}"
    return _page(title, record.path, main, head=_linked_data(record))


def artist(maker: Artist, records: Sequence[Disc]) -> str:
    """An artist's page."""
    main = f"""
<nav class="breadcrumb" aria-label="Breadcrumb"><a href="/">{SHOP}</a> › Artists › {escape(maker.name)}</nav>
<h1 class="artist-name">{escape(maker.name)}</h1>
<p>From <span class="town">{escape(maker.town)}</span>; {len(records)} records in the shop.</p>
<div class="cards">{"".join(map(_card, records))}</div>"""
    return _page(f"{maker.name} · {SHOP}", f"/artist/{maker.slug}", main)


def account() -> str:
    """The corner that robots.txt forbids."""
    main = """<h1>Sign in</h1><form method="post" action="/account/login">
<p><label>E-mail <input type="email" name="email"></label></p><p><button>Send me a link</button></p></form>"""
    return _page(f"Your account · {SHOP}", "/account/", main)


def sorry(what: str, why: str) -> str:
    """The page behind an error status."""
    return _page(f"{what} · {SHOP}", "/", f'<h1>{escape(what)}</h1><p>{escape(why)}</p><p><a href="/">Home</a></p>')


def _page(title: str, path: str, main: str, head: str = "") -> str:
    shelves = "".join(f'<a href="/genre/{slugify(g.name)}">{escape(g.name)}</a>' for g in words.GENRES)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="canonical" href="{ADDRESS}{escape(path)}">
<link rel="stylesheet" href="/static/shop.css">{head}
</head>
<body>
<header><a class="logo" href="/">{SHOP}</a>
<form action="/search" role="search"><input type="search" name="q" placeholder="Artist, title, number"></form>
<nav class="shelves" aria-label="Shelves"><a href="/new">New</a>{shelves}</nav>
<nav class="personal" aria-label="Your shop"><a href="/account/login">Sign in</a> <a href="/basket">Basket</a></nav>
</header>
<main>{main}
</main>
<footer><p>{SHOP}, Quay 7. Prices include VAT. Orders before noon leave the same day.</p>
<p>This shop, its artists and its records are invented.</p></footer>
</body>
</html>
"""


def _card(record: Disc, ref: str = "") -> str:
    query = f"?ref={ref}" if ref else ""
    return f"""
<div class="card"><a class="record" href="{record.path}{query}">{escape(record.title)}</a>
<span class="by">{escape(record.artist.name)}</span>
<span class="cost">{record.money(record.cents)}</span></div>"""


def _pager(path: str, page: int, pages: int) -> str:
    back = f'<a rel="prev" href="{_numbered(path, page - 1)}">Newer</a>' if page > 1 else ""
    onward = f'<a rel="next" href="{_numbered(path, page + 1)}">Older</a>' if page < pages else ""
    return f'<nav class="pager" aria-label="Pages">{back} <span>{page}</span> {onward}</nav>'


def _numbered(path: str, page: int) -> str:
    return f"{path}?page={page}" if page > 1 else path


def _facts(record: Disc) -> str:
    tags = "".join(f'<li class="tag">{escape(tag)}</li>' for tag in record.tags)
    stock = f"{record.stock} in stock" if record.stock else "sold out"
    maker = record.artist
    return f"""<figure>
<img class="cover" itemprop="image" src="{record.cover}" alt="{escape(record.title)}" width="240" height="240">
</figure>
<div class="facts">
<h1 class="title" itemprop="name">{escape(record.title)}</h1>
<p class="by">by <a class="artist" href="/artist/{maker.slug}">{escape(maker.name)}</a></p>
<dl>
<dt>Label</dt><dd class="label">{escape(record.label.name)}</dd>
<dt>Catalogue number</dt><dd class="number" itemprop="sku">{record.number}</dd>
<dt>Format</dt><dd class="format">{escape(record.format)}</dd>
<dt>Released</dt><dd class="released">{_time(record.released)}</dd>
<dt>Availability</dt><dd class="stock" data-count="{record.stock}">{stock}</dd>
</dl>
<ul class="tags">{tags}</ul>
<p class="offer" itemprop="offers" itemscope itemtype="https://schema.org/Offer">
<meta itemprop="priceCurrency" content="{record.label.currency}">
<meta itemprop="price" content="{record.cents / 100:.2f}"><strong class="price">{record.money(record.cents)}</strong>
<a class="wish" rel="nofollow" href="/account/wishlist?add={record.number}">Add to wishlist</a></p>
</div>"""


def _sides(tracks: Sequence[Track]) -> str:
    """A table that holds a table for each side of the record."""
    sides = dict.fromkeys(track.position[0] for track in tracks)
    rows = "".join(_side(side, (track for track in tracks if track.position[0] == side)) for side in sides)
    return f'<table class="sides">{rows}</table>'


def _side(side: str, tracks: Iterable[Track]) -> str:
    rows = "".join(
        f"""
<tr class="track"><td class="position">{track.position}</td><td class="name">{escape(track.title)}</td>
<td class="duration">{track.duration}</td><td class="bpm">{track.bpm}</td></tr>"""
        for track in tracks
    )
    return f"""
<tr class="side"><th scope="row">Side {side}</th><td><table class="tracks">
<tr><th>No.</th><th>Title</th><th>Length</th><th>BPM</th></tr>{rows}
</table></td></tr>"""


def _history(record: Disc) -> str:
    rows = "".join(_sale(record, sale) for sale in record.sales)
    return f"""<table class="history">
<thead><tr><th>Month from</th><th>Lowest</th><th>Median</th><th>Highest</th><th>Copies sold</th></tr></thead>
<tbody>{rows}</tbody></table>"""


def _sale(record: Disc, sale: Sale) -> str:
    lowest, median, highest = map(record.money, (sale.lowest, sale.median, sale.highest))
    return f"""
<tr><td class="day">{_time(sale.day)}</td><td class="lowest" data-cents="{sale.lowest}">{lowest}</td>
<td class="median" data-cents="{sale.median}">{median}</td>
<td class="highest" data-cents="{sale.highest}">{highest}</td><td class="copies">{sale.copies}</td></tr>"""


def _review(review: Review) -> str:
    stars = "★" * review.stars + "☆" * (5 - review.stars)
    return f"""
<blockquote class="review"><p class="stars" title="{review.stars} of 5">{stars}</p><p>{escape(review.text)}</p>
<footer>{escape(review.author)}</footer></blockquote>"""


def _time(day: date) -> str:
    return f'<time datetime="{day}">{day.day} {day:%B %Y}</time>'


def _linked_data(record: Disc) -> str:
    """The facts again, for search engines."""
    offer = {
        "@type": "Offer",
        "price": f"{record.cents / 100:.2f}",
        "priceCurrency": record.label.currency,
        "availability": f"https://schema.org/{'InStock' if record.stock else 'OutOfStock'}",
    }
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": record.title,
        "sku": record.number,
        "brand": {"@type": "Brand", "name": record.label.name},
        "releaseDate": str(record.released),
        "image": ADDRESS + record.cover,
        "offers": offer,
    }
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'\n<script type="application/ld+json">{text}</script>'
