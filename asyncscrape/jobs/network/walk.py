"""The walk from account to account: what an account has done, and which account comes next.

An account is a bundle of requests (see `bundles.py`). When its turn comes it is closed: its row and its interactions
are made, and each account that it interacted with gains in score. The account with the highest score comes next. What
an account that cannot be read has done counts as nothing.

popular    the score is the sum of the weights of all interactions
balanced   the same, divided by the followers: how much of the audience is in the walk. Whoever is known everywhere
           has many interactions from every scene, and would lead the walk out of its own
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import msgspec

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Made
from asyncscrape.jobs.network.account_pages import ACCOUNT, GONE, OPEN, PRIVATE, UPLOADS, AccountFound, Deeds, Uploads
from asyncscrape.model import Link, TypedRecords, Withdrawal
from asyncscrape.parsers.soundcloud.deeds import Deed
from asyncscrape.parsers.soundcloud.network_tables import ACCOUNTS, INTERACTIONS, AccountRow, InteractionRow, MetRow
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.web_api import WebApi

DONE, EMPTY, FAILED = "done", "empty", "failed"
POPULAR, BALANCED = "popular", "balanced"
EMERGED = 0.15
"""An account has emerged when it has made this share of its uploads."""
USUAL_FOLLOWERS = 1_000
"""Taken for those of an account that does not show how many it has."""
DOUBT, FIRST_DOUBT = 100, 3_000
"""Added to the followers of everybody, so that one interaction with somebody nobody knows does not lead there. The
second is divided by the number of accounts read so far: the fewer they are, the less does such a share say."""


class Met(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of an account that somebody interacted with."""

    votes: float = 0.0
    name: str | None = None
    followers: int | None = None
    permalink: str | None = None
    """As the site writes it; None for a deleted account."""
    met_by: int = 0
    """The position of the last account that interacted with it."""


_decode_met = msgspec.msgpack.Decoder(Met).decode
_decode_account = msgspec.msgpack.Decoder(AccountFound).decode
_decode_uploads = msgspec.msgpack.Decoder(Uploads).decode
_decode_deeds = msgspec.msgpack.Decoder(Deeds).decode


@dataclass(frozen=True)
class Walk:
    """The rules of the walk."""

    api: OfficialApi | WebApi
    latest: int
    weights: Mapping[str, float]
    grow: str

    def read(self, ended: EndedBundle) -> AccountEnd:
        """An account of which all is known."""
        found = {kind: [one.data for one in ended.findings if one.kind == kind] for kind in (ACCOUNT, UPLOADS)}
        profiles = [_decode_account(data) for data in found[ACCOUNT]]
        uploads = [_decode_uploads(data) for data in found[UPLOADS]]
        pages: dict[str, list[Deeds]] = {kind: [] for kind in self.weights}
        for one in ended.findings:
            if one.kind in pages:
                pages[one.kind].append(_decode_deeds(one.data))
        times = chain.from_iterable(page.times for page in uploads)
        done = {kind: latest_of(some, self.latest) for kind, some in pages.items()}
        refused = [page.refused for some in pages.values() for page in some if page.refused]
        return AccountEnd(self, ended, profiles[0] if profiles else AccountFound(), emerged(times), done, refused)

    def candidate(self, account: int, met: Met) -> Candidate:
        """An account that was met. Names are compared in lower case, as those of the user's list are."""
        link, name = Link(self.api.profile(account), ACCOUNT), (met.permalink or "").lower()
        return Candidate(str(account), name, self.score(met), link, msgspec.msgpack.encode(met))

    def score(self, met: Met) -> float:
        """The score of an account that was met."""
        if self.grow == BALANCED:
            followers = USUAL_FOLLOWERS if met.followers is None else met.followers
            return met.votes / (followers + DOUBT + FIRST_DOUBT / max(1, met.met_by))
        return met.votes

    def score_told(self, told: bytes) -> float:
        """The same, of what is remembered of it."""
        return self.score(_decode_met(told))


@dataclass(frozen=True)
class AccountEnd:
    """An account whose turn has come."""

    walk: Walk
    ended: EndedBundle
    profile: AccountFound
    emerged: str | None
    done: Mapping[str, Sequence[Deed]]
    """By kind."""
    refused: Sequence[str]
    """Why lists are not shown, for each that is not."""

    @property
    def keys(self) -> Collection[str]:
        """The accounts that it interacted with, and itself."""
        return {str(deed.target) for deeds in self._counted.values() for deed in deeds} | {self._key}

    @property
    def state(self) -> str:
        """How it ended."""
        if self.ended.failures:
            return FAILED
        if self.profile.refused != OPEN:
            return self.profile.refused
        if GONE in self.refused:  # it was deleted while it was read; how much had come by then is chance
            return GONE
        if any(self.done.values()):
            return DONE
        return PRIVATE if PRIVATE in self.refused else EMPTY

    def made(self, known: Mapping[str, Candidate]) -> Made:
        """Its rows, and the scores of those whom it interacted with."""
        number, key = self.ended.number, self._key
        unknown_before = self.ended.again and self._id > 0
        gone = [Withdrawal(ACCOUNTS.name, {"id": _without_id(number)})] if unknown_before else []
        if key in known and 0 < known[key].taken < number:
            return Made(Closed(number), (), gone)  # its turn has come before, under another permalink
        met = self._met(known)
        own = known.get(key) or self.walk.candidate(self._id, Met(permalink=self._permalink or self.ended.name))
        closed = Closed(number, key, candidates=[own, *met.values()], keep=self.state == FAILED)
        rows: dict[str, Sequence[msgspec.Struct]] = {
            ACCOUNTS.name: [
                self._row(),
                *(_row_of(one) for key, one in met.items() if _has_news(one, known.get(key))),
            ],
            INTERACTIONS.name: list(self._interactions()),
        }
        return Made(closed, TypedRecords(rows), gone)

    # Itself

    @property
    def _id(self) -> int:
        """Its id. One that the site never shows has none, so its position stands for it, below zero."""
        pick = self.ended.pick
        return self.profile.id or (int(pick.key) if pick else _without_id(self.ended.number))

    @property
    def _key(self) -> str:
        return str(self._id)

    @property
    def _permalink(self) -> str | None:
        return self.profile.permalink

    def _row(self) -> AccountRow:
        its, pick = self.profile, self.ended.pick
        return AccountRow(
            self._id,
            its.permalink or self.ended.name,
            its.name,
            its.followers,
            its.track_count,
            self.emerged,
            self.ended.number,
            self.state,
            pick.score if pick else None,
            pick.after if pick else None,
        )

    # What it did

    @property
    def _counted(self) -> Mapping[str, Sequence[Deed]]:
        """What counts of it: nothing, if a part of it could not be read."""
        return {} if self.state in (FAILED, GONE) else self.done

    def _interactions(self) -> Iterator[InteractionRow]:
        for kind, deeds in self._counted.items():
            by_target: defaultdict[int, list[Deed]] = defaultdict(list)
            for deed in deeds:
                by_target[deed.target].append(deed)
            for target, some in sorted(by_target.items()):
                times = [deed.at for deed in some if deed.at]
                permalink = next((deed.permalink for deed in some if deed.permalink), None)
                first, last = min(times, default=None), max(times, default=None)
                yield InteractionRow(self._id, kind, target, permalink, len(some), first, last)

    def _met(self, known: Mapping[str, Candidate]) -> dict[str, Candidate]:
        """Those whom it interacted with, as they are from now on. Nobody knows the permalink of a deleted account."""
        met: dict[int, Met] = {}
        for kind, deeds in self._counted.items():
            weight = self.walk.weights[kind]
            for deed in deeds:
                if deed.target != self._id:
                    told = met.get(deed.target) or _told(known.get(str(deed.target)))
                    permalink = deed.permalink or told.permalink
                    followers = told.followers if deed.followers is None else deed.followers
                    met_by = max(told.met_by, self.ended.number)
                    met[deed.target] = Met(told.votes + weight, deed.name or told.name, followers, permalink, met_by)
        return {str(target): self.walk.candidate(target, found) for target, found in met.items()}


def latest_of(pages: Sequence[Deeds], most: int) -> Sequence[Deed]:
    """The latest deeds on these pages, each once, whichever page came first.

    The official API tells of tracks and playlists in two lists, without dates; playlists get what the tracks leave.
    """
    found: dict[str, Deed] = {}
    for page in sorted(pages, key=lambda page: page.at):
        for deed in page.done:
            found.setdefault(deed.item, deed)
    return list(found.values())[:most]


def emerged(times: Iterable[str]) -> str | None:
    """The time by which 15 % of the different times of upload have come, between two of them if need be."""
    moments = sorted({datetime.fromisoformat(at).timestamp() for at in times})
    if not moments:
        return None
    place = (len(moments) - 1) * EMERGED
    low = moments[math.floor(place)]
    between = low + (moments[math.ceil(place)] - low) * (place - math.floor(place))
    return datetime.fromtimestamp(math.floor(between), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_id(position: int) -> int:
    return -position


def _told(candidate: Candidate | None) -> Met:
    return _decode_met(candidate.told) if candidate and candidate.told else Met()


def _has_news(candidate: Candidate, known: Candidate | None) -> bool:
    """Whether a row has to tell something of an account that was not told before."""
    if known is None:
        return True
    return _row_of(candidate) != _row_of(known)


def _row_of(candidate: Candidate) -> MetRow:
    told = _told(candidate)
    return MetRow(int(candidate.key), told.permalink, told.name, told.followers)
