"""`schema`: the JSON Schema of the config, for editors."""

from __future__ import annotations

import json
from typing import TextIO

import click

from asyncscrape.config.schema import json_schema


def print_schema(target: TextIO) -> None:
    """Print the schema that the config is validated with."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False), file=target)
