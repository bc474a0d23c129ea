"""The rows of a finished table, however they were made, and the three forms they are written in."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from asyncscrape.destinations import TableForm


class FinishedRows(Protocol):
    """Rows sorted by key, with each key once in its newest version."""

    @property
    def count(self) -> int:
        """The number of rows."""

    def write_parquet(self, out: BinaryIO) -> None:
        """Write typed columns."""

    def write_csv(self, out: BinaryIO) -> None:
        """Write RFC 4180 in UTF-8 with a header; nested values are JSON text, and null is an empty cell."""

    def write_jsonl(self, out: BinaryIO) -> None:
        """Write the JSON lines as they came, each with its origin."""


def write_form(rows: FinishedRows, form: TableForm, out: BinaryIO) -> None:
    """Write the rows in one form."""
    match form:
        case TableForm.PARQUET:
            rows.write_parquet(out)
        case TableForm.CSV:
            rows.write_csv(out)
        case TableForm.JSONL:
            rows.write_jsonl(out)
