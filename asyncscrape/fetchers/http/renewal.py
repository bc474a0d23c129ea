"""A token or id that is renewed in time: once for all requests that wait for it, in this process or in another.

1. A good one in memory is used.                                                          `Renewal.current`
2. Otherwise one request gets the next, and all others wait for that.                     `Renewal._obtain`
3. Another process may have got it already: then it is in the file.                       `Renewal._shared`
4. Else the issuer is asked, unless its quota or a deadline forbids it. The time of the
   question is in the file before the question is out, so a kill loses none.              `Renewal._ask`
5. While none can be had, every request is told until when: nothing is asked meanwhile.   `Renewal._pause`
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from asyncscrape.access import TokenQuota
from asyncscrape.errors import AccessRefused, FetchError, Postponed, Reason
from asyncscrape.fetchers.http.credential_file import CredentialFile, Issued, Kept
from asyncscrape.fetchers.http.issuers import Delayed, Issuer
from asyncscrape.politeness.clock import Window
from asyncscrape.units import Rate

log = logging.getLogger(__name__)

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 60.0
"""Seconds before an issuer that does not answer is asked again: after the first failure, and at most."""
RECONSIDERED = 5
"""How many refusals in a row are taken for a passing one, once something has worked in this run."""
UNTOLD = 60.0
LONGEST_UNTOLD = 3600.0
"""The same for one that has been asked too often, and does not say how long to wait."""


class Renewal:
    """Holds what one host wants to see."""

    def __init__(self, host: str, issuer: Issuer, file: CredentialFile, now: Callable[[], float]) -> None:
        self._host = host
        self._issuer = issuer
        self._file = file
        self._now = now
        self._held: Issued | None = None
        self._bad = ""
        """The one that the host refused last; the file may still hold it."""
        self._one_at_a_time = asyncio.Lock()
        self._failures = 0
        """Questions in a row that were in vain."""
        self._until = 0.0
        """Nothing is asked before."""
        self._why = ""
        self._refused: AccessRefused | None = None
        self._had = False
        """Whether one was had in this run, so that a refusal may pass."""

    def holds(self, issued: Issued) -> bool:
        """Whether this is still the one that is used."""
        return self._held is issued

    async def current(self) -> Issued:
        """The one to use now. Raises `Postponed` while none can be had, `AccessRefused` if none ever can."""
        held = self._held
        return held if held is not None and held.good(self._now()) else await self._obtain()

    async def prove(self) -> None:
        """Get one."""
        await self.current()

    async def mend(self, refused: Issued, *, sure: bool, accepted: bool) -> bool:
        """Get another after the host has refused this one; whether there is another. Raises as `current` does.

        If the host is `sure` to have refused it, everything waits for another; forever, if it was never `accepted`.
        """
        self._drop(refused)
        newer = await self.current()
        if newer.value == refused.value and sure and self._failures < RECONSIDERED:
            self._drop(newer)
            raise self._pause(self._now() + self._backoff(), f"{self._host} refuses the newest there is")
        if newer.value == refused.value and sure and not accepted:
            self._refused = AccessRefused(f"{self._host} refuses the newest there is; give another in the config")
            self._drop(newer)
            raise self._refused
        return newer.value != refused.value

    def _drop(self, refused: Issued) -> None:
        if self._held is refused:
            self._held, self._bad = None, refused.value

    async def _obtain(self) -> Issued:
        async with self._one_at_a_time:
            held = self._held
            if held is None or not held.good(self._now()):
                self._held = held = await self._shared()
                self._had = True
            return held

    async def _shared(self) -> Issued:
        if self._refused is not None:
            raise self._refused
        if self._now() < self._until:
            raise Postponed(self._why, self._until)
        async with self._file.locked():
            kept = (await self._file.load()).as_of(self._now())
            issued = kept.issued
            if issued is None or not issued.good(self._now()) or issued.value == self._bad:
                issued = await self._ask(kept)
            return issued

    async def _ask(self, kept: Kept) -> Issued:
        self._wait_for_quota(kept)
        asked = msgspec.structs.replace(
            kept, asked=(*recent(kept.asked, self._issuer.quotas, self._now()), self._now())
        )
        await self._file.save(asked)
        try:
            issued = await self._issuer.issue()
        except AccessRefused as refusal:
            if self._had and self._failures < RECONSIDERED:
                raise self._pause(self._now() + self._backoff(), str(refusal)) from refusal
            self._refused = refusal
            raise
        except Delayed as error:
            raise await self._delay(asked, error) from error
        except FetchError as error:
            if error.reason == Reason.BLOCKED:
                raise
            raise self._pause(self._now() + self._backoff(), error.detail, failed=True) from error
        if issued.value != self._bad:
            self._failures = 0
        self._bad = ""
        await self._file.save(Kept(issued, asked.asked))
        return issued

    def _wait_for_quota(self, kept: Kept) -> None:
        """Raise `Postponed` if the issuer must not be asked yet."""
        at = quota_at(kept.asked, self._issuer.quotas, self._now())
        until, why = max(
            (kept.not_before, "no token before its deadline"), (at, "its quota of tokens is used up for the moment")
        )
        if until > self._now():
            raise self._pause(until, f"{self._host}: {why}")

    async def _delay(self, asked: Kept, error: Delayed) -> Postponed:
        """Note when the issuer wants to be asked again; other runs heed it too."""
        until = error.until or self._now() + self._backoff(slow=error.slow)
        await self._file.save(msgspec.structs.replace(asked, not_before=until))
        return self._pause(until, error.detail, failed=not error.slow)

    def _backoff(self, *, slow: bool = False) -> float:
        first, longest = (UNTOLD, LONGEST_UNTOLD) if slow else (FIRST_PAUSE, LONGEST_PAUSE)
        self._failures += 1
        return min(longest, first * 2.0 ** (self._failures - 1))

    def _pause(self, until: float, why: str, *, failed: bool = False) -> Postponed:
        self._until, self._why = until, why
        told = datetime.fromtimestamp(until, UTC)
        log.warning("requests to %s wait until %s UTC: %s", self._host, f"{told:%Y-%m-%d %H:%M:%S}", why)
        return Postponed(why, until, failed=failed)


def recent(asked: tuple[float, ...], quotas: tuple[TokenQuota, ...], now: float) -> tuple[float, ...]:
    """The times that still count for some quota."""
    longest = max((quota.seconds for quota in quotas), default=0.0)
    return tuple(time for time in asked if time > now - longest - 1)


def quota_at(asked: tuple[float, ...], quotas: tuple[TokenQuota, ...], now: float) -> float:
    """When all quotas allow one more question."""
    windows = (Window.load(Rate(quota.most, quota.seconds), asked, now) for quota in quotas)
    return max((window.ready_at(now) for window in windows), default=now)
