"""The digits that a column's decimals need, which decide whether and how a typed table can hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

PRECISION = 38
"""Digits that a decimal column can hold."""
PLAIN = r"^-?[0-9]+(?:\.[0-9]*)?$"
"""A decimal without an exponent."""

WIDE = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""Arithmetic without rounding."""


class Digits:
    """The most digits seen so far before and after the point; zeros at either end do not count."""

    def __init__(self) -> None:
        self.whole = 0
        self.scale = 0
        self.finite = True

    @property
    def fit(self) -> bool:
        """Whether a decimal column can hold all the numbers."""
        return self.finite and self.whole + self.scale <= PRECISION

    def note(self, value: Decimal) -> None:
        """Take one number into account."""
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            self.finite = False
        elif digits[-1]:
            self.note_counts(len(digits) + exponent, -exponent)
        elif value:
            self.note(value.normalize(WIDE))

    def note_all(self, others: Digits) -> None:
        """Take into account what others have seen."""
        self.note_counts(others.whole, others.scale)
        self.finite &= others.finite

    def note_counts(self, whole: int, scale: int) -> None:
        """Take into account the most digits that many numbers need."""
        self.whole = max(self.whole, whole)
        self.scale = max(self.scale, scale)


def note_texts(digits: Mapping[str, Digits], texts: pl.DataFrame) -> None:
    """Take whole columns of decimals, as text, into account, by name; `InvalidOperation` if one is not a number.

    Only the few with an exponent are converted: converting all of them would take longer than all the rest.
    """
    answers = texts.lazy().select(question for name in digits for question in _questions(name)).collect()
    for name, seen in digits.items():
        whole, scale, others = (answers[f"{name} {what}"].item() for what in ("whole", "scale", "others"))
        seen.note_counts(whole or 0, scale or 0)
        for text in others:
            seen.note(Decimal(text))


def _questions(name: str) -> Iterator[pl.Expr]:
    """Expressions for the most digits before and after the point, and for the decimals to be checked one by one."""
    from polars import selectors

    text = selectors.by_name(name).as_expr()  # `col` would read some names as patterns
    is_plain = text.str.contains(PLAIN)
    size, point = text.str.len_bytes(), text.str.find(".", literal=True)
    whole = point.fill_null(size) + text.str.strip_chars_start("-0").str.len_bytes() - size
    scale = text.str.strip_chars_end("0").str.len_bytes() - point - 1
    yield whole.filter(is_plain).max().alias(f"{name} whole")
    yield scale.filter(is_plain).max().alias(f"{name} scale")
    yield text.filter(~is_plain).unique().implode().alias(f"{name} others")
