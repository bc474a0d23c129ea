"""The shop's search on a shelf of a few tracks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from asyncscrape.replica.beatport.finding import Index
from asyncscrape.replica.scene.nouns import Credit, Release, SoldTrack
from asyncscrape.replica.scene.transliteration import slug, words_of


def track(number: int, artist: str, name: str, mix: str = "Original Mix", remixer: str = "") -> SoldTrack:
    """A track on sale."""
    credits = [Credit(number, one, slug(one)) for one in (artist, remixer) if one]
    return SoldTrack(
        id=number,
        name=name,
        mix=mix,
        slug=slug(name),
        artists=tuple(credits[:1]),
        remixers=tuple(credits[1:]),
        bpm=126,
        key=8,
        length_ms=391_000,
        isrc=None,
        genre="House",
        sub_genre=None,
        release=Release(number, f"Release {number}", f"release-{number}", 5, "Tidewater", "cc"),
        catalog_number=f"TDW{number:03}",
        published=date(2023, 5, 12),
        waveform=None,
        sample=str(number),
    )


SHELF = (
    track(1, "Søren Åkesson", "Glass Tide"),
    track(2, "Søren Åkesson", "Glass Tide", "Mika Orr Remix", "Mika Orr"),
    track(3, "Otis Castro", "Glass Tide"),
    track(4, "Søren Åkesson", "Iron Harbour"),
    track(5, "夜行列車", "真夜中"),
    *(track(number, f"Somebody {number}", f"Something {number}") for number in range(6, 400)),
)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(SHELF)


def found(index: Index, query: str) -> Sequence[int]:
    return [SHELF[place].id for place in index.ranked(query)]


def test_the_track_and_its_versions_come_before_namesakes_and_other_works(index: Index) -> None:
    for query in ("Søren Åkesson Glass Tide", "soren akesson - GLASS TIDE (Original Mix) [free download]"):
        hits = found(index, query)
        assert {1, 2} == set(hits[:2])
        assert {3, 4} == set(hits[2:4])


def test_the_remix_comes_first_when_its_name_is_asked_for(index: Index) -> None:
    assert 2 == found(index, "Glass Tide Mika Orr Remix")[0]


def test_any_script_is_found(index: Index) -> None:
    assert [5] == found(index, "真夜中")


def test_one_wrong_letter_does_not_hide_a_track(index: Index) -> None:
    assert {1, 2, 4} == set(found(index, "akeson"))
    assert {1, 2, 3} == set(found(index, "glasss"))


def test_words_that_all_tracks_have_find_nothing(index: Index) -> None:
    assert [] == found(index, "original mix tidewater")
    assert [] == found(index, "?!")
    assert [] == found(index, "unheard")


def test_a_filter_wants_all_words_in_its_field(index: Index) -> None:
    assert frozenset({0, 1, 3}) == index.named(words_of("Soren Åkeson"), "artist")
    assert frozenset() == index.named(words_of("Soren Castro"), "artist")


def test_what_sells_better_may_stand_before_the_right_track() -> None:
    twins = [replace(SHELF[0], id=number) for number in range(1000, 1020)]
    ranked = Index((*twins, *SHELF)).ranked("Søren Åkesson Glass Tide")
    assert set(range(21)) <= set(ranked[:22])
    assert sorted(ranked[:22]) != ranked[:22]
