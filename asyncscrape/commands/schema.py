"""`schema`: the JSON Schema of the config, for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TextIO

from asyncscrape.config.schema import json_schema
from asyncscrape.jobs.base import BuiltIn


def print_schema(jobs: Mapping[str, BuiltIn], target: TextIO) -> None:
    """Print the schema that the config is validated with."""
    target.write(json.dumps(json_schema(jobs), indent=2, ensure_ascii=False) + "\n")
