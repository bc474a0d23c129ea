"""How comments feel, in the pictures and on the terminal; and the tables it is read from, good and bad."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from rich.console import Console
from support.music_tables import artist, comment, feelings, felt_at, label, music, track

from asyncscrape.analysis.finished_tables import read_table
from asyncscrape.analysis.picture_style import INK
from asyncscrape.jobs.music.enrichment.enriched_tables import AUDIO_FEATURES, COMMENT_SENTIMENT, TRACK_SENTIMENT
from asyncscrape.jobs.music.report.enrichment_summary import measured_audio, read_comments
from asyncscrape.jobs.music.report.files import MusicReport
from asyncscrape.jobs.music.report.measured_words import in_words
from asyncscrape.jobs.music.report.mood_curves import HALVES, MOST, POINTS, curves, in_bytes
from asyncscrape.jobs.music.report.mood_moments import mood_moments
from asyncscrape.jobs.music.report.moods_picture import clearest_moods
from asyncscrape.jobs.music.report.picture_data import PictureData
from asyncscrape.jobs.music.report.stored_music import StoredMusic, stored_music
from asyncscrape.jobs.music.report.summary import summary
from asyncscrape.jobs.music.report.terminal import shown
from asyncscrape.jobs.music.report.top_track_picture import top_track

# Curves


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.3, 60)) | st.none(), min_size=POINTS, max_size=POINTS))
def test_a_curve_comes_back_out_of_its_bytes(points: list[tuple[float, float] | None]) -> None:
    row = feelings(1, {n: point for n, point in enumerate(points) if point})
    found = np.cumsum(in_bytes(curves(pl.DataFrame([row])))[0], dtype=np.uint8).tolist()
    for point, mood, weight in zip(points, found[:POINTS], found[POINTS:], strict=True):
        if point is None:
            assert (0, 0) == (mood, weight)
        else:
            assert pytest.approx(point[1], abs=0.5 / HALVES) == weight / HALVES
            assert pytest.approx(point[0], abs=0.5 / MOST) == (mood - MOST - 1) / MOST


NO_CURVES = (None, "", "[]", "[1]", "{", '"x"', json.dumps(["a"] * POINTS), json.dumps([2] * POINTS))


@pytest.mark.parametrize("text", NO_CURVES)
def test_what_is_no_curve_is_unknown(text: str | None) -> None:
    row = feelings(1, dict.fromkeys(range(POINTS), (0.5, 1.0))) | {"curve": text}
    table = pl.DataFrame([row], {"curve": pl.String, "curve_weights": pl.String})
    assert not in_bytes(curves(table)).any()


# Moments and their quotes


def quoted(said: Sequence[tuple[str, dict[str, Any]]], **where: Any) -> str | None:
    """The quote of a moment from 1:00 to 1:08 that is loved."""
    comments = [comment(n, 1, where.get("second", 62), body) for n, (body, _) in enumerate(said)]
    labels = [label(n, **about) for n, (_, about) in enumerate(said)]
    moods = [feelings(1, loved=[felt_at(60, 3, 0.8)])]
    found = mood_moments(music([artist(1)], [track(1)], comments, (), (), labels, moods))
    return found["quote"].to_list()[0]


LOVES: dict[str, Any] = {"says": "positive"}


def test_the_surest_comment_that_reads_well_is_quoted() -> None:
    said = [
        ("so good", {**LOVES, "probability": 0.8}),
        ("this one\nhere 🔥", {**LOVES, "probability": 0.9}),
        ("🔥🔥🔥", {**LOVES, "probability": 0.99}),
        ("word " * 60, {**LOVES, "probability": 0.98}),
        ("not mine at all", {"says": "negative", "probability": 1.0}),
        ("who knows what", {**LOVES, "probability": 1.0, "sure": False}),
    ]
    assert "this one here 🔥" == quoted(said)


def test_a_moment_may_have_nothing_to_quote() -> None:
    assert quoted([("🔥", LOVES)]) == "🔥"
    assert quoted([(" \n", LOVES)]) is None
    assert quoted([("nice one", LOVES)], second=70) is None
    assert quoted([("nice one", LOVES)], second=68.05) == "nice one", "ends are rounded"


def test_moments_that_no_track_can_have_are_left_out() -> None:
    odd = [
        {"second": -1, "until": 5, "comments": 2, "mood": 0.5},
        {"second": 9, "until": 5, "comments": 2, "mood": 0.5},
        {"second": 9, "until": 1e300, "comments": 2, "mood": 0.5},
        {"second": 9, "until": 10, "comments": 2, "mood": 5},
        {"second": 7, "until": 7, "comments": 2, "mood": 0.5},
    ]
    moods = [feelings(1, loved=odd), feelings(2) | {"loved": '[{"second":1}]', "hated": "nothing"}]
    found = mood_moments(music([artist(1)], [track(1), track(2)], (), (), (), (), moods))
    assert [(1, 7.0)] == found.select("track_id", "second").rows()


# Pictures


def felt(**other: Any) -> StoredMusic:
    """Two tracks; the second has the clearer moments."""
    comments = [comment(n, 2, 62, "what a drop") for n in range(3)] + [comment(9, 1, 5, "$x^2$ meh")]
    labels = [*(label(n, "positive") for n in range(3)), label(9, "negative")]
    moods = [
        feelings(1, {0: (-0.9, 1)}, comments=1, negative=1, mood=-0.9, hated=[felt_at(2, 1, -0.9)]),
        feelings(2, {10: (0.8, 3), 12: (0.7, 1)}, comments=4, positive=3, mood=0.8, loved=[felt_at(60, 3, 0.8)]),
    ]
    tracks = [track(1, title="$a$"), track(2, title="Second Light", **other)]
    return music([artist(1)], tracks, comments, (), (), labels, moods)


def drawn(make: Any, stored: StoredMusic, blobs: Path | None = None) -> Figure:
    figure: Figure | None = make(PictureData(stored, blobs, "a source"))
    assert figure is not None
    figure.draw_without_rendering()
    return figure


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_the_track_with_the_clearest_moments_is_drawn_above_its_waveform(tmp_path: Path) -> None:
    (tmp_path / "2.json").write_text('{"samples":[0,140]}')
    figure = drawn(clearest_moods, felt(waveform_path="2.json"), tmp_path)
    assert [
        "The mood along the track: Second Light",
        "as a small model reads 3 of 4 comments · Artist 1 · a source",
        "♥ 1:00",
        "“what a drop”",
        "3 comments, mood +0.80",
    ] == texts(figure)
    above, below = figure.axes
    assert (0, 600) == above.get_xlim() == below.get_xlim()
    assert ["♥"] == [text.get_text() for text in above.texts]
    ends = [tuple(np.asarray(line.get_xdata()).tolist()) for line in above.lines if line.get_color() == INK]
    assert [(60, 63), (63, 66), (72, 75), (75, 78)] == ends, "there is a gap where nothing is known"
    assert 1 == len(drawn(clearest_moods, felt()).axes)


def test_without_a_mood_there_is_no_picture_of_it() -> None:
    bare = music([artist(1)], [track(1)], [comment(1, 1, 5, "x")])
    unknown = music([artist(1)], [track(1)], (), (), (), (), [feelings(1, loved=[felt_at(5, 3, 1)])])
    elsewhere = music([artist(1)], [track(1)], (), (), (), (), [feelings(7, {0: (1, 1)}, loved=[felt_at(5, 3, 1)])])
    for stored in (bare, unknown, elsewhere):
        assert clearest_moods(PictureData(stored, None, "")) is None


def test_the_moments_of_the_most_discussed_track_are_marked() -> None:
    figure = drawn(top_track, felt())
    told = "3 comments with a time over 10:00 · Artist 1 · ♥ loved, as a small model reads it · a source"
    assert told == texts(figure)[1]
    assert "♥" in [text.get_text() for text in figure.axes[0].texts]


# The terminal


def printed(stored: StoredMusic) -> str:
    screen = Console(width=160, file=io.StringIO())
    screen.print(shown(MusicReport(summary(stored), (Path(__file__),), ())))
    return " ".join(screen.file.getvalue().split())  # type: ignore[attr-defined]


def test_the_terminal_tells_what_is_loved_and_hated() -> None:
    seen = printed(felt())
    shares = "75 % positive · 0 % neutral · 25 % negative · 0 % noise · 0 % unsure"
    assert f"a small model reads 4 comments: {shares}" in seen
    assert "moments that people love and hate, as a small model reads their comments" in seen
    assert "loved Artist 1 – Second Light 1:00 3 +0.80 “what a drop”" in seen
    assert "hated Artist 1 – $a$ 0:02 1 −0.90 “$x^2$ meh”" in seen
    assert "audio" not in seen
    assert "small model" not in printed(music([artist(1)], [track(1)], [comment(1, 1, 5, "x")]))


def test_the_surest_moments_come_first_and_only_three_of_a_feeling() -> None:
    lists = [[felt_at(10, 4, 0.5)], [felt_at(20, 100, 0.3)], [felt_at(30, 2, 1.0)], [felt_at(40, 1, 0.9)]]
    moods = [feelings(n, loved=loved) for n, loved in enumerate(lists)]
    tracks = [track(n) for n in range(4)]
    stored = music([artist(1)], tracks, [comment(1, 1, 5, "x")], (), (), [label(1, "noise")], moods)
    found = read_comments(stored)
    assert found is not None
    assert {"noise": 1} == found.labels
    assert [20, 30, 10] == [one.second for one in found.moments]


def test_the_terminal_tells_how_far_tempos_and_keys_agree() -> None:
    ways = [("same", "same"), ("same", "fifth"), ("octave", "relative"), ("other", None), (None, "parallel")]
    rows = [{"track_id": n, "bpm_agreement": tempo, "key_agreement": key} for n, (tempo, key) in enumerate(ways)]
    rows.append({"track_id": 9, "problem": "it is empty"})
    stored = music([artist(1)], [track(1)], (), (), (), (), (), rows)
    found = measured_audio(stored.audio_features)
    assert found is not None
    assert (6, 1, {"same": 2, "octave": 1, "other": 1}) == (found.tracks, found.problems, dict(found.tempos))
    assert (
        "audio 5 of 6 tracks measured 2 of 4 tempos as Beatport says, 1 an octave away "
        "1 of 4 keys as Beatport says, 1 its relative, 1 a fifth away, 1 its parallel"
    ) in printed(stored)


# What is measured, in words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"tempo": 128.0, "bpm_agreement": "same"}, [["Measured tempo", "128 BPM, as Beatport says"]]),
        ({"tempo": 90.5, "tempo_3": 181.0}, [["Measured tempo", "90.5 BPM (else 181)"]]),
        ({"key": "A minor", "camelot": "8A"}, [["Measured key", "A minor (8A)"]]),
        ({"loudness_lufs": -7.04}, [["Measured loudness", "−7.0 LUFS"]]),
        ({"problem": "it is empty", "tempo": 1.0}, [["Audio", "cannot be measured: it is empty"]]),
        ({}, []),
    ],
)
def test_only_what_is_measured_is_told(row: dict[str, Any], words: list[list[str]]) -> None:
    whole = dict.fromkeys(column.name for column in AUDIO_FEATURES.columns)
    assert words == in_words({**whole, **row})


# The tables in files


def write(rows: list[dict[str, Any]], file: Path) -> None:
    """Rows as a store has them: JSON lines nest what other forms hold as text."""
    as_text = [{k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows]
    match file.suffix:
        case ".parquet":
            pl.DataFrame(as_text).write_parquet(file)
        case ".jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case _:
            with file.open("w", newline="") as out:
                table = csv.DictWriter(out, rows[0])
                table.writeheader()
                table.writerows(
                    {k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()} for row in as_text
                )


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
def test_the_tables_are_read_from_any_form(tmp_path: Path, form: str) -> None:
    moods = feelings(1, {3: (0.25, 2.5)}, mood=0.25, loved=[felt_at(1, 3, 0.5)])
    nested = {name: json.loads(moods[name]) for name in ("curve", "curve_weights", "loved", "hated")}
    tables = {
        COMMENT_SENTIMENT: {"comment_id": 2**62, "label": "positive", "probability": 0.75, "sure": True},
        TRACK_SENTIMENT: {**moods, **nested},
        AUDIO_FEATURES: {"track_id": 1, "tempo": 126.5, "key": "A minor", "problem": None, "energy": "[0.5,1.0]"},
    }
    judged, heard = [tables[COMMENT_SENTIMENT]], [tables[AUDIO_FEATURES]]
    expected = music([artist(1)], [track(1)], (), (), (), judged, [moods], heard)
    names = {table.name: table for table in tables}
    for table, row in tables.items():
        write([row], tmp_path / f"{table.name}.{form}")

    def read(name: str) -> pl.DataFrame:
        if name in names:
            return read_table(tmp_path / f"{name}.{form}", names[name])
        return {"artists": expected.artists, "tracks": expected.tracks}.get(name, pl.DataFrame())

    found = stored_music(read, names.__contains__)
    for name in ("comment_sentiment", "audio_features"):
        assert getattr(expected, name).equals(getattr(found, name)), name
    assert np.array_equal(in_bytes(curves(expected.track_sentiment)), in_bytes(curves(found.track_sentiment)))
    assert mood_moments(expected).equals(mood_moments(found))
