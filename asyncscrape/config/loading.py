"""Reading a config: from a file and what overrides it to the models, or to every mistake in it at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from asyncscrape.config import seeds
from asyncscrape.config.checks import findings
from asyncscrape.config.messages import problems, told
from asyncscrape.config.models import Config
from asyncscrape.config.source import Source, read
from asyncscrape.config.values import PARSER, Misfit, quoted
from asyncscrape.errors import ConfigError, Problem
from asyncscrape.parsers.import_parser import ParserError, import_parser, search

BAD_SEEDS_TOLD = 20
"""Bad lines of a seeds file that are told; a wrong file would else fill the screen."""


def load(path: Path, overrides: Sequence[str] = (), environ: Mapping[str, str] = os.environ) -> Config:
    """The config in a file, with what overrides it. Raises ConfigError with every mistake there is."""
    source = read(path, overrides, environ)
    config, found = _validated(source)
    found += source.problems
    found += _disagreements(source)
    found += _bad_seeds(source)
    found += _bad_parsers(source)
    if found or config is None:
        raise ConfigError(found)
    config._folder = source.folder
    config._secrets = tuple(source.secrets.values())
    return config


def _validated(source: Source) -> tuple[Config | None, list[Problem]]:
    try:
        return Config.model_validate(source.data, context={"folder": source.folder}), []
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        return None, [one for details in mistakes for one in problems(details, source, Config)]


def _disagreements(source: Source) -> Iterator[Problem]:
    for place, misfit in findings(source.data, source.where):
        if isinstance(misfit, Misfit):
            yield from told(source, place, misfit, source.value(place))
        else:
            yield source.problem(place, misfit)


def _bad_seeds(source: Source) -> Iterator[Problem]:
    name = source.data.get("seeds_file")
    if isinstance(name, str) and name:
        path = source.folder / name
        if path.is_file():
            yield from islice(seeds.problems(path), BAD_SEEDS_TOLD)
        else:
            yield from told(source, ("seeds_file",), Misfit("is no file that is there"), name)


def _bad_parsers(source: Source) -> Iterator[Problem]:
    search(source.folder)
    for index, rule in source.tables("page"):
        name = rule.get("parser")
        if isinstance(name, str) and PARSER.fullmatch(name):
            try:
                import_parser(name)
            except ParserError as error:
                yield from told(
                    source, ("page", index, "parser"), Misfit("cannot be used", whole=f"{quoted(name)} {error}"), name
                )
