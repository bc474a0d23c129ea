"""What looks wrong about the findings of a job, as sentences: what, where, and what to look at.

A good run has none, so that nobody learns to overlook them. Expectations that are not met are no matter of guessing:
the run tells them itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asyncscrape.model import Table
from asyncscrape.quality.page_warnings import page_warnings
from asyncscrape.quality.table_warnings import table_warnings
from asyncscrape.quality.wishes import Wishes
from asyncscrape.stats import TableCoverage, Totals


def warnings(
    totals: Totals, coverage: Mapping[str, TableCoverage], tables: Sequence[Table], wishes: Wishes
) -> list[str]:
    """All that looks wrong, the worst first."""
    found = [*table_warnings(totals, coverage, tables, wishes), *page_warnings(totals, coverage, wishes)]
    return [text for _, text in sorted(found, key=lambda one: -one[0])]
