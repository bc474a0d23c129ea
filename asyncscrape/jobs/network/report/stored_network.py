"""The stored tables of the network job, as its report reads them: the columns it needs, in the types it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from asyncscrape.analysis.finished_tables import in_types

TEXT, NUMBER, MOMENT = pl.String(), pl.Int64(), pl.Datetime("us", "UTC")

ACCOUNTS = {
    "id": NUMBER,
    **dict.fromkeys(("permalink", "name"), TEXT),
    "followers": NUMBER,
    "emerge_date": MOMENT,
    "position": NUMBER,
    "state": TEXT,
}
INTERACTIONS = {
    "account_id": NUMBER,
    "kind": TEXT,
    "target_id": NUMBER,
    "target_permalink": TEXT,
    "n": NUMBER,
}


@dataclass(frozen=True)
class StoredNetwork:
    """The tables, one row for each key."""

    accounts: pl.DataFrame
    interactions: pl.DataFrame


def stored_network(read: Callable[[str], pl.DataFrame | pl.LazyFrame]) -> StoredNetwork:
    """The tables, each read by its name."""
    return StoredNetwork(
        accounts=in_types(read("accounts"), ACCOUNTS).drop_nulls("id"),
        interactions=in_types(read("interactions"), INTERACTIONS).drop_nulls(("account_id", "target_id", "n")),
    )
