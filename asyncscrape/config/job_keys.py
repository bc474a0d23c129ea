"""The keys of built-in jobs, which are handed down from above: nothing in this folder knows a job by name.

The table of a job is called as its kind: `[crypto]` for `kind = "crypto"`. Only those jobs that a file names are
looked up, since that imports them; all of them when it has a mistake, so that the nearest key can be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import NoneType
from typing import Any, Literal, Protocol

from pydantic import Field, create_model

from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Config, Section


class JobKeys(Protocol):
    """What the reading of a config asks a built-in job for; the rest of it is in `jobs/base.py`.

    Its functions get its table as the file has it, before anybody looked at the values; it may be empty.
    """

    @property
    def section(self) -> type[Section]:
        """The keys of its table, each with a default."""

    def presets(self, table: Mapping[str, Any], /) -> Mapping[str, Any]:
        """What the job sets outside of its table, where the config says nothing."""

    def findings(self, table: Mapping[str, Any], /) -> Iterator[Finding]:
        """What does not go together, at places within the table."""


def config_type(jobs: Mapping[str, JobKeys], named: Collection[str] | None = None) -> type[Config]:
    """The type of a config with the tables of these jobs, of those that are named or of all."""
    known: Any = Literal[tuple(jobs)] if jobs else NoneType
    words = ", ".join(f'"{kind}"' for kind in jobs)
    told = f"A built-in job, in place of seeds and rules: {words}. Default: none, the rules say what to do."
    keys: dict[str, Any] = {kind: _table(kind, jobs[kind]) for kind in (jobs if named is None else named)}
    keys["kind"] = (known | None, Field(default=None, description=told))
    return create_model("Config", __base__=Config, __doc__=Config.__doc__, **keys)


def _table(kind: str, job: JobKeys) -> tuple[type[Section], Any]:
    return job.section, Field(default=job.section(), description=f'What the built-in job "{kind}" gets.')


def type_of(data: Mapping[str, Any], jobs: Mapping[str, JobKeys]) -> type[Config]:
    """The type of this config: with the tables of those jobs only that it names."""
    named = [kind for kind in jobs if kind in data or kind == data.get("kind")]
    return config_type(jobs, named) if named or "kind" in data else Config


def lay_presets_under(data: dict[str, Any], jobs: Mapping[str, JobKeys]) -> None:
    """Put the presets of the job's kind below what the config, the environment and the flags say."""
    kind = data.get("kind")
    if isinstance(kind, str) and kind in jobs:
        table = data.get(kind)
        _lay_under(data, jobs[kind].presets(table if isinstance(table, dict) else {}))


def _lay_under(data: dict[str, Any], presets: Mapping[str, Any]) -> None:
    """Set what is absent, and nothing else; names of headers are the same in capitals and small letters."""
    there = {name.lower() for name in data}
    for name, value in presets.items():
        if name.lower() not in there:
            data[name] = value
        elif isinstance(value, Mapping) and isinstance(data.get(name), dict):
            _lay_under(data[name], value)


def findings(data: Mapping[str, Any], jobs: Mapping[str, JobKeys]) -> Iterator[Finding]:
    """All that does not go together in the tables of built-in jobs."""
    for kind in jobs:
        table = data.get(kind)
        if not isinstance(table, dict):
            continue
        if data.get("kind") != kind:
            yield (kind,), f'is about the built-in job; add kind = "{kind}" at the top, or remove this table'
        for place, misfit in jobs[kind].findings(table):
            yield (kind, *place), misfit
