"""What prices can be told in. All rates but bitcoin's are fixed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Currency:
    """A currency, and how much of it a US dollar is worth."""

    id: int
    name: str
    per_dollar: float
    """0 for bitcoin, whose rate is another every day."""


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
