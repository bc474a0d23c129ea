"""A fetcher that shows each host what it wants to see, and renews that when the host refuses it.

An exchange stays one exchange: a request whose token was refused goes back to the queue, and comes round again with
the next one. A redirect is another exchange, so what one host wants never reaches another; nor does it reach the same
host without TLS, unless the user named that origin.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from multidict import CIMultiDict

from asyncscrape.access import Access, AppToken, GivenId, GivenToken, PublicId, urls_of
from asyncscrape.errors import AccessRefused, FetchError, Postponed, Withheld
from asyncscrape.fetchers.base import Sink
from asyncscrape.fetchers.http.blame import IN_VAIN, Follows, Refusal, step
from asyncscrape.fetchers.http.credential_file import FOLDER, CredentialFile, Issued
from asyncscrape.fetchers.http.enclosure import Enclosure, ShownAs, without_parameter
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.http.issuers import AppTokens, Issuer, PublicIds, Rules
from asyncscrape.fetchers.http.renewal import Renewal
from asyncscrape.model import Request, Response
from asyncscrape.politeness.challenges import challenge
from asyncscrape.urls import authority, origin

log = logging.getLogger(__name__)

DOUBT = 10.0
"""Seconds for which a page waits whose refusal may be its own or the credential's."""


class CredentialSource(Protocol):
    """Gives the credential for one host."""

    async def prove(self) -> None:
        """Find out, before anything else is asked, whether the host accepts it. Raises `AccessRefused`."""

    async def current(self) -> Issued:
        """The one to show now. Raises `Postponed` or `AccessRefused`."""

    def holds(self, issued: Issued) -> bool:
        """Whether this is still the one to show."""

    async def mend(self, refused: Issued, *, sure: bool, accepted: bool) -> bool:
        """Look after one that the host refused; whether there is another now. Raises as `current` does."""


class HttpWithAccess:
    """Fetches over plain HTTP, with what each host wants to see."""

    def __init__(self, http: HttpFetcher, access: Sequence[Access], data: Path, rules: Rules) -> None:
        """`http` must be open for as long as this is used; `data` is the folder that jobs share."""
        self._http = http
        self._named = {origin(url) for wanted in access for url in urls_of(wanted)}
        self._passes = {wanted.host: pass_for(wanted, http, data / FOLDER, rules) for wanted in access}

    async def __aenter__(self) -> Self:
        """Find out whether the hosts accept what they will see. Raises `AccessRefused`."""
        for refusal in filter(None, await asyncio.gather(*map(_refusal, self._passes.values()))):
            raise refusal
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """Make one exchange, see `Fetcher.fetch`."""
        wanted = self._passes.get(authority(request.url))
        if wanted is None or not self._keeps_secrets(request.url):
            return await self._http.fetch(request, user_agent=user_agent, on_sent=on_sent, sink=sink)
        try:
            enclosed, issued = await wanted.show()
            answer = await self._http.fetch(
                request, user_agent=user_agent, on_sent=on_sent, sink=sink, enclosed=enclosed
            )
            await wanted.heed(request, issued, answer)
        except AccessRefused as why:
            raise Withheld(str(why)) from why
        return without_echo(answer, wanted.place.parameter)

    def _keeps_secrets(self, url: str) -> bool:
        return origin(url) in self._named or self._http.trust.keeps_secrets(url)


def pass_for(wanted: Access, http: HttpFetcher, folder: Path, rules: Rules) -> Pass:
    """The pass for a host."""
    match wanted:
        case AppToken():
            file = CredentialFile(folder, wanted.host, wanted.url, wanted.client_id)
            tokens: Issuer = AppTokens(wanted, http, rules)
            return Pass(Renewal(wanted.host, tokens, file, rules.now), ShownAs(scheme=wanted.scheme), rules.now)
        case PublicId():
            file = CredentialFile(folder, wanted.host, wanted.page, wanted.parameter)
            ids = PublicIds(wanted, http, rules)
            return Pass(Renewal(wanted.host, ids, file, rules.now), ShownAs(parameter=wanted.parameter), rules.now)
        case GivenId():
            place = ShownAs(parameter=wanted.parameter)
            return Pass(Given(wanted, place, http, rules), place, rules.now)
        case GivenToken():
            place = ShownAs(scheme=wanted.scheme)
            return Pass(Given(wanted, place, http, rules), place, rules.now)


async def _refusal(shown: Pass) -> AccessRefused | None:
    """Why the host does not accept it. One that cannot tell at the moment is asked again by the first request."""
    try:
        await shown.prove()
    except AccessRefused as why:
        return why
    except FetchError as error:
        log.info("whether the credentials are good is not known yet: %s", error.detail)
    return None


def without_echo(answer: Response, parameter: str) -> Response:
    """The answer without the parameter in its redirect: some hosts repeat the URL as they were sent it."""
    location = answer.headers.get("Location", "")
    if not parameter or (bare := without_parameter(location, parameter)) == location:
        return answer
    headers = CIMultiDict(answer.headers)
    headers["Location"] = bare
    return replace(answer, headers=headers)


class Given:
    """A token or an id from the user, which nobody else renews."""

    def __init__(self, given: GivenId | GivenToken, shown_as: ShownAs, http: HttpFetcher, rules: Rules) -> None:
        self._given = given
        self._issued = Issued(given.value, 0.0)
        self._shown_as = shown_as
        self._http = http
        self._rules = rules
        self._refused: AccessRefused | None = None

    async def prove(self) -> None:
        """Ask for what only a good one opens, if robots.txt permits that."""
        given = self._given
        if not await self._rules.permits(given.probe):
            return
        agent = self._rules.user_agent(authority(given.probe))
        enclosed = self._shown_as.enclose(given.value)
        answer = await self._http.fetch(Request(given.probe), user_agent=agent, enclosed=enclosed)
        if answer.status in (401, 403) and not walled(answer):
            self._refused = AccessRefused(
                f"{authority(given.probe)} refuses {given.keys} (http {answer.status}): it has ended or was never "
                f"good; {given.advice}"
            )
            raise self._refused

    async def current(self) -> Issued:
        """Always the same, until it is refused."""
        if self._refused is not None:
            raise self._refused
        return self._issued

    def holds(self, issued: Issued) -> bool:
        """There is no other."""
        return True

    async def mend(self, refused: Issued, *, sure: bool, accepted: bool) -> bool:
        """Find out whether it is still good."""
        await self.current()
        try:
            await self.prove()
        except FetchError as error:
            raise Postponed(
                f"whether {self._given.keys} is still good is not known: {error.detail}", self._rules.now() + DOUBT
            ) from error
        return False


class FirstRefusal(NamedTuple):
    """The refusal of a request that comes round again."""

    value: str
    """The credential it was shown with."""
    given: int
    """Pages that the host had given until then."""
    waited: bool
    mended: bool


class Pass:
    """Shows one host what it wants to see, and learns from its answers."""

    def __init__(self, source: CredentialSource, place: ShownAs, now: Callable[[], float]) -> None:
        self._source = source
        self._now = now
        self.place = place
        self._first: dict[tuple[str, str, str], FirstRefusal] = {}
        self._given = 0
        """Pages that the host has given."""
        self._accepted = ""
        """The credential it gave the last one for."""
        self._vain_at = -math.inf
        """When mending has not helped."""

    async def prove(self) -> None:
        """Find out, before anything else is asked, whether the host accepts it. Raises `AccessRefused`."""
        await self._source.prove()

    async def show(self) -> tuple[Enclosure, Issued]:
        """What to send now. Raises `Postponed` or `AccessRefused`."""
        issued = await self._source.current()
        return self.place.enclose(issued.value), issued

    async def heed(self, request: Request, shown: Issued, answer: Response) -> None:
        """Learn from the answer. Raises `Postponed` if the request is to come round again, or `AccessRefused`."""
        key = request.kind, request.url, request.note
        first = self._first.pop(key, None)
        if 200 <= answer.status < 300:
            self._given, self._accepted = self._given + 1, shown.value
        if answer.status not in self._refusals or walled(answer):
            return
        refusal = self._refusal(shown, answer.status, first)
        follows = step(refusal)
        if follows is Follows.STANDS:
            self._vain_at = self._now() if refusal.mended else self._vain_at
            return
        self._first[key] = FirstRefusal(shown.value, self._given, follows is Follows.LATER, refusal.mended)
        await self._act(follows, shown, refusal)
        del self._first[key]

    @property
    def _refusals(self) -> tuple[int, ...]:
        return (401, 403) if self.place.parameter else (401,)

    def _refusal(self, shown: Issued, status: int, first: FirstRefusal | None) -> Refusal:
        now = self._now()
        return Refusal(
            current=self._source.holds(shown),
            sure=bool(self.place.parameter) and status == 401,
            age=now - shown.got_at,
            accepted=self._accepted == shown.value,
            mended=first is not None and (first.mended or first.value != shown.value),
            in_vain=now - self._vain_at < IN_VAIN,
            waited=first is not None and first.value == shown.value and first.waited,
            sign=first is not None and first.value == shown.value == self._accepted and first.given != self._given,
        )

    async def _act(self, follows: Follows, shown: Issued, refusal: Refusal) -> None:
        """Let the request come round again; return if the refusal stands all the same."""
        if follows is Follows.LATER:
            raise Postponed("refused, perhaps for its credential", self._now() + DOUBT, alone=True)
        if follows is Follows.AGAIN:
            raise Postponed("refused for what has been renewed since")
        if await self._source.mend(shown, sure=refusal.sure, accepted=refusal.accepted):
            raise Postponed("refused for what has been renewed now")
        self._vain_at = self._now()


def walled(answer: Response) -> bool:
    """Whether it is a bot challenge, which says nothing about credentials."""
    return challenge(answer.status, answer.headers, answer.body) is not None
