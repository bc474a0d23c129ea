"""The table `[network]`: its keys, the checks between them, and the politeness that suits the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Section
from asyncscrape.config.values import FileBeside, InWords, Misfit
from asyncscrape.jobs.sites import soundcloud
from asyncscrape.parsers.soundcloud import official_api
from asyncscrape.parsers.soundcloud.deeds import COMMENTS, KINDS
from asyncscrape.parsers.soundcloud.permalinks import permalink_in

SECTION = "network"
NO_ACCOUNTS = "the job has no accounts; name some here, or in a file with accounts_file"
TOLD_BY_OFFICIAL = tuple(kind for kind in KINDS if kind != COMMENTS)


def _permalink(told: str) -> str:
    found = permalink_in(told)
    if found is None:
        raise Misfit('is not a permalink; write the last part of the account\'s address, like "kggn"')
    return found


def _grow(value: object) -> object:
    if isinstance(value, int) and value is not False:
        raise Misfit('is not valid here; write "popular" or "balanced", or false')
    return value


Permalink = Annotated[str, AfterValidator(_permalink), InWords("permalink")]
Kind = Literal["likes", "comments", "reposts", "follows"]
Weight = Annotated[float, Field(ge=0, le=1000), InWords("number")]
Number = Annotated[int, Strict(), Field(ge=1), InWords("whole number")]
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
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = KINDS  # type: ignore[assignment]
    """What is read of each account. The official API tells no comments of a user; with it the default is the rest."""
    weights: Weights = Weights()
    """How much each kind counts."""
    grow: Grow = "popular"
    """Which account comes next when those by name are done: "popular", the one that the others interacted with most;
    "balanced", the same with popularity divided out, which leads away from its scene more slowly; or false, none."""
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


def needs(table: Mapping[str, Any]) -> Iterator[Finding]:
    """What must be there before the site is asked."""
    if not table.get("accounts") and not table.get("accounts_file"):
        yield ("accounts",), NO_ACCOUNTS
    yield from soundcloud.needs(table)
