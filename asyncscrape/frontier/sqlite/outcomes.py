"""Settling requests: each moves to the stage that its outcome calls for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

from asyncscrape.errors import Reason
from asyncscrape.frontier.prints import print_of
from asyncscrape.frontier.redirected import LEADS_TO, hops_behind
from asyncscrape.frontier.sqlite.copies import Copies
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import ENDING, REQUESTS, Event, Stage
from asyncscrape.model import Kind, Outcome, State
from asyncscrape.urls import authority


class Outcomes:
    """The part of a commit that settles requests."""

    def __init__(self, file: StateFile, copies: Copies) -> None:
        self._file = file
        self._database = file.database
        self._copies = copies

    def settle(self, outcomes: Sequence[Outcome]) -> Counter[str]:
        """Settle a group; the number of redirected requests that are new at each host."""
        fresh: Counter[str] = Counter()
        ended: defaultdict[State, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            if outcome.hop:
                self._redirect(outcome, fresh)
            else:
                ended[outcome.state].append(outcome)
        if later := ended.pop(State.PENDING, None):
            self._put_off(later)
        for state, some in ended.items():
            self._finish(some, REQUESTS[Stage.LEASED, ENDING[state]])
        return fresh

    def _finish(self, outcomes: Sequence[Outcome], stage: Stage) -> None:
        """End requests; tell the copies of those that are blobs."""
        blobs = [outcome for outcome in outcomes if outcome.request.kind == Kind.BLOB]
        stored = {outcome.request.id: self._copies.keep_in_mind(outcome.kept) for outcome in blobs}
        for file in chain.from_iterable(outcome.files for outcome in outcomes):
            self._copies.keep_in_mind(file)
        rows = [
            (stage, asked.attempts, outcome.reason or None, outcome.detail or None, stored.get(asked.id), asked.id)
            for outcome in outcomes
            for asked in (outcome.request,)
        ]
        self._database.run_many("finish", rows)
        self._file.tallies.moved_all([outcome.request.kind for outcome in outcomes], Stage.LEASED, stage)
        for outcome in outcomes:
            if outcome.merged:
                self._file.tallies.merged(outcome.request.kind)
        if blobs:
            self._copies.tell(blobs)

    def _put_off(self, outcomes: Sequence[Outcome]) -> None:
        """Put requests back to be tried again later. Copies among them are ready again at once."""
        rows = [
            (outcome.request.attempts, outcome.retry_at, outcome.reason, outcome.detail, outcome.request.id)
            for outcome in outcomes
        ]
        self._database.run_many("postpone", rows)
        kinds = [outcome.request.kind for outcome in outcomes]
        self._file.tallies.moved_all(kinds, Stage.LEASED, REQUESTS[Stage.LEASED, Event.PUT_OFF])
        self._copies.may_wait |= Kind.BLOB in kinds

    # Redirects

    def _redirect(self, outcome: Outcome, fresh: Counter[str]) -> None:
        """Send a request on to its redirect's target, unless the target is known already."""
        asked, host = outcome.request, authority(outcome.hop)
        key = self._file.hosts.key(host)
        if self._merge_or_note(outcome, key):
            return
        self._database.run("redirect", (outcome.hop, key, hops_behind(asked), asked.id))
        self._file.tallies.moved(asked.kind, Stage.LEASED, REQUESTS[Stage.LEASED, Event.REDIRECTED])
        fresh[host] += 1

    def _merge_or_note(self, outcome: Outcome, host: int) -> bool:
        """End a request whose redirect's target is known, or note a new target; whether it was merged."""
        asked = outcome.request
        print_ = print_of(asked.kind, outcome.hop, asked.note, asked.bundle)
        known = self._database.row("find", (print_,))
        if known is not None and asked.newest:
            return False  # its bytes are for its own path alone
        if known is None:
            values = (print_, outcome.hop, asked.kind, host, asked.id, asked.path, asked.note)
            self._database.run("add_alias", values)
            return False
        own = known["parent"] if known["state"] == Stage.ALIAS else known["id"]
        if own == asked.id:
            return False
        return self._copies.merge(outcome, print_) if asked.kind == Kind.BLOB else self._merge(outcome)

    def _merge(self, outcome: Outcome) -> bool:
        """End a request that was redirected to a known one."""
        asked, stage = outcome.request, REQUESTS[Stage.LEASED, Event.MERGED]
        end = (stage, asked.attempts, Reason.REDIRECT, LEADS_TO + outcome.hop, None, asked.id)
        self._database.run("finish", end)
        self._file.tallies.moved(asked.kind, Stage.LEASED, stage)
        self._file.tallies.merged(asked.kind)
        return True
