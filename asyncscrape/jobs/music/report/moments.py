"""The moments of tracks that people talk about most: many comments within a few seconds, and what they say.

1. Comments are counted in each stretch of `WINDOW` seconds that begins with one.    `_stretches`
2. The fullest stretches are taken, but none beside a fuller one of its track.       `_apart`
3. Of their comments, those are quoted which are most like the others.               `said`
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import polars as pl

from asyncscrape.jobs.music.report.findings import WINDOW, Moment, Saying
from asyncscrape.jobs.music.report.stored_music import StoredMusic, timed

MOST = 10
APART = 20
"""The least seconds between two moments of a track: people talk about the same thing a little before and after."""
FEWEST = 2
"""Comments of a moment: one alone is no discussion."""
QUOTES = 3
MOST_READ = 2000
"""Comments of a moment that are compared with each other."""
REPEATED = re.compile(r"(\S)\1+")
TOKEN = re.compile(r"\w+|[^\w\s!-/:-@\[-`{-~]")
"""A word, or a single sign such as an emoji."""


def moments(music: StoredMusic, most: int = MOST) -> tuple[Moment, ...]:
    """The most discussed moments, the fullest first; the table of tracks decides which tracks count."""
    comments = timed(music)
    names = dict(music.artists.select("id", "name").iter_rows())
    titles = {number: rest for number, *rest in music.tracks.select("id", "title", "artist_id").iter_rows()}
    found = []
    for track, second in _apart(_stretches(comments).select("track_id", "second").iter_rows(), most):
        there = comments.filter(pl.col("track_id") == track, pl.col("second").is_between(second, second + WINDOW - 1))
        title, artist = titles[track]
        people, texts = there["user_id"].n_unique(), there["body"].drop_nulls().head(MOST_READ)
        found.append(Moment(track, title or "", names.get(artist) or "", second, there.height, people, said(texts)))
    return tuple(found)


def _stretches(comments: pl.DataFrame) -> pl.DataFrame:
    """The fullest stretches of all tracks, enough of them to choose from."""
    seconds = comments.group_by("track_id", "second").len("comments").sort("track_id", "second")
    windows = seconds.rolling("second", period=f"{WINDOW}i", offset="0i", closed="left", group_by="track_id")
    full = windows.agg(pl.col("comments").sum())
    enough = full.filter(pl.col("comments") >= FEWEST)
    # Each stretch rules out fewer than twice `APART` others, so this many always hold `MOST` that lie apart.
    return enough.sort("comments", "track_id", "second", descending=[True, False, False]).head(2 * APART * MOST)


def _apart(stretches: Iterable[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """The first stretches that are not close to an earlier one."""
    found: list[tuple[int, int]] = []
    for track, second in stretches:
        if all(track != other or abs(second - begin) >= APART for other, begin in found[:most]):
            found.append((track, second))
    return found[:most]


def said(texts: Iterable[str]) -> tuple[Saying, ...]:
    """What is said most often, or else what has most words in common with everything that is said."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        if plain := _plain(text):
            spellings[plain][" ".join(text.split())] += 1
    times = {plain: sum(counted.values()) for plain, counted in spellings.items()}
    words = {plain: frozenset(TOKEN.findall(plain)) for plain in times}
    common: Counter[str] = Counter()
    for plain, own in words.items():
        common.update(dict.fromkeys(own, times[plain]))

    def likeness(plain: str) -> float:
        return sum(common[word] for word in words[plain]) / (len(words[plain]) or 1)

    best = sorted(times, key=lambda plain: (-times[plain], -likeness(plain), len(plain), plain))
    return tuple(Saying(spellings[plain].most_common(1)[0][0], times[plain]) for plain in best[:QUOTES])


def _plain(text: str) -> str:
    """The text without differences that mean nothing: "Yesss!!" and "yes" are said alike."""
    short = REPEATED.sub(r"\1", " ".join(text.casefold().split()))
    return short.strip(" .,!?…") or short
