"""The map: planted communities are found, and equal data make an equal map."""

from __future__ import annotations

from collections import Counter
from math import comb

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from support.network_tables import Planted, account, network, planted

from asyncscrape.jobs.network.config import Weights
from asyncscrape.jobs.network.report.account_map import NONE, AccountMap
from asyncscrape.jobs.network.report.bridges import bridges
from asyncscrape.jobs.network.report.cartography import account_map, strongest
from asyncscrape.jobs.network.report.map_tables import belonging, communities
from asyncscrape.jobs.network.report.matrices import Matrices, matrices
from asyncscrape.jobs.network.report.stored_network import StoredNetwork

WEIGHTS = Weights().by_kind

SIZES = (400, 250, 150, 100, 60, 40)
BRIDGES = 5
"""Members of the second community whom the third knows, and who know it."""


@pytest.fixture(scope="module")
def crowd() -> Planted:
    return with_bridges(planted(SIZES))


def with_bridges(crowd: Planted) -> Planted:
    """The crowd, in which some of the second community know a third of the third, and are known by it."""
    some = np.flatnonzero(crowd.labels == 1)[:BRIDGES].tolist()
    known = np.flatnonzero(crowd.labels == 2)[::3].tolist()
    done = [(one + 1, "follows", other + 1, 1) for one in some for other in known]
    both = network([account(1)], [*done, *((other, kind, one, n) for one, kind, other, n in done)]).interactions
    stored = pl.concat([crowd.network.interactions, both]).unique(("account_id", "kind", "target_id"))
    return crowd._replace(network=StoredNetwork(crowd.network.accounts, stored))


@pytest.fixture(scope="module")
def made(crowd: Planted) -> Matrices:
    return matrices(crowd.network, WEIGHTS)


@pytest.fixture(scope="module")
def drawn(made: Matrices) -> AccountMap:
    return account_map(made)


def test_planted_communities_are_found_and_stand_together(crowd: Planted, drawn: AccountMap) -> None:
    assert sum(SIZES) == len(drawn.ids)
    assert len(SIZES) == len(drawn.communities)
    assert agreement(crowd.labels, drawn.community) > 0.9
    distances = ((drawn.places[:, None] - drawn.places[None]) ** 2).sum(axis=2)
    near = np.argsort(distances, axis=1)[:, 1:16]
    assert (crowd.labels[near] == crowd.labels[:, None]).mean() > 0.9
    assert pytest.approx(1) == np.abs(drawn.places).max()


def agreement(truth: npt.NDArray[np.int64], found: npt.NDArray[np.int16]) -> float:
    """The adjusted Rand index: 1 for equal partitions, 0 for what chance gives."""

    def pairs(labels: object) -> int:
        return sum(comb(number, 2) for number in Counter(labels).values())  # type: ignore[call-overload]

    both, one, other = pairs(zip(truth, found, strict=True)), pairs(truth.tolist()), pairs(found.tolist())
    expected = one * other / comb(len(truth), 2)
    return (both - expected) / ((one + other) / 2 - expected)


def test_bridges_have_more_ties_than_others_to_both_planted_communities(
    crowd: Planted, made: Matrices, drawn: AccountMap
) -> None:
    found = np.flatnonzero(drawn.bridges != NONE)
    assert set(np.flatnonzero(crowd.labels == 1)[:BRIDGES]) <= set(found)
    known = made.among_rows().toarray() > 0
    for one in found:
        for number in (drawn.community[one], drawn.bridges[one]):
            there = crowd.labels == np.bincount(crowd.labels[drawn.community == number]).argmax()
            for ties in (known, known.T):
                assert ties[one, there].sum() > ties[:, there].sum(axis=1).mean()


def test_communities_are_told_as_they_are(crowd: Planted, drawn: AccountMap) -> None:
    for one in drawn.communities:
        members = np.flatnonzero(drawn.community == one.number)
        assert (len(members), len(members)) == (one.size, sum(one.generations))
        assert set(one.top) <= set(members.tolist())
        assert ", ".join(drawn.names[place] for place in one.top[:3]) == one.label
        assert 0.3 < one.inner_share < 0.9
    assert sorted((one.size for one in drawn.communities), reverse=True) == [one.size for one in drawn.communities]
    assert len(SIZES) == communities(drawn).height


def test_the_order_of_stored_rows_changes_no_byte_of_the_map() -> None:
    stored = planted((60, 40), done=60).network
    shuffled = StoredNetwork(
        stored.accounts.sample(fraction=1, shuffle=True, seed=3),
        stored.interactions.sample(fraction=1, shuffle=True, seed=3),
    )
    once, again = (account_map(matrices(one, WEIGHTS)) for one in (stored, shuffled))
    assert 100 == len(once.ids)
    for name in ("ids", "community", "bridges", "places", "ties", "strengths", "generation"):
        assert getattr(once, name).tobytes() == getattr(again, name).tobytes(), name
    assert once.communities == again.communities


def test_those_who_say_too_little_are_told_and_not_drawn() -> None:
    much = [(1, "follows", target, 1) for target in range(10, 30)]
    fan = [(2, "likes", 10, 20), *((2, "likes", target, 1) for target in range(11, 36))]
    own = [(3, "comments", 3, 400), *((3, "likes", target, 1) for target in range(10, 50))]
    people = [account(n, position=n, state="done") for n in range(5)]
    made = matrices(network(people, [*much, *fan, *own]), WEIGHTS)
    drawn = account_map(made)
    assert [1] == drawn.ids.tolist()
    assert [3, 1] == [drawn.facts["too_little"], drawn.facts["mostly_one"]]
    assert [False, True, False, False, False] == belonging(made, drawn)["on_the_map"].to_list()


def test_names_of_which_nothing_can_be_seen_give_way_and_labels_stay_short() -> None:
    names = ["夜" * 10_000, " \t", "\u200b\u0301", "🎛️", "", None, "-"]
    people = [account(n, position=n, name=name) for n, name in enumerate(names)]
    ties = [(who, "follows", target, 1) for who in range(len(names)) for target in range(100, 120)]
    drawn = account_map(matrices(network([*people, account(8, position=8, name=None)], ties), WEIGHTS))
    assert [names[0], "u1", "u2", "🎛️", "u4", "u5", "-"] == drawn.names
    assert "夜" * 59 + "…, u1, u2" == drawn.communities[0].label


@pytest.mark.parametrize("people", [0, 1, 2, 3, 9])
def test_the_smallest_networks_have_a_map(people: int) -> None:
    ties = [(who, "follows", target, 1) for who in range(people) for target in range(who + 10, who + 30)]
    made = matrices(network([account(n, position=n) for n in range(people)] or [account(1)], ties), WEIGHTS)
    drawn = account_map(made)
    assert ((people, 2), people) == (drawn.places.shape, len(drawn.communities and drawn.community))
    assert np.isfinite(drawn.places).all()


def test_strongest_ties_are_those_of_a_plain_search() -> None:
    chance = np.random.default_rng(5)
    dense = chance.integers(0, 4, (14, 14)) * (chance.random((14, 14)) < 0.6)
    np.fill_diagonal(dense, 0)
    ties, strengths = strongest(csr_matrix(dense.astype(float)))
    both = dense + dense.T
    for who in range(14):
        expected = sorted(
            (other for other in range(14) if both[who, other]), key=lambda other: (-both[who, other], other)
        )
        expected = (expected + [NONE] * 8)[:8]
        assert expected == ties[who].tolist()
        assert [both[who, other] if other != NONE else 0 for other in expected] == strengths[who].tolist()


def test_a_bridge_has_two_ends_in_both_directions() -> None:
    community = np.repeat([0, 1, 2], 30).astype(np.int16)
    ties = np.zeros((90, 90))
    for who in range(90):
        ties[who, [place for place in np.flatnonzero(community == community[who]) if place != who][:20]] = 1
    ties[0, 30:45] = ties[30:45, 0] = 1  # both ways
    ties[1, 30:45] = 1  # it gives only
    ties[60:75, 2] = 1  # it is heard only
    found = bridges(csr_matrix(ties), community)
    assert {0: 1} == {place: other for place, other in enumerate(found.tolist()) if other != NONE}
