"""The matcher's parts: spelling, layout, versions, and which offer is the best with which reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from asyncscrape.parsers.beatport.matching.best import THRESHOLD, Match, best
from asyncscrape.parsers.beatport.matching.layout import laid_out
from asyncscrape.parsers.beatport.matching.scripts import latin
from asyncscrape.parsers.beatport.matching.spelling import sounds, words
from asyncscrape.parsers.beatport.matching.version_words import Length, Sort
from asyncscrape.parsers.beatport.matching.versions import version_of
from asyncscrape.parsers.beatport.offer import Offer, without_mix
from asyncscrape.parsers.beatport.wanted import LookedFor

TIDE = Offer(
    id=1,
    name="Glass Tide",
    mix_name="Original Mix",
    artists=("Nora Vale",),
    length_ms=412_000,
    isrc="XX0000000001",
    label="Tidewater",
)


def offer(**changes: Any) -> Offer:
    return Offer(**{name: getattr(TIDE, name) for name in TIDE.__struct_fields__} | changes)


def upload(title: str, **changes: Any) -> LookedFor:
    return LookedFor(**{"id": 1, "title": title, "uploader": "Nora Vale", "duration_ms": 412_400} | changes)


REMIX = offer(id=2, mix_name="Mika Orr Remix", remixers=("Mika Orr",), length_ms=391_000, isrc=None)


# The best, and why


@pytest.mark.parametrize(
    ("why", "track"),
    [
        ("title agrees, artist is the uploader, 0.4 s apart", upload("Glass Tide")),
        ("title agrees, artist agrees, no duration to compare", upload("Nora Vale - Glass Tide", duration_ms=None)),
        ("ISRC agrees", upload("tide final", isrc="xx-000-00-00001")),
        (
            "title agrees, artist agrees, 0.4 s apart, other ISRC, as re-releases have",
            upload("Nora Vale - Glass Tide", isrc="XX0000000009"),
        ),
        ("title agrees, label agrees, no artist is named, 0.4 s apart", upload("Glass Tide", uploader="Tidewater")),
        (
            "title agrees, artist agrees, only a piece was uploaded",
            upload("Nora Vale - Glass Tide (Preview)", duration_ms=90_000),
        ),
    ],
)
def test_a_match_says_what_speaks_for_it(why: str, track: LookedFor) -> None:
    found = best(track, [TIDE])
    assert (TIDE, why) == (found.offer, found.why)
    assert THRESHOLD <= found.score <= 1


@pytest.mark.parametrize(
    ("why", "track"),
    [
        ("no match: best 0.10, other title", upload("Night Ferry")),
        ("no match: best 0.20, other artist: kai m", upload("Kai M - Glass Tide")),
        ("no match: best 0.20, other version: remix", upload("Glass Tide (Mika Orr Remix)")),
        ("no match: best 0.20, other version: live", upload("Glass Tide (Live)")),
        ("no match: best 0.30, the title has more words: rising", upload("Glass Tide Rising")),
        ("no match: best 0.50, 52.6 min apart", upload("Glass Tide", duration_ms=3_570_000)),
    ],
)
def test_no_match_says_what_speaks_against_the_best(why: str, track: LookedFor) -> None:
    assert why == best(track, [TIDE]).why
    assert best(track, [TIDE]).offer is None


FEATURED = offer(name="Glass Tide feat. Ida Holm")
DUO = offer(artists=("Nora Vale", "Mika Orr"))


@pytest.mark.parametrize(
    "title",
    [
        "How I made Glass Tide",
        "The Making Of 'Glass Tide'",
        "Glass Tide (Making Of)",
        "Glass Tide production tutorial",
        "Glass Tide [Track Breakdown]",
        "Interview about Glass Tide",
        "Glass Tide: the story behind the track",
    ],
)
def test_a_talk_about_a_track_is_not_the_track(title: str) -> None:
    found = best(upload(title), [TIDE])
    assert found.offer is None
    assert found.why.endswith("other version: talk about it")


def test_a_track_may_be_called_like_a_talk() -> None:
    assert best(upload("Nora Vale - Interview"), [offer(name="Interview")]).offer
    assert best(upload("The Making Of"), [offer(name="The Making Of")]).offer


@pytest.mark.parametrize(
    ("found", "title", "sold"),
    [
        (False, "Glass Tide feat. Ada Lund", FEATURED),
        (True, "Glass Tide feat. I. Holm", FEATURED),
        (True, "Glass Tide med Ida Holm", FEATURED),
        (True, "Glass Tide", FEATURED),
        (False, "Nora Vale & Ada Lund - Glass Tide", DUO),
        (True, "Nora Vale & M. Orr - Glass Tide", DUO),
        (True, "N.V. (Vale + Orr) - Glass Tide", DUO),
    ],
)
def test_another_singer_or_partner_makes_another_recording(found: bool, title: str, sold: Offer) -> None:
    assert found == bool(best(upload(title), [sold]).offer)


@pytest.mark.parametrize(
    "title",
    [
        "Premiere: Nora Vale's new single Glass Tide",
        'First listen: an 8-minute roller from Nora Vale: "Glass Tide"',
        "Hear Nora Vale's new one, Glass Tide",
        "Nora Vale - Glass Tide (Undertow EP)",
        "Nora Vale - Glass Tide [taken from the compilation]",
        'Nora Vale - Untitled 3 (now called "Glass Tide")',
        "Nora Vale - Glass Tide <3",
        "Nora Vale (DE) - Glass Tide [24 bit]",
        "Nora Vale - Glass Tide (Mastered by Kai M)",
        "グラスタイド",
    ],
)
def test_words_around_a_title_are_understood(title: str) -> None:
    sold = offer(release="Undertow")
    assert sold == best(upload(title, uploader="Deep Signals" if "Nora" in title else "Nora Vale"), [sold]).offer


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (True, "Mika Orr RMX for Nora Vale's 'Glass Tide'"),
        (True, "Mika Orr Remix of Nora Vale - Glass Tide"),
        (False, "Nora Vale - Glass Tide (Mika Orr Remix 2)"),
        (False, "Kai M remix for Nora Vale - Glass Tide"),
    ],
)
def test_a_remix_may_be_told_as_a_sentence(found: bool, title: str) -> None:
    assert found == bool(best(upload(title, uploader="Deep Signals", duration_ms=391_000), [REMIX]).offer)


def test_who_covers_a_song_is_its_artist() -> None:
    cover = offer(name="Gravity", mix_name="Cover Version", artists=("Low Choir",))
    track = upload("Low Choir covers 'Gravity' by Nora Vale", uploader="Tidewater")
    assert cover == best(track, [cover]).offer
    assert best(track, [offer(name="Gravity")]).offer is None


def test_a_title_may_be_signs() -> None:
    signs = offer(name="△△△ (Three Triangles)")
    assert signs == best(upload("△△△ by Nora Vale"), [signs]).offer
    assert best(upload("★★★ Glass Tide"), [signs]).offer is None


def test_the_version_decides_between_offers_of_one_song() -> None:
    dub = offer(id=3, mix_name="Mika Orr Dub", remixers=("Mika Orr",))
    offers = [TIDE, REMIX, dub]
    assert TIDE == best(upload("Glass Tide"), offers).offer
    assert REMIX == best(upload("Glass Tide (Mika Orr Remix)", duration_ms=391_000), offers).offer
    assert dub == best(upload("Glass Tide (Mika Orr Dub)", duration_ms=412_000), offers).offer


def test_the_length_decides_between_offers_of_one_version() -> None:
    offers = [offer(id=4, length_ms=415_000), TIDE, offer(id=5, length_ms=None)]
    assert TIDE == best(upload("Glass Tide"), offers).offer


def test_the_seventh_offer_is_not_looked_at() -> None:
    assert best(upload("Glass Tide"), [*[REMIX] * 6, TIDE]).offer is None


def test_without_offers_there_is_no_match() -> None:
    assert Match(0.0, "no match: Beatport has no result", None) == best(upload("Glass Tide"), [])


def test_each_clue_is_told_once() -> None:
    told = best(upload("Glass Tide (Mika Orr Remix)", uploader="Mika Orr", duration_ms=391_000), [REMIX]).why
    assert "title agrees, no artist is named, remixer agrees, 0.0 s apart" == told


NAMES = ("Nora", "Kai", "Mika", "Orla", "Emre", "Vale", "Anker", "Dahl", "Lindqvist", "Ōta", "Müller", "Żurek", "Лис")
TITLES = (
    "Glass Tide",
    "Night",
    "Ferry",
    "Halo",
    "Undertow",
    "Réseau",
    "Kälte",
    "Ночь",
    "Θάλασσα",
    "Twelve",
    "303",
    "Rain",
)
names = st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True).map(" ".join)
titles = st.lists(st.sampled_from(TITLES), min_size=1, max_size=3, unique=True).map(" ".join)


@given(names, names, titles, st.booleans())
def test_a_track_is_found_again_under_the_title_that_it_is_sold_by(
    artist: str, remixer: str, title: str, remixed: bool
) -> None:
    assume(artist != remixer)
    mix = f"{remixer} Remix" if remixed else "Original Mix"
    sold = offer(name=title, artists=(artist,), mix_name=mix, remixers=(remixer,) if remixed else ())
    for written in (f"{artist} - {title} ({mix})", f"PREMIERE: {artist} – {title} ({mix}) [Tidewater]"):
        assert sold == best(upload(written, uploader="Deep Signals"), [sold]).offer
    assert best(upload(f"{artist} - {title} (Another Person Remix)", uploader=artist), [sold]).offer is None


@settings(max_examples=60)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_any_text_has_a_score(title: str, name: str, artist: str, mix: str) -> None:
    found = best(upload(title, uploader=artist), [offer(name=name, artists=(artist,), mix_name=mix)])
    assert 0 <= found.score <= 1
    assert (found.score >= THRESHOLD) == (found.offer is not None)


# Spelling


@pytest.mark.parametrize(
    ("spelt", "text"),
    [
        ("strasse", "Straße"),
        ("mork sjo", "Mørk Sjø"),
        ("lukasz zurek", "Łukasz Żurek"),
        ("steklyannyy priliv", "Стеклянный прилив"),
        ("thalassa", "Θάλασσα"),
        ("sakura", "サクラ"),
        ("kyoto", "キョト"),
        ("kouji", "コウジ"),
        ("baram", "바람"),
        ("giorgi", "გიორგი"),
        ("jun arai - kaze", "ＪＵＮ　ＡＲＡＩ － ＫＡＺＥ"),
    ],
)
def test_other_scripts_are_spelt_in_latin(spelt: str, text: str) -> None:
    assert spelt == latin(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "Mueller"),
        ("Иван Журавлёв", "Ivan Zhuravlyov"),
        ("Nochnoi Poyezd", "Ночной поезд"),
        ("Night Ferry", "Nightferry"),
        ("Alexey Yudin", "Aleksej Judin"),
        ("Rock'n'Roll & Rain", "Rock 'n' Roll and Rain"),
        ("Saltmarsh Part Two", "Saltmarsh, Pt. II"),
        ("Vol. I", "Volume 1"),
        ("Untitled #4", "Untitled 04"),
        ("Shufflin'", "Shuffling"),
        ("One Thousand & One Nights", "1001 Nights"),
        ("S/\\TELL1TE", "Satellite"),
        ("Summer 99", "Summer 1999"),
    ],
)
def test_ways_to_write_one_thing_sound_the_same(one: str, other: str) -> None:
    assert sounds(words(one)) == sounds(words(other))


@pytest.mark.parametrize(
    ("one", "other"), [("Part 1", "Part 2"), ("303", "909"), ("Red Room", "Red Moon"), ("???", "!!!"), ("I", "II")]
)
def test_other_things_sound_different(one: str, other: str) -> None:
    assert sounds(words(one)) != sounds(words(other))


# Layout and versions


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        ([("base", "Nora Vale"), ("base", "Glass Tide"), ("square", "TDW005")], "Nora Vale - Glass Tide [TDW005]"),
        ([("base", "A1"), ("base", "Nora Vale"), ("base", "Halo")], "A1. Nora Vale — Halo"),
        (
            [("base", "PREMIERE"), ("base", "Kervan"), ("round", "Dub"), ("square", "2021")],
            "PREMIERE: Kervan (Dub [2021])",
        ),
        ([("base", "Vale/Orr"), ("base", "Halo")], "Vale/Orr | Halo.wav"),
        ([("base", "Kaze"), ("square", "OUT NOW")], "Kaze **OUT NOW**"),
        ([("base", "Kaze"), ("round", "Live")], "Kaze (Live"),
    ],
)
def test_titles_fall_into_parts(parts: list[tuple[str, str]], title: str) -> None:
    assert parts == [(part.kind, part.text) for part in laid_out(title)]


@pytest.mark.parametrize(
    ("sort", "length", "by", "name"),
    [
        ([], [Length.PLAIN], "", "Original Mix"),
        ([], [Length.LONG], "", "Extended"),
        ([], [Length.SHORT], "", "Radio Edit"),
        ([], [Length.SHORT], "", "Edit"),
        ([Sort.EDIT], [], "mika orr", "Mika Orr Edit"),
        ([Sort.EDIT], [], "", "Re-Edit"),
        ([Sort.REMIX], [], "mika orr", "Mika Orr Mix"),
        ([Sort.REMIX], [Length.LONG], "mika orr", "Mika Orr's Extended Remix"),
        ([Sort.REMIX], [Length.SHORT], "mika orr", "Mika Orr Remix Edit"),
        ([Sort.LIVE], [], "kanalhaus", "Live at Kanalhaus"),
        ([], [], "", "Remastered 2020"),
    ],
)
def test_names_of_mixes_are_understood(sort: list[Sort], length: list[Length], by: str, name: str) -> None:
    version = version_of(words(name))
    assert (set(sort), set(length), by) == (version.sorts, version.lengths, " ".join(version.by))


def test_the_mix_is_taken_off_a_title_that_repeats_it() -> None:
    assert "Glass Tide" == without_mix("Glass Tide (Mika Orr Remix)", "Mika Orr Remix")
    assert "Glass Tide (Dub)" == without_mix("Glass Tide (Dub)", "Original Mix")
    assert "Glass Tide" == without_mix("Glass Tide", None)
