"""The job "music" from its seeds to its rows, week after week, on the replica's answers but without a crawl."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import music_truth as expected
from support.music_walk import START, Row, Walk

from asyncscrape.parsers.soundcloud.request_notes import ARTIST, ArtistNote, read, written
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import Profile

BACKENDS = ("official", "web")
FEW = tuple(truth.artists()[place] for place in (0, 1, 2, 40, 41, 42, 43))
NAMES = [one.username for one in FEW]
PATCHY = next(one for one in truth.artists() if one.id % 10 == 3)
QUIET = next(one for one in truth.artists() if one.quiet)
MISTAKABLE = truth.mistakable()[0]
SHOPS: dict[str, dict[str, Any]] = {
    "pages": {"beatport": "pages"},
    "api": {"beatport": "api", "beatport_token": "replica-token"},
}
TABLES = ("artists", "artist_choices", "tracks", "comments", "popularity")


def of(artists: Sequence[Profile]) -> list[str]:
    return [one.username for one in artists]


def everything(walk: Walk) -> dict[str, list[Row]]:
    return {table: walk.rows(table) for table in TABLES}


def asked(walk: Walk, part: str) -> list[str]:
    """The URLs of the last run with this in their path."""
    return [url for url in walk.asked if part in url.partition("?")[0]]


# The first time


@pytest.mark.parametrize("backend", BACKENDS)
def test_both_apis_give_every_artist_track_and_comment_as_they_are(tmp_path: Path, backend: str) -> None:
    artists = [*FEW, QUIET, PATCHY]
    walk = Walk(tmp_path, backend).run(artists=of(artists), max_tracks="all")
    tracks = expected.tracks_of(artists)
    by_id = sorted(artists, key=lambda one: one.id)
    assert [expected.artist(one, backend) for one in by_id] == walk.rows("artists")
    assert [expected.track(one, backend) for one in tracks] == walk.rows("tracks")
    assert expected.comments_under(tracks) == walk.rows("comments")
    seen = [one for one in tracks if not one.by.quiet]
    told = {(row["track_id"], row["day"]): row for row in walk.rows("popularity")}
    day = START.isoformat()
    assert {(one.id, day): expected.observation(one, day) for one in seen}.items() <= told.items()


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_as_many_tracks_as_are_wanted_the_newest_first(tmp_path: Path, backend: str) -> None:
    walk = Walk(tmp_path, backend).run(artists=of([*FEW, PATCHY]), max_tracks=3, comments=2)
    tracks = expected.tracks_of([*FEW, PATCHY], most=3)
    assert [one.id for one in tracks] == [row["id"] for row in walk.rows("tracks")]
    newest = [told for one in tracks for told in truth.comments_of(one.id)[-2:]]
    assert sorted(one.id for one in newest) == [row["id"] for row in walk.rows("comments")]


@pytest.mark.parametrize("backend", BACKENDS)
def test_files_have_the_paths_of_the_rows(tmp_path: Path, backend: str) -> None:
    audio = "downloads" if backend == "official" else "off"
    walk = Walk(tmp_path, backend).run(artists=NAMES, max_tracks=5, audio=audio)
    rows = [*walk.rows("artists"), *walk.rows("tracks")]
    names = ("profile_image", "background_image", "image", "waveform")
    wanted = {row[f"{name}_path"]: row[f"{name}_url"] for row in rows for name in names if row.get(f"{name}_path")}
    sounds = {path: url for path, url in walk.blobs.items() if path.startswith("audio/")}
    assert wanted == {path: url for path, url in walk.blobs.items() if path not in sounds}
    offered = [one.id for one in expected.tracks_of(FEW, most=5) if one.downloadable]
    assert ({f"audio/{id_}" for id_ in offered} if backend == "official" else set()) == set(sounds)
    assert set(sounds) == {row["download_path"] for row in walk.rows("tracks")} - {None}


def test_without_images_rows_have_addresses_and_no_paths(tmp_path: Path) -> None:
    walk = Walk(tmp_path, "web").run(artists=NAMES, max_tracks=5, images=False)
    assert {} == walk.blobs
    assert any(row["image_url"] for row in walk.rows("tracks"))
    assert not any(row["image_path"] or row["waveform_path"] for row in walk.rows("tracks"))


# Whom a name means


def test_every_candidate_is_told_with_the_reason(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(artists=[MISTAKABLE.username], max_tracks=1)
    hits = truth.found(MISTAKABLE.username)[:5]
    told = walk.rows("artist_choices")
    assert [one.id for one in hits] == [row["candidate_id"] for row in told]
    [chosen] = [row for row in told if row["chosen"]]
    assert next(one.id for one in hits if one.followers >= 1000) == chosen["candidate_id"] != MISTAKABLE.id
    assert "the first of the 5 best hits with at least 1,000 followers" == chosen["why"]


def test_nobody_is_an_outcome_and_is_searched_again(tmp_path: Path) -> None:
    names = ["Zqxj Qqzzx", FEW[0].username]
    walk = Walk(tmp_path).run(artists=names, min_followers=10**9, max_tracks=1)
    nobody = [row for row in walk.rows("artist_choices") if row["rank"] == 0]
    assert {"Zqxj Qqzzx": "the search finds nobody"}.items() <= {
        row["artist_name"]: row["why"] for row in nobody
    }.items()
    assert [] == walk.rows("tracks")
    walk.run(weeks=1, artists=names, max_tracks=1)
    assert [FEW[0].id] == [row["id"] for row in walk.rows("artists")]
    left = [row["artist_name"] for row in walk.rows("artist_choices") if row["rank"] == 0]
    assert ["Zqxj Qqzzx"] == left, "the row that said nobody is withdrawn"


def filed(folder: Path, **permalinks: str) -> dict[str, Any]:
    """An artists file."""
    rows = "".join(f"{name};{permalink}\r\n" for name, permalink in permalinks.items())
    (folder / "artists.csv").write_bytes(("\ufeffartist_name;permalink\r\n" + rows).encode())
    return {"artists_file": "artists.csv", "max_tracks": 4}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("when", ["a week later", "on the same day", "in the middle"])
def test_a_corrected_file_withdraws_what_was_wrong_and_brings_what_is_right(
    tmp_path: Path, backend: str, when: str
) -> None:
    name, other = MISTAKABLE.username, FEW[0].username
    walk = Walk(tmp_path, backend).run(
        most=6 if when == "in the middle" else None, **filed(tmp_path, **{name: "", other: ""})
    )
    assert MISTAKABLE.id not in [row["id"] for row in walk.rows("artists")]
    weeks = int(when == "a week later")
    walk.run(weeks=weeks, **filed(tmp_path, **{name: MISTAKABLE.permalink, other: ""}))
    right = [MISTAKABLE, FEW[0]]
    assert {one.id for one in right} == {row["id"] for row in walk.rows("artists")}
    assert {one.id for one in right} == {row["artist_id"] for row in walk.rows("tracks")}
    tracks = [row["id"] for row in walk.rows("tracks")]
    assert {one.id for one in expected.tracks_of(right, weeks, most=4)} <= set(tracks)
    assert {row["track_id"] for row in walk.rows("comments")} <= set(tracks)
    assert {row["track_id"] for row in walk.rows("popularity")} == set(tracks)
    [choice] = [row for row in walk.rows("artist_choices") if row["artist_name"] == name]
    assert (1, True, "its permalink is given") == (choice["rank"], choice["chosen"], choice["why"])


def test_what_was_withdrawn_by_mistake_comes_back_whole(tmp_path: Path) -> None:
    name = FEW[0].username
    first = Walk(tmp_path).run(**filed(tmp_path, **{name: ""}))
    comments = [row["id"] for row in first.rows("comments")]
    assert comments
    first.run(weeks=1, **filed(tmp_path, **{name: FEW[1].permalink}))
    assert [FEW[1].id] == [row["id"] for row in first.rows("artists")]
    first.run(weeks=2, **filed(tmp_path, **{name: FEW[0].permalink}))
    assert [FEW[0].id] == [row["id"] for row in first.rows("artists")]
    tracks = expected.tracks_of([FEW[0]], 2, most=4)
    assert expected.comments_under(tracks, 2) == first.rows("comments")


NAME, RIGHT, OTHER = FEW[0].username, FEW[0].permalink, FEW[1].permalink


@pytest.mark.parametrize("days", [(1, 2), (0, 0), (0, 1)])
@pytest.mark.parametrize(("middle", "last"), [("-", ""), ("-", RIGHT), (OTHER, ""), (OTHER, RIGHT)])
def test_what_was_withdrawn_comes_back_with_comments_and_all_that_the_shop_told(
    tmp_path: Path, middle: str, last: str, days: tuple[int, int]
) -> None:
    walk = Walk(tmp_path).run(**filed(tmp_path, **{NAME: ""}), **SHOPS["pages"])
    before = everything(walk)
    assert any(row.get("beatport_id") for row in before["tracks"])
    walk.run(later=timedelta(days=days[0]), **filed(tmp_path, **{NAME: middle}), **SHOPS["pages"])
    assert FEW[0].id not in [row["id"] for row in walk.rows("artists")]
    walk.run(later=timedelta(days=days[1]), **filed(tmp_path, **{NAME: last}), **SHOPS["pages"])
    after = everything(walk)
    assert [before[table] for table in ("artists", "tracks", "comments")] == [
        after[table] for table in ("artists", "tracks", "comments")
    ]
    assert {row["track_id"] for row in before["popularity"]} == {row["track_id"] for row in after["popularity"]}


def renamed(walk: Walk, own: str) -> None:
    """Let the walk remember another permalink for all profiles, as if they had been renamed since."""
    for request in [one for one in walk.states if one.kind == ARTIST]:
        note = msgspec.structs.replace(read(request.note, ArtistNote), own=own)
        walk.states[msgspec.structs.replace(request, note=written(note))] = walk.states.pop(request)


def test_a_corrected_permalink_of_the_same_profile_loses_nothing(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(**filed(tmp_path, **{NAME: ""}))
    renamed(walk, "old-name")
    walk.run(weeks=1, **filed(tmp_path, **{NAME: RIGHT}))
    tracks = {one.id for one in expected.tracks_of([FEW[0]], 1, most=4)}
    assert tracks <= {row["id"] for row in walk.rows("tracks")}
    assert 2 == len({row["day"] for row in walk.rows("popularity")})


def test_a_permalink_that_does_not_exist_costs_no_rows(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(**filed(tmp_path, **{NAME: ""}))
    walk.run(weeks=1, **filed(tmp_path, **{NAME: "no-such-profile-1"}))
    assert [FEW[0].id] == [row["id"] for row in walk.rows("artists")]
    walk.run(weeks=2, **filed(tmp_path, **{NAME: OTHER}))
    assert [FEW[1].id] == [row["id"] for row in walk.rows("artists")]


def test_a_dash_means_nobody(tmp_path: Path) -> None:
    name = FEW[0].username
    walk = Walk(tmp_path).run(**filed(tmp_path, **{name: ""}))
    walk.run(weeks=1, **filed(tmp_path, **{name: "-"}))
    assert [[], [], []] == [walk.rows(table) for table in ("artists", "tracks", "comments")]
    assert {"the artists file says that nobody is meant"} == {row["why"] for row in walk.rows("artist_choices")}
    walk.run(weeks=2, **filed(tmp_path, **{name: "-"}))
    assert [] == walk.asked


def test_an_unknown_permalink_is_an_outcome(tmp_path: Path) -> None:
    walk = Walk(tmp_path, "web").run(**filed(tmp_path, Someone="no-such-profile-1"))
    [row] = walk.rows("artist_choices")
    assert (0, 'no profile has the permalink "no-such-profile-1"') == (row["rank"], row["why"])
    assert ["done"] == [state.value for state in walk.states.values()]


def test_a_name_that_is_removed_keeps_its_rows(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(**filed(tmp_path, **{FEW[0].username: "", FEW[1].username: ""}))
    walk.run(weeks=1, **filed(tmp_path, **{FEW[1].username: ""}))
    assert {FEW[0].id, FEW[1].id} == {row["id"] for row in walk.rows("artists")}


# Again next week


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_week_later_all_is_as_if_read_anew(tmp_path: Path, backend: str) -> None:
    walk = Walk(tmp_path, backend).run(artists=NAMES, max_tracks="all").run(weeks=1, artists=NAMES, max_tracks="all")
    tracks = expected.tracks_of(FEW, 1)
    assert [expected.track(one, backend) for one in tracks] == walk.rows("tracks")
    assert expected.comments_under(tracks, 1) == walk.rows("comments")
    assert [] == asked(walk, "search"), "whoever was chosen stays chosen"
    days = {row["day"] for row in walk.rows("popularity")}
    assert {START.isoformat(), (START + timedelta(weeks=1)).isoformat()} == days


def test_before_counts_are_old_only_the_newest_tracks_are_read(tmp_path: Path) -> None:
    keys: dict[str, Any] = {"artists": NAMES, "max_tracks": 2, "refresh": "30d"}
    walk = Walk(tmp_path).run(**{**keys, "max_tracks": "all"})
    before = len(walk.asked)
    walk.run(weeks=1, **{**keys, "max_tracks": "all"})
    new = {one.id for one in expected.tracks_of(FEW, 1)} - {one.id for one in expected.tracks_of(FEW)}
    assert new <= {row["id"] for row in walk.rows("tracks")}
    told = {one.id: (one.comment_count, now.comment_count) for one, now in pairs()}
    again = {int(url.split("/tracks/")[1].split("/")[0].rpartition(":")[2]) for url in asked(walk, "/comments")}
    assert again - new <= {id_ for id_, (then, now) in told.items() if then != now or now is None}
    assert len(walk.asked) < before


def pairs() -> list[tuple[Any, Any]]:
    return [(one, truth.upload(one.id, 1)) for one in expected.tracks_of(FEW)]


def test_nothing_is_asked_twice_on_a_day(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(artists=NAMES, max_tracks=5)
    assert [] == walk.run(artists=NAMES, max_tracks=5).asked


def test_a_config_that_wants_more_of_the_same_day_gets_it(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(artists=NAMES, max_tracks=2, comments=1)
    walk.run(artists=NAMES, max_tracks=6, comments="all")
    whole = Walk(tmp_path).run(artists=NAMES, max_tracks=6, comments="all")
    assert everything(whole) == everything(walk)


def test_a_config_that_wants_more_a_week_later_gets_it(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(artists=NAMES, max_tracks=2, comments=1, refresh="30d")
    walk.run(weeks=1, artists=NAMES, max_tracks=6, comments="all", refresh="30d")
    tracks = expected.tracks_of(FEW, 1, most=6)
    rows = {row["id"]: row for row in walk.rows("tracks")}
    assert all(expected.track(one, "official") == rows[one.id] for one in tracks)
    comments = {row["id"] for row in walk.rows("comments")}
    assert {row["id"] for row in expected.comments_under(tracks, 1)} <= comments


@pytest.mark.parametrize("longest", ["4m", "30m"])
def test_what_counts_as_a_track_is_decided_anew_when_the_longest_changes(tmp_path: Path, longest: str) -> None:
    walk = Walk(tmp_path).run(artists=NAMES[:2], max_tracks=6, comments=0)
    walk.run(later=timedelta(days=1), artists=NAMES[:2], max_tracks=6, comments=0, max_track_length=longest)
    most = int(longest[:-1]) * 60_000
    assert all(row["is_track"] == (row["duration_ms"] <= most) for row in walk.rows("tracks"))


# The shop


def sold(walk: Walk) -> dict[int, int]:
    """The shop's ids of the tracks that were found there."""
    return {row["id"]: row["beatport_id"] for row in walk.rows("tracks") if row.get("beatport_id")}


@pytest.mark.parametrize(("backend", "shop"), [("official", "api"), ("web", "pages")])
def test_each_track_is_looked_up_once_and_its_row_completed(tmp_path: Path, backend: str, shop: str) -> None:
    keys: dict[str, Any] = {"artists": NAMES, "max_tracks": 6, **SHOPS[shop]}
    walk = Walk(tmp_path, backend).run(**keys)
    tracks = expected.tracks_of(FEW, most=6)
    there = {row["id"]: row for row in walk.rows("tracks")}
    assert all(expected.track(one, backend).items() <= there[one.id].items() for one in tracks)
    assert {one.id for one in tracks} == set(there)
    looked_up = [row for row in there.values() if row.get("match_why")]
    assert {one.id for one in tracks if one.duration_ms <= 900_000} == {row["id"] for row in looked_up}
    right = {one.id: one.sold.id for one in tracks if one.sold}
    assert {id_: right.get(id_) for id_ in sold(walk)} == sold(walk)
    assert len(sold(walk)) > 0.8 * len([one for one in tracks if one.sold and one.duration_ms <= 900_000])
    assert {f"beatport-waveforms/{id_}" for id_ in sold(walk).values()} >= {
        path.rpartition(".")[0] for path in walk.blobs if path.startswith("beatport-waveforms/")
    }
    walk.run(weeks=1, **keys)
    again = {row["id"] for row in walk.rows("tracks")} - set(there)
    assert len(asked(walk, "/search/")) <= len(again)


def test_sets_are_not_looked_up_and_pictures_only_if_wanted(tmp_path: Path) -> None:
    walk = Walk(tmp_path).run(artists=NAMES[:4], max_tracks=5, images=False, max_track_length="5m", **SHOPS["pages"])
    assert {} == walk.blobs
    assert all(row["duration_ms"] <= 300_000 for row in walk.rows("tracks") if row.get("match_why"))
    assert not any(row.get("beatport_waveform_path") for row in walk.rows("tracks"))
    assert any(row.get("beatport_waveform_url") for row in walk.rows("tracks"))


@pytest.mark.parametrize("shop", SHOPS)
def test_previews_are_downloaded_from_either_shop(tmp_path: Path, shop: str) -> None:
    walk = Walk(tmp_path).run(artists=NAMES[:2], max_tracks=5, comments=0, audio="previews", **SHOPS[shop])
    paths = {row["preview_path"]: row["preview_url"] for row in walk.rows("tracks") if row.get("preview_url")}
    assert paths
    assert paths == {path: url for path, url in walk.blobs.items() if path.startswith("audio/")}


def test_look_ups_for_a_wrong_artist_yield_nothing(tmp_path: Path) -> None:
    name = MISTAKABLE.username
    shop = SHOPS["pages"]
    walk = Walk(tmp_path)
    walk.run(most=3, **filed(tmp_path, **{name: ""}), **shop)
    assert any("beatport" in request.kind for request in walk.states)
    walk.run(**filed(tmp_path, **{name: MISTAKABLE.permalink}), **shop)
    assert {MISTAKABLE.id} == {row["artist_id"] for row in walk.rows("tracks")}


# Kills


@pytest.mark.parametrize("week", [0, 1])
def test_a_walk_that_is_left_anywhere_and_resumed_days_later_is_like_any_other(tmp_path: Path, week: int) -> None:
    keys: dict[str, Any] = {"artists": of([FEW[0], PATCHY]), "max_tracks": 3, "refresh": "30d", **SHOPS["api"]}
    begun = Walk(tmp_path).run(**keys) if week else Walk(tmp_path)
    whole = begun.copy().run(weeks=week, **keys)
    every = 6
    for cut in range(every, len(whole.asked), every):
        begun.run(weeks=week, most=every, **keys)
        resumed = begun.copy().run(weeks=week, later=timedelta(days=3), **keys)
        assert (cut, whole.states) == (cut, resumed.states)
        assert everything(whole) == everything(resumed)
