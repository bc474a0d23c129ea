"""Tables in Postgres as the model of the newest record tells them."""

from __future__ import annotations

import json

from asyncscrape.model import Table
from support.newest_model import SHOWN, Row
from support.postgres_server import Database


def rows_of(database: Database, schema: str, table: Table) -> list[Row]:
    """The table as the model tells it."""
    moment = """to_char(_fetched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
    shown = ", ".join(f"coalesce({moment if name == '_fetched_at' else name}::text, '')" for name in SHOWN)
    found = database.sql(f"SELECT json_build_array({shown}) FROM {schema}.{table.name} ORDER BY k")
    return [tuple(json.loads(row)) for [row] in found]
