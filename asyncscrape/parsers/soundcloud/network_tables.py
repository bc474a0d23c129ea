"""The tables of accounts and of their interactions, and their rows.

A row of an account that was only met has fewer columns than that of one whose lists were read; the stores merge them.
"""

from __future__ import annotations

import msgspec

from asyncscrape.model import Column, Table

ACCOUNTS = Table(
    "accounts",
    ("id",),
    (
        Column("id", "int"),
        Column("permalink"),
        Column("name"),
        Column("followers", "int"),
        Column("track_count", "int"),
        Column("emerge_date", "datetime"),
        Column("position", "int"),
        Column("state"),
        Column("chosen_score", "float"),
        Column("chosen_after", "int"),
    ),
    merge=True,
)
INTERACTIONS = Table(
    "interactions",
    ("account_id", "kind", "target_id"),
    (
        Column("account_id", "int"),
        Column("kind"),
        Column("target_id", "int"),
        Column("target_permalink"),
        Column("n", "int"),
        Column("first_at", "datetime"),
        Column("last_at", "datetime"),
    ),
    strict=True,
)
NETWORK_TABLES = (ACCOUNTS, INTERACTIONS)


class MetRow(msgspec.Struct, frozen=True):
    """An account that somebody interacted with."""

    id: int
    permalink: str | None
    name: str | None
    followers: int | None


class AccountRow(msgspec.Struct, frozen=True):
    """An account whose turn has come."""

    id: int
    permalink: str | None
    name: str | None
    followers: int | None
    track_count: int | None
    emerge_date: str | None
    position: int
    state: str
    chosen_score: float | None
    chosen_after: int | None


class InteractionRow(msgspec.Struct, frozen=True):
    """All interactions of one kind of an account with another, among the latest."""

    account_id: int
    kind: str
    target_id: int
    target_permalink: str | None
    n: int
    first_at: str | None
    last_at: str | None
