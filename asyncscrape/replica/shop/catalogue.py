"""The shop's stock: invented records, the same each time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from asyncscrape.replica.shop import words

SEED = 1977
RECORDS = 400
NEWEST = date(2026, 10, 30)
"""Release date of the newest record; fixed, so that every start serves the same bytes."""


@dataclass(frozen=True, slots=True)
class Artist:
    """The maker of a record."""

    name: str
    slug: str
    town: str


@dataclass(frozen=True, slots=True)
class Track:
    """One line of a track listing."""

    position: str
    title: str
    seconds: int
    bpm: int

    @property
    def duration(self) -> str:
        """Minutes and seconds, as sleeves print them."""
        return f"{self.seconds // 60}:{self.seconds % 60:02}"


@dataclass(frozen=True, slots=True)
class Sale:
    """The prices of a record in one month, in cents."""

    day: date
    lowest: int
    median: int
    highest: int
    copies: int


@dataclass(frozen=True, slots=True)
class Review:
    """A customer's opinion."""

    author: str
    stars: int
    text: str


@dataclass(frozen=True, slots=True)
class Disc:
    """A record for sale."""

    id: int
    title: str
    artist: Artist
    label: words.House
    number: str
    """The label's catalogue number; no two records share one."""
    slug: str
    genre: words.Genre
    format: str
    released: date
    cents: int
    stock: int
    tags: tuple[str, ...]
    text: tuple[str, ...]
    tracks: tuple[Track, ...]
    sales: tuple[Sale, ...]
    """Oldest month first; the last median is today's price."""
    reviews: tuple[Review, ...]

    @property
    def path(self) -> str:
        """The path of the record's page."""
        return f"/record/{self.slug}"

    @property
    def cover(self) -> str:
        """The path of the record's picture."""
        return f"/covers/{self.number.lower()}.png"

    @property
    def changed(self) -> date:
        """The day its page last changed."""
        return max(self.released, self.sales[-1].day)

    def money(self, cents: int) -> str:
        """An amount in the notation of the label's country."""
        point = f"{cents / 100:,.2f}"
        comma = point.translate(str.maketrans(",.", ".,"))
        return self.label.money.format(point=point, comma=comma)


@dataclass(frozen=True)
class Catalogue:
    """All records, newest first, and the ways to find one."""

    records: tuple[Disc, ...]
    by_slug: Mapping[str, Disc]
    by_number: Mapping[str, Disc]
    by_genre: Mapping[str, tuple[Disc, ...]]
    by_artist: Mapping[str, tuple[Disc, ...]]

    def related(self, record: Disc) -> tuple[Disc, ...]:
        """The next six on the same shelf, which wraps around."""
        shelf = self.by_genre[slugify(record.genre.name)]
        at = shelf.index(record) + 1
        return (shelf[at:] + shelf[: at - 1])[:6]


def build() -> Catalogue:
    """Make up the stock."""
    random = Random(SEED)
    artists = _artists()
    records = tuple(_records(random, artists))
    return Catalogue(
        records,
        by_slug={record.slug: record for record in records},
        by_number={record.number.lower(): record for record in records},
        by_genre={
            slugify(genre.name): tuple(record for record in records if record.genre is genre)
            for genre in words.GENRES
        },
        by_artist={artist.slug: tuple(record for record in records if record.artist is artist) for artist in artists},
    )


def slugify(text: str) -> str:
    """A name in the form used in URLs."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")


def _artists() -> tuple[Artist, ...]:
    people = [f"{first} {last}" for first, last in zip(words.FIRST_NAMES, words.LAST_NAMES, strict=True)]
    cousins = [f"{first} {last}" for first, last in zip(words.FIRST_NAMES, reversed(words.LAST_NAMES), strict=True)]
    names = [*people, *words.BANDS, *cousins]
    return tuple(Artist(name, slugify(name), words.TOWNS[i % len(words.TOWNS)]) for i, name in enumerate(names))


def _records(random: Random, artists: tuple[Artist, ...]) -> Iterator[Disc]:
    released = NEWEST
    for number in range(RECORDS, 0, -1):
        yield _record(random, number, artists[number % len(artists)], released)
        released -= timedelta(days=random.randrange(1, 9))


def _record(random: Random, number: int, artist: Artist, released: date) -> Disc:
    label = random.choice(words.LABELS)
    genre = random.choice(words.GENRES)
    title = _title(random)
    catalogue_number = f"{label.prefix}-{number:04}"
    sales = _sales(random, _price(random), released)
    return Disc(
        id=10_000 + number,
        title=title,
        artist=artist,
        label=label,
        number=catalogue_number,
        slug=slugify(f"{catalogue_number} {title}"),
        genre=genre,
        format=random.choice(words.FORMATS),
        released=released,
        cents=sales[-1].median,
        stock=max(0, random.randrange(-4, 25)),
        tags=tuple(random.sample(words.TAGS, random.randrange(3, 7))),
        text=tuple(random.sample(words.PRAISE, random.randrange(3, 6))),
        tracks=tuple(_tracks(random, genre, title)),
        sales=sales,
        reviews=tuple(_reviews(random)),
    )


def _title(random: Random) -> str:
    title = f"{random.choice(words.ADJECTIVES)} {random.choice(words.NOUNS)}"
    return f"{title} {random.choice(words.TAILS)}" if random.random() < 0.3 else title


def _price(random: Random) -> int:
    """A usual price, or for one record in thirty that of a rarity."""
    euros = random.randrange(400, 1800) if random.random() < 1 / 30 else random.randrange(9, 36)
    return euros * 100 + random.choice((0, 50, 90, 99))


def _tracks(random: Random, genre: words.Genre, title: str) -> Iterator[Track]:
    for side in "AB" if random.random() < 0.7 else "ABCD":
        for place in range(1, random.randrange(2, 5)):
            name = title if (side, place) == ("A", 1) else _title(random)
            mix = f" ({random.choice(words.MIXES)})" if random.random() < 0.5 else ""
            bpm = random.randrange(genre.slowest, genre.fastest + 1)
            yield Track(f"{side}{place}", name + mix, random.randrange(150, 560), bpm)


def _sales(random: Random, cents: int, released: date) -> tuple[Sale, ...]:
    """The first months of sales, at most eighteen and none in the future; the price walks in small steps."""
    sales = []
    for month in range(min(random.randrange(6, 19), (NEWEST - released).days // 30 + 1)):
        cents = max(500, round(cents * random.uniform(0.94, 1.08)))
        lowest, highest = round(cents * random.uniform(0.7, 0.95)), round(cents * random.uniform(1.05, 1.5))
        sales.append(Sale(released + timedelta(days=30 * month), lowest, cents, highest, random.randrange(1, 40)))
    return tuple(sales)


def _reviews(random: Random) -> Iterator[Review]:
    for text in random.sample(words.OPINIONS, random.randrange(1, 5)):
        author = f"{random.choice(words.FIRST_NAMES)} {random.choice('ABCDEFGHKLMNPRSTVW')}."
        yield Review(author, random.randrange(2, 6), text)
