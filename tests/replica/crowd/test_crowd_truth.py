"""The crowd is as it was planted."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.acts import habits
from asyncscrape.replica.crowd.id_ranges import account_id
from asyncscrape.replica.crowd.nouns import KINDS, Crowd, MemberState, changed
from asyncscrape.replica.crowd.population import sizes
from asyncscrape.replica.crowd.seeds_csv import rows

CROWD = Crowd()
ERAS = (2013, 2015, 2017, 2019, 2021)
SOME = 80


@pytest.fixture(scope="module")
def members() -> Sequence[truth.Member]:
    return truth.accounts(CROWD)


@pytest.fixture(scope="module")
def some(members: Sequence[truth.Member]) -> Sequence[truth.Member]:
    """A few of all communities: who is where is shuffled."""
    return members[:SOME]


def test_the_communities_are_of_very_different_sizes(members: Sequence[truth.Member]) -> None:
    assert 10_000 == len(members)
    counted = Counter(one.community for one in members)
    assert sizes(CROWD) == [counted[number] for number in range(CROWD.communities)]
    assert (14, 40, 2_500) == (len(counted), min(counted.values()), max(counted.values()))
    assert sorted(counted.values(), reverse=True)[3] < 1_100


def test_other_numbers_of_accounts_are_shared_out_too() -> None:
    for accounts, communities in ((600, 12), (3_000, 14), (20_000, 20), (30_000, 12)):
        crowd = Crowd(accounts=accounts, communities=communities)
        assert accounts == sum(sizes(crowd))
        assert CROWD.smallest <= min(sizes(crowd))


def test_many_deeds_leave_the_community_and_a_few_targets_take_many(
    members: Sequence[truth.Member], some: Sequence[truth.Member]
) -> None:
    community = {one.profile.id: one.community for one in members}
    stars = {one.profile.id for one in members if one.is_star}
    deeds = [
        (who, deed.target_id)
        for who in some
        for kind in KINDS
        for deed in truth.deeds_of(CROWD, who.profile.id, kind)
    ]
    leaving = sum(who.community != community[target] for who, target in deeds) / len(deeds)
    assert 0.4 <= leaving <= 0.7
    assert len(stars) == len(community) // 100
    assert 0.3 <= sum(target in stars for _, target in deeds) / len(deeds) <= 0.45


def test_activity_differs_widely(some: Sequence[truth.Member]) -> None:
    usual = [one.profile.id for one in some if one.state is MemberState.USUAL]
    numbers = sorted(sum(len(truth.deeds_of(CROWD, one, kind)) for kind in KINDS) for one in usual)
    assert numbers[0] < 25
    assert 50 < numbers[len(numbers) // 2] < 300
    assert numbers[-1] > 500


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_has_more_than_the_latest_500_of_each_kind(kind: str) -> None:
    assert len(truth.deeds_of(CROWD, busy(kind), kind)) > 500


def busy(kind: str) -> int:
    """The id of somebody who does much of a kind."""
    numbers = (habits(CROWD, place).numbers[KINDS.index(kind)] for place in range(CROWD.accounts))
    return account_id(next(place for place, number in enumerate(numbers) if number > 1_000))


def test_most_of_a_community_emerge_in_its_era_and_not_all(members: Sequence[truth.Member]) -> None:
    eras: dict[int, Counter[int]] = {}
    for one in members[:3_000]:
        emerged = truth.emerged(CROWD, one.profile.id)
        if emerged is not None:
            eras.setdefault(one.community, Counter())[sum(emerged.year >= year for year in ERAS)] += 1
    own = sum(max(counted.values()) for counted in eras.values()) / sum(map(Counter.total, eras.values()))
    assert 0.5 < own < 0.8
    assert set(range(6)) == {era for counted in eras.values() for era in counted}


def test_emerging_is_a_quantile_of_the_times_of_the_uploads(some: Sequence[truth.Member]) -> None:
    for one in some:
        times = sorted({upload.created_at for upload in truth.uploads_of(CROWD, one.profile.id)})
        emerged = truth.emerged(CROWD, one.profile.id)
        assert (emerged is None) == (not times)
        if emerged is not None:
            assert len(times) == truth.number_of_uploads(CROWD, one.profile.id)
            place = int(0.15 * (len(times) - 1))
            assert times[place] <= emerged <= times[min(place + 1, len(times) - 1)]


def test_every_state_is_there_a_few_times_in_a_hundred(members: Sequence[truth.Member]) -> None:
    counted = Counter(one.state for one in members)
    assert set(MemberState) == set(counted)
    assert all(0.005 < counted[state] / len(members) < 0.03 for state in MemberState if state != MemberState.USUAL)
    assert {kind for one in members if (broken := truth.broken_list(CROWD, one.profile.id)) for kind in broken} == {
        *KINDS,
        *("server-error", "gone", "web-page"),
    }


def test_names_are_of_all_kinds(members: Sequence[truth.Member]) -> None:
    names = Counter(one.profile.username for one in members)
    assert {"<script>alert(1)</script>", "\"&'", "夜行列車", "ليلى منصور"} < set(names)
    assert max(map(len, names)) > 59
    assert names.most_common(1)[0][1] > 20
    assert len(members) == len({one.profile.permalink for one in members})


def test_deeds_come_after_the_track_and_newest_first(some: Sequence[truth.Member]) -> None:
    for one in some[:60]:
        for kind in ("likes", "reposts", "comments"):
            deeds = truth.deeds_of(CROWD, one.profile.id, kind)
            assert sorted((deed.time for deed in deeds), reverse=True) == [deed.time for deed in deeds]
            for deed in deeds[:40]:
                sound = (truth.playlist if deed.is_playlist else truth.upload)(CROWD, deed.sound_id)
                assert sound is not None
                assert sound.created_at < deed.time < datetime(2026, 11, 21, tzinfo=UTC)


def test_a_track_is_liked_once_and_discussed_often_also_by_its_maker(some: Sequence[truth.Member]) -> None:
    likes = [[deed.sound_id for deed in truth.deeds_of(CROWD, one.profile.id, "likes")] for one in some]
    assert all(len(ids) == len(set(ids)) for ids in likes)
    comments = [(one.profile.id, deed) for one in some for deed in truth.deeds_of(CROWD, one.profile.id, "comments")]
    assert max(Counter((who, deed.sound_id) for who, deed in comments).values()) > 2
    assert any(who == deed.target_id for who, deed in comments)


def test_interactions_are_counted_from_the_latest_deeds() -> None:
    who = busy("likes")
    counted = truth.interactions(CROWD, who, 500)
    latest = truth.deeds_of(CROWD, who, "likes")[:500]
    assert 500 == sum(one.n for (kind, _), one in counted.items() if kind == "likes")
    target = Counter(deed.target_id for deed in latest).most_common(1)[0][0]
    times = [deed.time for deed in latest if deed.target_id == target]
    assert (len(times), times[-1], times[0]) == counted["likes", target]
    assert {(1, None, None)} == {one for (kind, _), one in counted.items() if kind == "follows"}


def test_who_has_a_broken_list_has_no_interactions(members: Sequence[truth.Member]) -> None:
    one = next(one.profile.id for one in members if one.state is MemberState.BROKEN)
    broken = truth.broken_list(CROWD, one)
    assert broken is not None
    assert {} == truth.interactions(CROWD, one, 500)
    assert () == truth.deeds_of(CROWD, one, broken.kind)
    assert truth.interactions(CROWD, one, 500, [kind for kind in KINDS if kind != broken.kind])


def test_seeds_are_of_different_communities_and_do_much() -> None:
    found = [truth.account(CROWD, name) for name in truth.seeds(CROWD)]
    assert 4 == len({one.community for one in found if one})
    assert all(one and len(truth.interactions(CROWD, one.profile.id, 500)) > 30 for one in found)
    assert all(name in (truth.__doc__ or "") for name in truth.seeds(CROWD))


def test_another_seed_is_another_crowd_and_the_unseen_one_has_other_parameters() -> None:
    small, other = Crowd(accounts=600, communities=12), Crowd(accounts=600, communities=12, seed=13)
    assert truth.accounts(small) != truth.accounts(other)
    first, second = (truth.interactions(one, truth.accounts(one)[5].profile.id, 500) for one in (small, other))
    assert first != second
    unseen = truth.UNSEEN
    assert unseen.communities >= 12
    assert sizes(unseen) != sizes(CROWD)
    assert (unseen.seed, unseen.inside, unseen.to_neighbour) != (CROWD.seed, CROWD.inside, CROWD.to_neighbour)


def test_the_file_of_the_demo_is_as_the_crowd_has_it() -> None:
    text = (Path(__file__).parents[3] / "config/network-demo.csv").read_text(encoding="utf-8")
    assert [[str(value) for value in row] for row in rows(CROWD)] == list(csv.reader(io.StringIO(text)))


def test_a_wrong_parameter_is_told() -> None:
    assert Crowd(accounts=900) == changed(CROWD, {"accounts": "900"})
    with pytest.raises(ValueError, match="members"):
        changed(CROWD, {"members": 3})
    with pytest.raises(ValueError, match="must be enough"):
        changed(CROWD, {"accounts": 200})
