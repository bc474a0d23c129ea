"""A fetcher that shows each host what it wants to see, and renews that when the host refuses it.

An exchange stays one exchange: a request whose token was refused goes back to the queue, and comes round again with
the next one. A redirect is another exchange, so what one host wants never reaches another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from multidict import CIMultiDict

from asyncscrape.access import Access, AppToken, GivenId, GivenToken, PublicId
from asyncscrape.errors import AccessRefused, FetchError, Postponed, Reason
from asyncscrape.fetchers.base import Sink
from asyncscrape.fetchers.http.credential_file import FOLDER, CredentialFile, Issued
from asyncscrape.fetchers.http.enclosure import Enclosure, without_parameter
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.http.issuers import JSON, AppTokens, Issuer, PublicIds, Rules
from asyncscrape.fetchers.http.renewal import Renewal
from asyncscrape.model import Request, Response
from asyncscrape.politeness.challenges import challenge
from asyncscrape.urls import authority

log = logging.getLogger(__name__)

YOUNG = 5.0
"""Seconds for which a new token is not to blame for a refusal."""
IN_VAIN = 1800.0
"""The same once a new one did not help, so that a few pages that are closed to us do not use up a quota."""


class Pass(Protocol):
    """What one host wants to see with every request."""

    @property
    def parameter(self) -> str:
        """The query parameter that shows it; empty for a header."""

    async def prove(self) -> None:
        """Find out, before anything else is asked, whether the host accepts it. Raises `AccessRefused`."""

    async def show(self) -> tuple[Enclosure, Issued | None]:
        """What to send now. Raises `Postponed` or `AccessRefused`."""

    async def heed(self, request: Request, shown: Issued | None, answer: Response) -> None:
        """Learn from the answer. Raises `Postponed` if the request is to come round again with something newer."""


class HttpWithAccess:
    """Fetches over plain HTTP, with what each host wants to see."""

    def __init__(self, http: HttpFetcher, access: Sequence[Access], data: Path, rules: Rules) -> None:
        """`http` must be open for as long as this is used; `data` is the folder that jobs share."""
        self._http = http
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
        if wanted is None:
            return await self._http.fetch(request, user_agent=user_agent, on_sent=on_sent, sink=sink)
        try:
            enclosed, issued = await wanted.show()
            answer = await self._http.fetch(
                request, user_agent=user_agent, on_sent=on_sent, sink=sink, enclosed=enclosed
            )
            await wanted.heed(request, issued, answer)
        except AccessRefused as why:
            raise FetchError(Reason.ACCESS, str(why), transient=False) from why
        return without_echo(answer, wanted.parameter)


def pass_for(wanted: Access, http: HttpFetcher, folder: Path, rules: Rules) -> Pass:
    """The pass for a host."""
    match wanted:
        case AppToken():
            file = CredentialFile(folder, wanted.host, wanted.url, wanted.client_id)
            tokens: Issuer = AppTokens(wanted, http, rules)
            return Renewed(Renewal(wanted.host, tokens, file, rules.now), rules, scheme=wanted.scheme)
        case PublicId():
            file = CredentialFile(folder, wanted.host, wanted.page, wanted.parameter)
            ids = PublicIds(wanted, http, rules)
            return Renewed(Renewal(wanted.host, ids, file, rules.now), rules, parameter=wanted.parameter)
        case GivenId():
            return Given(Enclosure(query={wanted.parameter: wanted.value}), wanted.parameter)
        case GivenToken():
            return Probed(wanted, http, rules)


async def _refusal(shown: Pass) -> AccessRefused | None:
    """Why the host does not accept it. One that cannot tell at the moment is asked again by the first request."""
    try:
        await shown.prove()
    except AccessRefused as why:
        return why
    except FetchError as error:
        log.info("whether the credentials are good is not known yet: %s", error.detail)
    return None


def by_header(scheme: str, token: str) -> Enclosure:
    """A token in the header Authorization; hosts that want one speak JSON."""
    return Enclosure({"Authorization": f"{scheme} {token}", "Accept": f"{JSON}, */*;q=0.5"})


def without_echo(answer: Response, parameter: str) -> Response:
    """The answer without the parameter in its redirect: some hosts repeat the URL as they were sent it."""
    location = answer.headers.get("Location", "")
    if not parameter or (bare := without_parameter(location, parameter)) == location:
        return answer
    headers = CIMultiDict(answer.headers)
    headers["Location"] = bare
    return replace(answer, headers=headers)


class Given:
    """An id from the user, which nobody renews."""

    def __init__(self, enclosed: Enclosure, parameter: str = "") -> None:
        self._enclosed = enclosed
        self.parameter = parameter

    async def prove(self) -> None:
        """Nothing tells before the first request."""

    async def show(self) -> tuple[Enclosure, None]:
        """Always the same."""
        return self._enclosed, None

    async def heed(self, request: Request, shown: Issued | None, answer: Response) -> None:
        """A refusal stands."""


class Probed(Given):
    """A token from the user."""

    def __init__(self, given: GivenToken, http: HttpFetcher, rules: Rules) -> None:
        super().__init__(by_header(given.scheme, given.token))
        self._given = given
        self._http = http
        self._rules = rules

    async def prove(self) -> None:
        """Ask for what only a good token opens."""
        given = self._given
        agent = self._rules.user_agent(authority(given.probe))
        answer = await self._http.fetch(Request(given.probe), user_agent=agent, enclosed=self._enclosed)
        if answer.status in (401, 403) and not walled(answer):
            raise AccessRefused(
                f"{authority(given.probe)} refuses {given.keys} (http {answer.status}): it has ended or was never "
                "good; get a new one"
            )


class Renewed:
    """A token or id that can be renewed: for each request that is refused once, and in vain seldom."""

    def __init__(self, renewal: Renewal, rules: Rules, *, scheme: str = "", parameter: str = "") -> None:
        """It is shown in a header after `scheme`, or as a parameter."""
        self._renewal = renewal
        self._now = rules.now
        self._scheme = scheme
        self.parameter = parameter
        self._refusals = (401, 403) if parameter else (401,)
        self._again: set[tuple[str, str, str]] = set()
        """Requests that come round once more."""
        self._young = YOUNG

    async def prove(self) -> None:
        """Get one."""
        await self._renewal.current()

    async def show(self) -> tuple[Enclosure, Issued]:
        """The present one."""
        issued = await self._renewal.current()
        if self.parameter:
            return Enclosure(query={self.parameter: issued.value}), issued
        return by_header(self._scheme, issued.value), issued

    async def heed(self, request: Request, shown: Issued | None, answer: Response) -> None:
        """Renew it if it may be to blame for a refusal."""
        assert shown is not None
        key = request.kind, request.url, request.note
        came_again = key in self._again
        self._again.discard(key)
        if answer.status not in self._refusals or walled(answer):
            return
        host = authority(request.url)
        if not self._renewal.holds(shown):
            raise Postponed(f"{host} refused what has been renewed since")
        if came_again:
            self._young = IN_VAIN
        elif self._now() - shown.got_at >= self._young:
            self._again.add(key)
            newer = await self._renewal.renew(shown)
            if newer.value != shown.value:
                raise Postponed(f"{host} refused what has been renewed now")
            self._again.discard(key)
            self._young = IN_VAIN


def walled(answer: Response) -> bool:
    """Whether it is a bot challenge, which says nothing about credentials."""
    return challenge(answer.status, answer.headers, answer.body) is not None
