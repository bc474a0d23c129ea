"""Invented maps of accounts, small and large."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from asyncscrape.jobs.network.report.account_map import ERAS, NONE, AccountMap, Community

TIES = 8
SYLLABLES = ("ka", "ro", "mi", "lun", "ta", "ves", "no", "shi", "dar", "el", "bo", "zen", "ul", "ri", "oth", "pha")
SCRIPTS = ("{}", "{}", "{}", "DJ {}", "{} Records", "Студия {}", "{} 東京", "مجموعة {}", "{} 🔥", "Ørn {}", "Ñ{}é")
"""Forms of names in several scripts."""
FACTS = {"accounts_left_out": 120, "seed": 7, "method": "invented"}


def invented(size: int, groups: int, seed: int = 1) -> AccountMap:
    """A map with that many accounts, in communities of which each is smaller than the one before."""
    chance = np.random.default_rng(seed)
    community = _communities(chance, size, groups)
    followers = np.rint(10 ** chance.normal(2.6, 0.9, size)).astype(int)
    generation = chance.choice([*range(len(ERAS)), NONE], size, p=[0.08, 0.17, 0.25, 0.2, 0.15, 0.1, 0.05])
    bridges = np.where(chance.random(size) < 0.03, chance.integers(0, max(groups, 1), size), NONE)
    names = [_name(chance) for _ in range(size)]
    strengths = -np.sort(-np.rint(10 ** chance.uniform(0, 2, (size, TIES))))
    return AccountMap(
        ids=np.arange(size) + 10**9,
        permalinks=[f"account-{number}" for number in range(size)],
        names=names,
        followers=[None if chance.random() < 0.02 else int(number) for number in followers],
        generation=generation.astype(np.int8),
        community=community,
        bridges=np.where(bridges == community, NONE, bridges).astype(np.int16),
        places=_places(chance, community, groups),
        ties=_ties(chance, community),
        strengths=strengths.astype(np.float32),
        communities=described(community, generation, followers, names),
        facts=FACTS,
    )


def _communities(chance: np.random.Generator, size: int, groups: int) -> npt.NDArray[np.int16]:
    if not groups:
        return np.full(size, NONE, np.int16)
    shares = 0.8 ** np.arange(groups) + 0.02
    drawn = chance.choice(groups, size, p=shares / shares.sum())
    most_first = np.argsort(np.argsort(-np.bincount(drawn, minlength=groups), kind="stable"))
    return np.where(chance.random(size) < 0.03, NONE, most_first[drawn]).astype(np.int16)


def _places(chance: np.random.Generator, community: npt.NDArray[np.int16], groups: int) -> npt.NDArray[np.float32]:
    """Round clouds on a spiral; those without a community anywhere."""
    turn = np.arange(groups) * 2.39996
    middles = (
        0.75
        * np.sqrt((np.arange(groups) + 0.5) / max(groups, 1))[:, None]
        * np.stack([np.cos(turn), np.sin(turn)], 1)
    )
    wide = 0.03 + 0.4 * np.sqrt(np.bincount(community[community >= 0], minlength=groups) / max(len(community), 1))
    anywhere = chance.uniform(-0.9, 0.9, (len(community), 2))
    if not groups:
        return anywhere.astype(np.float32)
    cloud = middles[community] + chance.normal(0, 0.42, anywhere.shape) * wide[community][:, None]
    return np.clip(np.where(community[:, None] == NONE, anywhere, cloud), -1, 1).astype(np.float32)


def _ties(chance: np.random.Generator, community: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
    """Seven ties of ten lead into the same community; some accounts have fewer than there could be."""
    size = len(community)
    ties = chance.integers(0, max(size, 1), (size, TIES))
    for number in np.unique(community):
        members = np.flatnonzero(community == number)
        inside = chance.choice(members, (len(members), TIES))
        ties[members] = np.where(chance.random(inside.shape) < 0.7, inside, ties[members])
    length = chance.integers(0, TIES + 1, size)
    gone = (np.arange(TIES) >= length[:, None]) | (ties == np.arange(size)[:, None])
    return np.where(gone, NONE, ties).astype(np.int32)


def _name(chance: np.random.Generator) -> str:
    word = "".join(chance.choice(SYLLABLES, chance.integers(2, 5))).title()
    return SCRIPTS[chance.integers(len(SCRIPTS))].format(word)


def described(
    community: npt.NDArray[np.int16],
    generation: npt.NDArray[np.int8],
    followers: npt.NDArray[np.int64],
    names: Sequence[str],
) -> list[Community]:
    """The communities that these arrays make."""
    found = []
    for number in range(int(community.max(initial=NONE)) + 1):
        members = np.flatnonzero(community == number)
        top = members[np.argsort(-followers[members], kind="stable")][:10]
        eras = np.bincount(generation[members][generation[members] >= 0], minlength=len(ERAS))
        label = ", ".join(names[place] for place in top[:3])
        found.append(Community(number, label, len(members), top.tolist(), eras.tolist(), 0.6))
    return found
