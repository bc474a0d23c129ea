"""Everybody who has a profile: artists, their namesakes, labels and listeners."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from random import Random

from asyncscrape.replica.scene import word_lists
from asyncscrape.replica.scene.nouns import Profile
from asyncscrape.replica.scene.transliteration import slug

SEED = "scene 2026"
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The moment at which the scene stands at week 0; fixed, so that every start tells the same."""

ARTISTS = 300
NAMESAKES = 60
LISTENERS = 3_000
MISTAKABLE = 5
"""So many namesakes have more followers than the artist and are found first."""

_QUIET_EVERY = 29


@dataclass(frozen=True)
class People:
    """All profiles by what they are."""

    artists: tuple[Profile, ...]
    namesakes: tuple[Profile, ...]
    """The first are found before the artists of their name, the others after them."""
    labels: tuple[Profile, ...]
    listeners: tuple[Profile, ...]


@cache
def people() -> People:
    """Everybody, the same each time."""
    random = Random(f"{SEED} people")
    ids = _ids(random)
    artists = tuple(_artists(random, ids))
    return People(artists, tuple(_namesakes(random, ids, artists)), _labels(random, ids), _listeners(random, ids))


def picture_key(random: Random) -> str:
    """A key in the address of a picture."""
    letters = b64encode(random.randbytes(18), b"xY").decode()
    return f"{letters[:16]}-{letters[16:22]}"


def _ids(random: Random) -> Iterator[int]:
    """Growing numbers, the last ones above 2^31."""
    number = 4_711
    while True:
        yield number
        number += random.randrange(10_000, 1_500_000)


def _artists(random: Random, ids: Iterator[int]) -> Iterator[Profile]:
    taken: set[str] = set()
    for place, (name, latin) in enumerate(_artist_names(random)):
        followers = 1_000 + int(1_800 * random.paretovariate(0.75))
        artist = _profile(random, next(ids), name, min(followers, 4_200_000), latin)
        artist = replace(artist, permalink=_free(artist.permalink, taken), quiet=place % _QUIET_EVERY == 7)
        yield artist


def _artist_names(random: Random) -> list[tuple[str, str]]:
    """Names with the shop's transliteration, where that differs."""
    stage = [random.choice(word_lists.ALIAS_FORMS).format(alias) for alias in word_lists.ALIASES]
    civil = [f"{first} {last}" for first, last in product(word_lists.FIRST, word_lists.LAST)]
    some = random.sample(civil, ARTISTS - len(stage) - len(word_lists.SCRIPTED_NAMES))
    names = [*word_lists.SCRIPTED_NAMES, *((name, "") for name in (*some, *stage))]
    random.shuffle(names)
    return names


def _namesakes(random: Random, ids: Iterator[int], artists: tuple[Profile, ...]) -> Iterator[Profile]:
    """People with the name of an artist, or nearly."""
    taken = {artist.permalink for artist in artists}
    for place, artist in enumerate(random.sample(artists[10:], NAMESAKES)):
        bigger = place < MISTAKABLE or place % 12 == 11
        followers = artist.followers * 2 if bigger else random.randrange(0, 900)
        name = artist.username if place % 3 or bigger else _nearly(random, artist.username)
        other = _profile(random, next(ids), name, followers, artist.latin)
        yield replace(other, permalink=_free(other.permalink, taken), verified=False)


def _nearly(random: Random, name: str) -> str:
    return random.choice(("{} Official", "{} Music", "{} fan page", "{}_", "DJ {}", "{} (BR)")).format(name)


def _labels(random: Random, ids: Iterator[int]) -> tuple[Profile, ...]:
    sizes = [random.randrange(2_000, 180_000) for _ in word_lists.LABELS]
    return tuple(
        _profile(random, next(ids), name, size) for (name, _), size in zip(word_lists.LABELS, sizes, strict=True)
    )


def _listeners(random: Random, ids: Iterator[int]) -> tuple[Profile, ...]:
    return tuple(_listener(random, number, place) for place, number in zip(range(LISTENERS), ids, strict=False))


def _listener(random: Random, number: int, place: int) -> Profile:
    name = random.choice(("{first}", "{first} {last}", "{first}_{n}", "{first} 🎧", "User {n}")).format(
        first=random.choice(word_lists.FIRST), last=random.choice(word_lists.LAST), n=place
    )
    return replace(
        _profile(random, number, name, int(random.paretovariate(0.8)) % 900),
        permalink=f"{slug(name) or 'user'}-{place}",
        visuals=(),
        verified=False,
    )


def _profile(random: Random, number: int, name: str, followers: int, latin: str = "") -> Profile:
    city, country, code = random.choice(word_lists.PLACES)
    permalink = slug(latin or name) or f"user-{number}"
    bio = random.choice(word_lists.BIOS)
    return Profile(
        id=number,
        permalink=permalink,
        username=name,
        full_name=random.choice(("", latin or name, name.split(" ")[0])),
        city=city,
        country=country,
        country_code=code,
        description=bio and bio.format(slug=permalink, name=name),
        followers=followers,
        followings=random.randrange(0, 2_000),
        playlists=random.randrange(0, 30),
        likes=random.randrange(0, 3_000),
        verified=followers > 50_000 and random.random() < 0.5,
        plan=random.choice(("Free", "Pro", "Pro Unlimited")),
        created_at=START - timedelta(seconds=random.randrange(3 * 86_400 * 365, 14 * 86_400 * 365)),
        avatar=picture_key(random) if random.random() < 0.88 else None,
        visuals=tuple(picture_key(random) for _ in range(random.choice((0, 0, 1, 1, 1, 3)))),
        latin=latin,
    )


def _free(permalink: str, taken: set[str]) -> str:
    """The permalink, or one like it that nobody has."""
    number, free = 1, permalink
    while free in taken:
        number += 1
        free = f"{permalink}-{number}"
    taken.add(free)
    return free
