"""The report on the terminal: how much there is, the communities, and where the files are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from asyncscrape.jobs.network.report.account_map import NONE, AccountMap
from asyncscrape.jobs.network.report.matrices import Matrices
from asyncscrape.quality.shown_values import counted, percent
from asyncscrape.views.figures import count, size
from asyncscrape.views.tables import facts

MOST = 20
"""Communities that are shown."""


def shown(made: Matrices, drawn: AccountMap, files: Sequence[Path]) -> RenderableType:
    """As much as fits on a screen."""
    parts: list[RenderableType] = [facts(_counts(made, drawn))]
    if drawn.communities:
        parts += [Text(), _communities(drawn)]
    listed = Table.grid(padding=(0, 2, 0, 0))
    listed.add_column(overflow="fold")
    listed.add_column(justify="right")
    for file in files:
        listed.add_row(str(file), size(file.stat().st_size))
    return Group(*parts, Text(), listed)


def _counts(made: Matrices, drawn: AccountMap) -> dict[str, list[str]]:
    told = drawn.facts
    left_out = [
        f"{count(number)} {why}"
        for number, why in (
            (told["too_little"], f"did too little (a sum of {told['least']} or less)"),
            (told["mostly_one"], f"did over {percent(told['most_to_one'])} of it to one account"),
        )
        if number
    ]
    bridging = int((drawn.bridges != NONE).sum())
    return {
        "accounts": [f"{count(made.rows.height)} read, {count(made.columns.height)} met"],
        "interactions": [f"{count(made.interactions.nnz)} pairs of accounts"],
        "on the map": ["; ".join([count(len(drawn.ids)), *left_out])],
        "communities": [f"{count(len(drawn.communities))}; {counted(bridging, 'account')} between two of them"],
    }


def _communities(drawn: AccountMap) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("community", overflow="fold")
    table.add_column("accounts", justify="right")
    table.add_column("inner share", justify="right")
    for one in drawn.communities[:MOST]:
        table.add_row(Text(one.label), count(one.size), percent(one.inner_share))
    if len(drawn.communities) > MOST:
        table.caption = f"{counted(len(drawn.communities) - MOST, 'smaller one')} in communities.csv"
    return table
