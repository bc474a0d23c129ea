"""The rules of the walk alone: what is made of an account's findings, and how those it meets are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.bundles import Candidate, EndedBundle, Made, Missing, Pick
from asyncscrape.jobs.network.account_pages import AccountFound, Deeds, Uploads
from asyncscrape.jobs.network.walk import Met, Walk, emerged
from asyncscrape.model import Finding, Origin, TypedRecords
from asyncscrape.parsers.soundcloud.deeds import KINDS, Deed
from asyncscrape.parsers.soundcloud.web_api import WebApi

WEIGHTS = {"likes": 1.0, "comments": 3.0, "reposts": 3.0, "follows": 3.0}
WALK = Walk(WebApi(), 3, WEIGHTS, "popular")
KAI = AccountFound(555, "kai-m", "Kai M", 9, 4)
ORIGIN = Origin("https://api-v2.soundcloud.com/users/555", "2026-11-21T00:00:00Z")
NORA, ORR = (4711, "nora-vale", "Nora Vale", 1834), (60, "orr")


def ended(*pages: tuple[str, Any], profile: AccountFound | None = KAI, **values: Any) -> EndedBundle:
    found = [*([("account", profile)] if profile else []), *pages]
    findings = [Finding(kind, msgspec.msgpack.encode(data), ORIGIN) for kind, data in found]
    return EndedBundle(
        **{"number": 2, "name": "kai-m", "url": ORIGIN.url, "pick": None, "findings": findings, **values}
    )


def made(bundle: EndedBundle, known: Mapping[str, Candidate] | None = None, walk: Walk = WALK) -> Made:
    return walk.read(bundle).made(known or {})


def rows(one: Made, table: str) -> list[Any]:
    assert isinstance(one.records, TypedRecords)
    return list(one.records.tables[table])


def votes(one: Made) -> dict[str, float]:
    return {candidate.key: candidate.score for candidate in one.closed.candidates}


def likes(*targets: tuple[Any, ...]) -> tuple[str, Deeds]:
    return "likes", Deeds([Deed(f"track {n}", *target) for n, target in enumerate(targets, 1)])


@pytest.mark.parametrize(
    ("bundle", "state"),
    [
        (ended(likes(NORA)), "done"),
        (ended(), "empty"),
        (ended(("likes", Deeds([])), ("uploads", Uploads(["2020-01-01T00:00:00Z"]))), "empty"),
        (ended(("likes", Deeds([], "private"))), "private"),
        (ended(("likes", Deeds([], "private")), ("follows", Deeds([Deed("user 60", *ORR)]))), "done"),
        (ended(likes(NORA), ("follows", Deeds([], "gone"))), "gone"),
        (ended(profile=AccountFound(refused="gone")), "gone"),
        (ended(profile=AccountFound(refused="private")), "private"),
        (ended(likes(NORA), failures=[Missing("comments", "too slow")]), "failed"),
        (ended(profile=None, failures=[Missing("account", "too slow")]), "failed"),
    ],
)
def test_states(bundle: EndedBundle, state: str) -> None:
    one = made(bundle)
    [row] = (row for row in rows(one, "accounts") if hasattr(row, "state"))
    assert (state, 2) == (row.state, row.position)
    assert (state == "failed") == one.closed.keep
    if state != "done":
        assert ([], [row.id]) == (rows(one, "interactions"), [int(key) for key in votes(one)])


def test_a_row_for_each_kind_and_target_with_its_number_and_times() -> None:
    first, last = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"
    deeds = [
        Deed("track 1", *NORA, last),
        Deed("track 2", *ORR, at=first),
        Deed("track 3", 4711, None, at=first),
    ]
    one = made(ended(("likes", Deeds(deeds)), ("follows", Deeds([Deed("user 60", 60)]))))
    assert [
        (555, "likes", 60, "orr", 1, first, first),
        (555, "likes", 4711, "nora-vale", 2, first, last),
        (555, "follows", 60, None, 1, None, None),
    ] == [msgspec.structs.astuple(row) for row in rows(one, "interactions")]
    assert {"555": 0, "4711": 2, "60": 4} == votes(one)
    assert ["nora-vale", "orr"] == [one.name for one in one.closed.candidates[1:]]


def test_the_same_item_on_two_pages_is_one_deed_and_each_kind_is_cut() -> None:
    pages = [likes(NORA, ORR), likes(NORA, ORR, NORA, NORA)]
    follows = [Deed(f"user {n}", n) for n in range(1, 9)]
    one = made(ended(*pages, ("follows", Deeds(follows))))
    counted = {(row.kind, row.target_id): row.n for row in rows(one, "interactions")}
    assert {("likes", 4711): 2, ("likes", 60): 1, **{("follows", n): 1 for n in (1, 2, 3)}} == counted


def test_the_order_of_two_lists_of_one_kind_changes_nothing() -> None:
    tracks = [Deeds([Deed(f"track {n}", n)], at=(0, n)) for n in (1, 2)]
    playlists = [Deeds([Deed(f"playlist {n}", n)], at=(1, n)) for n in (3, 4)]
    mixed = permutations([*tracks, *playlists])
    found = [rows(made(ended(*(("likes", page) for page in pages))), "interactions") for pages in mixed]
    assert [[1, 2, 3]] * 24 == [[row.target_id for row in some] for some in found]


def test_an_account_that_likes_itself_has_a_row_and_no_vote() -> None:
    one = made(ended(likes((555, "kai-m"), NORA)))
    assert [555, 4711] == [row.target_id for row in rows(one, "interactions")]
    assert {"555": 0, "4711": 1} == votes(one)


def test_votes_come_on_top_of_those_before() -> None:
    before = WALK.candidate(4711, Met(5, "Nora Vale", 1834, "nora-vale"))
    one = made(ended(likes(NORA)), {"4711": before})
    assert 6 == votes(one)["4711"]
    assert ["kai-m"] == [row.permalink for row in rows(one, "accounts")]  # there is no news of the other


def test_a_deleted_account_that_is_met_cannot_be_chosen() -> None:
    one = made(ended(("follows", Deeds([Deed("user 60", 60)]))))
    assert [""] == [candidate.name for candidate in one.closed.candidates if candidate.key == "60"]


def test_balanced_divides_popularity_out() -> None:
    balanced = Walk(WebApi(), 3, WEIGHTS, "balanced")
    star, friend, nobody = Met(90, "star", 99_800, None, 100), Met(30, "friend", 400, None, 100), Met(1, "nobody", 3)
    assert WALK.score(star) > WALK.score(friend)
    assert (90 / 99_930, 30 / 530) == (balanced.score(star), balanced.score(friend))
    assert 4 / 1130 == balanced.score(Met(4, met_by=100))  # of somebody who does not show the followers
    nobodies = [msgspec.structs.replace(nobody, met_by=number) for number in (0, 1, 10, 100, 10_000)]
    assert max(map(balanced.score, nobodies)) < balanced.score(friend)  # early as late


def test_balanced_knows_how_far_the_walk_was() -> None:
    told = msgspec.msgpack.encode([5, "Nora Vale", 1834, "nora-vale"])  # as it was stored without a position
    before = msgspec.structs.replace(WALK.candidate(4711, Met(5)), told=told)
    for late, last in ((ended(likes(NORA), number=20), 20), (ended(likes(NORA), number=2), 2)):
        found = next(one for one in made(late, {"4711": before}).closed.candidates if one.key == "4711")
        assert Met(6, "Nora Vale", 1834, "nora-vale", last) == msgspec.msgpack.decode(found.told, type=Met)


def test_the_second_turn_of_one_id_makes_nothing() -> None:
    taken = msgspec.structs.replace(WALK.candidate(555, Met(permalink="kai")), taken=1)
    one = made(ended(likes(NORA)), {"555": taken})
    assert (2, "", (), 0) == (one.closed.number, one.closed.key, one.closed.candidates, len(one.records))
    late = made(ended(likes(NORA), again=True), {"555": taken})
    assert [{"id": -2}] == [gone.key for gone in late.withdrawn]  # it was found out only when it was tried again
    own = msgspec.structs.replace(taken, taken=2)
    assert 1 == len(rows(made(ended(likes(NORA)), {"555": own}), "interactions"))


def test_a_failed_account_gets_everything_when_it_is_tried_again() -> None:
    failed = made(ended(profile=None, failures=[Missing("account", "")]))
    assert ["-2"] == list(votes(failed))
    again = made(ended(likes(NORA), again=True))
    assert [("accounts", {"id": -2})] == [(one.table, one.key) for one in again.withdrawn]
    assert [555, 4711] == [row.id for row in rows(again, "accounts")]
    assert made(ended(likes(NORA))).withdrawn in ((), [])


def test_a_chosen_account_tells_why_also_if_it_fails() -> None:
    pick = Pick("777", 12.5, 1)
    one = made(ended(profile=None, pick=pick, failures=[Missing("account", "")]))
    [row] = rows(one, "accounts")
    assert (777, "kai-m", 12.5, 1) == (row.id, row.permalink, row.chosen_score, row.chosen_after)


moments = st.lists(st.integers(-2_000_000_000, 4_000_000_000), max_size=60)


@settings(max_examples=100, deadline=None)
@given(moments)
def test_the_date_of_emergence_is_the_quantile_of_distinct_times(times: Sequence[int]) -> None:
    written = [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in times]
    found = emerged(written)
    assert found == emerged([*written[::-1], *written])
    if found is None:
        assert [] == times
    else:
        assert (
            abs(np.quantile(np.array(sorted(set(times)), float), 0.15) - datetime.fromisoformat(found).timestamp())
            <= 1
        )


def test_all_kinds_have_a_weight() -> None:
    assert tuple(WEIGHTS) == KINDS
