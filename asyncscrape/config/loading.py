"""Loading a config: from a file and its overrides to the models, or to every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from asyncscrape.config import seeds
from asyncscrape.config.browser_checks import browser_findings
from asyncscrape.config.checks import findings, nested
from asyncscrape.config.expect_checks import expect_findings
from asyncscrape.config.job_keys import JobKeys, config_type, lay_presets_under, tables_of, type_of, vain_browser
from asyncscrape.config.job_keys import findings as job_findings
from asyncscrape.config.key_lines import Place
from asyncscrape.config.messages import problems, told
from asyncscrape.config.models import Config
from asyncscrape.config.source import Source, fill_in_secrets, read
from asyncscrape.config.values import PARSER, Misfit, quoted
from asyncscrape.destinations import FolderDestination
from asyncscrape.errors import ConfigError, Problem
from asyncscrape.extras import missing_modules
from asyncscrape.own_folders import trouble_with_blobs, trouble_with_tables
from asyncscrape.parsers.import_parser import ParserError, import_parser, search

BAD_SEEDS_TOLD = 20
"""How many bad lines of a seeds file to report; a wrong file would otherwise fill the screen."""


def load(
    path: Path,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    jobs: Mapping[str, JobKeys] = {},
    *,
    asks: bool = True,
) -> Config:
    """The config in a file, with its overrides. Raises ConfigError with every mistake.

    `jobs` are the built-in ones by kind; without them only jobs of page rules can be loaded. `asks` says whether
    sites are to be asked, for which a built-in job may need credentials.
    """
    source = read(path, overrides, environ)
    lay_presets_under(source.data, jobs, environ)
    fill_in_secrets(source, environ)
    config, found = _validated(source, jobs)
    found += source.problems
    found += _disagreements(source, jobs, asks=asks)
    found += _of_whole(config, source, jobs) if config else ()
    found += _bad_seeds(source)
    found += _bad_parsers(source)
    if found or config is None:
        raise ConfigError(found)
    return config


def _validated(source: Source, jobs: Mapping[str, JobKeys]) -> tuple[Config | None, list[Problem]]:
    try:
        config = type_of(source.data, jobs).model_validate(source.data, context={"folder": source.folder})
    except ValidationError as error:
        mistakes, whole = error.errors(include_url=False), config_type(jobs)
        return None, [one for details in mistakes for one in problems(details, source, whole)]
    config._folder = source.folder
    config._secrets = tuple(source.secrets.values())
    return config, []


def _disagreements(source: Source, jobs: Mapping[str, JobKeys], *, asks: bool) -> Iterator[Problem]:
    tables = tables_of(source.data, jobs)
    for place, misfit in chain(
        findings(source.data, source.where),
        browser_findings(source.data),
        job_findings(source.data, jobs, asks=asks),
        expect_findings(source.data, tables),
    ):
        if isinstance(misfit, Misfit):
            yield from told(source, place, misfit, source.value(place))
        else:
            yield source.problem(place, misfit)


def _of_whole(config: Config, source: Source, jobs: Mapping[str, JobKeys]) -> Iterator[Problem]:
    """What can be told only once all keys have their values."""
    yield from (source.problem(place, why) for place, why in vain_browser(config, jobs) if isinstance(why, str))
    yield from _bad_folders(config, source)


def _bad_folders(config: Config, source: Source) -> Iterator[Problem]:
    """Folders for results that would get in the way of what the job keeps."""
    job, blobs = config.directory, config.blob_store.destination
    if isinstance(blobs, FolderDestination) and (why := trouble_with_blobs(job, blobs.folder or job / "blobs")):
        misfit = Misfit(f"{why}; name a folder for downloaded files alone")
        yield from told(source, ("store", "blobs"), misfit, config.store.blobs)
    for index, store in enumerate(config.record_stores):
        folder = getattr(store.destination, "folder", None)
        if folder and (why := trouble_with_tables(job, folder)):
            misfit = Misfit(f"{why}; name another folder")
            yield from told(source, ("store", "records", index), misfit, store.word)


def _bad_seeds(source: Source) -> Iterator[Problem]:
    name = source.data.get("seeds_file")
    if isinstance(name, str) and name:
        path = source.folder / name
        if path.is_file():
            yield from islice(seeds.problems(path), BAD_SEEDS_TOLD)
        else:
            yield from told(
                source,
                ("seeds_file",),
                Misfit("is a folder, not a file" if path.is_dir() else "does not exist"),
                name,
            )


def _bad_parsers(source: Source) -> Iterator[Problem]:
    for place, name in _functions(source):
        search(source.folder)
        try:
            import_parser(name)
        except ParserError as error:
            if "steps" in place and _lacks_only_the_browser(error):
                continue
            misfit = Misfit("cannot be used", whole=f"{quoted(name)} {error}")
            yield from told(source, place, misfit, name)


def _lacks_only_the_browser(error: ParserError) -> bool:
    """Whether only the library for browsers is missing: the commands then say how to install it."""
    cause = error.__cause__
    name = cause.name if isinstance(cause, ModuleNotFoundError) else None
    return name is not None and name.partition(".")[0] in missing_modules("browser")


def _functions(source: Source) -> Iterator[tuple[Place, str]]:
    """The Python functions that rules and logins name, with their places."""
    for index, rule in source.tables("page"):
        yield from _named(rule.get("parser"), ("page", index, "parser"))
        yield from _of_steps(rule, ("page", index))
    logins = nested(source.data, "fetch", "browser").get("login")
    for index, login in enumerate(logins if isinstance(logins, list) else ()):
        if isinstance(login, dict):
            yield from _of_steps(login, ("fetch", "browser", "login", index))


def _of_steps(table: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    steps = table.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield from _named(step.get("python"), (*place, "steps", number, "python"))


def _named(name: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(name, str) and PARSER.fullmatch(name):
        yield place, name
