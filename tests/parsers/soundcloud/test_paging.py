"""Reading lists to their end: any chain of pages, with empty ones, repeats and circles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from asyncscrape.model import Request, Response
from asyncscrape.parsers.soundcloud.paging import MOST_EMPTY, Listing, ReadSoFar, next_page

HOST = "https://api-v2.soundcloud.com"
HERE = f"{HOST}/users/4711/tracks?limit=20&linked_partitioning=1"


def answered(url: str = HERE) -> Response:
    return Response(Request(url), 200, CIMultiDict(), b"", datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (f"{HOST}/a?offset=5%2Ctracks&limit=20", f"{HOST}/a?offset=5%2Ctracks&limit=20"),
        (f"{HOST}/a?client_id=x&offset=5", f"{HOST}/a?offset=5"),
        (f"{HOST}/a?offset=5&client_id=x", f"{HOST}/a?offset=5"),
        (f"{HOST}/a?client_id=x", f"{HOST}/a"),
        ("http://api-v2.soundcloud.com/a?offset=5", f"{HOST}/a?offset=5"),
        ("//api-v2.soundcloud.com/a?offset=5", f"{HOST}/a?offset=5"),
        ("api-v2.soundcloud.com/a?offset=5", f"{HOST}/a?offset=5"),
        ("/users/4711/tracks?offset=5", f"{HOST}/users/4711/tracks?offset=5"),
        ("?offset=5", f"{HOST}/users/4711/tracks?offset=5"),
        (f" {HOST}/a?offset=5#top ", f"{HOST}/a?offset=5"),
        (f"{HOST}/a?cursor=2018-02-27T14:37:10.000Z,tracks,00405959469", None),
        (HERE, ""),
        (f"{HERE}&client_id=x", ""),
        ("https://elsewhere.example/a?offset=5", ""),
        ("https://api-v2.soundcloud.com.evil.example/a", ""),
        ("https://api-v2.soundcloud.com:8443/a", ""),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("", ""),
        (None, ""),
        (False, ""),
        (7, ""),
        ({}, ""),
    ],
)
def test_a_link_is_followed_whatever_its_form(told: object, expected: str | None) -> None:
    assert (told if expected is None else expected or None) == next_page(answered(), told)


Chain = list[tuple[int, int | None]]
"""Pages by number: how many items each has, and where its link leads."""


def chains() -> st.SearchStrategy[Chain]:
    items = st.one_of(st.just(0), st.integers(1, 5), st.integers(199, 200))
    page = st.tuples(items, st.one_of(st.none(), st.integers(0, 11)))
    return st.lists(page, min_size=1, max_size=12)


def walked(chain: Chain, listing: Listing) -> tuple[list[int], int]:
    """The pages read, as the frontier would give them: each with each progress once; and the items taken."""
    waiting, seen, order, taken = [(0, ReadSoFar())], set(), [], 0
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        place, progress = at
        items, link = chain[place]
        room = listing.room(progress)
        got = items if room is None else min(items, room)
        order.append(place)
        taken += got
        after = listing.after(progress, got)
        if after is not None and link is not None and link < len(chain) and link != place:
            waiting.append((link, after))
    return order, taken


def reachable(chain: Chain) -> list[int]:
    """The pages up to the end of the chain, its first repetition, or so many empty pages in a row."""
    order, place, empty = [], 0, 0
    while place not in order:
        order.append(place)
        items, link = chain[place]
        empty = 0 if items else empty + 1
        if empty == MOST_EMPTY or link is None or link >= len(chain):
            break
        place = link
    return order


@given(chains())
def test_all_of_a_list_is_read_once_and_circles_end(chain: Chain) -> None:
    order, _ = walked(chain, Listing())
    assert reachable(chain) == list(dict.fromkeys(order))
    assert len(order) <= (MOST_EMPTY + 1) * len(chain)


@given(chains(), st.integers(0, 1000))
def test_where_a_length_is_expected_every_list_ends(chain: Chain, expected: int) -> None:
    order, _ = walked(chain, Listing(expected=expected))
    assert len(order) <= (expected + 200 + MOST_EMPTY) * len(chain)


@given(chains(), st.integers(1, 30), st.one_of(st.none(), st.integers(0, 30)))
def test_a_number_is_never_exceeded_and_every_list_ends(chain: Chain, most: int, told: int | None) -> None:
    _, taken = walked(chain, Listing(most, told))
    whole, _ = walked(chain, Listing())
    assert taken <= most
    if told is None and chain[whole[-1]][1] not in whole:
        assert min(most, sum(chain[place][0] for place in whole)) == taken


@pytest.mark.parametrize(
    ("listing", "so_far", "items", "goes_on"),
    [
        (Listing(expected=4), ReadSoFar(), 4, False),
        (Listing(expected=5), ReadSoFar(), 4, True),
        (Listing(expected=5), ReadSoFar(4), 1, False),
        (Listing(expected=200), ReadSoFar(), 200, True),
        (Listing(expected=100), ReadSoFar(), 150, True),
        (Listing(expected=0), ReadSoFar(), 0, True),
        (Listing(most=4), ReadSoFar(1), 3, False),
        (Listing(), ReadSoFar(empty=MOST_EMPTY - 1), 0, False),
        (Listing(), ReadSoFar(empty=MOST_EMPTY - 2), 0, True),
    ],
)
def test_a_list_ends_when_enough_has_come(listing: Listing, so_far: ReadSoFar, items: int, goes_on: bool) -> None:
    assert goes_on == (listing.after(so_far, items) is not None)


@pytest.mark.parametrize(("most", "limit"), [(None, 200), (5, 5), (500, 200), (0, 1)])
def test_pages_are_as_large_as_they_may_be(most: int | None, limit: int) -> None:
    assert limit == Listing(most).limit
