"""The map as tables: its communities, and where each scraped account belongs.

* `communities.csv`: a row for each community. Its top members are permalinks, those first to whom its members lead
  more than everybody else does.
* `communities-of-accounts.csv`: a row for each scraped account, in the order of scraping: its community, the other
  one that it bridges, its place, and why it is not on the map.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

import polars as pl

from asyncscrape.analysis.report_files import Content
from asyncscrape.jobs.network.report.account_map import ERAS, NONE, AccountMap, Community
from asyncscrape.jobs.network.report.graph import write_graph
from asyncscrape.jobs.network.report.matrices import Matrices


def map_tables(made: Matrices, drawn: AccountMap) -> Iterator[tuple[str, Content]]:
    """The tables and the graph as files, by name."""
    yield "communities.csv", partial(_write, communities(drawn))
    yield "communities-of-accounts.csv", partial(_write, belonging(made, drawn))
    yield "graph.gexf", partial(write_graph, made, drawn)


def communities(drawn: AccountMap) -> pl.DataFrame:
    """A row for each community."""
    schema = {"number": pl.Int64, "label": pl.String, "size": pl.Int64, "inner_share": pl.Float64}
    eras = dict.fromkeys(ERAS, pl.Int64)
    rows = [_row(drawn, one) for one in drawn.communities]
    return pl.DataFrame(rows, {**schema, "top_members": pl.String, **eras, "bridges": pl.Int64}, orient="row")


def _row(drawn: AccountMap, one: Community) -> tuple[object, ...]:
    top = ", ".join(drawn.permalinks[place] for place in one.top)
    bridges = int(((drawn.community == one.number) & (drawn.bridges != NONE)).sum())
    return (one.number, one.label, one.size, round(one.inner_share, 4), top, *one.generations, bridges)


def belonging(made: Matrices, drawn: AccountMap) -> pl.DataFrame:
    """A row for each scraped account."""
    points = pl.DataFrame(
        {
            "id": pl.Series(drawn.ids, dtype=pl.Int64),
            "community": pl.Series(drawn.community, dtype=pl.Int64),
            "bridges": pl.Series(drawn.bridges, dtype=pl.Int64),
            "x": pl.Series(drawn.places[:, 0], dtype=pl.Float32),
            "y": pl.Series(drawn.places[:, 1], dtype=pl.Float32),
        }
    ).with_columns(on_the_map=True)
    rows = made.rows.select("id", "permalink", "name", "state")
    joined = rows.join(points, on="id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("on_the_map").fill_null(False), pl.col("community", "bridges").replace(NONE, None)
    )


def _write(table: pl.DataFrame, file: BinaryIO) -> None:
    file.write(table.write_csv(float_precision=6).encode())
