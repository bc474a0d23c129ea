"""The curve of mood along a track, and the moments that people love and hate."""

from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.analysis.sentiment.moods import APART, FEWEST, POINTS, WINDOW, log_chance, moods_of

LENGTH = 300.0
comments = st.lists(st.tuples(st.floats(0, LENGTH), st.floats(-1, 1)), max_size=60)


@given(comments)
@settings(deadline=None, max_examples=40)
def test_a_curve_never_leaves_the_range_of_its_comments(said: list[tuple[float, float]]) -> None:
    curve = moods_of([second for second, _ in said], [lean for _, lean in said], LENGTH).curve
    assert POINTS == len(curve.moods) == len(curve.weights)
    leanings = [lean for _, lean in said]
    for mood in curve.moods:
        assert mood is None or min(leanings) - 0.001 <= mood <= max(leanings) + 0.001


@given(comments, st.randoms())
@settings(deadline=None, max_examples=40)
def test_the_order_of_comments_does_not_count(said: list[tuple[float, float]], chance: Random) -> None:
    other = list(said)
    chance.shuffle(other)
    first, second = (moods_of([at for at, _ in one], [lean for _, lean in one], LENGTH) for one in (said, other))
    assert first.loved == second.loved
    assert first.hated == second.hated
    for one, same in zip(first.curve.moods, second.curve.moods, strict=True):
        assert (one is None) == (same is None)
        assert one is None or one == pytest.approx(same, abs=0.0011)


@given(comments)
@settings(deadline=None, max_examples=40)
def test_what_is_loved_would_be_hated_if_everybody_meant_the_opposite(said: list[tuple[float, float]]) -> None:
    seconds = [second for second, _ in said]
    as_told = moods_of(seconds, [lean for _, lean in said], LENGTH)
    turned = moods_of(seconds, [-lean for _, lean in said], LENGTH)
    assert [one.second for one in as_told.loved] == [one.second for one in turned.hated]
    assert [one.second for one in as_told.hated] == [one.second for one in turned.loved]


@given(comments)
@settings(deadline=None, max_examples=40)
def test_moments_lie_apart_and_have_enough_comments(said: list[tuple[float, float]]) -> None:
    moods = moods_of([second for second, _ in said], [lean for _, lean in said], LENGTH)
    for some in (moods.loved, moods.hated):
        begins = sorted(one.second for one in some)
        assert all(later - sooner >= APART - 0.11 for sooner, later in itertools.pairwise(begins))
        assert all(one.comments >= FEWEST and one.until - one.second <= WINDOW + 0.11 for one in some)


def test_a_drop_that_people_love_and_a_break_that_they_hate_are_found() -> None:
    chance = np.random.default_rng(5)
    strewn = chance.uniform(0, LENGTH, 30)
    drop, pause = chance.uniform(120, 126, 12), chance.uniform(220, 226, 6)
    seconds = [*strewn, *drop, *pause]
    moods = moods_of(seconds, [*[0.5] * 30, *[0.9] * 12, *[-0.8] * 6], LENGTH)
    assert [True] == [120 - WINDOW < one.second < 126 for one in moods.loved]
    assert [True] == [220 - WINDOW < one.second < 226 for one in moods.hated]
    assert moods.loved[0].mood > 0.5 > -0.3 > moods.hated[0].mood
    assert moods.curve.moods[41] == pytest.approx(0.85, abs=0.1)
    assert moods.curve.moods[74] == pytest.approx(-0.7, abs=0.2)


def test_comments_strewn_by_chance_make_moments_in_one_track_of_a_hundred_at_most() -> None:
    chance = np.random.default_rng(7)
    found = sum(bool(moods_of(chance.uniform(0, LENGTH, 50), [0.7] * 50, LENGTH).loved) for _ in range(400))
    assert found <= 12


def test_nothing_is_known_of_a_track_without_comments() -> None:
    moods = moods_of([], [], LENGTH)
    assert ((None,) * POINTS, (0.0,) * POINTS, (), ()) == (*moods.curve, moods.loved, moods.hated)


@pytest.mark.parametrize(("count", "expected"), [(1, 0.2), (4, 0.1), (7, 5.0), (120, 100.0)])
def test_chance_follows_poissons_law(count: int, expected: float) -> None:
    below = sum(math.exp(n * math.log(expected) - expected - math.lgamma(n + 1)) for n in range(count))
    assert math.exp(log_chance(count, expected)) == pytest.approx(1 - below, rel=1e-6)


def test_no_more_than_expected_is_no_wonder() -> None:
    assert [0.0, 0.0, 0.0] == [log_chance(0, 0.0), log_chance(5, 5.0), log_chance(10, 9_000.0)]
    assert log_chance(500, 10.0) < log_chance(499, 10.0) < -700


def test_a_million_comments_are_no_trouble() -> None:
    chance = np.random.default_rng(9)
    seconds = [*chance.uniform(0, LENGTH, 1_000_000).tolist(), *chance.uniform(100, 104, 50_000).tolist()]
    moods = moods_of(seconds, [0.5] * len(seconds), LENGTH)
    assert [True] == [100 - WINDOW < one.second < 104 for one in moods.loved]
