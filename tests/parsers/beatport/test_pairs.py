"""The labelled pairs: their form, how many there are of each sort, and that the negatives are hard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

FOLDER = Path(__file__).with_name("pairs")
UNSEEN = FOLDER / "unseen.jsonl"
FILES = sorted(FOLDER.glob("*.jsonl"))
NAMED = ("same title", "remix", "edit", "mashup", "live", "podcast", "cover", "transliterated")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every key is there, and no other; null stands where a site says nothing."""


class Upload(Form, frozen=True):
    title: str
    uploader: str
    artist: str | None
    label_name: str | None
    made_by: str | None
    duration_ms: int | None
    isrc: str | None


class Artist(Form, frozen=True):
    id: int
    name: str


class Label(Form, frozen=True):
    name: str


class Release(Form, frozen=True):
    name: str
    label: Label


class Result(Form, frozen=True):
    id: int
    name: str
    mix_name: str | None
    artists: tuple[Artist, ...]
    remixers: tuple[Artist, ...]
    length_ms: int | None
    isrc: str | None
    release: Release


class Pair(Form, frozen=True):
    sort: str
    match: bool
    upload: Upload
    result: Result


def pairs(path: Path) -> list[Pair]:
    return [msgspec.json.decode(line, type=Pair) for line in path.read_bytes().splitlines()]


def shares(pair: Pair) -> bool:
    """The shop's title stands in the upload's title, or one of the shop's artists there or in a name beside it."""
    upload, result = pair.upload, pair.result
    title = upload.title.casefold()
    beside = [name.casefold() for name in (upload.uploader, upload.artist, upload.made_by) if name]
    artists = [artist.name.casefold() for artist in (*result.artists, *result.remixers)]
    return result.name.casefold() in title or any(name in place for name in artists for place in (title, *beside))


def too_few(counts: Counter[str], least: int, sorts: Iterable[str] = NAMED) -> dict[str, int]:
    return {sort: counts[sort] for sort in sorts if counts[sort] < least}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_is_a_pair_of_the_form(path: Path) -> None:
    assert [] == [pair for pair in pairs(path) if not pair.upload.title or not pair.result.artists]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_at_least_half_of_the_negatives_share_the_title_or_an_artist(path: Path) -> None:
    negatives = [shares(pair) for pair in pairs(path) if not pair.match]
    assert sum(negatives) >= len(negatives) / 2


def test_no_pair_stands_twice() -> None:
    counts = Counter((pair.upload, pair.result) for path in FILES for pair in pairs(path))
    assert [] == [pair for pair, count in counts.items() if count > 1]


def test_the_unseen_half_has_its_share_of_every_named_sort() -> None:
    unseen = pairs(UNSEEN)
    assert len(unseen) >= 260
    assert {} == too_few(Counter(pair.sort for pair in unseen), 15)


def test_nearly_half_of_the_unseen_pairs_are_the_same_recording() -> None:
    unseen = pairs(UNSEEN)
    assert 0.40 <= sum(pair.match for pair in unseen) / len(unseen) <= 0.55


def test_every_sort_of_the_unseen_half_has_both_matches_and_others() -> None:
    answers = Counter((pair.sort, pair.match) for pair in pairs(UNSEEN))
    sorts = {sort for sort, _ in answers}
    assert [] == [(sort, match) for sort in sorted(sorts) for match in (True, False) if not answers[sort, match]]


@pytest.mark.skipif(len(FILES) < 2, reason="the other half is not there yet")
def test_both_halves_together_have_enough_of_every_named_sort() -> None:
    both = [pair for path in FILES for pair in pairs(path)]
    assert len(both) >= 400
    assert {} == too_few(Counter(pair.sort for pair in both), 25)


def test_the_readme_counts_what_stands_in_the_unseen_half() -> None:
    counts = Counter((pair.sort, pair.match) for pair in pairs(UNSEEN))
    expected = [f"| {sort} | {counts[sort, True]} | {counts[sort, False]} |" for sort in {sort for sort, _ in counts}]
    readme = (FOLDER / "README.md").read_text()
    assert [] == [row for row in expected if row not in readme]
