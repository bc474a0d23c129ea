"""What a study tells of samples whose truth is known."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from support.planted_samples import POWER, Planted, planted

from asyncscrape.analysis.models.build import outcomes
from asyncscrape.analysis.models.figure_names import R2_FORWARD
from asyncscrape.analysis.models.groups import LARGEST, joined
from asyncscrape.analysis.models.samples import Samples
from asyncscrape.analysis.models.splits import by_groups, parts_of
from asyncscrape.analysis.models.study import Conclusion, Question, concluded, experiments, too_few

if TYPE_CHECKING:
    from asyncscrape.analysis.models.experiments import Experiment, Tested

ALL = "everything"
ALONE = {ALL: frozenset({"release", "artist", "audio"})}
SETS = {"release": frozenset({"release"}), **ALONE}


def studied(samples: Samples, sets: Mapping[str, frozenset[str]] = ALONE) -> Conclusion:
    question = Question(samples, sets, ALL)
    return concluded(question, carried_out(experiments(question)))


def carried_out(some: Sequence[Experiment]) -> list[Tested]:
    async def tested() -> list[Tested]:
        return [one async for one in outcomes(some)]

    return asyncio.run(tested())


def value(found: Conclusion, measure: str, name: str = "trees", blocks: str = ALL) -> float:
    [figure] = [one for one in found.figures if (one.measure, one.blocks, one.name) == (measure, blocks, name)]
    return figure.value


@pytest.fixture(scope="module")
def straight() -> tuple[Planted, Conclusion]:
    made = planted(80, 10, seed=3, curved=False)
    return made, studied(made.samples, SETS)


@pytest.fixture(scope="module")
def curved() -> tuple[Planted, Conclusion]:
    made = planted(120, 10, seed=4, curved=True)
    return made, studied(made.samples)


def test_a_straight_signal_is_found_nearly_to_its_ceiling(straight: tuple[Planted, Conclusion]) -> None:
    made, found = straight
    assert made.ceiling - 0.05 < value(found, "r2", "ridge") < made.ceiling + 0.02
    assert made.ceiling - 0.06 < value(found, "r2") < made.ceiling + 0.02
    assert value(found, "r2", blocks="release") < value(found, "r2") - 0.1
    assert POWER == pytest.approx(value(found, "age_power"), abs=0.03)


def test_a_curved_signal_is_found_by_trees_alone(curved: tuple[Planted, Conclusion]) -> None:
    _, found = curved
    [gain] = [one for one in found.figures if (one.measure, one.blocks, one.name) == ("gain", ALL, "trees")]
    assert 0.02 < (gain.low or 0) < gain.value < (gain.high or 0)


@pytest.mark.parametrize("which", ["straight", "curved"])
def test_nothing_is_found_in_shuffled_numbers(which: str, request: pytest.FixtureRequest) -> None:
    _, found = request.getfixturevalue(which)
    dealt = [one for one in found.figures if one.measure == "r2_shuffled" and one.name != "linear"]
    assert {"straight": 4, "curved": 2}[which] == len(dealt)
    assert [] == [one for one in dealt if abs(one.value) > 0.02]


def test_nine_of_ten_lie_in_their_interval(straight: tuple[Planted, Conclusion]) -> None:
    made, found = straight
    held = (found.low <= made.samples.target) & (made.samples.target <= found.high)
    assert held.mean() == pytest.approx(value(found, "coverage"))
    assert 0.86 < held.mean() < 0.94


def test_a_column_that_counts_is_told_from_one_that_does_not(straight: tuple[Planted, Conclusion]) -> None:
    _, found = straight
    assert value(found, "importance", "column_0") > value(found, "importance", "column_2") > 0.03
    assert abs(value(found, "importance", "column_9")) < 0.01


def test_what_is_known_nowhere_or_seldom_is_no_mistake() -> None:
    samples = planted(30, 6, seed=5, curved=False).samples
    values = samples.values.copy()
    values[:, 3] = np.nan
    values[:, 4] = 7.0
    values[::7, 0] = np.nan
    found = studied(samples._replace(values=values, log_ages=None))
    assert np.isfinite([one.value for one in found.figures]).all()
    assert np.isfinite(found.expected).all()


def test_the_chosen_set_and_those_with_more_are_tried_by_time() -> None:
    samples, chosen = planted(80, 10, seed=7, curved=False).samples, frozenset({"release"})
    sets = {"release": chosen, "before": chosen, "audio": frozenset({"audio"}), "all": chosen | {"audio"}}
    laid_out = experiments(Question(samples, sets, "before"))
    assert {"before", "all"} == {one.blocks for one in laid_out if one.measure == R2_FORWARD}


def test_an_experiment_tells_the_same_alone_and_among_others(straight: tuple[Planted, Conclusion]) -> None:
    made, found = straight
    [one, *_] = experiments(Question(made.samples, ALONE, ALL))
    [alone], [again] = carried_out([one]), carried_out([one])
    assert alone.losses == again.losses
    rows = one.split.test
    assert found.expected[rows].tobytes() == (alone.aged + alone.predicted["trees"]).tobytes()
    assert found.high[rows].tobytes() == (found.expected[rows] + again.half_width).tobytes()


def test_too_few_samples_are_refused_in_words() -> None:
    samples = planted(40, 6, seed=7, curved=False).samples
    assert too_few(samples) is None
    assert "too few" in (too_few(planted(40, 2, seed=7, curved=False).samples) or "")
    assert "groups" in (too_few(planted(8, 40, seed=7, curved=False).samples) or "")
    told = "1 group of artists is too few to learn from; it takes 24"
    assert told == too_few(samples._replace(groups=np.zeros_like(samples.groups)))
    one = np.where(samples.groups < 25, 0, samples.groups)
    one[-60:] = np.arange(1_000, 1_060)
    assert "of one artist" in (too_few(samples._replace(groups=one)) or "")
    assert "same number" in (too_few(samples._replace(target=np.ones(len(samples.target)))) or "")
    two = np.concatenate((np.repeat([0, 1], [110, 85]), np.arange(2, 47)))
    assert "few artists have most" in (too_few(samples._replace(groups=two)) or "")
    star = np.column_stack((np.arange(6, len(samples.target)), np.zeros(len(samples.target) - 6, int)))
    assert "work together" in (too_few(samples._replace(ties=star)) or "")


@given(
    groups=some.lists(some.integers(0, 40), min_size=24, max_size=200),
    ties=some.lists(some.tuples(some.integers(0, 23), some.integers(0, 45)), max_size=60),
)
@settings(max_examples=50, deadline=None)
def test_no_group_is_learnt_from_and_tested_at_once(groups: list[int], ties: list[tuple[int, int]]) -> None:
    of, tied = np.array(groups), np.array(ties, np.int64).reshape(-1, 2)
    tested: list[int] = []
    for split in by_groups(parts_of(of, tied, np.random.default_rng(0))):
        taught = np.concatenate((split.teach, split.choose))
        kept = set(of[np.concatenate((split.test, split.calibrate))])
        assert not set(of[taught]) & kept
        assert not set(of[split.calibrate]) & set(of[split.test])
        assert not {other for row, other in ties if row in taught} & kept
        tested += [*split.test]
    assert sorted(tested) == list(range(len(groups)))


@given(
    sizes=some.lists(some.integers(1, 9), min_size=2, max_size=60),
    ties=some.dictionaries(some.tuples(some.integers(0, 59), some.integers(0, 59)), some.integers(1, 5), max_size=90),
)
def test_groups_are_joined_by_their_ties_and_none_grows_too_large(
    sizes: list[int], ties: dict[tuple[int, int], int]
) -> None:
    known = {pair: times for pair, times in ties.items() if max(pair) < len(sizes)}
    group = joined(dict(enumerate(sizes)), known)
    rows = Counter[int]()
    for one, size in enumerate(sizes):
        assert group[group[one]] == group[one] <= one
        rows[group[one]] += size
    alone = max(sizes)
    assert max(rows.values()) <= max(alone, LARGEST * sum(sizes))
    for one, other in known:
        first, second = group[one], group[other]
        assert first == second or rows[first] + rows[second] > LARGEST * sum(sizes)


def test_the_closest_are_joined_first() -> None:
    sizes = dict.fromkeys(range(100), 1)
    group = joined(sizes, {(0, 1): 1, (1, 2): 1, (2, 3): 1, (3, 4): 1, (4, 5): 5, (0, 9): 9})
    assert group[0] == group[9]
    assert group[4] == group[5]
    assert max(Counter(group.values()).values()) == 4
