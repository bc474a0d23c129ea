"""What is true on the dynamic pages: the site answers from it, and tests compare with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import NamedTuple

SIZES: Mapping[str, int] = {
    "late": 40,
    "feed": 500,
    "box": 200,
    "virtual": 250,
    "more": 60,
    "next": 40,
    "consent": 45,
    "account": 12,
    "gallery": 48,
    "app-tea": 8,
    "app-herbs": 8,
    "app-spices": 8,
    "hash-north": 6,
    "hash-east": 6,
    "hash-south": 6,
    "shadow": 9,
    "near": 5,
    "far": 7,
    "written": 4,
    "plain": 10,
}
"""Items of each section."""
USER, PASSWORD = "reader", "open sesame"
"""What opens the account."""

_FIRST = ("Amber", "Blue", "Copper", "Dusty", "Early", "Faint", "Golden", "Hollow", "Ivory", "Jade", "Late", "Misty")
_LAST = (
    "Anchor",
    "Bell",
    "Candle",
    "Drum",
    "Ember",
    "Fern",
    "Garden",
    "Harbour",
    "Island",
    "Jar",
    "Kettle",
    "Lantern",
)


class Item(NamedTuple):
    """One item, as every page shows it."""

    section: str
    number: int
    """From 1 on, in the order of the page."""
    name: str
    price: str
    """In euros, with two digits."""
    picture: str
    """Its path; empty without one."""


@cache
def items(section: str) -> tuple[Item, ...]:
    """The items of a section, in order; none of a section that does not exist."""
    random = Random(section)
    return tuple(
        Item(
            section,
            number,
            f"{random.choice(_FIRST)} {random.choice(_LAST)}",
            f"{random.randint(100, 99_999) / 100:.2f}",
            f"/pictures/{number}.png" if section == "gallery" else "",
        )
        for number in range(1, SIZES.get(section, 0) + 1)
    )
