"""Artists who had a part in a track are found by their names; who works together is tested together."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from asyncscrape.jobs.music.enrichment.predictions.artist_groups import grouped
from asyncscrape.jobs.music.enrichment.predictions.track_partners import CREDITS, partners_of

NAMES = {1: "Nora Vale", 2: "DJ Kai M", 3: "Mika Orr", 4: "Extended", 5: None, 6: "Ōkami", 7: "NORA VALE"}


def partners(track: dict[str, Any]) -> list[int]:
    artists = pl.DataFrame({"id": [*NAMES], "name": [*NAMES.values()]})
    lists = dict.fromkeys(CREDITS, pl.List(pl.String))
    told = pl.DataFrame([track], {"id": pl.Int64, "artist_id": pl.Int64, "title": pl.String, **lists}, orient="row")
    [(number, found)] = partners_of(artists, told)
    assert 50 == number
    return found


def by(artist: int, title: str | None = None, **credits: list[str]) -> dict[str, Any]:
    return {"id": 50, "artist_id": artist, "title": title, **dict.fromkeys(CREDITS), **credits}


@pytest.mark.parametrize(
    "title",
    [
        "Tide (Kai M Remix)",
        "Tide [KAI M's Extended Remix]",
        "Tide (Kai M & Somebody Else Rework)",
        "Tide (remixed by Kai M)",
        "Tide feat. Kai M",
        "Tide (ft. Kai M) [Original Mix]",
    ],
)
def test_a_title_names_who_worked_on_it(title: str) -> None:
    assert [2] == partners(by(3, title))


@pytest.mark.parametrize(
    "title", [None, "", "Tide (Extended Mix)", "Tide (Kai Remix)", "Mika Orr", "Tide (live at Kai M)", "(((Remix"]
)
def test_a_title_that_names_nobody_who_is_stored_joins_nobody(title: str | None) -> None:
    assert [] == partners(by(6, title))


@pytest.mark.parametrize("column", CREDITS)
def test_beatport_names_people(column: str) -> None:
    assert [1, 7] == partners(by(3, "Tide", **{column: ["Somebody", "nora vale"]}))


def test_another_account_of_the_same_name_has_a_part() -> None:
    assert [7] == partners(by(1, "Tide"))
    assert [] == partners(by(99, "Tide"))


def test_who_works_together_is_one_group_unless_that_would_be_too_large() -> None:
    """Of 96 tracks, four may be of one group of several artists."""
    artists = [artist for artist in range(32) for _ in range(3)]
    parts: list[list[int]] = [[] for _ in artists]
    parts[0], parts[3] = [1, 77], [2]
    artists[2], artists[5] = 30, 31
    found = grouped(
        pl.DataFrame(
            {"artist_id": artists, "partners": parts}, {"artist_id": pl.Int64, "partners": pl.List(pl.Int64)}
        )
    )
    assert found.groups.tolist() == [0 if artist == 1 else artist for artist in artists]
    assert [[3, 2]] == found.ties.tolist()
