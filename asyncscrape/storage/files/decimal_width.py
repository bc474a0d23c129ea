"""How many digits the decimals of a column need: what decides whether a typed table can hold them, and how."""

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
"""Arithmetic that rounds nothing."""


class Digits:
    """The digits seen so far before and behind the point; zeros at either end do not count."""

    def __init__(self) -> None:
        self.whole = 0
        self.scale = 0
        self.finite = True

    @property
    def fit(self) -> bool:
        """Whether a decimal column can hold them all."""
        return self.finite and self.whole + self.scale <= PRECISION

    def note(self, value: Decimal) -> None:
        """Take in one number."""
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            self.finite = False
        elif digits[-1]:
            self.note_counts(len(digits) + exponent, -exponent)
        elif value:
            self.note(value.normalize(WIDE))

    def note_all(self, others: Digits) -> None:
        """Take in what others have seen."""
        self.note_counts(others.whole, others.scale)
        self.finite &= others.finite

    def note_counts(self, whole: int, scale: int) -> None:
        """Take in what many numbers need at most."""
        self.whole = max(self.whole, whole)
        self.scale = max(self.scale, scale)


def note_texts(digits: Mapping[str, Digits], texts: pl.DataFrame) -> None:
    """Take in whole columns of decimals as text, by name; `InvalidOperation` when one is no number.

    Only the few that have an exponent become numbers: making numbers of all takes longer than all the rest.
    """
    answers = texts.lazy().select(question for name in digits for question in _questions(name)).collect()
    for name, seen in digits.items():
        whole, scale, others = (answers[f"{name} {what}"].item() for what in ("whole", "scale", "others"))
        seen.note_counts(whole or 0, scale or 0)
        for text in others:
            seen.note(Decimal(text))


def _questions(name: str) -> Iterator[pl.Expr]:
    """The most digits before and behind the point, and the decimals that must be looked at one by one."""
    from polars import selectors

    text = selectors.by_name(name).as_expr()  # `col` would take some names for patterns
    is_plain = text.str.contains(PLAIN)
    size, point = text.str.len_bytes(), text.str.find(".", literal=True)
    whole = point.fill_null(size) + text.str.strip_chars_start("-0").str.len_bytes() - size
    scale = text.str.strip_chars_end("0").str.len_bytes() - point - 1
    yield whole.filter(is_plain).max().alias(f"{name} whole")
    yield scale.filter(is_plain).max().alias(f"{name} scale")
    yield text.filter(~is_plain).unique().implode().alias(f"{name} others")
