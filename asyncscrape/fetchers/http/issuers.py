"""Where tokens and ids come from: a site's token endpoint, or a page that publishes an id for everybody."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from asyncscrape.access import AppToken, PublicId, TokenQuota
from asyncscrape.errors import AccessRefused, FetchError, Reason
from asyncscrape.fetchers.http.credential_file import Issued
from asyncscrape.fetchers.http.enclosure import JSON, Enclosure
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.model import Request, Response
from asyncscrape.politeness.challenges import challenge
from asyncscrape.politeness.decisions import Action, classify, deadline, retry_after
from asyncscrape.urls import authority, canonical

TOKEN = "token"
"""The kind of request that asks for a token."""
LIFE = 3600.0
"""Seconds that a token lasts if the answer does not say so."""
MARGIN = 60.0
"""Seconds before its end at which a token is renewed; less for one that lasts less than ten times as long."""
MOST_REDIRECTS = 5


class Rules(NamedTuple):
    """How these requests are made, which no queue holds."""

    user_agent: Callable[[str], str]
    """Who we say we are to a host."""
    permits: Callable[[str], Awaitable[bool]]
    """Whether the robots.txt of a URL's origin permits it. Raises `FetchError` if it cannot be read."""
    now: Callable[[], float]
    """Unix time."""


class Delayed(FetchError):
    """The site gives nothing at the moment."""

    def __init__(self, detail: str, until: float | None, *, slow: bool = False) -> None:
        super().__init__(Reason.ACCESS, detail, transient=True)
        self.until = until
        """When to come back, if the site says so."""
        self.slow = slow
        """Whether it was asked too often; otherwise it is in trouble."""


class Issuer(Protocol):
    """Gives tokens or ids."""

    @property
    def quotas(self) -> tuple[TokenQuota, ...]:
        """How often it may be asked."""

    async def issue(self) -> Issued:
        """Ask for one. Raises `FetchError`, or `AccessRefused` if asking again is useless."""


class AppTokens:
    """The tokens of an app."""

    def __init__(self, app: AppToken, http: HttpFetcher, rules: Rules) -> None:
        self._app = app
        self._http = http
        self._rules = rules

    @property
    def quotas(self) -> tuple[TokenQuota, ...]:
        """As the site states them."""
        return self._app.quotas

    async def issue(self) -> Issued:
        """Ask for a token."""
        app = self._app
        basic = b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
        enclosed = Enclosure(
            {"Authorization": f"Basic {basic}", "Accept": JSON}, form={"grant_type": "client_credentials"}
        )
        agent = self._rules.user_agent(authority(app.url))
        asked_at = self._rules.now()
        answer = await self._http.fetch(Request(app.url, TOKEN), user_agent=agent, enclosed=enclosed)
        return token_in(answer, app.keys, asked_at)


def token_in(answer: Response, keys: str, asked_at: float) -> Issued:
    """The token in the answer of a token endpoint, renewed a little before its end; `keys` are shown to the user."""
    host = authority(answer.url)
    refuse_challenge(answer)
    told = _json(answer)
    if answer.status in (400, 401) or (answer.status == 403 and told):
        raise AccessRefused(
            f"{host} refuses {keys} ({_why(answer, told)}): copy them again from where the app is registered"
        )
    token = told.get("access_token")
    if answer.status != 200 or not isinstance(token, str) or not token:
        detail = f"{host} gives no token ({_why(answer, told)})"
        raise Delayed(detail, reset_at(answer, told, asked_at), slow=answer.status == 429)
    life = told.get("expires_in")
    life = float(life) if isinstance(life, int | float) and life > 0 else LIFE
    return Issued(token, asked_at, asked_at + life - min(MARGIN, life / 10))


def _json(answer: Response) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return told if isinstance(told, dict) else {}


def _why(answer: Response, told: dict[str, Any]) -> str:
    """The site's word for what is wrong, if it is one; a longer text could repeat what it was sent."""
    word = told.get("error") or told.get("error_code") or told.get("message")
    return word if isinstance(word, str) and re.fullmatch(r"[\w ]{1,40}", word) else f"http {answer.status}"


def reset_at(answer: Response, told: dict[str, Any], now: float) -> float | None:
    """When the site gives tokens again, from Retry-After or the `reset_time` of its quota; whichever is later."""
    found = [deadline(answer, now)]
    errors = told.get("errors")
    for error in errors if isinstance(errors, list) else ():
        meta = error.get("meta") if isinstance(error, dict) else None
        if isinstance(meta, dict) and isinstance(time := meta.get("reset_time"), str):
            found.append(_reset_time(time, now, answer.headers.get("Date")))
    return max((at for at in found if at is not None), default=None)


def _reset_time(text: str, now: float, date_header: str | None) -> float | None:
    """A time like "2022/05/26 16:31:52 +0000", by the server's own clock."""
    try:
        moment = datetime.strptime(text, "%Y/%m/%d %H:%M:%S %z")
    except ValueError:
        return None
    return retry_after(moment.strftime("%a, %d %b %Y %H:%M:%S %z"), now, date_header)


class PublicIds:
    """The ids that a page publishes."""

    quotas: tuple[TokenQuota, ...] = ()

    def __init__(self, public: PublicId, http: HttpFetcher, rules: Rules) -> None:
        self._public = public
        self._http = http
        self._rules = rules

    async def issue(self) -> Issued:
        """Read the id that the page publishes now."""
        public, answer = self._public, await self._page()
        found = re.search(public.pattern, answer.text)
        if found is None:
            raise AccessRefused(
                f"{public.page} publishes no {public.parameter} any more, at least not where it used to be; "
                "give one in the config"
            )
        return Issued(found[1], self._rules.now())

    async def _page(self) -> Response:
        """The page, through redirects that robots.txt permits."""
        url: str | None = self._public.page
        for _ in range(MOST_REDIRECTS + 1):
            if url is None:
                break
            if not await self._rules.permits(url):
                raise AccessRefused(f"robots.txt disallows {url}, so its {self._public.parameter} cannot be read")
            agent = self._rules.user_agent(authority(url))
            answer = await self._http.fetch(Request(url), user_agent=agent)
            refuse_challenge(answer)
            if answer.status == 200:
                return answer
            if classify(answer.status).action is not Action.REDIRECT or "Location" not in answer.headers:
                until = deadline(answer, self._rules.now())
                raise Delayed(f"{url} answers {answer.status}", until, slow=answer.status == 429)
            url = canonical(answer.headers["Location"], url)
        raise Delayed(f"{self._public.page} only leads elsewhere", None)


def refuse_challenge(answer: Response) -> None:
    """Raise a `FetchError` if the answer is a bot challenge."""
    wall = challenge(answer.status, answer.headers, answer.body)
    if wall:
        detail = f"{authority(answer.url)} answers with a bot challenge ({wall})"
        raise FetchError(Reason.BLOCKED, detail, transient=False)
