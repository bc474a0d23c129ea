"""Artists files in any order, on any days, in runs that end or are killed: the last file decides the tables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.music_walk import START, Walk, hosts

from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.scene import truth

PROFILES = tuple(truth.artists()[place] for place in (12, 126, 200))
"""Each with two tracks, one of which is sold, and hardly any comments."""
NAMES = [one.username for one in PROFILES[:2]]
"""A search for either finds its own profile."""
SAID = ("", "-", *(one.permalink for one in PROFILES))
KEYS: dict[str, Any] = {"max_tracks": 2, "beatport": "api", "beatport_token": "replica-token"}
SWITCHES = Switches(START)
HOSTS = hosts(SWITCHES)


class Step(NamedTuple):
    """A run with the artists file as it is by then."""

    said: tuple[str, str]
    """About each name."""
    days: int
    """Since the run before."""
    most: int | None
    """Requests until it is killed."""


steps = st.builds(
    Step,
    st.tuples(st.sampled_from(SAID), st.sampled_from(SAID)),
    st.sampled_from((0, 0, 1)),
    st.sampled_from((None, None, 1, 2, 3, 4, 6, 9)),
)


def begun(folder: Path) -> Walk:
    return Walk(folder, switches=SWITCHES, hosts=HOSTS)


def carry_out(walk: Walk, said: tuple[str, str], day: int, most: int | None = None) -> Walk:
    rows = "".join(f"{name};{permalink}\n" for name, permalink in zip(NAMES, said, strict=True))
    (walk.folder / "artists.csv").write_text(f"artist_name;permalink\n{rows}", encoding="utf-8")
    return walk.run(later=timedelta(days=day), most=most, artists_file="artists.csv", **KEYS)


def tables(walk: Walk) -> dict[str, Any]:
    """All that the last file decides: not how somebody was found, and no earlier days of counts."""
    told = {table: walk.rows(table) for table in ("artists", "tracks", "comments")}
    chosen = [(row["artist_name"], row["candidate_id"]) for row in walk.rows("artist_choices") if row["chosen"]]
    return {**told, "counted": {row["track_id"] for row in walk.rows("popularity")}, "chosen": chosen}


@settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, min_size=2, max_size=4))
def test_the_tables_are_those_of_a_fresh_run_of_the_last_file(tmp_path: Path, past: list[Step]) -> None:
    walk, day = begun(tmp_path), 0
    for step in past:
        day += step.days
        carry_out(walk, step.said, day, step.most)
    last = past[-1].said
    carry_out(walk, last, day)
    if "" in last:
        # A name that is searched may find whom the other one leaves just then; the next edition makes up for it.
        carry_out(walk, last, day + 1)
    assert tables(carry_out(begun(tmp_path), last, day)) == tables(walk)
