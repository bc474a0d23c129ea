"""The picture `map.png`."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image
from support.account_maps import invented

from asyncscrape.jobs.network.report import map_picture
from asyncscrape.jobs.network.report.account_map import NONE, AccountMap

SOURCE = "synthetic data from the built-in replica"


def unknown(size: int) -> AccountMap:
    nothing = np.full(size, NONE)
    without = {"generation": nothing.astype(np.int8), "community": nothing.astype(np.int16)}
    return replace(invented(size, 2), **without, followers=[None] * size, communities=[])


@pytest.mark.parametrize(
    "accounts",
    [invented(0, 0), invented(1, 1), replace(unknown(30), names=["$a_b$ <b>"] * 30)],
    ids=["none", "one", "unknown"],
)
def test_any_number_of_accounts_makes_a_picture(accounts: AccountMap) -> None:
    with Image.open(io.BytesIO(map_picture.picture(accounts, SOURCE))) as picture:
        assert (1400, 1000) == picture.size


def test_marks_above_marks_do_not_cover_the_map_and_no_name_turns_round() -> None:
    names = ["e" + "\u0301" * 300, "\u202eevil", "é\u0323o", "夜" * 10_000]
    accounts = replace(unknown(4), names=names)
    labels = map_picture.drawn(accounts, SOURCE).axes[0].texts
    assert {"e\u0301\u0301", "evil", "é\u0323o"} <= {label.get_text().strip("\u200e") for label in labels}
    assert max(label.get_window_extent().height for label in labels) < 40


def test_it_names_communities_generations_and_accounts_without_overlaps() -> None:
    accounts = invented(400, 14)
    whole = map_picture.drawn(accounts, SOURCE)
    written = [text.get_text() for text in whole.texts]
    assert f"400 accounts, 14 communities · who stands close has the same taste · {SOURCE}" in written
    assert {"Communities", "Generations", "2 smaller ones", "in no community", "2021 and later"} <= set(written)
    whole.canvas.draw()
    labels = whole.axes[0].texts
    assert len(labels) > 10
    boxes = [label.get_window_extent() for label in labels]
    assert [] == [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
