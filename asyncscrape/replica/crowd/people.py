"""The crowd's accounts as profiles: names in many scripts, and everything that goes wrong with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from random import Random

from asyncscrape.replica.crowd.id_ranges import account_id
from asyncscrape.replica.crowd.noise import noise, picture_key
from asyncscrape.replica.crowd.nouns import Crowd, MemberState
from asyncscrape.replica.crowd.population import population
from asyncscrape.replica.scene import word_lists
from asyncscrape.replica.scene.nouns import Profile
from asyncscrape.replica.scene.people import START
from asyncscrape.replica.scene.transliteration import slug

_HARD_NAMES = (
    "<script>alert(1)</script>",
    "\"&'",
    "<img src=x onerror=alert(2)>",
    "</script><!--",
    "Night & Day \\ 'n' \"Bass\"",
    "‮drawkcab‬",
    "مجموعة الليل (live) 🎛️",
    "🦊🌊",
    "👩🏽‍🚀 + 🧑‍🎤",
    "e\u0301toile\u0301e",
    "  spaces  inside  ",
    "=1+1",
    "NULL",
    "a" * 60,
    "the very long name of somebody who could not choose between all their aliases and so keeps every one 夜行列車",
    "tab\tand\nbreak",
)
_HARD = 0.012
_SCRIPTED = 0.12
_ALIASED = 0.3
_LISTED_FORMS = ("{first} {last}", "{first}", "{first}_{n}", "{first} 🎧", "{last}", "DJ {first}", "{first} (live)")


@lru_cache(maxsize=12_000)
def profile(crowd: Crowd, place: int) -> Profile:
    """The profile at a place, also of those that have been deleted."""
    tables, named, some = population(crowd), names(crowd), noise(40, crowd.seed, place, "profile")
    state, username, permalink = tables.state[place], named.usernames[place], named.permalinks[place]
    city, country, code = word_lists.PLACES[some[0] % len(word_lists.PLACES)]
    bio = word_lists.BIOS[some[1] % len(word_lists.BIOS)]
    followers = int(tables.fame[place] * (6_000 + 24 * some[2]) * (40 if place in tables.is_star else 1))
    does = state is not MemberState.EMPTY
    return Profile(
        id=account_id(place),
        permalink=permalink,
        username=username,
        full_name=username if some[3] % 2 else "",
        city=city,
        country=country,
        country_code=code,
        description=bio and bio.format(slug=permalink, name=username),
        followers=followers,
        followings=does * (1 + some[4] * 3),
        playlists=does * (some[5] % 4),
        likes=does * (1 + some[6] * 11),
        verified=followers > 50_000 and some[7] % 2 == 0,
        plan=("Free", "Pro", "Pro Unlimited")[some[8] % 3],
        created_at=START - timedelta(days=6_300 + some[9], seconds=some[10] * 300),
        avatar=picture_key(some[12:30]) if some[11] < 225 else None,
        uncounted=state is MemberState.UNCOUNTED,
    )


class NameTable:
    """The names of all accounts, and who is found by them."""

    def __init__(self, usernames: Sequence[str], permalinks: Sequence[str], former: Mapping[int, str]) -> None:
        self.usernames = usernames
        self.permalinks = permalinks
        self.former = former
        """Permalinks that the renamed ones had before."""
        self.places = {name: place for place, name in former.items()}
        self.places |= {name: place for place, name in enumerate(permalinks)}


@lru_cache(maxsize=2)
def names(crowd: Crowd) -> NameTable:
    """The names of a crowd. Display names come twice and more, permalinks once."""
    random = Random(f"{crowd.seed} names")
    usernames = [_username(random, place) for place in range(crowd.accounts)]
    permalinks = _permalinks(usernames)
    states = population(crowd).state
    former = {
        place: f"{permalinks[place]}_before"
        for place in range(crowd.accounts)
        if states[place] is MemberState.RENAMED
    }
    return NameTable(usernames, permalinks, former)


def _permalinks(usernames: Sequence[str]) -> list[str]:
    """A permalink for each, each once. All have an underscore, and nobody of the music scene has one."""
    taken: dict[str, None] = {}
    for place, username in enumerate(usernames):
        free = slug(username)[:25].strip("-").replace("-", "_") or "user"
        if "_" not in free or free in taken:
            free = f"{free}__{place:x}"
        taken[free] = None
    return list(taken)


def _username(random: Random, place: int) -> str:
    chance = random.random()
    if chance < _HARD:
        return random.choice(_HARD_NAMES)
    if chance < _HARD + _SCRIPTED:
        return random.choice(word_lists.SCRIPTED_NAMES)[0]
    if chance < _HARD + _SCRIPTED + _ALIASED:
        return random.choice(word_lists.ALIAS_FORMS).format(random.choice(word_lists.ALIASES))
    first, last = random.choice(word_lists.FIRST), random.choice(word_lists.LAST)
    return random.choice(_LISTED_FORMS).format(first=first, last=last, n=place)
