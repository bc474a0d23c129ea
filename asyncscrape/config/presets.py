"""What a built-in job sets where its config says nothing: the manners that suit the site it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PACES = {"api": "2s", "pro": "2s", "pages": "3s"}
"""Seconds between two requests, by source of the job "crypto".

api    no limit is known: people were turned away at 10 requests a minute in 2019 and at 100 a day in 2021
pro    the smallest plan allows 30 calls a minute
pages  whole pages, each with the history of years
"""
KEY_HEADER = "X-CMC_PRO_API_KEY"
KEY_SOURCE = "env:CMC_API_KEY"


def lay_under(data: dict[str, Any]) -> None:
    """Put the presets of the job's kind below what the config, the environment and the flags say."""
    if data.get("kind") == "crypto":
        options = data.get("crypto")
        source = options.get("source", "api") if isinstance(options, dict) else "api"
        _fill(data, _crypto(source if isinstance(source, str) and source in PACES else "api"))


def _crypto(source: str) -> Mapping[str, Any]:
    presets: dict[str, Any] = {
        "politeness": {"delay": PACES[source], "per_host": 1},
        # A coin that is missing would be missed in every sum, so a single failure is worth an exit code of its own.
        "fetch": {"max_failure_ratio": 0.0, "retries": 8},
    }
    if source == "pro":
        presets["fetch"]["headers"] = {KEY_HEADER: KEY_SOURCE}
    return presets


def _fill(data: dict[str, Any], presets: Mapping[str, Any]) -> None:
    """Set what is absent, and nothing else; names of headers are the same in capitals and small letters."""
    there = {name.lower() for name in data}
    for name, value in presets.items():
        if name.lower() not in there:
            data[name] = value
        elif isinstance(value, Mapping) and isinstance(data.get(name), dict):
            _fill(data[name], value)
