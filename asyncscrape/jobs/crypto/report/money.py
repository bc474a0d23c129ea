"""Amounts of money written for people, on axes and in tables: "$1.2T", "$350B", "$0.0004"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
PLACES = 8
"""Beyond this many digits after the point a power of ten is easier to read; a bitcoin is divided into as many."""
LARGEST = 10_000.0
"""From this many trillions on, a power of ten is easier to read."""
MOST_DIGITS = 12


def sign(currency: str) -> str:
    """The prefix of an amount: a sign that everybody knows, else the code."""
    return SIGNS.get(currency, f"{currency} ")


def short(amount: float, sign: str = "$", digits: int = 3) -> str:
    """An amount to this many significant digits, in thousands, millions, billions or trillions."""
    if not math.isfinite(amount):
        return "–"
    minus, size = ("−" if amount < 0 else ""), abs(_rounded(amount, digits))
    scale, unit = next(((scale, unit) for scale, unit in UNITS if size >= scale), (1.0, ""))
    return f"{minus}{sign}{_plain(size / scale, digits)}{unit}"


def _rounded(amount: float, digits: int) -> float:
    return float(f"{amount:.{digits}g}")


def _plain(number: float, digits: int) -> str:
    """The number without trailing zeros, and without an exponent as long as it stays readable."""
    if number == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(number))
    if places > PLACES + digits - 1 or number >= LARGEST:
        return f"{number:.{digits - 1}e}"
    text = f"{number:,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def labels(amounts: Sequence[float], sign: str = "$") -> list[str]:
    """The amounts of an axis, with enough digits to write each of them nearly unrounded."""
    step = min((abs(b - a) for a, b in pairwise(amounts) if a != b), default=0.0)
    for digits in range(1, MOST_DIGITS):
        if all(abs(_rounded(amount, digits) - amount) <= step / 50 for amount in amounts if math.isfinite(amount)):
            return [short(amount, sign, digits) for amount in amounts]
    return [short(amount, sign, MOST_DIGITS) for amount in amounts]
