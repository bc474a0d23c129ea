"""The currencies of prices. All rates except bitcoin's are fixed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Currency:
    """A currency, with its rate to the US dollar."""

    id: int
    name: str
    per_dollar: float
    """0 for bitcoin, whose rate changes every day."""


USD = Currency(2781, "USD", 1.0)
CURRENCIES = (
    USD,
    Currency(2790, "EUR", 0.92),
    Currency(1, "BTC", 0),
    Currency(2791, "GBP", 0.79),
    Currency(2797, "JPY", 150.0),
    Currency(2807, "SEK", 10.4),
)
BY_NAME = {currency.name: currency for currency in CURRENCIES}
BY_ID = {str(currency.id): currency for currency in CURRENCIES}
