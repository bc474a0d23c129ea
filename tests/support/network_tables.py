"""Invented tables of the network job, and a crowd with planted communities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from asyncscrape.jobs.network.report.stored_network import StoredNetwork, stored_network

KINDS = ("likes", "comments", "reposts", "follows")
Did = tuple[int, str, int, int]
"""Who, what, to whom, how often."""


def network(accounts: Sequence[Mapping[str, Any]], interactions: Sequence[Did]) -> StoredNetwork:
    """The tables; accounts may leave out columns."""
    stored = {
        "accounts": pl.DataFrame([{"position": None, **account} for account in accounts], infer_schema_length=None),
        "interactions": pl.DataFrame(
            [(*done, f"u{done[2]}") for done in interactions],
            schema={
                "account_id": pl.Int64,
                "kind": pl.String,
                "target_id": pl.Int64,
                "n": pl.Int64,
                "target_permalink": pl.String,
            },
            orient="row",
        ),
    }
    return stored_network(stored.__getitem__)


class Planted(NamedTuple):
    """A crowd whose communities are known."""

    network: StoredNetwork
    labels: npt.NDArray[np.int64]
    """The community of each account, in the order of scraping."""


def planted(sizes: Sequence[int], *, seed: int = 1, done: int = 120, inside: float = 0.42) -> Planted:
    """Accounts that do much, a part of it inside their community; stars, whom everybody knows, take three tenths."""
    chance = np.random.default_rng(seed)
    labels = chance.permutation(np.repeat(np.arange(len(sizes)), sizes))
    count = len(labels)
    fame = 1 / (1 + chance.permutation(count)) ** 0.6
    stars = chance.choice(count, max(1, count // 100), replace=False)
    found: dict[tuple[int, str, int], int] = {}
    for who in range(count):
        members = np.flatnonzero(labels == labels[who])
        own = chance.choice(members, int(done * inside), p=fame[members] / fame[members].sum())
        known = chance.choice(stars, int(done * 0.3))
        any_one = chance.choice(count, done - len(own) - len(known), p=fame / fame.sum())
        kinds = chance.choice(KINDS, done, p=(0.5, 0.15, 0.15, 0.2))
        for target, kind in zip(np.concatenate([own, known, any_one]), kinds, strict=True):
            key = (who + 1, str(kind), int(target) + 1)
            found[key] = found.get(key, 0) + 1
    emerged = [datetime(2012 + 2 * int(label % 6), 5, 1, tzinfo=UTC) for label in labels]
    accounts = [account(who + 1, position=who, emerge_date=emerged[who]) for who in range(count)]
    return Planted(network(accounts, [(*key, n) for key, n in found.items()]), labels)


def account(number: int, **columns: Any) -> dict[str, Any]:
    """A row of the table `accounts`."""
    return {"id": number, "permalink": f"u{number}", "name": f"User {number}", "followers": 10 * number, **columns}
