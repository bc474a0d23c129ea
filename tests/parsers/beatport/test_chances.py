"""Offers without a chance are not compared, which changes no result: no offer scores more than its chance."""

from __future__ import annotations

import json
from pathlib import Path

from asyncscrape.parsers.beatport.matching.best import (
    FIRST_OFFERS,
    THRESHOLD,
    Match,
    best,
    chance,
    judge,
    seconds_apart,
)
from asyncscrape.parsers.beatport.offer import Offer
from asyncscrape.parsers.beatport.offer_reader import offer_of
from asyncscrape.parsers.beatport.wanted import LookedFor

SEEN = Path(__file__).with_name("pairs") / "seen.jsonl"

Search = tuple[LookedFor, list[Offer]]


def searches() -> list[Search]:
    """Each upload with its own result among those of its neighbours, which are often of the same song."""
    pairs = [json.loads(line) for line in SEEN.read_text(encoding="utf-8").splitlines()]
    offers = [offer_of(pair["result"]) for pair in pairs]
    found = [(LookedFor(id=1, **pair["upload"]), offers[at : at + FIRST_OFFERS]) for at, pair in enumerate(pairs)]
    return [(track, some[half:] + some[:half]) for track, some in found for half in (0, len(some) // 2)]


def best_of_all(track: LookedFor, offers: list[Offer]) -> Match:
    """The best of the offers when each is compared."""
    compared = [(judge(track, offer), -seconds_apart(track, offer)) for offer in offers]
    return max(compared, key=lambda one: (one[0].score, one[1]))[0]


def test_no_offer_scores_more_than_its_chance() -> None:
    compared = [(track, offer) for track, offers in searches() for offer in offers]
    assert [] == [both for both in compared if judge(*both).score > chance(*both)]


def test_the_best_is_the_best_of_all() -> None:
    wanted = [best_of_all(*search) for search in searches()]
    found = [best(*search) for search in searches()]
    assert [match.score for match in wanted] == [match.score for match in found]
    assert [match.offer if match.score >= THRESHOLD else None for match in wanted] == [match.offer for match in found]
