"""The replica's switches: which day it is, how it writes, and what goes wrong. Well-behaved by default.

What goes wrong are faults, each of one kind; the shop has its own instead. These are answered in place of what was
asked for:

| kind | answer | of |
|---|---|---|
| `too-many` | 429 in JSON, with `Retry-After` if the fault has one | all |
| `slow-down` | 429 in plain text, with `Retry-After` if the fault has one | SoundCloud |
| `server-error` | 502 with a page in HTML | all |
| `web-page` | 200 with a page in HTML, whatever was asked for | all |
| `gone` | 404 as the site says it (`{}` at api-v2) | all |
| `challenge` | 403 with a page in HTML that stops robots ("Request blocked" from the edge of SoundCloud) | all |
| `captcha` | 403 in JSON with the address of a captcha | SoundCloud |
| `expired` | 401 as after a token has expired | SoundCloud, Beatport |
| `rotate` | 401, and from then on api-v2 takes only the next client id | SoundCloud |
| `no-scope` | 403 as for a token that may not do this | Beatport |
| `territory` | 403 "Territory Restricted." | Beatport |
| `closed-search` | a robots.txt that closes `/search`; match it with "/robots.txt" | Beatport |
| `busy`, `bad-request`, `official-error` | the site's own errors, some with status 200 | CoinMarketCap |

These bend the right answer:

| kind | what is bent | of |
|---|---|---|
| `empty-page` | a page is empty, and its next link leads to another address of the same page | SoundCloud |
| `same-link` | the next link of a page leads to the page itself, without end | SoundCloud |
| `link-with-id` | the next link holds the client id that was sent | SoundCloud |
| `link-without-id` | the next link holds no client id | SoundCloud |
| `no-counts` | followers, likes, reposts, plays and numbers of comments are null | SoundCloud |
| `no-times` | comments have no time in the track | SoundCloud |
| `deleted-users` | people in lists have an id and a kind, and nothing else | SoundCloud |
| `old-track-page` | a track's page is as it was until August 2026 | Beatport |
| `corrupted` | the data of a page breaks off, the page does not | Beatport |
| `wrong-coin` | the answer is about another coin | CoinMarketCap |
| `cut-off` | the second half is missing | all |
| `slow` | it comes late, by `delay` | all |
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from math import ceil
from typing import Any, Literal

import msgspec

from asyncscrape.replica.answers import Asked
from asyncscrape.replica.crowd.nouns import Crowd, changed

Kind = Literal[
    "busy",
    "bad-request",
    "wrong-coin",
    "official-error",
    "too-many",
    "server-error",
    "gone",
    "web-page",
    "challenge",
    "cut-off",
    "slow",
    "slow-down",
    "captcha",
    "expired",
    "rotate",
    "empty-page",
    "same-link",
    "link-with-id",
    "link-without-id",
    "no-counts",
    "no-times",
    "deleted-users",
    "no-scope",
    "territory",
    "closed-search",
    "old-track-page",
    "corrupted",
]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that goes wrong with matching requests."""

    kind: Kind
    """One of the kinds in the tables above."""
    host: str = "*"
    """A glob on the host's name."""
    match: str = "*"
    """A glob on path and query."""
    times: int | None = None
    """How often; None means for ever."""
    per_url: bool = False
    """Whether `times` and `share` count separately for each URL."""
    share: float = 1.0
    """The share of requests it hits, spread evenly: 0.25 is every fourth."""
    seconds: float | None = None
    """How long it lasts from the moment it is set."""
    retry_after: str | int | None = None
    """The Retry-After header, for "too-many", "slow-down" and "official-error"."""
    delay: float = 0.0
    """Seconds by which the answer is delayed; "slow" does nothing else."""
    code: int = 1008
    """The error code of an "official-error"."""
    status: int | None = None
    """HTTP status of an "official-error", if not the usual one for its code."""


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All switches."""

    today: date | None = None
    """Today's date; None asks the clock (UTC). Candles end the day before."""
    weeks: int = 0
    """Weeks that have passed: in each, one small coin entered the top list and one left it, and artists posted new
    tracks, which have new comments and higher counts."""
    noise: bool = True
    """Numbers with far too many digits, and "0E-24"."""
    gaps: bool = True
    """Some coins lack some days."""
    descending: bool = False
    """Whether the APIs' histories begin with the newest day."""
    empty: tuple[str, ...] = ()
    """Slugs of coins whose history is empty."""
    locale: Literal["swedish", "english"] = "swedish"
    """How the web pages write numbers."""
    page: Literal["both", "table", "data", "today"] = "both"
    """Where web pages hold the history: in the table, in the page data, or in both; or nowhere, as today, when the
    browser fills the table."""
    listing: Literal["objects", "arrays", "text"] = "objects"
    """The form of the top list in the page data; "text" is arrays in JSON within a JSON string, as in 2021."""
    token_life: float = 3_599
    """Seconds for which a token of SoundCloud is valid. Tokens stay valid through a reset and a restart."""
    token_quota: int | None = None
    """How many tokens SoundCloud gives until the next reset; then it answers 429. In reality 50 in 12 hours."""
    quota_answer: Literal["2021", "2022", "2026"] = "2026"
    """The form of that answer: as it was written in one of these years."""
    rotations: int = 0
    """How often SoundCloud's public client id has changed; only the newest is taken."""
    last_link: Literal["usual", "null", "absent"] = "usual"
    """How the last page of a SoundCloud list says that it is the last; usually each list has a way of its own."""
    faults: tuple[Fault, ...] = ()


class Switches:
    """The current behaviour, the rest of its faults, and the requests since the last reset."""

    def __init__(self, today: date | None = None, crowd: Crowd = Crowd()) -> None:  # noqa: B008 - it is frozen
        self._start = Behaviour(today=today)
        self._first_crowd = crowd
        self.resets = 0
        self.log: deque[tuple[str, str, int]] = deque(maxlen=500_000)
        self.reset()

    def reset(self) -> None:
        """Go back to the start, with no requests."""
        self.log.clear()
        self.resets += 1
        self.now = self._start
        self.crowd = self._first_crowd
        self._begin_faults()

    def change(self, values: Mapping[str, Any]) -> None:
        """Change the named switches. Raises a ValueError that says which name or value is wrong."""
        merged = {**msgspec.to_builtins(self.now), **values}
        try:
            behaviour = msgspec.convert(merged, Behaviour)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        self.now = behaviour
        if "faults" in values:
            self._begin_faults()

    def change_crowd(self, values: Mapping[str, Any]) -> None:
        """Start again with another crowd. Raises a ValueError that says which name or value is wrong."""
        other = changed(self._first_crowd, values)
        self.reset()
        self.crowd = other

    def _begin_faults(self) -> None:
        self._seen: Counter[tuple[int, str]] = Counter()
        self._since = time.monotonic()

    @property
    def today(self) -> date:
        """Today's date."""
        return (self.now.today or datetime.now(UTC).date()) + timedelta(weeks=self.now.weeks)

    def fault(self, asked: Asked) -> Fault | None:
        """The first fault that is due for this request."""
        for place, fault in enumerate(self.now.faults):
            if (
                fnmatchcase(asked.host, fault.host)
                and fnmatchcase(asked.target, fault.match)
                and self._due(place, asked)
            ):
                return fault
        return None

    def _due(self, place: int, asked: Asked) -> bool:
        fault = self.now.faults[place]
        counted = place, asked.target if fault.per_url else ""
        if fault.seconds is not None and time.monotonic() - self._since > fault.seconds:
            return False
        self._seen[counted] += 1
        number = self._seen[counted]
        hits = ceil(number * fault.share)
        is_hit = hits > ceil((number - 1) * fault.share)
        return is_hit and (fault.times is None or hits <= fault.times)
