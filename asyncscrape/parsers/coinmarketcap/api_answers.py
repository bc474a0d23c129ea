"""Answers: the parts that every source reads, and the reasons why an answer cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from asyncscrape.errors import Blocked, Retry
from asyncscrape.model import Response
from asyncscrape.parsers.coinmarketcap.wanted import MOST_LISTED, CoinsWanted
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.half_characters import decoded_whole

BUSY_WAIT = 20.0
"""Seconds to leave the API alone when it says it is busy."""
STALE_WAIT = 60.0
"""Seconds that a wrong answer stays in the site's cache."""
OVER_QUOTA = range(1008, 1012)
KEY_TROUBLE = range(1001, 1008)

exact = msgspec.json.Decoder(float_hook=str)
"""A JSON decoder that keeps fractions as the text that was sent."""


class Quote(msgspec.Struct, frozen=True, gc=False):
    """A coin's prices on one day; numbers as they were sent."""

    open: Any = None
    high: Any = None
    low: Any = None
    close: Any = None
    volume: Any = None
    market_cap: Any = None
    name: Any = None
    """The number of the currency, if the quote names it."""


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One day of an answer."""

    time_open: str
    quote: Quote
    time_high: str | None = None
    time_low: str | None = None


class CoinName(msgspec.Struct, frozen=True):
    """The facts that every row about a coin repeats."""

    id: int
    slug: str
    name: str | None = None
    symbol: str | None = None


class ApiStatus(msgspec.Struct, frozen=True):
    """The status an API gives in its answer."""

    error_code: Any


def answer(response: Response) -> Any:
    """The data of a good answer of either API. Raises what is wrong with others, some of which have status 200."""
    try:
        whole = decoded_whole(exact.decode, response.body)
        status, data = whole["status"], whole.get("data")
        code = str(status["error_code"])
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise ParseError("the answer is not JSON as this API sends it") from None
    if code == "0":
        return data
    said = f"the API says {code}: {status.get('error_message')}"
    if code.isdecimal() and int(code) in KEY_TROUBLE:
        raise Blocked(said)
    if code.isdecimal() and int(code) in OVER_QUOTA:
        raise stale(said)
    if code.startswith("5"):
        raise Retry(said, BUSY_WAIT)
    raise ParseError(said)


def stale(why: str) -> Retry:
    """The error for an answer that will be a different one a minute later."""
    return Retry(why, STALE_WAIT)


def coin_from(number: int, facts: Mapping[str, Any], slug: str) -> CoinName:
    """A coin from the facts that another source gives."""
    try:
        return msgspec.convert({**facts, "id": number, "slug": slug}, CoinName)
    except msgspec.ValidationError as error:
        raise ParseError(f"the coin does not look as it used to ({error}); has the site changed?") from None


def bars_of(sent: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """The days that another source sent."""
    try:
        return msgspec.convert(sent, list[Bar])
    except msgspec.ValidationError as error:
        raise ParseError(f"a day does not look as it used to ({error}); has the site changed?") from None


def shaped(data: Any, name: str) -> list[Any]:
    """The list under this name in an answer."""
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise ParseError(f"the answer's data has no list {name!r}; has the API changed?")
    return found


def check_coin(answered: Any, wanted: str) -> None:
    """Raise unless the answer is about the wanted coin: the site's cache has been seen to mix them up."""
    if str(answered) != wanted:
        raise stale(f"the answer is about coin {answered}, not {wanted}")


def in_currency(quotes: Any, currency: str) -> Mapping[str, Any]:
    """The quote in a currency, from a list with names or a mapping by name."""
    named = {quote.get("name"): quote for quote in quotes} if isinstance(quotes, list) else quotes
    if currency not in named:
        raise stale(f"the answer has no prices in {currency}")
    found: Mapping[str, Any] = named[currency]
    return found


def selected(entries: Sequence[Any], wanted: CoinsWanted, rank: str) -> list[Any]:
    """The wanted coins, by rank."""
    ranked = sorted(entries, key=lambda entry: entry.get(rank) or MOST_LISTED)
    if not wanted.coins:
        return ranked[: wanted.top]
    by_slug = {entry["slug"]: entry for entry in reversed(ranked)}
    missing = [slug for slug in wanted.coins if slug not in by_slug]
    if missing:
        raise ParseError("; ".join(no_such_coin(slug, by_slug) for slug in missing))
    return [entry for entry in ranked if entry["slug"] in wanted.coins]


def no_such_coin(slug: str, known: Iterable[str]) -> str:
    """The message about a coin that is not listed, with the name that was probably meant."""
    near = get_close_matches(slug, list(known), n=1)
    return f"no coin is called {slug!r}" + (f"; did you mean {near[0]!r}?" if near else "")
