"""Both backends: the URLs they ask for, and what they make of answers. All answers are invented."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from asyncscrape.errors import Blocked, Gone, Intention, Retry
from asyncscrape.model import Blob, Link, Page, Request, Response
from asyncscrape.parsers.beatport.api import BeatportApi
from asyncscrape.parsers.beatport.columns import BEATPORT_COLUMNS, BeatportRow, ShopFiles, featured
from asyncscrape.parsers.beatport.offer_reader import offer_of
from asyncscrape.parsers.beatport.public_pages import BeatportPages
from asyncscrape.parsers.beatport.wanted import SEARCH, TRACK, LookedFor, looked_for, search_words
from asyncscrape.parsers.errors import ParseError

TIDE = LookedFor(
    id=9007199254740993,
    artist_id=4711,
    title="Nora Vale - Glass Tide (Mika Orr Remix) [TDW005]",
    uploader="Tidewater",
    artist="Tidewater",
    duration_ms=391020,
)
MEDIA = "https://geo-media.beatport.com/image_size"
WAVEFORM, SAMPLE = f"{MEDIA}/1500x250/bb.png", "https://geo-samples.beatport.com/track/bb.LOFI.mp3"

V4 = {
    "id": 9900001,
    "name": "Glass Tide",
    "mix_name": "Mika Orr Remix",
    "slug": "glass-tide",
    "artists": [{"id": 70, "name": "Nora Vale", "slug": "nora-vale"}],
    "remixers": [{"id": 71, "name": "Mika Orr", "slug": "mika-orr"}],
    "bpm": 126,
    "key": {"camelot_number": 8, "camelot_letter": "A", "id": 8, "letter": "A", "name": "A Minor"},
    "genre": {"id": 12, "name": "Deep House"},
    "sub_genre": None,
    "length": "6:31",
    "length_ms": 391000,
    "isrc": "XX0000000001",
    "new_release_date": "2023-05-12",
    "publish_date": "2025-01-02",
    "catalog_number": "TDW005",
    "image": {"id": 2, "uri": WAVEFORM, "dynamic_uri": f"{MEDIA}/{{w}}x{{h}}/bb.png"},
    "sample_url": SAMPLE,
    "release": {"id": 8800, "name": "Glass Tide Remixes", "label": {"id": 5, "name": "Tidewater"}},
}
FLAT = {
    "track_id": 9900001,
    "track_name": "Glass Tide (Mika Orr Remix)",
    "mix_name": "Mika Orr Remix",
    "bpm": 126,
    "key_id": 8,
    "key_name": "A Minor",
    "length": 391000,
    "release_date": "2023-05-12T00:00:00",
    "publish_date": "2025-01-02T00:00:00",
    "artists": [
        {"artist_id": 71, "artist_name": "Mika Orr", "artist_type_name": "Remixer"},
        {"artist_id": 70, "artist_name": "Nora Vale", "artist_type_name": "Artist"},
    ],
    "genre": [{"genre_id": 12, "genre_name": "Deep House"}],
    "sub_genre": None,
    "label": {"label_id": 5, "label_name": "Tidewater"},
    "release": {"release_id": 8800, "release_name": "Glass Tide Remixes"},
    "track_image_uri": f"{MEDIA}/{{w}}x{{h}}/bb.png",
    "isrc": "XX0000000001",
    "catalog_number": "TDW005",
}
DETAILS = {
    "track_id": 9900001,
    "track_name": "Glass Tide",
    "mix_name": "Mika Orr Remix",
    "track_length_ms": 391000,
    "bpm": 126,
    "key": "A Minor",
    "key_camelot": "8A",
    "isrc": "XX0000000001",
    "track_waveform_url": f"{MEDIA}/{{w}}x{{h}}/bb.png",
    "artists": [
        {"id": 70, "name": "Nora Vale", "type": "Artist", "slug": "nora-vale"},
        {"id": 71, "name": "Mika Orr", "type": "Remixer", "slug": "mika-orr"},
    ],
    "genre": {"id": 12, "name": "Deep House", "sub_genre": {"id": None, "name": None}},
    "release": {
        "id": 8800,
        "name": "Glass Tide Remixes",
        "catalog_number": "TDW005",
        "release_date": "2023-05-12T00:00:00",
    },
    "label": {"id": 5, "name": "Tidewater", "slug": "tidewater"},
    "sample_url": SAMPLE,
}
ROW = BeatportRow(
    id=9007199254740993,
    artist_id=4711,
    beatport_id=9900001,
    beatport_url="https://www.beatport.com/track/glass-tide/9900001",
    beatport_title="Glass Tide",
    mix="Mika Orr Remix",
    bpm=126,
    key="A minor",
    camelot="8A",
    beatport_genre="Deep House",
    release_date="2023-05-12",
    release="Glass Tide Remixes",
    beatport_label="Tidewater",
    producers=("Nora Vale",),
    remixers=("Mika Orr",),
    featured=(),
    catalog_number="TDW005",
    beatport_waveform_url=WAVEFORM,
    beatport_waveform_path="beatport-waveforms/9900001.png",
    preview_url=SAMPLE,
    match_score=1.0,
    match_why="title agrees, artist agrees, remixer agrees, 0.0 s apart",
)
PAGE_LINK = Link("https://www.beatport.com/track/glass-tide/9900001", TRACK, TIDE.note)
PICTURE = Blob(WAVEFORM, "beatport-waveforms/9900001.png", newest=True)
PREVIEW = Blob(SAMPLE, "audio/9007199254740993.mp3", newest=True)


def answer(link: Link, body: Any, status: int = 200) -> Response:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(link.url, link.kind, note=link.note)
    return Response(request, status, CIMultiDict(), sent, datetime(2026, 1, 3, tzinfo=UTC))


def by_api(tracks: list[Any], track: LookedFor = TIDE, previews: bool = False) -> Page:
    api = BeatportApi(ShopFiles(previews=previews))
    told = {"tracks": tracks, "order": ["tracks"], "next": "api.beatport.com/…", "count": 1, "page": "1/1"}
    return api.search(answer(api.look_up(track), told))


def html(**queries: Any) -> bytes:
    """A page whose script holds the answers to these queries."""
    told = [
        {"queryKey": [name.replace("_", "-"), {"q": "x"}], "state": {"status": "success", "data": data}}
        for name, data in queries.items()
    ]
    data = {"props": {"pageProps": {"dehydratedState": {"queries": told}}}}
    script = json.dumps(data).replace("<", "\\u003c")
    return f'<html><script id="__NEXT_DATA__" type="application/json">{script}</script></html>'.encode()


def by_pages(tracks: list[Any], track: LookedFor = TIDE) -> Page:
    pages = BeatportPages()
    return pages.search(answer(pages.look_up(track), html(genres={}, search_tracks={"data": tracks})))


def page_row(page: Page) -> BeatportRow:
    [found] = page.records.tables["tracks"]
    assert isinstance(found, BeatportRow)
    return found


def changed(row: BeatportRow, **values: Any) -> BeatportRow:
    return msgspec.structs.replace(row, **values)


# Asking


def test_a_look_up_has_the_track_in_its_note_and_no_secret_in_its_url() -> None:
    api, pages = BeatportApi().look_up(TIDE), BeatportPages().look_up(TIDE)
    words = "Nora Vale Glass Tide Mika Orr Remix"
    assert {"q": [words], "type": ["tracks"], "page": ["1"], "per_page": ["25"]} == parse_qs(urlsplit(api.url).query)
    assert api.url.startswith("https://api.beatport.com/v4/catalog/search/?q=")
    assert {"q": [words], "page": ["1"], "per-page": ["25"]} == parse_qs(urlsplit(pages.url).query)
    assert pages.url.startswith("https://www.beatport.com/search/tracks?q=")
    assert [SEARCH, SEARCH] == [api.kind, pages.kind]
    assert [TIDE, TIDE] == [looked_for(link.note) for link in (api, pages)]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Nora Vale Glass Tide", "Glass Tide"),
        ("Nora Vale Glass Tide", "PREMIERE: Nora Vale - Glass Tide [Tidewater]"),
        ("Nora Vale Kai M Pilot", "Nora Vale & Kai M - Pilot (FREE DOWNLOAD)"),
        ("Kai M Night Ferry Orla Fenn Remix", "A1. Kai M - Night Ferry (Orla Fenn Remix) // OUT NOW"),
        ("Стеклянный прилив Nora Vale", "Стеклянный прилив"),
        ("On Lio Sand Remix Nora Vale", "On (Lio Sand Remix)"),
        ("??? Nora Vale", "???"),
    ],
)
def test_the_search_has_title_and_artist_without_dust(words: str, title: str) -> None:
    found = search_words(LookedFor(id=1, title=title, uploader="Nora Vale"))
    assert set(words.split()) == set(found.split())


@settings(max_examples=50)
@given(st.text(), st.text())
def test_the_search_never_has_brackets(title: str, uploader: str) -> None:
    assert set("()[]{}").isdisjoint(search_words(LookedFor(id=1, title=title, uploader=uploader)))


# Good answers


def test_a_match_fills_the_columns() -> None:
    page = by_api([V4])
    assert ROW == page_row(page)
    assert ([], [PICTURE]) == (list(page.links), list(page.blobs))


def test_the_rows_columns_are_those_of_the_table() -> None:
    assert [column.name for column in BEATPORT_COLUMNS] == list(BeatportRow.__struct_fields__[2:])


def test_previews_are_files_when_they_are_wanted() -> None:
    page = by_api([V4], previews=True)
    assert [PICTURE, PREVIEW] == list(page.blobs)
    assert "audio/9007199254740993.mp3" == page_row(page).preview_path


def test_a_search_page_gives_a_row_and_the_link_that_completes_it() -> None:
    page = by_pages([FLAT])
    assert changed(ROW, preview_url=None) == page_row(page)
    assert [PAGE_LINK] == list(page.links)
    assert [PICTURE] == list(page.blobs)


@pytest.mark.parametrize("told", [{"track_9900001": V4}, {"track_details_9900001": DETAILS}])
def test_both_generations_of_a_tracks_page_complete_the_row(told: dict[str, Any]) -> None:
    page = BeatportPages(ShopFiles(previews=True)).track(answer(PAGE_LINK, html(other=None, **told)))
    without = changed(ROW, match_score=None, match_why=None, preview_path="audio/9007199254740993.mp3")
    assert without == page_row(page)
    assert [PICTURE, PREVIEW] == list(page.blobs)


def test_the_search_for_everything_is_read_too() -> None:
    pages = BeatportPages()
    found = pages.search(answer(pages.look_up(TIDE), html(search_all={"tracks": {"data": [FLAT]}, "labels": {}})))
    assert 9900001 == page_row(found).beatport_id


@pytest.mark.parametrize("search", [by_api, by_pages])
def test_no_result_is_an_outcome_with_its_reason(search: Callable[[list[Any]], Page]) -> None:
    page = search([])
    row = BeatportRow(id=TIDE.id, artist_id=4711, match_score=0.0, match_why="no match: Beatport has no result")
    assert row == page_row(page)
    assert ([], []) == (list(page.links), list(page.blobs))


def test_below_the_threshold_nothing_but_score_and_reason_is_filled_in() -> None:
    other = {**V4, "mix_name": "Lio Sand Remix", "remixers": [{"name": "Lio Sand"}]}
    told = page_row(by_api([other]))
    assert told == BeatportRow(id=TIDE.id, artist_id=4711, match_score=told.match_score, match_why=told.match_why)
    assert "no match: best 0.20, other remixer" == told.match_why


def test_the_best_of_the_first_six_is_taken() -> None:
    others = [{**V4, "id": number, "mix_name": "Original Mix", "remixers": []} for number in range(6)]
    assert 9900001 == page_row(by_api([*others[:5], V4])).beatport_id
    assert page_row(by_api([*others, V4])).beatport_id is None


# The forms of a track


def test_remixers_come_first_or_in_a_list_of_their_own() -> None:
    assert [("Nora Vale",), ("Mika Orr",)] == [(o := offer_of(FLAT)).artists, o.remixers]
    assert [("Nora Vale",), ("Mika Orr",)] == [(o := offer_of(V4)).artists, o.remixers]


@pytest.mark.parametrize("genre", [{"genre_name": "Techno"}, [{"genre_name": "Techno"}, {"genre_name": "House"}]])
def test_a_genre_is_an_object_or_a_list(genre: Any) -> None:
    assert "Techno" == offer_of({**FLAT, "genre": genre, "sub_genre": genre}).sub_genre


def test_a_length_may_be_told_in_minutes() -> None:
    assert 391_000 == offer_of({**V4, "length_ms": None}).length_ms
    assert offer_of({**V4, "length_ms": None, "length": None}).length_ms is None


def test_everything_but_id_and_name_may_be_null() -> None:
    for told in (V4, FLAT, DETAILS):
        bare = {
            name: value if name in ("id", "track_id", "name", "track_name") else None for name, value in told.items()
        }
        found = offer_of(bare)
        assert (9900001, None, (), None) == (found.id, found.key, found.artists, found.waveform_url)


@pytest.mark.parametrize(("slug", "url"), [("---", "---"), (None, "steklyannyy-priliv")])
def test_a_name_in_another_script_has_a_page_too(slug: str | None, url: str) -> None:
    track = LookedFor(id=5, title="Nora Vale - Стеклянный прилив", duration_ms=391000)
    told = {**V4, "name": "Стеклянный прилив", "mix_name": "Original Mix", "remixers": [], "slug": slug}
    assert f"https://www.beatport.com/track/{url}/9900001" == page_row(by_api([told], track)).beatport_url


@pytest.mark.parametrize(
    ("names", "texts"),
    [
        (["Lio Sand"], ["Glass Tide feat. Lio Sand", "Nora Vale", "Glass Tide (ft. LIO SAND)"]),
        (["Lio Sand", "Juno Hale"], ["Glass Tide (featuring Lio Sand & Juno Hale) [Dub]"]),
        (["Lio Sand"], ["Nora Vale ft Lio Sand - Glass Tide"]),
        ([], ["Featured Artist", "Left", "Gift"]),
    ],
)
def test_guests_are_named_in_names_and_titles(names: list[str], texts: list[str]) -> None:
    assert names == list(featured(texts))


# Answers of no use


@pytest.mark.parametrize(
    ("error", "says", "status", "body"),
    [
        (Blocked, "BEATPORT_TOKEN", 401, {"detail": "Authentication credentials were not provided."}),
        (Blocked, "retry", 401, b"<html>Unauthorized</html>"),
        (Blocked, "permission", 403, {"detail": "You do not have permission to perform this action."}),
        (ParseError, "country", 403, {"detail": "Territory Restricted."}),
        (Gone, "No Track", 404, {"detail": "No Track matches the given query."}),
        (ParseError, "HTML", 200, b"<!DOCTYPE html><html><body>Maintenance</body></html>"),
        (ParseError, "HTML", 403, b"<html><title>Just a moment...</title></html>"),
        (ParseError, "cut off", 200, b'{"tracks": [{"id": 1, '),
        (ParseError, "cut off", 200, b""),
        (ParseError, "no object", 200, []),
        (ParseError, "no list", 200, {}),
        (ParseError, "no track", 200, {"tracks": [{"id": None, "name": "Glass Tide"}]}),
        (ParseError, "invalid_grant", 400, {"error": "invalid_grant"}),
    ],
)
def test_an_api_answer_that_cannot_be_used_says_why(
    error: type[Exception], says: str, status: int, body: Any
) -> None:
    api = BeatportApi()
    with pytest.raises(error, match=says):
        api.search(answer(api.look_up(TIDE), body, status))


CORRUPTED = html(search_tracks={"data": [FLAT]}).replace(b'"props"', b'"props')


@pytest.mark.parametrize(
    ("error", "says", "status", "body"),
    [
        (Gone, "no such page", 404, b"<html>Not found</html>"),
        (Blocked, "person", 403, b"<html><title>Just a moment...</title></html>"),
        (Blocked, "person", 200, b"<html><title>Just a moment...</title></html>"),
        (ParseError, "no data", 200, b"<html></html>"),
        (ParseError, "corrupted", 200, CORRUPTED),
        (ParseError, "arranged", 200, html().replace(b"dehydratedState", b"dehydrated")),
        (ParseError, "no search result", 200, html(genres={})),
        (Retry, "before", 200, html(search_tracks=None)),
    ],
)
def test_a_page_that_cannot_be_used_says_why(error: type[Exception], says: str, status: int, body: bytes) -> None:
    pages = BeatportPages()
    with pytest.raises(error, match=says):
        pages.search(answer(pages.look_up(TIDE), body, status))


def test_the_page_of_another_track_is_not_taken_for_this_one() -> None:
    with pytest.raises(ParseError, match="9900001"):
        BeatportPages().track(answer(PAGE_LINK, html(track_9900002=V4)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted({**V4, **FLAT})), inner),
    max_leaves=12,
)


MAY_BE_ANYTHING = ("artists", "remixers", "genre", "sub_genre", "release", "label", "key", "image", "bpm", "length")
any_tracks = st.lists(
    st.fixed_dictionaries(
        {"id": st.just(1), "name": st.just("Glass Tide")}, optional=dict.fromkeys(MAY_BE_ANYTHING, json_values)
    ),
    min_size=1,
    max_size=2,
)


@settings(max_examples=25)
@given(any_tracks)
def test_no_answer_in_json_is_a_fault(tracks: list[Any]) -> None:
    with suppress(ParseError, Intention):
        by_api(tracks)
