"""The keys of built-in jobs, which the caller passes in: nothing in this folder knows a job by name.

A job's table is named after its kind: `[crypto]` for `kind = "crypto"`. Only the jobs that a file names are looked
up, because that imports them; if the file has a mistake, all of them are, so that the nearest key can be suggested.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import NoneType
from typing import Any, Literal, Protocol

from pydantic import Field, create_model

from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Config
from asyncscrape.config.section import Section
from asyncscrape.model import Table


class JobKeys(Protocol):
    """The part of a built-in job that reading a config needs; the rest is in `jobs/base.py`.

    Its functions get the job's table as the file has it, with unchecked values; it may be empty.
    """

    @property
    def section(self) -> type[Section]:
        """The keys of its table, each with a default."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it fills."""

    def presets(self, table: Mapping[str, Any], environ: Mapping[str, str], /) -> Mapping[str, Any]:
        """Values that the job sets, in its table or outside, where the config says nothing."""

    def findings(self, table: Mapping[str, Any], /) -> Iterator[Finding]:
        """Conflicts between keys, at places within the table."""

    def needs(self, table: Mapping[str, Any], /) -> Iterator[Finding]:
        """What is missing before a site can be asked, at places within the table."""

    def opens_pages(self, config: Config, /) -> bool:
        """Whether it opens pages in a browser."""


def config_type(jobs: Mapping[str, JobKeys], named: Collection[str] | None = None) -> type[Config]:
    """The type of a config with the tables of the named jobs, or of all jobs."""
    known: Any = Literal[tuple(jobs)] if jobs else NoneType
    words = ", ".join(f'"{kind}"' for kind in jobs)
    told = f"A built-in job, instead of seeds and rules: {words}. Default: none; the rules say what to do."
    keys: dict[str, Any] = {kind: _table(kind, jobs[kind]) for kind in (jobs if named is None else named)}
    keys["kind"] = (known | None, Field(default=None, description=told))
    return create_model("Config", __base__=Config, __doc__=Config.__doc__, **keys)


def _table(kind: str, job: JobKeys) -> tuple[type[Section], Any]:
    return job.section, Field(default=job.section(), description=f'Keys of the built-in job "{kind}".')


def type_of(data: Mapping[str, Any], jobs: Mapping[str, JobKeys]) -> type[Config]:
    """The type of this config, with the tables of only those jobs that it names."""
    named = [kind for kind in jobs if kind in data or kind == data.get("kind")]
    return config_type(jobs, named) if named or "kind" in data else Config


def tables_of(data: Mapping[str, Any], jobs: Mapping[str, JobKeys]) -> tuple[Table, ...]:
    """The tables of the job's kind; none without a kind."""
    kind = data.get("kind")
    return jobs[kind].tables if isinstance(kind, str) and kind in jobs else ()


def lay_presets_under(data: dict[str, Any], jobs: Mapping[str, JobKeys], environ: Mapping[str, str]) -> None:
    """Set the presets of the job's kind where the config, the environment and the flags say nothing."""
    kind = data.get("kind")
    if isinstance(kind, str) and kind in jobs:
        table = data.get(kind)
        _lay_under(data, jobs[kind].presets(table if isinstance(table, dict) else {}, environ))


def _lay_under(data: dict[str, Any], presets: Mapping[str, Any]) -> None:
    """Set only what is absent; case does not matter, because it does not in the names of headers."""
    there = {name.lower() for name in data}
    for name, value in presets.items():
        if name.lower() not in there:
            data[name] = value
        elif isinstance(value, Mapping) and isinstance(data.get(name), dict):
            _lay_under(data[name], value)


def vain_browser(config: Config, jobs: Mapping[str, JobKeys]) -> Iterator[Finding]:
    """A browser that is to be used, and a job that opens no pages."""
    if (
        config.kind is not None
        and config.fetch.browser.use is not False
        and not jobs[config.kind].opens_pages(config)
    ):
        where = ("fetch", "browser", "use")
        yield where, f'has no effect: the job "{config.kind}" opens no pages as it is set up here; remove it'


def findings(data: Mapping[str, Any], jobs: Mapping[str, JobKeys], *, asks: bool) -> Iterator[Finding]:
    """All conflicts between keys in the tables of built-in jobs; and what is missing, if sites are to be asked."""
    for kind in jobs:
        table = data.get(kind)
        if not isinstance(table, dict):
            continue
        if data.get("kind") != kind:
            yield (kind,), f'belongs to a built-in job; add kind = "{kind}" at the top, or remove this table'
        for place, misfit in (*jobs[kind].findings(table), *(jobs[kind].needs(table) if asks else ())):
            yield (kind, *place), misfit
