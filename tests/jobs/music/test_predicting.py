"""`enrich … model` on stored tables: what is expected of each track, and how that follows what is stored."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.job_frontier import copy_jobs
from support.written_music_job import Stored

from asyncscrape.enrichments import TableStep, Tell
from asyncscrape.model import Record, Withdrawal

ARTISTS, EACH = 24, 7
TRACKS = ARTISTS * EACH
"""A few more than it takes to learn anything."""
TABLES = ("track_predictions", "prediction_figures")


class Ended(Exception):
    """The end of a run at a chosen moment."""


def scene() -> Iterator[Record]:
    """Artists whose tracks are played as often as they have followers, give or take; else all are alike."""
    chance = random.Random(26)
    for artist in range(1, ARTISTS + 1):
        followers = int(10 ** chance.uniform(3, 6))
        yield Record("artists", {"id": artist, "name": f"Artist {artist}", "followers": followers})
        for number in range(100 * artist, 100 * artist + EACH):
            yield track(number, artist, int(followers * 10 ** chance.uniform(-0.3, 0.3)))


def track(number: int, artist: int, plays: int, **other: Any) -> Record:
    told = {"title": "Tide", "posted_at": "2026-03-01T01:00:00Z", "is_track": True, "comment_count": 0}
    url = f"https://soundcloud.com/artist-{artist}/{number}"
    return Record("tracks", {"id": number, "artist_id": artist, "url": url, "plays": plays, **told, **other})


async def written(folder: Path) -> Stored:
    folder.mkdir(exist_ok=True)
    job = Stored(folder)
    await job.feed(5, "http://x/", *scene())
    return job


@pytest.fixture(scope="module")
def learnt_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job with predictions."""
    folder = tmp_path_factory.mktemp("learnt")

    async def learn() -> None:
        job = await written(folder)
        assert TRACKS == (await job.enrich("model"))["track_predictions"]

    asyncio.run(learn())
    return folder


@pytest.fixture
def learnt(tmp_path: Path, learnt_once: Path) -> Stored:
    """The same job in another folder."""
    copy_jobs(learnt_once, tmp_path / "job")
    return Stored(tmp_path / "job")


def values(job: Stored, table: str) -> list[str]:
    """The rows without their times, which differ between a run and one that was killed."""
    rows = [{name: value for name, value in row.items() if name != "_fetched_at"} for row in job.rows(table)]
    return sorted(json.dumps(row) for row in rows)


def figure(job: Stored, *key: str) -> dict[str, Any]:
    [row] = [
        row
        for row in job.rows("prediction_figures")
        if key == (row["target"], row["measure"], row["blocks"], row["name"])
    ]
    return row


async def test_each_track_has_its_plays_beside_those_that_were_to_be_expected(learnt: Stored) -> None:
    rows = {row["track_id"]: row for row in learnt.rows("track_predictions")}
    told = {record.values["id"]: record.values for record in scene() if record.table == "tracks"}
    assert set(told) == set(rows)
    for number, row in rows.items():
        assert (told[number]["plays"], told[number]["url"]) == (row["plays"], row["_url"])
        assert row["plays_low"] <= row["plays_expected"] <= row["plays_high"]
        assert row["plays"] / row["plays_expected"] == pytest.approx(row["plays_ratio"], rel=1e-4)
        assert row["mood_expected"] is None
    held = [row["plays_low"] <= row["plays"] <= row["plays_high"] for row in rows.values()]
    assert 0.8 < sum(held) / len(held)


async def test_figures_say_how_far_the_predictions_can_be_trusted(learnt: Stored) -> None:
    assert 0.8 < figure(learnt, "popularity", "r2", "before comments", "trees")["low"]
    assert 0.2 > figure(learnt, "popularity", "r2_shuffled", "before comments", "trees")["high"]
    assert {"artist", "before comments", ""} == {row["blocks"] for row in learnt.rows("prediction_figures")}
    nothing = figure(learnt, "mood", "problem", "", "")
    assert (0, None, True) == (nothing["tracks"], nothing["value"], "too few" in nothing["note"])


async def test_what_was_learnt_from_the_same_is_not_learnt_again(learnt: Stored) -> None:
    before = learnt.rows("track_predictions"), learnt.rows("prediction_figures")
    assert {} == await learnt.enrich("model")
    assert before == (learnt.rows("track_predictions"), learnt.rows("prediction_figures"))


async def test_a_run_that_ends_between_its_tables_leaves_nothing_that_the_next_one_would_not_make(
    learnt: Stored,
) -> None:
    """A new track changes what is expected of all; the run ends before it has told the figures."""
    before = {table: values(learnt, table) for table in TABLES}
    await learnt.feed(60, "http://x/new", track(9_999, 1, 50_000))
    with pytest.raises(Ended):
        await learnt.enrich("model", end_before_figures())
    await learnt.enrich("comments")
    assert TRACKS + 1 == len(learnt.rows("track_predictions"))
    assert {*before["track_predictions"]}.isdisjoint(values(learnt, "track_predictions"))
    assert before["prediction_figures"] == values(learnt, "prediction_figures")
    with pytest.raises(Ended):
        await learnt.enrich("model", end_with_something_to_do)
    await learnt.feed(70, "http://x/gone", gone=(Withdrawal("tracks", {"id": 9_999}),))
    assert TRACKS == (await learnt.enrich("model"))["track_predictions"]
    assert before == {table: values(learnt, table) for table in TABLES}


def end_before_figures() -> Tell:
    """Ends a run when all fits and then the predictions were told: those stand in the journal then."""
    all_done: list[int] = []

    def tell(step: TableStep, done: int, total: int) -> None:
        all_done.extend([done] * (done == total))
        if len(all_done) == 2:
            raise Ended

    return tell


def end_with_something_to_do(_: TableStep, __: int, total: int) -> None:
    if total:
        raise Ended


async def test_predictions_go_when_too_little_is_left_to_learn_from(learnt: Stored) -> None:
    await learnt.feed(
        70, "http://x/gone", gone=(Withdrawal("tracks", {"artist_id": 1}), Withdrawal("tracks", {"artist_id": 2}))
    )
    await learnt.enrich("model")
    assert [] == learnt.rows("track_predictions")
    standing = await learnt.frontier.standing()
    assert standing is not None
    assert 0 == standing.totals.records["track_predictions"]
    assert {"problem"} == {row["measure"] for row in learnt.rows("prediction_figures")}
    left = TRACKS - 2 * EACH
    note = figure(learnt, "popularity", "problem", "", "")["note"]
    assert note.startswith(f"{left} tracks are too few")
    assert {} == await learnt.enrich("model")


async def test_a_small_job_is_told_why_nothing_can_be_learnt(tmp_path: Path) -> None:
    job = Stored(tmp_path)
    await job.feed(5, "http://x/", track(1, 1, 100), track(2, 1, 200))
    assert {"prediction_figures": 2} == await job.enrich("model")
    assert {("popularity", 2), ("mood", 0)} == {
        (row["target"], row["tracks"]) for row in job.rows("prediction_figures")
    }
