"""The table `[network]`: its keys, the checks between them, and the politeness that suits the API."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Config
from asyncscrape.config.section import Section
from asyncscrape.config.values import FileBeside, InWords, Misfit, nearest, quoted
from asyncscrape.jobs.sites import soundcloud
from asyncscrape.parsers.soundcloud import official_api
from asyncscrape.parsers.soundcloud.deeds import COMMENTS, KINDS
from asyncscrape.parsers.soundcloud.permalinks import permalink_in

SECTION = "network"
NO_ACCOUNTS = "the job has no accounts; name some here, or in a file with accounts_file"
GROWTHS = ("popular", "balanced")
TOLD_BY_OFFICIAL = tuple(kind for kind in KINDS if kind != COMMENTS)


def _permalink(told: str) -> str:
    found = permalink_in(told)
    if found is None:
        raise Misfit('is not a permalink; write the last part of the account\'s address, like "kggn"')
    return found


def _grow(value: object) -> object:
    if value is False or value in GROWTHS:
        return value
    meant = nearest(value.lower(), (*GROWTHS, "false")) if isinstance(value, str) else None
    quotes = ", without quotes" if meant == "false" else ""
    known = meant if meant in GROWTHS else None
    raise Misfit(f'is not valid here; write "popular" or "balanced", or false{quotes}', instead=known)


def _kinds(value: object) -> object:
    if isinstance(value, (list, tuple)):
        if not value:
            raise Misfit("is empty; name at least one kind, or remove the key")
        twice = next((one for place, one in enumerate(value) if one in value[:place]), None)
        if twice is not None:
            raise Misfit(f"names {quoted(twice)} twice; remove one")
    return value


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        raise Misfit("is not a weight; write a number from 0 to 1000")
    return value


Permalink = Annotated[str, AfterValidator(_permalink), InWords("permalink")]
Kind = Literal["likes", "comments", "reposts", "follows"]
Kinds = Annotated[tuple[Kind, ...], BeforeValidator(_kinds), Field(json_schema_extra={"minItems": 1})]
Weight = Annotated[float, Strict(), Field(ge=0, le=1000), BeforeValidator(_finite), InWords("number")]
Number = Annotated[int, Strict(), Field(ge=1, le=1_000_000_000), InWords("whole number")]
Grow = Annotated[
    Literal["popular", "balanced", False],
    BeforeValidator(_grow),
    WithJsonSchema({"enum": ["popular", "balanced", False]}),
]


class Weights(Section):
    """How much an interaction counts, in the choice of the next account and in the matrix of all interactions."""

    likes: Weight = 1.0
    """Of a track or a playlist that was liked."""
    comments: Weight = 3.0
    """Of a comment."""
    reposts: Weight = 3.0
    """Of a track or a playlist that was reposted."""
    follows: Weight = 3.0
    """Of an account that is followed."""

    def of(self, kind: str) -> float:
        """The weight of a kind."""
        return self.by_kind[kind]

    @property
    def by_kind(self) -> Mapping[str, float]:
        """The weights of all kinds."""
        return {kind: getattr(self, kind) for kind in KINDS}


class Network(Section):
    """The built-in job "network": accounts of SoundCloud, whom each listens to, and from there to the next."""

    accounts: tuple[Permalink, ...] = ()
    """Permalinks of the first accounts, the last parts of their addresses: ["kggn", "axxturel"]."""
    accounts_file: FileBeside | None = None
    """File of accounts: a CSV with a column links, the permalinks. Any order, any of , ; tab; other columns do no
    harm. Rows that are added while the job runs come before the next account that it chooses itself."""
    latest: Number = 500
    """How many of an account's likes, comments, reposts and follows are read, the newest of each."""
    kinds: Kinds = KINDS  # type: ignore[assignment]
    """What is read of each account. The official API tells no comments of a user; with it the default is the rest."""
    weights: Weights = Weights()
    """How much each kind counts."""
    grow: Grow = "popular"
    """Which account comes next when those by name are done: "popular", the one that the others interacted with most;
    "balanced", the same with popularity divided out, which stays in its scene for longer; or false, none."""
    max_accounts: Number = 1000
    """How many accounts are read in all, those that are named included."""
    look_ahead: Number = 16
    """How many accounts are read at once. Part of what makes a run repeatable: account number k is chosen from what
    the accounts 1 to k - look_ahead did."""
    soundcloud: Literal["official", "web"] = "official"
    """API of SoundCloud: "official", the public one, with your own client id and secret; or "web", the one behind the
    site's own pages."""
    client_id: str | None = None
    """Id of your app. Default: env:SOUNDCLOUD_CLIENT_ID if that is set. With soundcloud = "web", an id of the
    site's own pages; default "auto", the one that the public home page publishes."""
    client_secret: str | None = None
    """Secret of your app, for soundcloud = "official". Default: env:SOUNDCLOUD_CLIENT_SECRET if that is set."""
    original: FileBeside | None = None
    """Sparse matrix of the original project, sparse_matrix.npz, with its two CSV files beside it. The command report
    then makes the map of these, and of nothing else."""


def presets(table: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Credentials from the environment, the API with its pace, and how failures count."""
    host = soundcloud.api_host(table)
    kinds = {"kinds": list(TOLD_BY_OFFICIAL)} if host == official_api.HOST else {}
    return {
        SECTION: {**soundcloud.environment(table, environ), **kinds},
        "scope": {"hosts": [host]},
        "politeness": {"delay": "500ms", "hosts": {host: soundcloud.pace(host)}},
        # Accounts go while the crawl runs, and some lists never come. Each holds up the accounts that come after it
        # by look_ahead, so it is not tried for long; `retry` tries it again.
        "fetch": {"retries": 4, "max_failure_ratio": 0.05},
    }


def findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Contradictions between the keys."""
    if not any(table.get(key) for key in ("accounts", "accounts_file", "original")):
        yield ("accounts",), NO_ACCOUNTS
    yield from soundcloud.findings(table)
    kinds = table.get("kinds", ())
    if soundcloud.api_host(table) == official_api.HOST and isinstance(kinds, Sequence) and COMMENTS in kinds:
        rest = ", ".join(f'"{kind}"' for kind in TOLD_BY_OFFICIAL)
        yield (
            ("kinds",),
            "the official API does not tell the comments of a user; "
            f'write kinds = [{rest}], or choose soundcloud = "web"',
        )


def _all_nothing(weights: object, kinds: object) -> bool:
    """Whether each kind that is read weighs 0."""
    if not isinstance(weights, Mapping) or not isinstance(kinds, Sequence):
        return False
    return bool(kinds) and all(weights.get(str(kind)) == 0 for kind in kinds)


def needs(table: Mapping[str, Any]) -> Iterator[Finding]:
    """What must be there before the site is asked, if it is asked at all."""
    if not any(table.get(key) for key in ("accounts", "accounts_file")):
        return
    yield from soundcloud.needs(table)
    if table.get("grow") is not False and _all_nothing(table.get("weights"), table.get("kinds", KINDS)):
        yield (
            ("weights",),
            "all kinds weigh 0, so no account would come before another; raise one, or write grow = false",
        )


def report_only(config: Config) -> str:
    """Why nothing can be read with a config that names no accounts but the original's data; empty if it does."""
    options = config.section(Network)
    if options.accounts or options.accounts_file or options.original is None:
        return ""
    return (
        f"this config is for the command report alone, which draws the map of {options.original}; "
        "to read accounts, name some with network.accounts or accounts_file"
    )
