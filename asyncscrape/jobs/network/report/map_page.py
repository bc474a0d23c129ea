"""The page `map.html`: the map of accounts in one offline file, drawn with WebGL.

Accounts are sent in the order of their followers, the most followed first: what is drawn, found or named first is
then always the best known. Numbers go as arrays, one after the other, the widest first, so that each begins at a
multiple of its width; texts as JSON.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from asyncscrape.analysis.offline_page import content_hash, deflated, filled, template
from asyncscrape.jobs.network.report.account_map import ERAS, NONE, AccountMap, Community
from asyncscrape.jobs.network.report.map_colours import ERA_COLOURS, NEITHER, community_colour
from asyncscrape.quality.shown_values import counted

PACKAGE = "asyncscrape.jobs.network.report"
PROGRAM = ("data", "view", "points", "drawing", "lines", "labels", "search", "legend", "card", "moving", "start")
"""The parts of the program, in the order in which each needs the ones before."""
LONGEST_NAME = 200
"""In characters."""
UNKNOWN = 2**32 - 1
"""In place of the number of followers of an account that tells none."""
FINEST = 2**16 - 1
"""The steps in which places are sent, across the map: at the closest look one takes three pixels."""
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of text: in a label one name would turn round all that follow."""
SCHEMES = ("light", "dark")
FACTS = {
    "scraped": "accounts read",
    "met": "accounts met",
    "on_the_map": "accounts on the map",
    "too_little": "left out, did too little",
    "mostly_one": "left out, did most to one account",
    "least": "too little is a sum of",
    "most_to_one": "most is a share of",
    "dimensions": "dimensions of taste",
    "embedding": "places by",
    "method": "communities by",
}
"""The facts of how a map was made, in words."""


def page(accounts: AccountMap, source: str) -> bytes:
    """The whole page."""
    style, program = template(PACKAGE, "map.css"), _program()
    order = _best_known_first(accounts)
    parts = {
        "style": style,
        "program": program,
        "style_hash": content_hash(f"\n{style}\n"),
        "program_hash": content_hash(f"\n{program}\n"),
        "data": deflated(msgspec.json.encode(_texts(accounts, order), enc_hook=str)),
        "arrays": deflated(b"".join(_arrays(accounts, order))),
        "about": html.escape(f"{counts(accounts)}. Source: {source}."),
    }
    return filled(template(PACKAGE, "map.html"), parts)


def _program() -> str:
    parts = "\n".join(template(PACKAGE, f"map_{part}.js") for part in PROGRAM)
    return f'"use strict";\n(async () => {{\n{parts}}})();'


def counts(accounts: AccountMap) -> str:
    """What is on the map, in numbers."""
    communities = len(accounts.communities)
    noun = "community" if communities == 1 else "communities"
    return f"{counted(len(accounts.names), 'account')}, {communities:,} {noun}"


def _followers(accounts: AccountMap) -> npt.NDArray[np.int64]:
    """The number of followers of each account; -1 if it is not known."""
    return np.array([-1 if number is None else min(number, UNKNOWN - 1) for number in accounts.followers], np.int64)


def _best_known_first(accounts: AccountMap) -> npt.NDArray[np.int64]:
    return np.argsort(-_followers(accounts), kind="stable")


def _texts(accounts: AccountMap, order: npt.NDArray[np.int64]) -> dict[str, Any]:
    """The names and what else is no array."""
    rank = _ranks(order)
    return {
        "names": [" ".join(accounts.names[place].split())[:LONGEST_NAME] for place in order],
        "permalinks": [accounts.permalinks[place] for place in order],
        "ties": accounts.ties.shape[1] if accounts.ties.ndim == 2 else 0,
        "unknown": UNKNOWN,
        "finest": FINEST,
        "eras": [
            {"label": era, "colours": {scheme: ERA_COLOURS[scheme][n] for scheme in SCHEMES}}
            for n, era in enumerate(ERAS)
        ],
        "neither": NEITHER,
        "communities": [_community(one, rank) for one in accounts.communities],
        "facts": {FACTS.get(name, name): value for name, value in accounts.facts.items()},
    }


def _community(one: Community, rank: npt.NDArray[np.int32]) -> dict[str, Any]:
    return {
        "label": OVERRIDES.sub("", " ".join(one.label.split())),
        "colours": {scheme: community_colour(one.number, scheme) for scheme in SCHEMES},
        "size": one.size,
        "top": [int(rank[place]) for place in one.top],
        "generations": [int(number) for number in one.generations],
        "inner": round(float(one.inner_share), 4),
    }


def _ranks(order: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The new place of each account; `NONE` at the end, where `NONE` as an index finds it."""
    ranks = np.full(len(order) + 1, NONE, np.int32)
    ranks[order] = np.arange(len(order))
    return ranks


def _arrays(accounts: AccountMap, order: npt.NDArray[np.int64]) -> Sequence[bytes]:
    """The arrays as the page reads them, little-endian."""
    followers = _followers(accounts)[order]
    steps = np.rint((np.clip(np.nan_to_num(accounts.places[order]), -1, 1) + 1) / 2 * FINEST)
    arrays = (
        np.where(followers < 0, UNKNOWN, followers).astype("<u4"),
        _ranks(order)[accounts.ties[order]].astype("<i4"),
        accounts.strengths[order].astype("<f4"),
        steps[:, 0].astype("<u2"),
        steps[:, 1].astype("<u2"),
        accounts.community[order].astype("<i2"),
        accounts.bridges[order].astype("<i2"),
        accounts.generation[order].astype("i1"),
    )
    return [array.tobytes() for array in arrays]
