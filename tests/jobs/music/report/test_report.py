"""The report of the music job on stored tables, good and bad."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.console import Console, RenderableType
from support.command import PATIENCE
from support.mood_scene import with_moods
from support.music_scene import scene, write_blobs
from support.music_tables import COLUMNS, artist, as_stored, choice, comment, matched, music, track
from support.prediction_scene import predicted_scene

from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import FinishedTables
from asyncscrape.jobs.music.report import original_csv, pictures
from asyncscrape.jobs.music.report.contact_sheet import contact_sheet
from asyncscrape.jobs.music.report.files import MusicReport, make_music_report
from asyncscrape.jobs.music.report.findings import NotFound, Saying, SearchedNames
from asyncscrape.jobs.music.report.followers_picture import short
from asyncscrape.jobs.music.report.make import report_on
from asyncscrape.jobs.music.report.moments import moments, said
from asyncscrape.jobs.music.report.picture_data import PictureData
from asyncscrape.jobs.music.report.stored_music import StoredMusic
from asyncscrape.jobs.music.report.summary import summary
from asyncscrape.jobs.music.report.terminal import shown
from asyncscrape.jobs.music.report.waveform_files import POINTS, heights
from asyncscrape.model import Column, Table

CSV_AND_PAGE = {"Artists.csv", "Tracks-and-Beats.csv", "Comments.csv", "tracks.html"}
PICTURES = {"followers-and-plays.png", "top-track.png", "moods.png", "bpm.png", "keys.png", "artworks.png"}


# Figures


def test_what_came_of_beatport_is_told_for_every_track() -> None:
    tracks = [
        matched(1),
        track(2, match_why="no title alike"),
        track(3, is_track=False),
        track(4),
        track(5, is_track=None),
        track(6, is_track=False, match_why="a set"),
    ]
    assert {"matched": 1, "no match": 1, "set": 2, "not asked": 2} == summary(music(tracks=tracks)).fates


def test_counts_and_coverage_count_what_is_there() -> None:
    stored = music(
        artists=[artist(1, bio=""), artist(2, bio="live")],
        tracks=[track(1, tags=[]), track(2, tags=["acid"])],
        comments=[comment(1, 1, 3.5, "x"), comment(2, 1, None, "y")],
        choices=[choice("A", True), choice("A", False), choice("B", None)],
        popularity=[{"track_id": 1}],
    )
    found = summary(stored)
    counts = (found.artists, found.tracks, found.comments, found.timed_comments, found.observations)
    assert (2, 2, 2, 1, 1) == counts
    assert SearchedNames(found=1, nobody=0, missing=(NotFound("B", ""),)) == found.names
    shares = {table: found.coverage[table][column] for table, column in (("artists", "bio"), ("tracks", "tags"))}
    assert {"artists": 0.5, "tracks": 0.5} == shares
    assert {"artists": {}, "tracks": {}, "comments": {}} == summary(music()).coverage


# Moments


def told(stored: StoredMusic) -> list[tuple[int, int, int]]:
    return [(moment.track_id, moment.second, moment.comments) for moment in moments(stored)]


def at(*seconds: float | None, track: int = 1) -> list[dict[str, Any]]:
    return [comment(100 * track + n, track, second, f"word {n}") for n, second in enumerate(seconds)]


def test_a_moment_lasts_five_seconds_and_a_comment_without_a_time_does_not_count() -> None:
    comments = at(10, 14.9, 15, None, None, None)
    assert [(1, 10, 2)] == told(music(tracks=[track(1)], comments=comments))


def test_the_start_of_a_track_counts_and_a_single_comment_is_no_discussion() -> None:
    assert [(1, 0, 2)] == told(music(tracks=[track(1)], comments=at(0, 0, 50)))


def test_moments_of_a_track_lie_apart_and_the_fullest_comes_first() -> None:
    comments = [*at(20, 21, 22, 23, 26, 27, 28, 39, 40, 40, 44), *at(20, 20, 20, 20, 20, track=2)]
    found = told(music(tracks=[track(1), track(2)], comments=comments))
    assert [(2, 20, 5), (1, 20, 4), (1, 40, 3)] == found


def test_there_are_ten_moments_at_most_and_only_of_stored_tracks() -> None:
    comments = [row for n in range(1, 15) for row in at(*[7] * (n + 1), track=n)]
    stored = music(tracks=[track(n) for n in range(1, 14)], comments=comments)
    assert [(n, 7, n + 1) for n in range(13, 3, -1)] == told(stored)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 3), st.floats(0, 40, width=32)), max_size=40))
def test_no_stretch_of_five_seconds_is_fuller_than_the_first_moment(said: list[tuple[int, float]]) -> None:
    comments = [comment(n, number, second, "x") for n, (number, second) in enumerate(said)]
    found = told(music(tracks=[track(n) for n in (1, 2, 3)], comments=comments))
    windows = [sum(1 for b, t in said if a == b and s <= int(t) <= s + 4) for a in (1, 2, 3) for s in range(41)]
    assert [max(windows)] * (max(windows) >= 2) == [number for _, _, number in found[:1]]


@pytest.mark.parametrize(
    ("texts", "quoted"),
    [
        (["🔥", "🔥🔥🔥", "nice", "Nice!!", "NICE"], [("nice", 3), ("🔥", 2)]),
        (["that drop", "the drop", "drop", "track id?"], [("drop", 1), ("the drop", 1), ("that drop", 1)]),
        (["", "  ", "\n"], []),
        (["???", "!"], [("!", 1), ("???", 1)]),
    ],
)
def test_what_is_said_is_what_most_say(texts: list[str], quoted: list[tuple[str, int]]) -> None:
    assert tuple(Saying(text, times) for text, times in quoted) == said(texts)


ABSURD = (-1, 606, 10**10, (2**63 - 1) / 1000, float("inf"), float("nan"))
"""Seconds that are in no track of ten minutes."""


def test_a_time_that_is_not_in_its_track_is_no_time() -> None:
    stored = music(tracks=[track(1)], comments=at(*[30] * 3, 604, *ABSURD, *ABSURD))
    assert (16, 4) == (summary(stored).comments, summary(stored).timed_comments)
    assert [(1, 30, 3)] == told(stored)
    figure = pictures.top_track(data(stored))
    assert figure is not None
    assert "4 comments with a time over 10:05 · a source" == texts(figure)[1]
    pictures.png(figure)


@pytest.mark.parametrize("length", [None, 0, -1, 10**18, 86_400_000])
def test_a_sound_of_unknown_length_lasts_a_day_at_most(length: int | None) -> None:
    stored = music(tracks=[track(1, duration_ms=length)], comments=at(*[80_000] * 2, *ABSURD[2:], *ABSURD[2:]))
    assert [(1, 80_000, 2)] == told(stored)
    figure = pictures.top_track(data(stored))
    assert figure is not None
    assert 8 <= len(figure.axes[0].get_xticks()) <= 12


# The terminal


def printed(made: RenderableType) -> str:
    screen = Console(width=160, file=io.StringIO())
    screen.print(made)
    return " ".join(screen.file.getvalue().split())  # type: ignore[attr-defined]


def test_the_terminal_shows_figures_moments_and_files(tmp_path: Path) -> None:
    evil = "\x1b[2Jgone\u202e"
    comments = [comment(n, 1, 221, "that drop" if n < 3 else evil, user_id=n // 2) for n in range(4)]
    stored = music(
        [artist(1, name="[bold]Nora")], [matched(1, title=evil), track(2)], comments, [choice("Nora", True)]
    )
    (tmp_path / "tracks.html").write_bytes(bytes(1234))
    seen = printed(shown(MusicReport(summary(stored), (tmp_path / "tracks.html",), ("artworks.png",))))
    assert "artists 1, found for 1 of 1 name tracks 2 popularity 0 daily counts" in seen
    assert "comments 4, 4 of them at a time in the track" in seen
    assert "Beatport 1 matched · 0 no match · 0 sets · 1 not asked" in seen
    assert "50 % beatport_id" in seen
    assert "[bold]Nora – \ufffd[2Jgone\ufffd 3:41 4 by 2 “that drop” ×3 · “\ufffd[2Jgone\ufffd”" in seen
    assert "tracks.html (1.2 KB)" in seen
    assert "There is no data for artworks.png." in seen
    assert "\x1b" not in seen


def test_names_without_an_artist_are_told_with_the_reason() -> None:
    few, said = "none of the 2 best hits has at least 1,000 followers", "the artists file says that nobody is meant"
    choices = [
        choice("Nora", True, "its permalink is given"),
        choice("A[/]Kai", False, "fewer than 1,000 followers"),
        choice("A[/]Kai", False, few, rank=0),
        *(choice(name, False, said, rank) for name in ("Ansel", "Maud") for rank in (0, 1)),
        *(choice(f"N{n:02}\x1b", False, "the search finds nobody", rank=0) for n in range(21)),
    ]
    seen = printed(shown(MusicReport(summary(music([artist(1)], choices=choices)), (Path(__file__),), ())))
    assert "artists 1, found for 1 of 23 names; 2 names that the artists file sets to nobody" in seen
    assert f"names not found A[/]Kai {few} N00\ufffd the search finds nobody N01\ufffd" in seen
    assert "N18\ufffd the search finds nobody and 2 more; the table artist_choices has them all" in seen
    assert "Ansel" not in seen


# The original's CSV files


def rows(name: str, stored: StoredMusic) -> list[dict[str, str]]:
    file = io.BytesIO()
    dict(original_csv.original_files(stored))[name](file)
    return list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))


def test_the_csv_files_have_the_original_columns_in_order() -> None:
    headers = {}
    for name, write in original_csv.original_files(music()):
        file = io.BytesIO()
        write(file)
        headers[name] = file.getvalue().decode()
    assert {
        "Artists.csv": "artist_id,artist_name,bio,location,followers,profile_image_url,profile_image_path,"
        "background_image_url,background_image_path\n",
        "Tracks-and-Beats.csv": "track_id,artist_id,track_name,track_url,artist_name,track_description,likes,"
        "comments,shares,plays,track_image_url,track_image_path,track_date_time,tags,bpm,key,genre,waveform_url,"
        "waveform_path,length,is_track,mix,feat,remixer,original_producer,track_date,beatport_url,beatport_track_name,label,"
        "beatport_release\n",
        "Comments.csv": "track_id,artist_id,comment_id,comment,comment_date_time,track_time,track_name,track_url\n",
    } == headers


def test_values_are_kept_as_they_are() -> None:
    number = 2**62
    about = {"tags": ["deep house", "dub"], "remixers": [], "likes": None, "plays": 0, "duration_ms": 391_500}
    odd = '=1+1, "quoted"\nand\r\na second line'
    stored = music(
        [artist(1, name="Nora")],
        [matched(number, title=odd, **about)],
        [comment(7, number, 3.25, odd), comment(8, number, None, "")],
    )
    (row,) = rows("Tracks-and-Beats.csv", stored)
    assert [str(number), odd, "Nora", "", "0", "deep house, dub", "", "Nora Vale"] == [
        row[name]
        for name in (
            "track_id",
            "track_name",
            "artist_name",
            "likes",
            "plays",
            "tags",
            "remixer",
            "original_producer",
        )
    ]
    assert ["128", "Techno", "391.5", "true", "2025-05-12", "2026-03-01T00:00:00Z"] == [
        row[name] for name in ("bpm", "genre", "length", "is_track", "track_date", "track_date_time")
    ]
    first, second = rows("Comments.csv", stored)
    assert [odd, "3.25", odd, "2026-03-01T00:07:00Z"] == [
        first[name] for name in ("comment", "track_time", "track_name", "comment_date_time")
    ]
    assert ("", "") == (second["comment"], second["track_time"])


# Pictures


def data(stored: StoredMusic, blobs: Path | None = None) -> PictureData:
    return PictureData(stored, blobs, "a source")


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_an_artist_without_followers_or_plays_is_counted_and_not_drawn() -> None:
    artists = [artist(1), artist(2, followers=0), artist(3), artist(4, followers=None)]
    figure = pictures.followers(data(music(artists, [track(1, 1), track(2, 2), track(3, 3, plays=None)])))
    assert figure is not None
    assert [[1000, 1000]] == figure.axes[0].collections[0].get_offsets().tolist()
    assert "1 artist · 3 more without followers or plays · logarithmic axes · a source" == texts(figure)[1]
    assert [("log", "log")] == [(axes.get_xscale(), axes.get_yscale()) for axes in figure.axes]


def test_the_names_in_a_picture_do_not_cover_each_other() -> None:
    stored = scene(400, 1)
    figure = pictures.followers(data(stored))
    assert figure is not None
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) > 3
    assert [] == [(a, b) for n, a in enumerate(boxes) for b in boxes[:n] if a.overlaps(b)]


def test_comments_stand_over_the_waveform_of_the_most_discussed_track(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('{"width":4,"height":140,"samples":[0,140,70,35]}')
    stored = music(
        [artist(1)], [track(1, waveform_path="1.json"), track(2)], [*at(300, 300, 301), *at(5, 6, track=2)]
    )
    figure = pictures.top_track(data(stored, tmp_path))
    assert figure is not None
    above, below = figure.axes
    assert (120, 3) == (len(above.patches), sum(patch.get_height() for patch in above.patches))
    assert {0, 126, 64, 32} == {patch.get_height() for patch in below.patches}
    assert ["What people react to: Track 1", "3 comments with a time over 10:00 · Artist 1 · a source"] == texts(
        figure
    )
    assert ["5:00: 3 comments"] == texts(above)
    alone = pictures.top_track(data(stored))
    assert alone is not None
    assert 1 == len(alone.axes)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("W" * 5000, "What people react to: " + "W" * 5),
        ("i" * 5000, "What people react to: " + "i" * 80),
        ("比特币", "What people react to: track-1"),
        ("Tide 🔥 (比 Mix)", "What people react to: Tide ( Mix)"),
        ("$x^2$", "What people react to: $x^2$"),
    ],
)
def test_a_heading_ends_within_its_picture(title: str, shown: str) -> None:
    stored = music([artist(1, name="W" * 5000)], [track(1, title=title)], at(5))
    figure = pictures.top_track(data(stored))
    assert figure is not None
    figure.draw_without_rendering()
    ends = [text.get_window_extent().x1 for text in figure.texts]
    assert 1165 > max(ends)
    assert shown == texts(figure)[0][: len(shown)]
    assert texts(figure)[1].endswith("W… · a source")


def test_tempo_and_keys_are_drawn_as_counted() -> None:
    stored = music(tracks=[matched(1), matched(2), matched(3, bpm=174.2, camelot="4B"), matched(4, bpm=1.0)])
    tempo, wheel = pictures.bpm(data(stored)), pictures.keys(data(stored))
    assert tempo is not None
    assert wheel is not None
    bars = {int(bar.get_x() + 0.5): int(bar.get_height()) for bar in tempo.axes[0].patches if bar.get_height()}
    assert {128: 2, 174: 1} == bars
    assert {"8A", "A minor", "3 · 75 %", "4B", "Ab major", "1 · 25 %"} <= set(texts(wheel))
    assert 24 == len(wheel.axes[0].patches)


@pytest.mark.parametrize(("number", "written"), [(1, "1"), (500, "500"), (20_000, "20K"), (1e6, "1M"), (5e9, "5B")])
def test_numbers_on_an_axis_are_short(number: float, written: str) -> None:
    assert written == short(number)


def test_a_contact_sheet_has_each_readable_artwork_once(tmp_path: Path) -> None:
    for name, colour in (("a.png", "red"), ("b.png", "red"), ("c.jpg", "blue"), ("d.gif", "lime")):
        Image.new("RGB", (40, 30), colour).save(tmp_path / name)
    Image.new("L", (8_000, 6_000)).save(tmp_path / "huge.png")
    Image.new("L", (10_000, 10_000)).save(tmp_path / "larger.png")
    (tmp_path / "e.jpg").write_bytes((tmp_path / "c.jpg").read_bytes()[:200])
    (tmp_path / "f.png").write_text("<html>403</html>")
    sheet = contact_sheet(
        ["f.png", None, "a.png", "b.png", "gone.png", "huge.png", "larger.png", "e.jpg", "c.jpg", "d.gif"], tmp_path
    )
    assert sheet is not None
    with Image.open(io.BytesIO(sheet)) as picture:
        assert (612, 612) == picture.size
        seen = [picture.convert("RGB").getpixel(place) for place in ((150, 150), (450, 150), (150, 450), (450, 450))]
    wanted = [(255, 0, 0), (0, 0, 254), (0, 255, 0), (255, 255, 255)]
    assert all(np.abs(np.subtract(a, b)).max() < 8 for a, b in zip(wanted, seen, strict=True)), seen
    assert contact_sheet(["f.png", None], tmp_path) is None
    assert contact_sheet(["a.png"], None) is None


@pytest.mark.parametrize(
    ("content", "first_and_last"),
    [
        ('{"width":1800,"height":140,"samples":[' + ",".join(["140"] * 1800) + "]}", [63, 63]),
        ('{"samples":[140,0]}', [63, 0]),
        ('{"height":70,"samples":[35]}', [32, 32]),
        ('{"height":0,"samples":[-5,999]}', [0, 63]),
        ('{"samples":[]}', [0, 0]),
        (f'{{"samples":[{10**400}]}}', [0, 0]),
        (f'{{"samples":[7],"height":{10**400}}}', [0, 0]),
        ('{"samples":[9223372036854775807],"height":-9223372036854775808}', [63, 63]),
        ('{"samples":"x"}', [0, 0]),
        ("<html>", [0, 0]),
        (None, [0, 0]),
    ],
)
def test_a_waveform_is_shrunk_to_a_few_heights(
    tmp_path: Path, content: str | None, first_and_last: list[int]
) -> None:
    if content is not None:
        (tmp_path / "w.json").write_text(content)
    waves = heights(["w.json", None], tmp_path)
    assert (2, POINTS) == waves.shape
    assert first_and_last == [waves[0][0], waves[0][-1]]
    assert not waves[1].any()


# The whole report


NUMBERS = st.sampled_from([None, 0, 1, -1, 1000, 10**18, 2**63 - 1, -(2**63)])
SHARES = st.sampled_from([None, 0.0, -1.0, 128.0, 1e9, 1e300, float("inf"), float("nan")])
TEXTS = st.sampled_from(
    [
        None,
        "",
        "x" * 5000,
        "$x^2$",
        r"$\frac{$",
        "\x00\x1b[2J\u202e",
        "比特币 🚀",
        "a\nb",
        "</script>",
        "8A",
        "\u0300" * 99,
    ]
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pl.Int64: NUMBERS,
    pl.Float64: SHARES,
    pl.String: TEXTS,
    pl.Boolean: st.sampled_from([None, True, False]),
    pl.Date: st.sampled_from([None, date.min, date.max]),
    pl.Datetime: st.sampled_from([None, *(one.replace(tzinfo=UTC) for one in (datetime.min, datetime.max))]),
    pl.List: st.lists(TEXTS, max_size=30) | st.none(),
}


@st.composite
def hostile(draw: st.DrawFn) -> StoredMusic:
    """Tables that a stranger filled as badly as their types allow; comments belong to some of the tracks."""
    tables = {}
    for name, columns in COLUMNS.items():
        rows = [{column: draw(VALUES[kind.base_type()]) for column, kind in columns.items()} for _ in range(4)]
        tables[name] = [
            row | {key: n for key in ("id", "artist_id", "track_id") if key in row} for n, row in enumerate(rows)
        ]
    return music(*tables.values())


@settings(deadline=None, max_examples=8)
@given(hostile())
@pytest.mark.filterwarnings("error")
def test_no_value_keeps_a_report_from_being_made(stored: StoredMusic) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = make_music_report(stored, folder, blobs=folder, source="a source")
        assert 3_000_000 > sum(file.stat().st_size for file in made.files)
        assert "\x1b" not in printed(shown(made))


def test_plays_add_up_beyond_64_bits() -> None:
    figure = pictures.followers(data(music([artist(1)], [track(n, plays=2**63 - 1) for n in (1, 2)])))
    assert figure is not None
    assert [[1000, 2.0**64]] == figure.axes[0].collections[0].get_offsets().tolist()


@pytest.mark.parametrize(
    ("stored", "made"),
    [
        (music(), set()),
        (music([artist(1, name=None)], [track(1, title="比特币 $x^2$ 🚀", artist_id=9)], at(5)), {"top-track.png"}),
        (music(tracks=[matched(1, title=None, camelot="13C", key=None)]), {"bpm.png"}),
    ],
    ids=["nothing", "odd names", "odd key"],
)
@pytest.mark.filterwarnings("error")
def test_a_report_is_made_of_anything(tmp_path: Path, stored: StoredMusic, made: set[str]) -> None:
    (tmp_path / "bpm.png").write_text("of an older report")
    report = make_music_report(stored, tmp_path, blobs=tmp_path, source="a source")
    assert CSV_AND_PAGE | made == {path.name for path in tmp_path.iterdir()} == {path.name for path in report.files}
    assert PICTURES - made == set(report.missing)


def finished(stored: StoredMusic, folder: Path, blobs: str = "files") -> tuple[FinishedTables, list[Table]]:
    tables = [Table(name, ("id",), (Column("id", "int"),), merge=True) for name in COLUMNS]
    frames = dict(zip(COLUMNS, vars(stored).values(), strict=True))
    config = Config.model_validate({"name": "job", "data": folder, "store": {"blobs": blobs}})
    read = lambda table: as_stored(frames[table.name])  # noqa: E731
    has = lambda table: not frames[table.name].is_empty()  # noqa: E731
    return FinishedTables(config, read, has, folder / "report", synthetic=True), tables


def test_the_report_reads_the_tables_as_they_are_stored(tmp_path: Path) -> None:
    predicted = predicted_scene(50)
    tables_of_model = {name: getattr(predicted, name) for name in ("track_predictions", "prediction_figures")}
    stored = replace(with_moods(scene(40, 30)), **tables_of_model)
    write_blobs(stored, tmp_path / "job" / "blobs", most=5)
    given, tables = finished(stored, tmp_path)
    told = printed(report_on(tables)(given))
    folder = tmp_path / "report"
    assert CSV_AND_PAGE | PICTURES | {"model.html"} == {path.name for path in folder.iterdir()}
    assert (
        "prediction popularity: 31 % (27 to 35 %) of the spread told from release, artist, audio; shuffled 0 %"
        in told
    )
    assert "model.html says how well plays and moods can be predicted." in told
    assert "techno, warehouse, acid" in (folder / "Tracks-and-Beats.csv").read_text()
    assert "synthetic data" in (folder / "tracks.html").read_text()
    assert "does without" not in told
    for name in PICTURES - {"artworks.png"}:
        with Image.open(folder / name) as picture:
            assert ("PNG", (1200, 675)) == (picture.format, picture.size)


def test_without_blobs_on_disk_the_report_says_so_and_is_made(tmp_path: Path) -> None:
    given, tables = finished(music(tracks=[track(1, image_path="a.png")]), tmp_path, "s3://bucket/music")
    told = printed(report_on(tables)(given))
    assert "Artworks and waveforms are in s3://bucket/music, so the report does without them." in told
    assert {path.name for path in (tmp_path / "report").iterdir()} == CSV_AND_PAGE


def test_without_any_artist_and_track_there_is_no_report(tmp_path: Path) -> None:
    given, tables = finished(music(), tmp_path)
    with pytest.raises(UsageError, match="no artists and tracks are stored yet"):
        report_on(tables)(given)
    assert not (tmp_path / "report").exists()


def test_rows_without_an_id_are_left_out() -> None:
    stored = music(
        [artist(1)],
        [track(1), {**track(2), "id": None}],
        [comment(1, 1, 1, "x"), {**comment(2, 1, 1, "y"), "track_id": None}],
    )
    assert (1, 1) == (stored.tracks.height, stored.comments.height)


def test_times_are_those_of_the_tables() -> None:
    stored = music(tracks=[track(1, posted_at=datetime(2024, 2, 29, 23, 59, tzinfo=UTC))])
    assert "2024-02-29T23:59:00Z" == rows("Tracks-and-Beats.csv", replace(stored))[0]["track_date_time"]
    assert pl.Datetime("us", "UTC") == stored.tracks.schema["posted_at"]


def test_heavy_imports_happen_only_for_a_report() -> None:
    code = (
        "import sys; import asyncscrape.jobs.music.report.make;"
        "print({'polars', 'matplotlib', 'PIL', 'numpy'} & set(sys.modules))"
    )
    assert "set()" == subprocess.check_output([sys.executable, "-c", code], text=True, timeout=PATIENCE).strip()
