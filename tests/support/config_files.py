"""Configs for tests: written to a file and loaded, with their mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from asyncscrape.config.loading import load
from asyncscrape.config.models import Config
from asyncscrape.errors import ConfigError
from asyncscrape.jobs.registry import Registry

MINIMAL = """\
name = "catalog"
seeds = ["https://example.org/"]
[[page]]
match = "/*"
follow = ["a"]
"""


def loaded(
    folder: Path, text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Config:
    """The config with this text."""
    path = folder / "catalog.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, overrides, environ or {}, Registry())


def complaints(
    folder: Path, text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> list[str]:
    """Its mistakes, one line each; no lines if it loads."""
    try:
        loaded(folder, text, overrides, environ)
    except ConfigError as error:
        return str(error).replace(f"{folder}/", "").split("\n")
    return []
