"""All uploads of the scene at the start, and those of each week after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from itertools import accumulate, chain
from random import Random

from asyncscrape.replica.scene import titles, word_lists
from asyncscrape.replica.scene.entries import Entry, ShopEntries, entries, label_entries
from asyncscrape.replica.scene.nouns import Profile, SoldTrack, UploadedTrack
from asyncscrape.replica.scene.people import SEED, START, people, picture_key
from asyncscrape.replica.scene.recordings import BEGINNING, Recording, recordings
from asyncscrape.replica.scene.transliteration import slug

TRACKS = 6_000
BY_LABELS = 800
BY_NAMESAKES = 300
COMMENTS = 60_000
MOST_DISCUSSED = (2_417, 1_803, 1_420, 1_266, 1_107, 1_031)
"""The numbers of comments of the six most discussed tracks."""
_MOST_TRACKS = 170
_MOST_COMMENTS = 900

_FIRST_ID = 2_200_000_001
_FIRST_OF_A_WEEK = 2_300_000_000
_FIRST_SOLD = 15_000_000
_FIRST_SOLD_OF_A_WEEK = 30_000_000
_A_WEEK = 1_000_000
_MOST_A_WEEK = 8


@dataclass(frozen=True)
class Posted:
    """Uploads of one time, by their profiles, with what was sold then."""

    uploads: tuple[UploadedTrack, ...]
    """Oldest first."""
    sold: tuple[SoldTrack, ...]
    comments: tuple[int, ...]
    """The number of comments of each upload, hidden or not."""
    comments_before: tuple[int, ...]
    """The number of comments of all uploads before each."""

    @cached_property
    def by_profile(self) -> Mapping[int, Sequence[UploadedTrack]]:
        """The uploads of each profile, newest first."""
        found: dict[int, list[UploadedTrack]] = {}
        for upload in reversed(self.uploads):
            found.setdefault(upload.by.id, []).append(upload)
        return found

    @cached_property
    def places(self) -> Mapping[int, int]:
        """The place of each upload by its id."""
        return {upload.id: place for place, upload in enumerate(self.uploads)}


@cache
def first() -> Posted:
    """Everything that was uploaded before week 0."""
    random = Random(f"{SEED} music")
    shop = ShopEntries(random, _FIRST_SOLD)
    own = list(entries(random, _pieces(random), shop))
    ordered = sorted(chain(own, label_entries(random, own, BY_LABELS)), key=lambda entry: entry.posted)
    numbers = _comment_numbers(random, ordered)
    taken: set[tuple[int, str]] = set()
    uploads = [
        _upload(random, _FIRST_ID + place * 9_000 + random.randrange(9_000), entry, number, taken)
        for place, (entry, number) in enumerate(zip(ordered, numbers, strict=True))
    ]
    return _posted(uploads, shop, numbers)


@cache
def of_week(week: int) -> Posted:
    """What was uploaded in week 1, 2, …"""
    random = Random(f"{SEED} week {week}")
    shop = ShopEntries(random, _FIRST_SOLD_OF_A_WEEK + week * _A_WEEK)
    until = START + timedelta(weeks=week)
    taken: set[tuple[int, str]] = set()
    uploads, numbers = [], []
    for place, artist in enumerate(people().artists):
        pieces = recordings(random, artist, random.choice((0, 0, 0, 1, 1, 2)), until - timedelta(weeks=1), until)
        for one, entry in enumerate(sorted(entries(random, pieces, shop), key=lambda entry: entry.posted)):
            number = 0 if _is_silent(entry) else random.choice((0, 0, 1, 3, 9))
            track_id = _FIRST_OF_A_WEEK + week * _A_WEEK + place * _MOST_A_WEEK + one
            uploads.append(_upload(random, track_id, entry, number, taken, suffix=f"-{week}{one}"))
            numbers.append(number)
    return _posted(uploads, shop, numbers)


def posted_in(week: int) -> Posted:
    """The uploads of one week; week 0 is all time before."""
    return of_week(week) if week else first()


def week_of(track_id: int) -> int:
    """The week in which an upload was posted."""
    return max(0, (track_id - _FIRST_OF_A_WEEK) // _A_WEEK)


def _posted(uploads: Iterable[UploadedTrack], shop: ShopEntries, numbers: Iterable[int]) -> Posted:
    comments = tuple(numbers)
    return Posted(tuple(uploads), tuple(shop.tracks), comments, tuple(accumulate(comments, initial=0))[:-1])


def _pieces(random: Random) -> Iterable[Recording]:
    artists = _shares(random, people().artists, TRACKS - BY_LABELS - BY_NAMESAKES)
    namesakes = _shares(random, people().namesakes, BY_NAMESAKES)
    return chain.from_iterable(
        recordings(random, by, number, max(BEGINNING, by.created_at), START)
        for by, number in chain(artists, namesakes)
    )


def _shares(random: Random, profiles: Sequence[Profile], total: int) -> Iterable[tuple[Profile, int]]:
    """How many of all pieces each has: a few have very many."""
    weights = [random.paretovariate(0.9) for _ in profiles]
    return zip(profiles, _spread(random, weights, total, _MOST_TRACKS), strict=True)


def _comment_numbers(random: Random, ordered: Sequence[Entry]) -> list[int]:
    """How many comments each has: many none, a few over a thousand."""
    weights = [
        0.0
        if _is_silent(entry) or random.random() < 0.38
        else entry.by.followers**0.4 * random.lognormvariate(0, 1.5)
        for entry in ordered
    ]
    most = sorted(range(len(weights)), key=weights.__getitem__, reverse=True)[: len(MOST_DISCUSSED)]
    for place in most:
        weights[place] = 0.0
    numbers = _spread(random, weights, COMMENTS - sum(MOST_DISCUSSED), _MOST_COMMENTS)
    for place, number in zip(most, MOST_DISCUSSED, strict=True):
        numbers[place] = number
    return numbers


def _is_silent(entry: Entry) -> bool:
    return entry.by.quiet or entry.fate != "public"


def _spread(random: Random, weights: Sequence[float], total: int, most: int) -> list[int]:
    """Whole numbers like the weights that make the total, none above `most`."""
    scale = total / sum(weights)
    numbers = [min(most, int(weight * scale) + (weight > 0)) for weight in weights]
    able = [place for place, weight in enumerate(weights) if weight > 0]
    while (missing := total - sum(numbers)) != 0:
        for place in random.choices(able, k=abs(missing)):
            numbers[place] = min(most, max(1, numbers[place] + (1 if missing > 0 else -1)))
    return numbers


def _upload(
    random: Random, track_id: int, entry: Entry, comments: int, taken: set[tuple[int, str]], suffix: str = ""
) -> UploadedTrack:
    piece, quiet = entry.piece, entry.by.quiet
    title = _title(random, entry)
    plays = int(entry.by.followers * 0.6 * random.lognormvariate(0, 1.3)) + random.randrange(20)
    likes = int(plays * random.uniform(0.005, 0.05))
    return UploadedTrack(
        id=track_id,
        by=entry.by,
        permalink=_permalink(title, entry.by, track_id, taken) + suffix,
        title=title,
        description=_description(random, entry),
        created_at=entry.posted,
        duration_ms=piece.length_ms + random.randint(-400, 400),
        genre=random.choice((*word_lists.GENRES[piece.style][2], "", None)),
        tags=tuple(random.sample(word_lists.TAGS, random.choice((0, 1, 2, 4)))),
        label_name=word_lists.LABELS[piece.label][0] if entry.sold and random.random() < 0.5 else None,
        license=random.choice(("all-rights-reserved",) * 6 + ("cc-by-nc-sa", "cc-by")),
        policy=random.choices(("ALLOW", "MONETIZE", "SNIP", "BLOCK"), (70, 24, 4, 2))[0],
        private=entry.fate == "private",
        isrc=entry.sold.isrc if entry.sold and random.random() < 0.3 else None,
        bpm=piece.bpm if random.random() < 0.06 else None,
        likes=_told(random, likes, quiet),
        reposts=_told(random, likes // 9, quiet),
        plays=_told(random, plays, quiet),
        comment_count=_told(random, comments, quiet),
        artwork=picture_key(random) if random.random() < 0.94 else None,
        waveform=picture_key(random)[:12],
        downloadable=random.random() < 0.08,
        sold=entry.sold,
        deleted=entry.fate == "deleted",
    )


def _told(random: Random, number: int, quiet: bool) -> int | None:
    """The number, if it is told at all."""
    return None if quiet or random.random() < 0.02 else number


def _title(random: Random, entry: Entry) -> str:
    if entry.by.id == entry.piece.by.id:
        return titles.by_the_artist(random, entry.piece)
    catalog = entry.sold.catalog_number if entry.sold else "000"
    return titles.by_the_label(random, entry.piece, catalog)


def _permalink(title: str, by: Profile, track_id: int, taken: set[tuple[int, str]]) -> str:
    permalink = slug(title)[:60].strip("-") or f"track-{track_id % 100_000}"
    if (by.id, permalink) in taken:
        permalink = f"{permalink}-{track_id % 1_000_000}"
    taken.add((by.id, permalink))
    return permalink


def _description(random: Random, entry: Entry) -> str | None:
    return random.choice(
        (
            None,
            None,
            "",
            "out now",
            f"Written and produced by {entry.piece.by.username}\n\nMastered at Fjord Audio",
            f"Taken from “{entry.piece.title}”\r\nBuy: https://shop.example.org/{entry.by.permalink}",
            "Скачать можно бесплатно 🎁",
            "‏استمتعوا‏\n#techno #live",
        )
    )
